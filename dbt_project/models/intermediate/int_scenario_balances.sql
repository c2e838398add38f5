-- What becomes of each market in each reading of a scenario: nothing is created or lost, what is lacking has a price.
with

cells as (

    select * from {{ ref('int_scenario_cells') }}

),

deliveries as (

    select * from {{ ref('int_scenario_deliveries') }}

),

sums as (

    select
        scenario_id,
        case_group,
        case_id,
        year,
        mineral_id,
        stage,
        any_value(home_used_t) as home_used_t,
        sum(delivered_t order by supplier_iso3) as delivered_t,
        sum(withdrawn_t order by supplier_iso3) as withdrawn_t,
        sum(refilled_t order by supplier_iso3) as refilled_t,
        any_value(cell_unmet_t) as unmet_t,
        sum(agreed_t order by supplier_iso3) as agreed_t,
        -- at what the importer paid, and at what the others pay whose goods these were
        sum(withdrawn_t * purchase_usd_per_t order by supplier_iso3) as withdrawn_value_usd,
        sum(refilled_t * elsewhere_usd_per_t order by supplier_iso3) as replacement_bill_usd
    from deliveries
    group by all

)

select
    cells.scenario_id,
    cells.case_group,
    cells.case_id,
    cells.year,
    cells.importer_iso3,
    cells.mineral_id,
    cells.stage,
    cells.content_scale,
    cells.headroom_share,
    cells.baseline_t,
    cells.demand_change_t,
    sums.home_used_t,
    cells.home_supply_t - sums.home_used_t as home_surplus_t,
    sums.agreed_t,
    sums.delivered_t,
    sums.withdrawn_t,
    sums.refilled_t,
    sums.unmet_t,
    sums.unmet_t / (cells.baseline_t + cells.demand_change_t) as unmet_share,
    sums.withdrawn_value_usd,
    if(sums.withdrawn_t = 0, 0, sums.withdrawn_value_usd * sums.unmet_t / sums.withdrawn_t) as value_lost_usd,
    sums.replacement_bill_usd,
    sums.replacement_bill_usd
    - if(sums.withdrawn_t = 0, 0, sums.withdrawn_value_usd * sums.refilled_t / sums.withdrawn_t)
        as replacement_extra_cost_usd,
    cells.production_t,
    cells.exports_t,
    cells.missing_reason
from cells
left join sums using (scenario_id, case_group, case_id, year, mineral_id, stage)
