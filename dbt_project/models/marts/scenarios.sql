with

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

refusals as (

    select
        scenario_id,
        min(reason) as refusal_reason,
        string_agg(distinct shock_id, ' ' order by shock_id) as refused_shock_ids
    from {{ ref('int_scenario_refusals') }}
    group by all

),

shocks as (

    select * from {{ ref('seed_scenario_shocks') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

products as (

    select distinct
        mineral_id,
        stage
    from {{ ref('int_mineral_products') }}
    where not is_parent_mineral

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

),

-- Named by a shock and covered by no source: nothing is said of them, which is not without risk.
without_data as (

    select distinct
        scenarios.scenario_id,
        products.mineral_id || ' ' || products.stage as market
    from shocks
    inner join scenarios using (scenario_id)
    inner join products on shocks.stage in (products.stage, 'all')
    inner join minerals
        on
            products.mineral_id = minerals.mineral_id
            and (
                shocks.mineral_id in ('all', products.mineral_id)
                or shocks.mineral_id = coalesce(minerals.parent_mineral_id, '')
            )
    left join selected_codes
        on
            scenarios.importer_iso3 = selected_codes.importer_iso3
            and scenarios.baseline_year = selected_codes.year
            and products.mineral_id = selected_codes.mineral_id
            and products.stage = selected_codes.stage
    where selected_codes.mineral_id is null

),

listed as (

    select
        scenario_id,
        string_agg(market, '; ' order by market) as markets_without_data
    from without_data
    group by all

)

select
    scenario_id,
    scenarios.variant_of,
    scenarios.title,
    scenarios.question,
    scenarios.importer_iso3,
    scenarios.baseline_year,
    scenarios.headroom_low_share,
    scenarios.headroom_share,
    scenarios.headroom_high_share,
    scenarios.assumptions,
    scenarios.source,
    refusals.refusal_reason,
    refusals.refused_shock_ids,
    listed.markets_without_data
from scenarios
left join refusals using (scenario_id)
left join listed using (scenario_id)
