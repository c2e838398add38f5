with

shocks as (

    select * from {{ ref('seed_scenario_shocks') }}

),

met as (

    select
        shock_id,
        cast(count(*) as integer) as markets_met
    from {{ ref('int_scenario_shocks') }}
    group by all

)

select
    shock_id,
    shocks.scenario_id,
    shocks.shock_type,
    shocks.supplier_iso3,
    shocks.mineral_id,
    shocks.stage,
    shocks.fraction,
    shocks.factor,
    shocks.factor_low,
    shocks.factor_high,
    shocks.demand_basis,
    shocks.quantity,
    shocks.quantity_unit,
    shocks.from_year,
    shocks.to_year,
    shocks.source,
    shocks.note,
    coalesce(met.markets_met, 0) as markets_met
from shocks
left join met using (shock_id)
