-- Demand, home supply and imports of a market from a scenario's first year to its last. `value` is net import reliance.
with

balances as (

    select * from {{ ref('int_scenario_balances') }}
    where case_group = 'path'

),

deliveries as (

    select * from {{ ref('int_scenario_deliveries') }}
    where case_group = 'path' and supplier_iso3 != 'XXX'

),

refusals as (

    select
        scenario_id,
        min(reason) as refusal_reason
    from {{ ref('int_scenario_refusals') }}
    group by all

),

markets as (

    select * from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical'

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

largest as (

    select
        scenario_id,
        case_id,
        year,
        mineral_id,
        stage,
        max_by(supplier_iso3, (delivered_t, supplier_iso3)) as top_supplier_iso3,
        max(delivered_t) as top_supplier_t
    from deliveries
    where delivered_t > 0
    group by all

),

paths as (

    select
        balances.scenario_id,
        balances.case_id,
        balances.year,
        balances.importer_iso3,
        balances.mineral_id,
        balances.stage,
        balances.baseline_t / markets.purchased_gross_t as content_fraction,
        balances.production_t + balances.home_used_t as home_supply_t,
        balances.delivered_t as imports_t,
        balances.exports_t,
        balances.agreed_t,
        balances.unmet_t,
        largest.top_supplier_iso3,
        largest.top_supplier_t,
        -- of the years in which a figure was published
        case
            when balances.year = scenarios.baseline_year then markets.published_baseline_reliance
            when balances.year = markets.end_year then markets.published_end_reliance
        end as published_net_import_reliance,
        coalesce(refusals.refusal_reason, balances.missing_reason) as missing_reason
    from balances
    inner join scenarios using (scenario_id)
    inner join markets using (scenario_id, mineral_id, stage)
    left join largest using (scenario_id, case_id, year, mineral_id, stage)
    left join refusals using (scenario_id)

),

consumed as (

    select
        *,
        -- what is there to use, and what there is not
        home_supply_t + imports_t - exports_t as consumption_t
    from paths

)

select
    *,
    consumption_t + unmet_t as demand_t,
    main.net_import_reliance(home_supply_t, imports_t, exports_t) as value,
    top_supplier_t / nullif(consumption_t, 0) as top_supplier_ratio
from consumed
