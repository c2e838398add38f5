"""What would make typed exporters' totals implausible: slips of unit, files that lost rows."""

from expectations.rules import no_rows, not_empty
from expectations.year_on_year import moves

SUITE = [
    not_empty(),
    *moves(),
    no_rows(
        "an exporter has no more importers than there are",
        "importer_count is at most the number of countries in seed_countries",
        """
        select source_file, year, exporter_code, hs6_code, importer_count from batch
        where importer_count > (select count(*) from seeds.seed_countries)
        """,
    ),
]
