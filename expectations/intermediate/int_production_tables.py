"""What must hold of the tables behind production."""

from expectations.rules import STAGES, between, known_minerals, no_rows, not_empty, one_of

SHOWN = "year, mineral_id, stage, edition, listed_production_t, other_countries_t, world_total_t"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("listed_production_t", 0, None),
    between("other_countries_share", 0, 1),
    between("country_count", 0, 250),
    no_rows(
        "a table that has figures lists countries",
        "a table with production lists at least one country with a figure",
        f"""
        select {SHOWN}, country_count, withheld_countries from batch
        where listed_production_t > 0
            and country_count <= coalesce(len(string_split(withheld_countries, ' ')), 0)
        """,
    ),
    no_rows(
        "a mineral's table does not vanish",
        "a mineral and stage with production in a year has a table in the next, while the source has that year",
        """
        select before.mineral_id, before.stage, before.source_id, before.year + 1 as year
        from batch as before
        where before.listed_production_t > 0
            and exists (
                from batch as others where others.source_id = before.source_id and others.year = before.year + 1
            )
            and not exists (
                from batch as now
                where now.mineral_id = before.mineral_id and now.stage = before.stage and now.year = before.year + 1
            )
        """,
    ),
]
