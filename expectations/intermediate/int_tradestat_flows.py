"""What must hold of what India's TradeStat reports say of a calendar year; empty where nobody ingested any."""

from expectations.declared_flows import sums_of

SUITE = sums_of("intermediate.int_tradestat_figures", "figure")
