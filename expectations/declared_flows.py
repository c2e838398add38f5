"""What must hold of the flows of a year that a source of declarations gives, whichever it is."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe

from expectations.rules import VALUATIONS, between, hs6, iso3, no_rows, one_of, positive

SHOWN = "vintage_id, year, importer_iso3, supplier_iso3, hs_revision, hs6_code, trade_value_usd"


def sums_of(rows_table: str, row: str) -> list[Any]:
    """Return the rules on yearly flows that are sums of rows of another table; they may be none.

    Args:
        rows_table: the table with a row per declaration and `exclusion_reason`.
        row: what one of its rows is called, in the singular.
    """
    return [
        hs6(SHOWN),
        iso3("importer_iso3", SHOWN),
        iso3("supplier_iso3", SHOWN),
        positive("trade_value_usd"),
        between("net_weight_kg", 0, None),
        between("months_covered", 1, 12),
        gxe.ExpectColumnValuesToNotBeNull(column="months_covered"),
        one_of("valuation_basis", VALUATIONS),
        no_rows(
            f"every {row} that counts is in a flow",
            f"the flows of a year and code hold the {row}s that count, and their value",
            f"""
            with declared as (
                select year, hs_revision, hs6_code, count(*) as row_count, sum(trade_value_usd) as value_usd
                from {rows_table}
                where exclusion_reason is null group by all
            ),
            flows as (
                select year, hs_revision, hs6_code, sum(row_count) as row_count, sum(trade_value_usd) as value_usd
                from batch group by all
            )
            select year, hs_revision, hs6_code, declared.row_count as {row}s, flows.row_count as {row}s_in_flows,
                declared.value_usd, flows.value_usd as value_usd_in_flows
            from declared
            full join flows using (year, hs_revision, hs6_code)
            where declared.row_count is distinct from flows.row_count
                or declared.value_usd is distinct from flows.value_usd
            """,
        ),
    ]
