"""What would make TradeStat's figures implausible; the table is empty where nobody ingested a report."""

from expectations.rules import between, no_rows

SUITE = [
    between("trade_value_usd", 0, None),
    between("quantity", 0, None),
    between("share_pct", 0, 100),
    no_rows(
        "countries add up to the total",
        "the values of a report's countries sum to its total, within half a unit of the second decimal for each",
        """
        select vintage_id, flow, hs_code, period_kind, period_start, period_end, is_current_period,
            sum(trade_value_usd) filter (where row_kind = 'country') as country_sum,
            max(trade_value_usd) filter (where row_kind = 'total') as total
        from batch
        where measure = 'usd_million'
        group by all
        having abs(
            coalesce(sum(trade_value_usd) filter (where row_kind = 'country'), 0)
            - max(trade_value_usd) filter (where row_kind = 'total')
        ) > 5000 * count(*)
        """,
    ),
]
