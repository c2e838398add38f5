"""What would be implausible to publish about the concentration of world supply."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    WORLD_SHARE_BASES,
    between,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
)

TABLE = "year, mineral_id, stage"
SHOWN = f"{TABLE}, basis_detail, governance_weighted_hhi, top3_share, n_minus_1, largest_producer_iso3, missing_inputs"

TOP3_MOVE = 0.3

# Of one table: what its shares say about the figures here.
SHARES = f"""
    with shares as (
        select
            {TABLE},
            any_value(basis) as basis,
            any_value(basis_detail) as basis_detail,
            max(world_share) filter (where country_iso3 != 'XXX') as largest_share,
            max_by(country_iso3, world_share) filter (where country_iso3 != 'XXX') as largest_iso3,
            sum(world_share ^ 2) filter (where country_iso3 != 'XXX') as hhi
        from marts.world_shares
        group by all
    )
"""

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("basis", WORLD_SHARE_BASES),
    between("governance_weighted_hhi", 0, 10),
    positive("top3_share", 1),
    positive("n_minus_1"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_redistributable"),
    no_rows(
        "a missing figure has a reason",
        "each of the three figures that is missing is named in missing_inputs",
        f"""
        select {SHOWN} from batch
        where (governance_weighted_hhi is null
                and not contains(coalesce(missing_inputs, ''), 'governance_weighted_hhi'))
            or (top3_share is null and not contains(coalesce(missing_inputs, ''), 'top3_share'))
            or (n_minus_1 is null and not contains(coalesce(missing_inputs, ''), 'n_minus_1'))
        """,
    ),
    no_rows(
        "supply without the largest has a largest",
        "n_minus_1 rests on a table of producers and names the largest",
        f"""
        select {SHOWN} from batch
        where n_minus_1 is not null and (basis != 'production' or largest_producer_iso3 is null)
        """,
    ),
    no_rows(
        "figures rest on the published shares",
        "every mineral, stage and year with world shares is here, on the same basis, and no other",
        f"""
        {SHARES}
        select {TABLE}, batch.basis_detail, shares.basis_detail as basis_of_shares
        from batch
        full join shares using ({TABLE})
        where batch.basis is distinct from shares.basis or batch.basis_detail is distinct from shares.basis_detail
        """,
    ),
    no_rows(
        "three supply no less than one",
        "top3_share is at least the largest share",
        f"""
        {SHARES}
        select {TABLE}, batch.top3_share, shares.largest_share
        from batch
        inner join shares using ({TABLE})
        where batch.top3_share < shares.largest_share - {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "governance adds no concentration",
        "governance_weighted_hhi is at most 10 times the sum of squared shares",
        f"""
        {SHARES}
        select {TABLE}, batch.governance_weighted_hhi, shares.hhi
        from batch
        inner join shares using ({TABLE})
        where batch.governance_weighted_hhi > 10 * shares.hhi + {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "the largest producer has the largest share",
        "where shares come from production the largest producer is the one with the largest share",
        f"""
        {SHARES}
        select {TABLE}, batch.largest_producer_iso3, shares.largest_iso3, shares.largest_share
        from batch
        inner join shares using ({TABLE})
        left join marts.world_shares as own
            on batch.year = own.year
            and batch.mineral_id = own.mineral_id
            and batch.stage = own.stage
            and batch.largest_producer_iso3 = own.country_iso3
        where batch.basis = 'production'
            and coalesce(own.world_share, 0) < shares.largest_share - {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "share of the largest three moves moderately",
        f"top3_share moves by less than {TOP3_MOVE} in a year while its basis stays the same",
        f"""
        select now.mineral_id, now.stage, now.year, now.basis_detail,
            before.top3_share as share_before, now.top3_share as share_now
        from batch as now
        inner join batch as before
            on now.mineral_id = before.mineral_id
            and now.stage = before.stage
            and now.basis_detail = before.basis_detail
            and now.year = before.year + 1
        where abs(now.top3_share - before.top3_share) >= {TOP3_MOVE}
        """,
        severity="warning",
    ),
]
