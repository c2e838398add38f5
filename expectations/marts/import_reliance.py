"""What would be implausible to publish about reliance on imports."""

from expectations.rules import (
    COVERED_YEARS,
    STAGES,
    between,
    from_restricted_cell,
    from_restricted_source,
    group_trades_no_more_than_its_members,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    restricted_rows_stay,
)

TABLE = "year, mineral_id, stage"
KEYS = f"{TABLE}, country_iso3"
SHOWN = f"{KEYS}, production_t, imports_t, exports_t"

# Stocks and re-exports explain exports above what a country has in a year, five times that they do not.
EXPORT_FACTOR = 5
# A country that sells less than this of world production may sell what it has in store.
EXPORTER_SHARE = 0.01

SUITE = [
    not_empty(),
    iso3("country_iso3", KEYS),
    known_minerals(KEYS),
    one_of("stage", STAGES),
    between("production_t", 0, None),
    between("imports_t", 0, None),
    between("exports_t", 0, None),
    between("net_import_reliance", 0, 1),
    between("net_import_reliance_low", 0, 1),
    between("net_import_reliance_high", 0, 1),
    positive("covered_code_share", 1),
    between("import_weight_coverage_share", 0, 1),
    between("export_weight_coverage_share", 0, 1),
    restricted_rows_stay(
        SHOWN, from_restricted_cell("country_iso3") + " or " + from_restricted_source("production_source_id")
    ),
    no_rows(
        "reliance is net imports over consumption",
        "net_import_reliance times apparent_consumption_t is what imports exceed exports by",
        f"""
        select {SHOWN}, apparent_consumption_t, net_import_reliance from batch
        where not is_net_exporter
            and abs(net_import_reliance * apparent_consumption_t - (imports_t - exports_t)) > 1e-9 * imports_t
        """,
    ),
    group_trades_no_more_than_its_members("imports_t", TABLE),
    group_trades_no_more_than_its_members("exports_t", TABLE),
    no_rows(
        "a country sells what it has",
        f"who sells at least {EXPORTER_SHARE:.0%} of world production under clean codes sells at most"
        f" {EXPORT_FACTOR} times what it produces and buys",
        f"""
        with world as (
            select {TABLE}, sum(production_t) as world_production_t from batch
            where country_iso3 not in (select group_iso3 from seeds.seed_country_groups)
            group by all
        )
        select {SHOWN}, production_source_id, world_production_t,
            round(exports_t / world_production_t, 4) as part_of_world
        from batch
        inner join world using ({TABLE})
        where not has_basket_code
            and exports_t > {EXPORT_FACTOR} * (production_t + imports_t)
            and exports_t > {EXPORTER_SHARE} * world_production_t
        """,
        severity="warning",
        order_by="part_of_world desc, year, country_iso3",
    ),
    no_rows(
        "number of known reliances holds",
        "a year keeps at least half of the part of the cells whose reliance was known the year before",
        f"""
        with years as (
            select year, count(*) as cells, count(net_import_reliance) / count(*) as known_share from batch group by all
        )
        select years.year, before.known_share as known_share_before, years.known_share as known_share_now
        from years
        inner join years as before on years.year = before.year + 1
        where years.year in {COVERED_YEARS}
            and before.cells >= 100 and years.known_share < 0.5 * before.known_share
        """,
    ),
]
