"""What would make World Mining Data implausible; the table is empty where nobody ingested it."""

from expectations.production import same_size_as_other_files
from expectations.rules import between, no_rows

SUITE = [
    between("reported_number", 0, None),
    no_rows(
        "production is mostly numbers",
        "at least 80 % of the production of a vintage are numbers",
        """
        select vintage_id, count(*) as row_count, count(reported_number) as number_count
        from batch
        group by all
        having count(reported_number) < 0.8 * count(*)
        """,
    ),
    same_size_as_other_files("commodity, unit, country_name, year", "source_file"),
    no_rows(
        "countries add up to the total",
        "the countries of a commodity and year sum to its total, within 1 unit (the file has whole tonnes)",
        """
        select vintage_id, commodity, year,
            sum(reported_number) filter (where not is_total) as country_sum,
            max(reported_number) filter (where is_total) as total
        from batch
        group by all
        having abs(sum(reported_number) filter (where not is_total) - max(reported_number) filter (where is_total)) > 1
        """,
    ),
]
