"""What the World Bank promises us about its governance indicators, and what would make us stop."""

from expectations.rules import (
    ISO3_PATTERN,
    YEAR_PATTERN,
    every_landed_file_has_rows,
    exact_columns,
    file_and_vintage_are_named,
    no_rows,
    no_year_to_come,
    not_empty,
)

DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")
FIGURES = [f"{dimension}_{figure}" for dimension in DIMENSIONS for figure in ("estimate", "stderr")]

SUITE = [
    not_empty(),
    exact_columns("iso3", "year", *FIGURES, "vintage_id", "source_file"),
    no_rows(
        "economy has three capitals",
        "iso3 is a code of three capitals",
        f"""
        select source_file, iso3, year from batch
        where iso3 is null or not regexp_full_match(iso3, '{ISO3_PATTERN}')
        """,
    ),
    no_rows(
        "year has four digits",
        "year is a year of four digits, 1900 to 2099",
        f"""
        select source_file, iso3, year from batch
        where year is null or not regexp_full_match(year, '{YEAR_PATTERN}')
        """,
    ),
    no_year_to_come("year", "source_file, iso3, year"),
    no_rows(
        "economy is a known country",
        "iso3 is a code of seed_countries, or what the World Bank calls a country (seed_governance_codes);"
        " the figures of another are used for no country",
        """
        select source_file, iso3, year from batch
        where iso3 != 'MCO'  -- Monaco trades as part of France
            and iso3 not in (select iso3 from seeds.seed_countries where iso3 is not null)
            and iso3 not in (select governance_code from seeds.seed_governance_codes)
        """,
        severity="warning",
    ),
    no_rows(
        "figure is a number or blank",
        "every estimate and standard error is a finite number in plain digits, as in -0.1234, or blank",
        f"""
        select source_file, iso3, year, figure, content
        from (unpivot batch on {", ".join(FIGURES)} into name figure value content)
        where trim(content) != '' and not regexp_full_match(trim(content), '-?[0-9]{{1,9}}([.][0-9]+)?')
        """,
    ),
    no_rows(
        "estimate comes with its standard error",
        "an estimate and its standard error are both there or both blank",
        " union all ".join(
            f"""
            select source_file, iso3, year, '{dimension}' as dimension,
                {dimension}_estimate as estimate, {dimension}_stderr as standard_error
            from batch
            where (coalesce(trim({dimension}_estimate), '') = '')
                != (coalesce(trim({dimension}_stderr), '') = '')
            """
            for dimension in DIMENSIONS
        ),
    ),
    no_rows(
        "economy and year are there once",
        "a vintage has one row per economy and year",
        """
        select any_value(source_file) as source_file, iso3, year, count(*) as times
        from batch
        group by vintage_id, iso3, year
        having count(*) > 1
        """,
    ),
    file_and_vintage_are_named("source_file, iso3, year"),
    every_landed_file_has_rows(
        "every landed governance file has rows", "the governance indicators", "wgi", "raw.wgi_governance"
    ),
]
