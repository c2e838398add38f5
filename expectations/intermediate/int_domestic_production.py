"""What would make production at home implausible."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    between,
    iso3,
    known_minerals,
    low_to_high,
    no_rows,
    not_empty,
    one_of,
)

TABLE = "scenario_id, year, mineral_id, stage"
SHOWN = "scenario_id, year, country_iso3, mineral_id, stage, source_id, is_listed"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    gxe.ExpectColumnValuesToNotBeNull(column="is_listed"),
    between("production_low_t", 0, None),
    between("reported_t", 0, None),
    low_to_high("production_low_t", "production_t", "production_high_t", SHOWN),
    no_rows(
        "a figure comes from a table",
        "a country is listed by a source of seed_production_sources, and a figure has one",
        f"""
        select {SHOWN}, production_t from batch
        where (source_id is null and (is_listed or production_t is not null))
            or source_id not in (select source_id from seeds.seed_production_sources)
        """,
    ),
    no_rows(
        "who is not listed produces nothing that is known",
        "a country that a table does not list has production 0 or none that is known",
        f"select {SHOWN}, production_t from batch where not is_listed and production_t > 0",
    ),
    no_rows(
        "countries produce no more than the world",
        "the production of all countries is at most that of the table they come from (1 %: totals are rounded)",
        f"""
        with countries as (
            select {TABLE}, sum(production_t) as production_t from batch
            where country_iso3 not in (select group_iso3 from seeds.seed_country_groups)
            group by all
        )
        select {TABLE}, countries.production_t, tables.listed_production_t, tables.world_total_t
        from countries
        inner join intermediate.int_production_tables as tables using (year, mineral_id, stage)
        where countries.production_t > 1.01 * cast(greatest(tables.listed_production_t, tables.world_total_t) as double)
        """,
    ),
    no_rows(
        "a group produces what its members do",
        "the production of a group, where it is known, is the sum of its members'",
        f"""
        with members as (
            select {TABLE}, group_iso3, sum(production_t) as members_t
            from batch
            inner join seeds.seed_country_groups on batch.country_iso3 = seed_country_groups.member_iso3
            group by all
        )
        select {TABLE}, group_iso3, batch.production_t, members.members_t
        from batch
        left join members using ({TABLE})
        where batch.country_iso3 = members.group_iso3
            and abs(batch.production_t - members.members_t) > 1e-9 * members.members_t
        """,
    ),
]
