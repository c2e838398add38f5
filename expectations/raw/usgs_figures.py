"""What the USGS promises us about its Mineral Commodity Summaries, and what would make us stop."""

from expectations.production import PRINTED_NUMBER, named_rows
from expectations.rules import (
    YEAR_PATTERN,
    every_landed_file_has_rows,
    exact_columns,
    file_and_vintage_are_named,
    no_rows,
    not_empty,
)

# MCS 2026 has a reserve of 2023.
YEARS_OF_AN_EDITION = 3
SHOWN = "source_file, edition, file_row, commodity, detail, country, year, value"
NAMED = named_rows("usgs", "batch.statistic", "coalesce(trim(batch.detail), '')", "batch.edition")

SUITE = [
    not_empty(),
    exact_columns(
        "edition",
        "file_row",
        "commodity",
        "statistic",
        "heading",
        "detail",
        "unit",
        "country",
        "year",
        "value",
        "note",
        "vintage_id",
        "source_file",
    ),
    no_rows(
        "edition and line are named",
        "edition is MCS and a year, file_row the number of a line in the publisher's file",
        f"""
        select {SHOWN} from batch
        where edition is null or not regexp_full_match(edition, 'MCS{YEAR_PATTERN}')
            or file_row is null or not regexp_full_match(file_row, '[1-9][0-9]{{0,8}}')
        """,
    ),
    no_rows(
        "statistic is production or reserves",
        "statistic is production or reserves",
        f"select {SHOWN}, statistic from batch where coalesce(statistic, '') not in ('production', 'reserves')",
    ),
    no_rows(
        "year has four digits",
        "year is a year of four digits, 1900 to 2099",
        f"select {SHOWN} from batch where year is null or not regexp_full_match(year, '{YEAR_PATTERN}')",
    ),
    no_rows(
        "country is known",
        "seed_production_countries has the country of every row of a series that is used",
        f"select {SHOWN} from ({NAMED}) where country_iso3 is null",
    ),
    no_rows(
        "value is a number or a known symbol",
        "every value of a series that is used is blank, a number as in 5,510 or 0.5, or in seed_production_symbols",
        f"""
        select {SHOWN} from ({NAMED}) as named
        where coalesce(trim(value), '') != ''
            and not regexp_full_match(trim(value), '{PRINTED_NUMBER}')
            and not exists (
                from seeds.seed_production_symbols as symbols
                where (symbols.match_kind = 'exact' and symbols.symbol = trim(named.value))
                    or (symbols.match_kind = 'prefix' and starts_with(trim(named.value), symbols.symbol))
            )
        """,
    ),
    no_rows(
        "unit is the series' own",
        "a series that seed_production_series names comes in a unit that it names",
        f"""
        select {SHOWN}, unit from batch
        where exists (
                from seeds.seed_production_series as series
                where series.source_id = 'usgs'
                    and coalesce(series.edition, batch.edition) = batch.edition
                    and series.statistic = batch.statistic
                    and series.commodity = trim(batch.commodity)
                    and coalesce(series.detail, '') = coalesce(trim(batch.detail), '')
            )
            and not exists (
                from seeds.seed_production_series as series
                where series.source_id = 'usgs'
                    and coalesce(series.edition, batch.edition) = batch.edition
                    and series.statistic = batch.statistic
                    and series.commodity = trim(batch.commodity)
                    and coalesce(series.detail, '') = coalesce(trim(batch.detail), '')
                    and coalesce(series.unit, '') = coalesce(trim(batch.unit), '')
            )
        """,
    ),
    no_rows(
        "edition has all its series",
        "of an edition that seed_production_series names, every series that is used has rows",
        """
        select series.edition, series.statistic, series.commodity, series.detail, series.unit
        from seeds.seed_production_series as series
        where series.source_id = 'usgs'
            and series.left_out_reason is null
            and series.edition in (select edition from batch)
            and not exists (
                from batch
                where batch.edition = series.edition
                    and batch.statistic = series.statistic
                    and trim(batch.commodity) = series.commodity
                    and coalesce(trim(batch.detail), '') = coalesce(series.detail, '')
                    and coalesce(trim(batch.unit), '') = coalesce(series.unit, '')
            )
        """,
    ),
    no_rows(
        "edition has series",
        "seed_production_series names the series of every edition: a new edition needs its rows there",
        f"""
        select source_file, edition, count(*) as row_count from batch
        where edition not in (select edition from ({NAMED}))
        group by all
        """,
    ),
    no_rows(
        "year is one of the edition",
        f"an edition prints figures of the {YEARS_OF_AN_EDITION} years before its own, and none of a later one",
        f"""
        select {SHOWN} from batch
        where regexp_full_match(edition, 'MCS{YEAR_PATTERN}')
            and try_cast(substr(edition, 4) as integer) - try_cast(year as integer)
                not between 0 and {YEARS_OF_AN_EDITION}
        """,
    ),
    no_rows(
        "figure is there once",
        "a vintage has one figure per edition, statistic, series, country and year of a series that is used",
        f"""
        select any_value(source_file) as source_file, edition, min(file_row) as file_row, statistic, commodity, detail,
            unit, country, year, count(*) as times
        from ({NAMED})
        where kind is distinct from 'total_of_several_series'
        group by vintage_id, edition, statistic, commodity, detail, unit, country, year
        having count(*) > 1
        """,
    ),
    file_and_vintage_are_named(SHOWN),
    every_landed_file_has_rows("every landed USGS file has rows", "the USGS", "usgs", "raw.usgs_figures"),
]
