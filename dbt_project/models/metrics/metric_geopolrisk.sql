-- GeoPolRisk: concentrated production times unstable suppliers, in gross tonnes as the method has it. `value` is 0-1.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

production as (

    select * from {{ ref('int_production') }}

),

production_tables as (

    select * from {{ ref('int_production_tables') }}

),

domestic_production as (

    select * from {{ ref('int_domestic_production') }}

),

imports as (

    select
        supplier_shares.scenario_id,
        supplier_shares.year,
        supplier_shares.importer_iso3,
        supplier_shares.mineral_id,
        supplier_shares.stage,
        any_value(supplier_shares.weight_coverage_share) as weight_coverage_share,
        min(supplier_shares.months_covered) as months_covered,
        cast(sum(supplier_shares.net_weight_kg) as double) / 1000 as imports_t,
        cast(sum(supplier_shares.net_weight_kg) filter (where governance.iso3 is not null) as double) / 1000
            as governed_imports_t,
        sum(
            governance.political_instability * cast(supplier_shares.net_weight_kg as double) / 1000
            order by supplier_shares.supplier_iso3
        ) as unstable_imports_t
    from supplier_shares
    left join governance
        on supplier_shares.supplier_iso3 = governance.iso3 and supplier_shares.year = governance.year
    group by all

),

-- The rest of the world is spread thin.
world_production as (

    select
        production.year,
        production.mineral_id,
        production.stage,
        hhi(
            list(
                cast(production.reported_t as double) / production_tables.reported_listed_t
                order by production.country_iso3
            ) filter (where production.country_iso3 != 'XXX' and production.reported_t is not null)
        ) as hhi_production,
        any_value(production_tables.withheld_countries) as withheld_countries
    from production
    inner join production_tables using (year, mineral_id, stage)
    group by all

),

inputs as (

    select
        imports.scenario_id,
        imports.year,
        imports.importer_iso3,
        imports.mineral_id,
        imports.stage,
        world_production.hhi_production,
        world_production.withheld_countries,
        imports.months_covered < 12 as imports_are_of_part_of_a_year,
        -- production is that of twelve months
        if(
            imports.months_covered = 12
            and imports.weight_coverage_share >= {{ threshold('weight_coverage_share') }},
            imports.imports_t, null
        ) as imports_t,
        -- a supplier without an estimate is like the mean of the others, if those are nearly all
        if(
            round(imports.governed_imports_t / imports.imports_t, 12) >= {{ threshold('governance_coverage_share') }},
            imports.unstable_imports_t * imports.imports_t / imports.governed_imports_t, null
        ) as unstable_imports_t,
        domestic_production.reported_t as production_t
    from imports
    left join world_production using (year, mineral_id, stage)
    left join domestic_production
        on
            imports.scenario_id = domestic_production.scenario_id
            and imports.year = domestic_production.year
            and imports.importer_iso3 = domestic_production.country_iso3
            and imports.mineral_id = domestic_production.mineral_id
            and imports.stage = domestic_production.stage

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    hhi_production,
    unstable_imports_t,
    imports_t,
    production_t,
    geopolrisk_score(hhi_production, unstable_imports_t, imports_t, production_t) as value,
    nullif(
        concat_ws(
            ', ',
            if(hhi_production is null, 'world_production', null),
            if(hhi_production is not null and production_t is null, 'domestic_production', null),
            case
                when imports_are_of_part_of_a_year then 'imports_of_a_whole_year'
                when imports_t is null then 'import_weights'
            end,
            if(imports_t is not null and unstable_imports_t is null, 'governance_of_suppliers', null),
            'production_of_' || withheld_countries
        ), ''
    ) as missing_inputs
from inputs
