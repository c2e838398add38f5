"""What would make the figures of the USGS implausible: symbols where numbers stood, an edition that lost its rows."""

from expectations.production import same_size_as_other_files
from expectations.rules import between, no_rows, not_empty

SUITE = [
    not_empty(),
    between("reported_number", 0, None),
    no_rows(
        "production is mostly numbers",
        "at least 60 % of the printed production of an edition are numbers",
        """
        select vintage_id, edition, count(*) as row_count, count(reported_number) as number_count
        from batch where statistic = 'production'
        group by all
        having count(reported_number) < 0.6 * count(*)
        """,
    ),
    same_size_as_other_files("statistic, commodity, unit, country_name, year", "edition"),
    no_rows(
        "an edition keeps its countries",
        "of a vintage, a year has at least 80 % of the countries with production of the year before",
        """
        with years as (
            select vintage_id, edition, year, count(distinct country_name) as countries
            from batch where statistic = 'production' and reported_number is not null
            group by all
        )
        select years.vintage_id, years.edition, years.year, before.countries as countries_before, years.countries
        from years
        inner join years as before
            on years.vintage_id = before.vintage_id
            and years.edition = before.edition
            and years.year = before.year + 1
        where before.countries >= 30 and years.countries < 0.8 * before.countries
        """,
    ),
]
