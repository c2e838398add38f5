"""What we are promised about exporters' totals to all importers together, and what would make us stop."""

from expectations.baci import known_country, promises
from expectations.rules import exact_columns, no_rows, not_empty

SHOWN = "source_file, t, i, k, v, q, n_importers"

SUITE = [
    not_empty(),
    exact_columns("t", "i", "k", "v", "q", "n_importers", "vintage_id", "source_file"),
    *promises(SHOWN),
    known_country("i", "exporter", SHOWN),
    no_rows(
        "number of importers is a count",
        "n_importers is a whole number above zero",
        f"""
        select {SHOWN} from batch
        where n_importers is null or not regexp_full_match(n_importers, '[1-9][0-9]{{0,3}}')
        """,
    ),
    no_rows(
        "total is there once",
        "a vintage has one row per year, exporter and product",
        """
        select
            any_value(source_file) as source_file, t, i, k, count(*) as times,
            min(v) as lowest_v, max(v) as highest_v
        from batch
        group by vintage_id, t, i, k
        having count(*) > 1
        """,
    ),
]
