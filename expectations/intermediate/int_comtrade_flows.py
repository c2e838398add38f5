"""What must hold of what importers declare to UN Comtrade for a year; empty where nobody ingested any."""

from expectations.declared_flows import sums_of

SUITE = sums_of("intermediate.int_comtrade_records", "record")
