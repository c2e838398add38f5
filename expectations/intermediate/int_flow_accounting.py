"""What the account of every delivered row must hold: no row disappears unmentioned."""

from expectations.rules import between, hs6_or_aggregate, no_rows, not_empty

SHOWN = "source_id, hs_revision, hs6_code, disposition, flow_count"

SUITE = [
    not_empty(),
    # the parts of a split code are one row, a value below half a unit of the last decimal is none
    between("flow_count", 0, None),
    between("trade_value_usd", 0, None),
    hs6_or_aggregate(SHOWN),
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
                    'parent_mineral', 'basket_beside_clean_code', 'contained_in_other_revision',
                    'other_source_speaks', 'fewer_months_than_others', 'control_total', 'part_of_a_total',
                    'part_of_imports_or_exports',
                    'declared_by_the_exporter', 'month_beside_its_year', 'previous_period',
                    'part_of_a_code_or_several', 'financial_year', 'no_value'
                )
            )) > 0
        """,
    ),
    no_rows(
        "every delivered row is accounted for",
        "of each source the account holds as many rows as its newest vintages reported and left unnamed",
        """
        with delivered as (
            select vintage_id, 1 as row_count from staging.stg_baci__trade_flows
            union all
            select vintage_id, 1 as row_count from staging.stg_comtrade__trade_flows
            union all
            select vintage_id, 1 as row_count from staging.stg_tradestat__figures
            union all
            select vintage_id, flow_count as row_count from staging.stg_landing__unnamed_codes
        ),
        delivered_rows as (
            select vintages.source_id, sum(delivered.row_count) as delivered_rows
            from delivered
            inner join staging.stg_landing__vintages as vintages on delivered.vintage_id = vintages.vintage_id
            where vintages.is_newest
            group by all
        ),
        accounted_rows as (select source_id, sum(flow_count) as accounted_rows from batch group by all)
        select source_id, delivered_rows, accounted_rows
        from delivered_rows
        full join accounted_rows using (source_id)
        where delivered_rows is distinct from accounted_rows
        """,
    ),
    no_rows(
        "some rows are used",
        "at least one delivered row counts for a mineral",
        "select count(*) as dispositions from batch having count(*) filter (where disposition = 'used') = 0",
    ),
]
