"""What would be implausible to publish as production."""

from expectations.rules import (
    STAGES,
    between,
    from_restricted_source,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

SHOWN = "year, country_iso3, mineral_id, stage, production_t, edition, row_references"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("production_t", 0, None),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "what is missing has a reason",
        "production_t is known where there is no missing_reason, and only there",
        f"select {SHOWN}, missing_reason from batch where (production_t is null) != (missing_reason is not null)",
    ),
    no_rows(
        "content lies between its bounds",
        "low <= typical <= high <= what is reported",
        f"""
        select {SHOWN}, production_low_t, production_high_t, reported_t from batch
        where not (
            production_low_t <= production_t and production_t <= production_high_t and production_high_t <= reported_t
        )
        """,
    ),
    no_rows(
        "every figure can be found in its source",
        "row_references names a row, source_id and edition are there",
        f"""
        select {SHOWN}, source_id from batch
        where coalesce(row_references, '') = '' or source_id is null or edition is null
        """,
    ),
    no_rows(
        "a large producer stays one",
        "a country with a fifth of a table's production moves by less than a factor of 3 in a year",
        """
        with shares as (
            select *, production_t / sum(production_t) over (partition by year, mineral_id, stage) as share
            from batch where country_iso3 != 'XXX'
        )
        select before.mineral_id, before.stage, before.country_iso3, before.year + 1 as year,
            before.production_t as production_before_t, now.production_t as production_now_t
        from shares as before
        inner join shares as now
            on before.mineral_id = now.mineral_id
            and before.stage = now.stage
            and before.country_iso3 = now.country_iso3
            and now.year = before.year + 1
        where before.share >= 0.2 and not now.production_t between before.production_t / 3 and before.production_t * 3
        """,
        severity="warning",
    ),
]
