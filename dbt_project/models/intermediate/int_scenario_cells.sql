-- What a scenario asks of each market in each of its readings and years: demand, home supply and the room of others.
with

cases as (

    select * from {{ ref('int_scenario_cases') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

markets as (

    select * from {{ ref('int_scenario_markets') }}

),

shocks as (

    select * from {{ ref('int_scenario_shocks') }}

),

-- Where a published figure is to be met, it is met with the content that meets it.
sized as (

    select
        cases.*,
        markets.mineral_id,
        markets.stage,
        markets.importer_iso3,
        case cases.headroom_reading
            when 'low' then scenarios.headroom_low_share
            when 'typical' then scenarios.headroom_share
            when 'high' then scenarios.headroom_high_share
        end as headroom_share,
        if(cases.content_is_solved, markets.published_content_scale, 1) as content_scale,
        markets.purchased_t * content_scale as baseline_t,
        markets.exports_t * content_scale as exports_t,
        markets.purchased_gross_t,
        markets.production_t,
        markets.published_end_production_t,
        markets.missing_reason,
        if(
            cases.is_in_full, 1, (cases.year - markets.baseline_year) / (markets.end_year - markets.baseline_year)
        ) as path_share
    from cases
    inner join scenarios using (scenario_id)
    inner join markets using (scenario_id, content_reading)
    -- a path is told of the markets that it names
    where cases.is_in_full or markets.end_year is not null

),

-- How far a shock has come: it grows from its first year to its last, and then stays.
progress as (

    select
        sized.scenario_id,
        sized.case_group,
        sized.case_id,
        sized.year,
        sized.mineral_id,
        sized.stage,
        shocks.shock_id,
        shocks.demand_basis,
        shocks.quantity,
        shocks.quantity_unit,
        case sized.demand_reading
            when 'low' then shocks.factor_low
            when 'typical' then shocks.factor
            when 'high' then shocks.factor_high
        end as factor,
        case
            when sized.is_in_full or shocks.from_year is null then 1
            when sized.year >= shocks.to_year then 1
            when sized.year <= shocks.from_year then 0
            else (sized.year - shocks.from_year) / (shocks.to_year - shocks.from_year)
        end as progress_share
    from sized
    inner join shocks using (scenario_id, mineral_id, stage)
    where shocks.shock_type in ('demand_growth', 'domestic_production')

),

grown as (

    select
        scenario_id,
        case_group,
        case_id,
        year,
        mineral_id,
        stage,
        product(power(factor, progress_share)) filter (where demand_basis = 'imports') as import_factor,
        product(power(factor, progress_share)) filter (where demand_basis = 'consumption') as consumption_factor,
        sum(quantity * progress_share order by shock_id) filter (where quantity_unit = 't_content') as home_content_t,
        sum(quantity * progress_share order by shock_id) filter (where quantity_unit = 't_gross') as home_gross_t
    from progress
    group by all

),

asked as (

    select
        sized.*,
        sized.production_t + sized.baseline_t - sized.exports_t as consumption_t,
        coalesce(grown.import_factor - 1, 0) * sized.baseline_t
        + if(grown.consumption_factor is null, 0, (grown.consumption_factor - 1) * consumption_t) as demand_change_t,
        coalesce(grown.home_content_t, 0)
        + if(grown.home_gross_t is null, 0, grown.home_gross_t * sized.baseline_t / sized.purchased_gross_t)
        + case
            when sized.published_end_production_t is null then 0
            when sized.production_t = 0 then sized.published_end_production_t * sized.path_share
            else
                sized.production_t * power(sized.published_end_production_t / sized.production_t, sized.path_share)
                - sized.production_t
        end as home_supply_t
    from sized
    left join grown using (scenario_id, case_group, case_id, year, mineral_id, stage)

)

select
    scenario_id,
    case_group,
    case_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    content_reading,
    content_scale,
    headroom_share,
    baseline_t,
    demand_change_t,
    home_supply_t,
    production_t,
    exports_t,
    consumption_t,
    is_in_full,
    missing_reason
from asked
