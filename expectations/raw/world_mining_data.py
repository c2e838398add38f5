"""What the Austrian ministry promises us about World Mining Data; the table is empty where nobody ingested it."""

from expectations.production import named_rows
from expectations.rules import (
    PLAIN_DECIMAL,
    YEAR_PATTERN,
    every_landed_file_has_rows,
    exact_columns,
    file_and_vintage_are_named,
    no_rows,
    no_year_to_come,
)

SHOWN = "source_file, commodity, Country, year, production"
NAMED = named_rows("world_mining_data", "'production'", "''", "''")

SUITE = [
    exact_columns(
        "commodity",
        "Country",
        "Country_Code",
        "Country_ISO",
        "unit",
        "data_source",
        "year",
        "production",
        "vintage_id",
        "source_file",
    ),
    no_rows(
        "year has four digits",
        "year is a year of four digits, 1900 to 2099",
        f"select {SHOWN} from batch where year is null or not regexp_full_match(year, '{YEAR_PATTERN}')",
    ),
    no_year_to_come("year", SHOWN),
    no_rows(
        "production is a number or blank",
        "production is a number in plain digits, as in 1178800.0, or blank",
        f"""
        select {SHOWN} from batch
        where coalesce(trim(production), '') != '' and not regexp_full_match(trim(production), '{PLAIN_DECIMAL}')
        """,
    ),
    no_rows(
        "data source is known",
        "data_source is r (reported), e (estimated), p (provisional) or nan (a total)",
        f"""
        select {SHOWN}, data_source from batch
        where coalesce(data_source, '') not in ('r', 'e', 'p', 'nan')
            or (data_source = 'nan') != (coalesce(Country_ISO, '') = 'DELETE')
        """,
    ),
    no_rows(
        "country is known",
        "seed_production_countries has the country of every row of a commodity that is used",
        f"select {SHOWN} from ({NAMED}) where country_iso3 is null",
    ),
    no_rows(
        "unit is the commodity's own",
        "a commodity that seed_production_series names comes in the unit that it names",
        f"""
        select {SHOWN}, unit from batch
        where exists (
            from seeds.seed_production_series as series
            where series.source_id = 'world_mining_data'
                and series.commodity = trim(batch.commodity)
                and series.unit is distinct from trim(batch.unit)
        )
        """,
    ),
    no_rows(
        "figure is there once",
        "a vintage has one figure per commodity, country and year",
        """
        select any_value(source_file) as source_file, commodity, Country, year, count(*) as times
        from batch
        group by vintage_id, commodity, Country, year
        having count(*) > 1
        """,
    ),
    file_and_vintage_are_named(SHOWN),
    every_landed_file_has_rows(
        "every landed file has rows", "World Mining Data", "world_mining_data", "raw.world_mining_data"
    ),
]
