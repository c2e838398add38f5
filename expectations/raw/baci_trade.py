"""What CEPII promises us about BACI, flow by flow, and what would make us stop."""

from expectations.baci import known_country, promises
from expectations.rules import every_landed_file_has_rows, exact_columns, no_rows, not_empty

SHOWN = "source_file, t, i, j, k, v, q"

SUITE = [
    not_empty(),
    exact_columns("t", "i", "j", "k", "v", "q", "vintage_id", "source_file"),
    *promises(SHOWN),
    known_country("i", "exporter", SHOWN),
    known_country("j", "importer", SHOWN),
    no_rows(
        "flow is there once",
        "a vintage has one row per year, exporter, importer and product",
        """
        select
            any_value(source_file) as source_file, t, i, j, k, count(*) as times,
            min(v) as lowest_v, max(v) as highest_v
        from batch
        group by vintage_id, t, i, j, k
        having count(*) > 1
        """,
    ),
    no_rows(
        "exporter is not the importer",
        "no country trades with itself (such rows are counted and left out)",
        f"select {SHOWN} from batch where i = j",
        severity="warning",
    ),
    every_landed_file_has_rows(
        "every landed BACI file has rows", "BACI", "baci", "raw.baci_trade", other_table="raw.baci_world_exports"
    ),
]
