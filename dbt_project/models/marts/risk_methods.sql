with

risk_methods as (

    select * from {{ ref('metric_risk_methods') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

),

world_supply as (

    select
        year,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('world_supply') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    risk_methods.method_id,
    cast(risk_methods.value as double) as value,
    risk_methods.is_complete,
    risk_methods.missing_inputs,
    provenance.is_provisional or if(world_supply.year is null, false, world_supply.is_provisional) as is_provisional,
    provenance.is_redistributable and coalesce(world_supply.is_redistributable, true) as is_redistributable
from risk_methods
left join provenance using (year, importer_iso3, mineral_id, stage)
-- what is said of the world's supply may rest on another country's trade
left join world_supply using (year, mineral_id, stage)
