-- Scenarios that the data contradict: nothing is said of them, and the shock at fault is named.
with

shocks as (

    select * from {{ ref('int_scenario_shocks') }}
    where shock_type = 'fixed_quantity'

),

written_shocks as (

    select * from {{ ref('seed_scenario_shocks') }}
    where shock_type = 'fixed_quantity'

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

-- Of one mineral that has no sub-materials, at one stage
named_shocks as (

    select * from {{ ref('seed_scenario_shocks') }}
    where
        mineral_id != 'all'
        and stage != 'all'
        and mineral_id not in (
            select minerals.parent_mineral_id
            from {{ ref('seed_minerals') }} as minerals
            where minerals.parent_mineral_id is not null
        )

),

cells as (

    select * from {{ ref('int_scenario_cells') }}
    where missing_reason is null

),

markets as (

    select * from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical'

),

supplies as (

    select * from {{ ref('int_scenario_supplies') }}
    where agreed_t is not null

),

-- A shock that names one market, of which no source tells: nothing could be said of what is asked
without_data as (

    select
        named_shocks.scenario_id,
        named_shocks.shock_id,
        'no_source_covers_its_codes' as reason,
        null as found_t,
        null as allowed_t
    from named_shocks
    inner join scenarios using (scenario_id)
    anti join {{ ref('int_selected_codes') }} as covered
        on
            scenarios.importer_iso3 = covered.importer_iso3
            and scenarios.baseline_year = covered.year
            and named_shocks.mineral_id = covered.mineral_id
            and named_shocks.stage = covered.stage
            and covered.exclusion_reason is null

),

-- Nothing is bought of it, so nothing can be agreed
without_market as (

    select
        written_shocks.scenario_id,
        written_shocks.shock_id,
        'importer_buys_none' as reason,
        null as found_t,
        null as allowed_t
    from written_shocks
    anti join shocks using (scenario_id, shock_id)
    where written_shocks.shock_id not in (select without_data.shock_id from without_data)

),

without_exports as (

    select
        shocks.scenario_id,
        shocks.shock_id,
        'agreed_supplier_exports_none' as reason,
        null as found_t,
        null as allowed_t
    from shocks
    semi join cells using (scenario_id, mineral_id, stage)
    anti join supplies using (scenario_id, mineral_id, stage, supplier_iso3)

),

agreed as (

    select
        scenario_id,
        case_group,
        case_id,
        year,
        mineral_id,
        stage,
        sum(agreed_t order by supplier_iso3) as agreed_t
    from supplies
    group by all

),

-- What is made at home comes before imports, agreed or not
compared as (

    select
        cells.scenario_id,
        cells.mineral_id,
        cells.stage,
        agreed.agreed_t,
        cells.baseline_t + cells.demand_change_t - cells.home_supply_t as allowed_t
    from cells
    inner join agreed using (scenario_id, case_group, case_id, year, mineral_id, stage)

),

-- of the reading in which they are furthest apart
above_demand as (

    select
        scenario_id,
        mineral_id,
        stage,
        max_by(agreed_t, agreed_t - allowed_t) as found_t,
        max_by(allowed_t, agreed_t - allowed_t) as allowed_t
    from compared
    where agreed_t > allowed_t * (1 + 1e-12)
    group by all

),

agreements_above_demand as (

    select
        above_demand.scenario_id,
        string_agg(distinct shocks.shock_id, ' ' order by shocks.shock_id) as shock_id,
        'agreements_above_demand' as reason,
        max_by(above_demand.found_t, above_demand.found_t - above_demand.allowed_t) as found_t,
        max_by(above_demand.allowed_t, above_demand.found_t - above_demand.allowed_t) as allowed_t
    from above_demand
    inner join shocks using (scenario_id, mineral_id, stage)
    group by all

),

-- A smaller consumption may be less than what is made at home, and then nothing is left to buy
without_demand as (

    select
        cells.scenario_id,
        string_agg(distinct growth.shock_id, ' ' order by growth.shock_id) as shock_id,
        'nothing_is_wanted' as reason,
        min(cells.baseline_t + cells.demand_change_t) as found_t,
        null as allowed_t
    from cells
    inner join {{ ref('int_scenario_shocks') }} as growth using (scenario_id, mineral_id, stage)
    where
        cells.baseline_t + cells.demand_change_t <= 0
        -- what is no content at all is another fault
        and cells.content_scale > 0
        and growth.shock_type = 'demand_growth'
    group by all

),

published_figures as (

    select
        scenario_id,
        null as shock_id,
        'published_reliance_needs_less_home_production' as reason,
        published_end_production_t as found_t,
        production_t as allowed_t
    from markets
    where published_end_production_t < production_t and coalesce(published_content_scale, 1) > 0

),

-- No reliance above 0 can be made of what sells more than it buys
net_exporters as (

    select
        scenario_id,
        null as shock_id,
        'importer_sells_more_than_it_buys' as reason,
        null as found_t,
        null as allowed_t
    from markets
    where published_content_scale <= 0

)

select * from without_market
union all by name
select * from without_exports
union all by name
select * from agreements_above_demand
union all by name
select * from without_demand
union all by name
select * from published_figures
union all by name
select * from net_exporters
union all by name
select * from without_data
