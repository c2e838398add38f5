"""What would be implausible to publish as the results of published methods."""

from expectations.rules import (
    COVERED_YEARS,
    STAGES,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, method_id, value, missing_inputs"

# From which to which value each method goes. A supply risk is at most governance risk 10 times 1.3, the highest
# trade parameter; consumption near 0 has no upper bound on what the largest supplier's imports are of it.
RANGES = """
    (values
        ('eu_supply_risk', 0, 13), ('eu_supply_risk_global', 0, 13), ('eu_supply_risk_import', 0, 13),
        ('geopolrisk', 0, 1), ('hhi_governance', 0, 10), ('cdi_1', 0, 1), ('geodep', 0, 3), ('crma_65', 0, null),
        ('top3_share', 0, 1), ('n_minus_1', 0, null), ('net_import_reliance', 0, 1)
    ) as ranges (method_id, low, high)
"""
# What cannot be 0: somebody supplies.
ABOVE_ZERO = "('cdi_1', 'top3_share', 'n_minus_1', 'hhi_governance')"
ENOUGH_CELLS = 30
CONSUMPTION_FACTOR = 10

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "value is in its method's range",
        "each method has a range, and every value that is known lies in it; geodep counts",
        f"""
        select {SHOWN}, ranges.low, ranges.high
        from batch
        left join {RANGES} using (method_id)
        where ranges.method_id is null
            or value < low
            or value > coalesce(high, cast(1e308 as double))
            or (value <= 0 and method_id in {ABOVE_ZERO})
            or (method_id = 'geodep' and value != floor(value))
        """,
    ),
    no_rows(
        "the same figures as elsewhere",
        "cdi_1, net_import_reliance, top3_share and n_minus_1 are those of the tables that publish them",
        f"""
        with elsewhere as (
            select {CELL}, 'cdi_1' as method_id, hhi_value as value from marts.supplier_concentration
            union all
            select year, country_iso3, mineral_id, stage, 'net_import_reliance', net_import_reliance
            from marts.import_reliance
            union all
            select {CELL}, 'top3_share', world_supply.top3_share
            from marts.supplier_concentration
            inner join marts.world_supply as world_supply using (year, mineral_id, stage)
            union all
            select {CELL}, 'n_minus_1', world_supply.n_minus_1
            from marts.supplier_concentration
            inner join marts.world_supply as world_supply using (year, mineral_id, stage)
        )
        select {CELL}, method_id, batch.value, elsewhere.value as value_elsewhere
        from batch
        left join elsewhere using ({CELL}, method_id)
        where method_id in ('cdi_1', 'net_import_reliance', 'top3_share', 'n_minus_1')
            and batch.value is distinct from elsewhere.value
        """,
    ),
    no_rows(
        "part of known and complete values holds",
        "of a method's values at least half of the part that was known, or complete, still is a year later",
        f"""
        with years as (
            select
                method_id, year, count(value) as known, count(value) / count(*) as known_share,
                count(*) filter (where is_complete) as complete,
                count(*) filter (where is_complete) / count(*) as complete_share
            from batch
            group by all
        )
        select
            years.method_id, years.year,
            before.known_share as known_share_before, years.known_share as known_share_now,
            before.complete_share as complete_share_before, years.complete_share as complete_share_now
        from years
        inner join years as before on years.method_id = before.method_id and years.year = before.year + 1
        where years.year in {COVERED_YEARS}
            and (
                (before.known >= {ENOUGH_CELLS} and years.known_share < 0.5 * before.known_share)
                or (before.complete >= {ENOUGH_CELLS} and years.complete_share < 0.5 * before.complete_share)
            )
        """,
        severity="warning",
    ),
    no_rows(
        "consumption is more than a remainder",
        f"the largest supplier delivers less than {CONSUMPTION_FACTOR} times what is consumed: above it, consumption is"
        " the small difference of large figures",
        f"select {SHOWN} from batch where method_id = 'crma_65' and value > {CONSUMPTION_FACTOR}",
        severity="warning",
        order_by="value desc, year, importer_iso3, mineral_id, stage",
    ),
]
