"""What the account of every delivered row must hold: no row disappears unmentioned."""

from expectations.rules import hs6, no_rows, not_empty, positive

SHOWN = "source_id, hs_revision, hs6_code, disposition, flow_count"

SUITE = [
    not_empty(),
    positive("flow_count"),
    positive("trade_value_usd"),
    hs6(SHOWN),
    no_rows(
        "disposition is one we know",
        "every row is used or left out for a reason that has a name",
        f"""
        select {SHOWN} from batch
        where disposition is null
            or len(list_filter(
                string_split(disposition, ', '),
                lambda reason: reason not in (
                    'used', 'importer_is_a_group', 'superseded_vintage', 'trade_with_oneself',
                    'no_seed_in_this_revision', 'no_seed_names_the_code',
                    'parent_mineral', 'basket_beside_clean_code', 'contained_in_other_revision'
                )
            )) > 0
        """,
    ),
    no_rows(
        "every delivered row is accounted for",
        "the account holds as many rows as the sources reported and left unnamed",
        """
        select
            (select coalesce(sum(flow_count), 0) from batch) as accounted,
            (select count(*) from staging.stg_baci__trade_flows) as reported,
            (select coalesce(sum(flow_count), 0) from staging.stg_landing__unnamed_codes) as unnamed
        where accounted != reported + unnamed
        """,
    ),
    no_rows(
        "some rows are used",
        "at least one delivered row counts for a mineral",
        "select count(*) as dispositions from batch having count(*) filter (where disposition = 'used') = 0",
    ),
]
