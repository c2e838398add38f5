"""What must hold of the production of countries."""

from expectations.rules import STAGES, between, iso3, known_minerals, no_rows, not_empty, one_of

SHOWN = "year, mineral_id, stage, country_iso3, production_t, edition, row_references"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("production_t", 0, None),
    no_rows(
        "a world total is no country",
        "no row is a world total",
        f"select {SHOWN} from batch where country_iso3 = 'WLD'",
    ),
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
        "one table speaks",
        "all countries of one year, mineral and stage come from one edition of one source",
        """
        select year, mineral_id, stage, string_agg(distinct source_id || ' ' || edition, ', ') as tables
        from batch group by all having count(distinct source_id || ' ' || edition) != 1
        """,
    ),
]
