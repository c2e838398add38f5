"""What would be implausible to publish as trade flows."""

from expectations.rules import (
    STAGES,
    VALUATIONS,
    between,
    from_restricted_source,
    hs6,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    restricted_rows_stay,
)
from expectations.year_on_year import ENOUGH_FLOWS

SHOWN = "year, importer_iso3, supplier_iso3, mineral_id, stage, hs_revision, hs6_code"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("valuation_basis", VALUATIONS),
    positive("trade_value_usd"),
    between("net_weight_kg", 0, None),
    between("content_kg", 0, None),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "trade of all minerals holds",
        "the value of a year's flows is between a third and three times that of the year before",
        f"""
        with years as (
            select year, count(*) as flow_count, sum(trade_value_usd) as value_usd from batch group by all
        )
        select years.year, before.value_usd as value_usd_before, years.value_usd as value_usd_now
        from years
        inner join years as before on years.year = before.year + 1
        where least(before.flow_count, years.flow_count) >= {ENOUGH_FLOWS}
            and years.value_usd not between before.value_usd / 3 and before.value_usd * 3
        """,
        severity="warning",
    ),
]
