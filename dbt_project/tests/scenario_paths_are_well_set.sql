-- A path belongs to a market that a shock of its scenario names, and goes forward to one year.
with

scenarios as (

    select
        *,
        true as is_scenario
    from {{ ref('seed_scenarios') }}

),

paths as (

    select * from {{ ref('seed_scenario_paths') }}

),

shocks as (

    select distinct
        scenario_id,
        mineral_id,
        stage,
        true as is_shocked
    from {{ ref('seed_scenario_shocks') }}

),

-- What a published figure of the end year cannot be met beside, since the home production that meets it is solved for
others as (

    select
        paths.scenario_id,
        paths.mineral_id,
        paths.stage,
        bool_or(
            asked.shock_type in ('supply_cut', 'domestic_production')
            or coalesce(asked.demand_basis, '') = 'imports'
            or coalesce(asked.shock_type = 'demand_growth' and asked.to_year > paths.end_year, false)
        ) as cannot_be_solved
    from paths
    inner join {{ ref('seed_scenario_shocks') }} as asked
        on
            paths.scenario_id = asked.scenario_id
            and asked.mineral_id in (paths.mineral_id, 'all')
            and asked.stage in (paths.stage, 'all')
    group by paths.scenario_id, paths.mineral_id, paths.stage

)

select
    paths.scenario_id,
    paths.mineral_id,
    paths.stage,
    case
        when scenarios.is_scenario is null then 'no such scenario'
        when shocks.is_shocked is null then 'a path of a market that no shock of the scenario names'
        when scenarios.baseline_year is null then 'a path without a baseline_year to start from'
        when paths.end_year is null or paths.end_year <= scenarios.baseline_year
            then 'an end_year that is not after the baseline_year'
        when count(distinct paths.end_year) over (partition by paths.scenario_id) > 1
            then 'paths that end in different years'
        when paths.home_production_t < 0 then 'home production below 0'
        when not paths.published_baseline_reliance between 0.000001 and 0.999999
            then 'a published_baseline_reliance that is not between 0 and 1'
        when not paths.published_end_reliance between 0 and 0.999999
            then 'a published_end_reliance that is not from 0 to below 1'
        when paths.published_end_reliance is not null and others.cannot_be_solved
            then 'beside a published_end_reliance only growth of consumption'
    end as fault
from paths
left join scenarios using (scenario_id)
left join shocks using (scenario_id, mineral_id, stage)
left join others using (scenario_id, mineral_id, stage)
qualify fault is not null
