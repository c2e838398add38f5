-- One agreement or one cut per supplier, mineral and stage, and not both: what is guaranteed cannot be cut.
with

shocks as (

    select * from {{ ref('seed_scenario_shocks') }}
    where shock_type in ('supply_cut', 'fixed_quantity')

),

minerals as (

    select * from {{ ref('seed_minerals') }}

)

select
    shocks.shock_id,
    shocks.scenario_id,
    shocks.shock_type,
    shocks.supplier_iso3,
    other_shocks.shock_id as contradicts
from shocks
inner join shocks as other_shocks
    on
        shocks.scenario_id = other_shocks.scenario_id
        and shocks.supplier_iso3 = other_shocks.supplier_iso3
        and shocks.shock_id < other_shocks.shock_id
        and (
            shocks.mineral_id = other_shocks.mineral_id
            or 'all' in (shocks.mineral_id, other_shocks.mineral_id)
            or exists (
                select 1 from minerals
                where
                    minerals.mineral_id in (shocks.mineral_id, other_shocks.mineral_id)
                    and minerals.parent_mineral_id in (shocks.mineral_id, other_shocks.mineral_id)
            )
        )
        and (shocks.stage = other_shocks.stage or 'all' in (shocks.stage, other_shocks.stage))
        and coalesce(shocks.from_year, 0) <= coalesce(other_shocks.to_year, 9999)
        and coalesce(other_shocks.from_year, 0) <= coalesce(shocks.to_year, 9999)
