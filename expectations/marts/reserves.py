"""What would be implausible to publish as reserves."""

from expectations.rules import (
    between,
    from_restricted_source,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

SHOWN = "year, country_iso3, mineral_id, series_id, reserves_t, reported_value, reported_unit, row_reference"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", ("ore",)),
    between("reserves_t", 0, None),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "what is missing has a reason",
        "reserves_t is known where there is no missing_reason, and only there",
        f"select {SHOWN}, missing_reason from batch where (reserves_t is null) != (missing_reason is not null)",
    ),
    no_rows(
        "content lies between its bounds",
        "low <= typical <= high <= what is reported",
        f"""
        select {SHOWN}, reserves_low_t, reserves_high_t, reported_t from batch
        where not (reserves_low_t <= reserves_t and reserves_t <= reserves_high_t and reserves_high_t <= reported_t)
        """,
    ),
    no_rows(
        "reserves last for years",
        "the reserves of a mineral are at least 5 years of its production, in the same countries: less is a unit",
        """
        with production as (
            select country_iso3, mineral_id, year, sum(production_t) as production_t
            from marts.production where stage = 'ore' group by all
        ),
        reserves as (
            select country_iso3, mineral_id, year, sum(reserves_t) as reserves_t
            from batch group by all having count(*) = count(reserves_t)
        )
        select mineral_id, year, sum(production_t) as production_t, sum(reserves_t) as reserves_t
        from reserves
        inner join production using (country_iso3, mineral_id, year)
        group by all
        having sum(reserves_t) < 5 * sum(production_t)
        """,
    ),
    no_rows(
        "every figure can be found in its source",
        "row_reference, source_id and edition are there",
        f"""
        select {SHOWN} from batch
        where coalesce(row_reference, '') = '' or source_id is null or edition is null
        """,
    ),
]
