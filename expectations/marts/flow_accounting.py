"""What would be implausible to publish as the account of every delivered row."""

from expectations.rules import (
    between,
    from_restricted_source,
    hs6_or_aggregate,
    no_rows,
    not_empty,
    restricted_rows_stay,
)

SHOWN = "source_id, hs_revision, hs6_code, disposition, flow_count"

SUITE = [
    not_empty(),
    hs6_or_aggregate(SHOWN),
    between("flow_count", 0, None),
    between("trade_value_usd", 0, None),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "value is known where rows were loaded",
        "only rows that no seed names were left without a value, and quantities, which TradeStat reports apart",
        f"""
        select {SHOWN}, trade_value_usd from batch
        where (trade_value_usd is null) != (disposition = 'no_seed_names_the_code') and source_id != 'tradestat'
        """,
    ),
    no_rows(
        "used rows are the published ones",
        "every code with published flows is used in the account, and every used code has published flows",
        """
        with used as (
            select distinct source_id, hs_revision, hs6_code from batch where disposition = 'used'
        ),
        published as (
            select distinct source_id, hs_revision, hs6_code from marts.trade_flows
        )
        select 'used, not published' as what, * from (select * from used except select * from published)
        union all
        select 'published, not used' as what, * from (select * from published except select * from used)
        """,
    ),
]
