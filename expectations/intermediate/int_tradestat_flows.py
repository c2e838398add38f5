"""What must hold of what India's TradeStat reports say of a calendar year; empty where nobody ingested any."""

import great_expectations.expectations as gxe

from expectations.rules import VALUATIONS, between, hs6, iso3, no_rows, one_of, positive

SHOWN = "vintage_id, year, importer_iso3, supplier_iso3, hs_revision, hs6_code, trade_value_usd"

SUITE = [
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    positive("trade_value_usd"),
    between("net_weight_kg", 0, None),
    between("months_covered", 1, 12),
    gxe.ExpectColumnValuesToNotBeNull(column="months_covered"),
    one_of("valuation_basis", VALUATIONS),
    no_rows(
        "every figure that counts is in a flow",
        "the flows of a year and code hold the figures that count, and their value",
        """
        with figures as (
            select year, hs_revision, hs6_code, count(*) as row_count, sum(trade_value_usd) as value_usd
            from intermediate.int_tradestat_figures
            where exclusion_reason is null group by all
        ),
        flows as (
            select year, hs_revision, hs6_code, sum(row_count) as row_count, sum(trade_value_usd) as value_usd
            from batch group by all
        )
        select year, hs_revision, hs6_code, figures.row_count as figures, flows.row_count as figures_in_flows,
            figures.value_usd, flows.value_usd as value_usd_in_flows
        from figures
        full join flows using (year, hs_revision, hs6_code)
        where figures.row_count is distinct from flows.row_count or figures.value_usd is distinct from flows.value_usd
        """,
    ),
]
