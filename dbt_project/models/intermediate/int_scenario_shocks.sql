-- Every shock, spelled out for the minerals and stages that it meets among the importer's purchases.
with

shocks as (

    select * from {{ ref('seed_scenario_shocks') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

cells as (

    select distinct
        year,
        importer_iso3,
        mineral_id,
        stage
    from {{ ref('int_baseline_flows') }}

)

select
    shocks.scenario_id,
    shocks.shock_id,
    cells.mineral_id,
    cells.stage,
    shocks.shock_type,
    shocks.supplier_iso3,
    shocks.fraction,
    shocks.factor,
    coalesce(shocks.factor_low, shocks.factor) as factor_low,
    coalesce(shocks.factor_high, shocks.factor) as factor_high,
    shocks.demand_basis,
    shocks.quantity,
    shocks.quantity_unit,
    shocks.from_year,
    shocks.to_year
from shocks
inner join scenarios using (scenario_id)
inner join cells
    on
        scenarios.importer_iso3 = cells.importer_iso3
        and scenarios.baseline_year = cells.year
        and shocks.stage in (cells.stage, 'all')
inner join minerals
    on
        cells.mineral_id = minerals.mineral_id
        and (
            shocks.mineral_id in ('all', cells.mineral_id)
            -- a shock to a parent mineral meets its sub-materials
            or shocks.mineral_id = coalesce(minerals.parent_mineral_id, '')
        )
