-- The largest supplier's part of what an importer consumes, in contained metal (EU CRM Act: at most 0.65).
with

flows as (

    select * from {{ ref('int_trade_flows') }}

),

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

suppliers as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        supplier_iso3,
        cast(sum(content_kg) as double) / 1000 as supply_t
    from flows
    where supplier_iso3 != 'XXX'
    group by all

),

largest as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        max(supply_t) as largest_supply_t
    from suppliers
    group by all

),

inputs as (

    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        import_reliance.imports_t is not null as imports_are_weighed,
        largest.largest_supply_t,
        import_reliance.apparent_consumption_t
    from import_cells
    left join largest using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join import_reliance
        on
            import_cells.scenario_id = import_reliance.scenario_id
            and import_cells.year = import_reliance.year
            and import_cells.importer_iso3 = import_reliance.country_iso3
            and import_cells.mineral_id = import_reliance.mineral_id
            and import_cells.stage = import_reliance.stage

)

select
    *,
    if(apparent_consumption_t > 0, largest_supply_t / apparent_consumption_t, null) as value,
    nullif(
        concat_ws(
            ', ',
            if(not imports_are_weighed, 'import_weights', null),
            if(imports_are_weighed and largest_supply_t is null, 'identified_suppliers', null),
            -- nothing is left for consumption where exports exceed production and imports: one of the three is wrong
            if(apparent_consumption_t is null or apparent_consumption_t <= 0, 'apparent_consumption', null)
        ), ''
    ) as missing_inputs
from inputs
