"""What would make trade in tonnes of the mineral itself implausible."""

from expectations.rules import (
    STAGES,
    between,
    group_trades_no_more_than_its_members,
    iso3,
    known_minerals,
    low_to_high,
    no_rows,
    not_empty,
    one_of,
    positive,
    threshold,
)

TABLE = "scenario_id, year, mineral_id, stage"
SHOWN = "scenario_id, year, country_iso3, mineral_id, stage"

# Sums over fewer countries are those of an extract for one importer.
ENOUGH_COUNTRIES = 30
# A slip of unit is a factor of 1000; the widest honest ratio is 0.10 (fluorspar). A basket code holds other goods too.
WORLD_FACTOR = 20
# By value, imports and exports of a code are the same flows; what differs is which codes are known of whom.
WORLD_BALANCE = 0.1

# The world's trade in a mineral and stage, where a source covers all importers of its codes.
WORLD = f"""
    with country_trade as (
        select * from batch where country_iso3 not in (select group_iso3 from seeds.seed_country_groups)
    ),
    world as (
        select
            {TABLE},
            count(*) as countries,
            min(covered_code_share) as covered_code_share, bool_or(has_basket_code) as has_basket_code,
            sum(import_value_usd) as import_value_usd, sum(export_value_usd) as export_value_usd,
            sum(imports_t) as imports_t, sum(exports_t) as exports_t
        from country_trade
        where export_value_usd is not null
        group by all
        having count(*) >= {ENOUGH_COUNTRIES}
    )
"""

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("import_value_usd", 0, None),
    between("export_value_usd", 0, None),
    between("imports_low_t", 0, None),
    between("exports_low_t", 0, None),
    low_to_high("imports_low_t", "imports_t", "imports_high_t", SHOWN),
    low_to_high("exports_low_t", "exports_t", "exports_high_t", SHOWN),
    positive("covered_code_share", 1),
    between("import_weight_coverage_share", 0, 1),
    between("export_weight_coverage_share", 0, 1),
    no_rows(
        "tonnes are known where enough is weighed",
        "tonnes of a whole year are there if and only if the part of the value with a weight reaches the threshold",
        # a share is a quotient of doubles: its last digits are noise
        f"""
        select {SHOWN}, imports_t, import_weight_coverage_share, exports_t, export_weight_coverage_share from batch
        where (imports_t is not null and import_weight_coverage_share < {threshold("weight_coverage_share")} - 1e-12)
            or (imports_t is null and not imports_are_of_part_of_a_year
                and import_weight_coverage_share > {threshold("weight_coverage_share")} + 1e-12)
            or (exports_t is not null and export_weight_coverage_share < {threshold("weight_coverage_share")} - 1e-12)
            or (exports_t is null and export_weight_coverage_share > {threshold("weight_coverage_share")} + 1e-12)
            or (exports_t is not null and export_weight_coverage_share is null)
        """,
    ),
    no_rows(
        "tonnes are those of a year",
        "imports of some months have no tonnes, since exports and production are those of twelve",
        f"""
        select {SHOWN}, imports_low_t, imports_t, imports_high_t from batch
        where imports_are_of_part_of_a_year is null
            or (imports_are_of_part_of_a_year and coalesce(imports_low_t, imports_t, imports_high_t) is not null)
        """,
    ),
    no_rows(
        "nothing bought is no tonnes",
        "without imports there are 0 t of imports, without exports 0 t of exports",
        f"""
        select {SHOWN}, import_value_usd, imports_t, export_value_usd, exports_t from batch
        where (import_value_usd = 0 and imports_t != 0) or (export_value_usd = 0 and exports_t != 0)
        """,
    ),
    # a scenario of a group tells of no member
    group_trades_no_more_than_its_members("import_value_usd", TABLE, where="scenario_id = 'baseline'"),
    group_trades_no_more_than_its_members("imports_t", TABLE, where="scenario_id = 'baseline'"),
    group_trades_no_more_than_its_members("exports_t", TABLE, where="scenario_id = 'baseline'"),
    no_rows(
        "what the world sells is what it buys",
        f"by value the world's exports are its imports, give or take {WORLD_BALANCE:.0%}",
        f"""
        {WORLD}
        select {TABLE}, countries, import_value_usd, export_value_usd from world
        where abs(export_value_usd / nullif(import_value_usd, 0) - 1) > {WORLD_BALANCE}
        """,
    ),
    no_rows(
        "world trade is in the unit of world production",
        "where all codes are covered and none holds other goods the world imports between a"
        f" {WORLD_FACTOR}th and {WORLD_FACTOR} times of what it produces",
        f"""
        {WORLD}
        select {TABLE}, source_id, imports_t, listed_production_t,
            imports_t / cast(listed_production_t as double) as ratio
        from world
        inner join intermediate.int_production_tables using (year, mineral_id, stage)
        where covered_code_share = 1 and not has_basket_code
            and imports_t / nullif(cast(listed_production_t as double), 0)
                not between 1.0 / {WORLD_FACTOR} and {WORLD_FACTOR}
        """,
    ),
    no_rows(
        "nobody trades more than the world mines",
        "no country imports or exports more of a mineral at one stage than the world mines in its best year",
        f"""
        with mined as (
            select mineral_id, max(cast(listed_production_t as double)) as world_mined_t
            from intermediate.int_production_tables where stage = 'ore' group by all
        )
        select {SHOWN}, imports_t, exports_t, world_mined_t,
            round(greatest(imports_t, exports_t) / world_mined_t, 2) as factor
        from batch
        inner join mined using (mineral_id)
        where greatest(imports_t, exports_t) > world_mined_t
        """,
        severity="warning",
        order_by="factor desc, year, country_iso3, mineral_id, stage",
    ),
]
