-- What an importer buys at the start of a scenario, of each mineral and stage that a shock meets, in the three readings
-- of content. Beside it what it produces, consumes, and the factor that brings it to a published figure.
with

shocks as (

    select * from {{ ref('int_scenario_shocks') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

options as (

    select * from {{ ref('int_supply_options') }}

),

paths as (

    select * from {{ ref('seed_scenario_paths') }}

),

contained_exports as (

    select * from {{ ref('int_contained_exports') }}

),

-- as a table lists it: who is not listed says in its path what it produces
production as (

    select * from {{ ref('int_production') }}

),

-- Who is cut or agreed with has to be counted.
unweighed_shocks as (

    select distinct
        shocks.scenario_id,
        shocks.mineral_id,
        shocks.stage,
        true as has_unweighed_shock
    from shocks
    inner join scenarios using (scenario_id)
    inner join options
        on
            scenarios.importer_iso3 = options.importer_iso3
            and scenarios.baseline_year = options.year
            and shocks.mineral_id = options.mineral_id
            and shocks.stage = options.stage
            and shocks.supplier_iso3 = options.supplier_iso3
    where options.purchased_value_usd > 0 and options.purchased_t is null

),

shocked as (

    select
        scenario_id,
        mineral_id,
        stage,
        bool_or(shock_type = 'supply_cut') as has_cut,
        bool_or(demand_basis = 'consumption') as grows_with_consumption,
        coalesce(product(factor) filter (where demand_basis = 'consumption'), 1) as consumption_factor
    from shocks
    group by all

),

purchases as (

    select
        shocked.scenario_id,
        shocked.mineral_id,
        shocked.stage,
        scenarios.importer_iso3,
        scenarios.baseline_year,
        shocked.has_cut,
        coalesce(shocked.grows_with_consumption, false) as grows_with_consumption,
        shocked.consumption_factor,
        bool_and(options.exports_are_known) as exports_are_known,
        sum(options.purchased_value_usd order by options.supplier_iso3) as purchased_value_usd,
        sum(options.purchased_content_value_usd order by options.supplier_iso3)
        / sum(options.purchased_value_usd order by options.supplier_iso3) as content_value_share,
        {%- for reading in ['low', 'typical', 'high'] %}
        {%- set tonnes = 'purchased_t' if reading == 'typical' else 'purchased_' ~ reading ~ '_t' %}
        sum(options.{{ tonnes }} order by options.supplier_iso3) as bought_{{ reading }}_t,
        {%- endfor %}
        sum(options.purchased_gross_t order by options.supplier_iso3) as purchased_gross_t
    from shocked
    inner join scenarios using (scenario_id)
    inner join options
        on
            scenarios.importer_iso3 = options.importer_iso3
            and scenarios.baseline_year = options.year
            and shocked.mineral_id = options.mineral_id
            and shocked.stage = options.stage
    group by all

),

readings as (

    select unnest(['low', 'typical', 'high']) as content_reading

),

markets as (

    select
        purchases.*,
        readings.content_reading,
        case readings.content_reading
            when 'low' then purchases.bought_low_t
            when 'typical' then purchases.bought_typical_t
            when 'high' then purchases.bought_high_t
        end as purchased_t,
        case readings.content_reading
            when 'low' then contained_exports.exports_low_t
            when 'typical' then contained_exports.exports_t
            when 'high' then contained_exports.exports_high_t
        end as exports_t,
        coalesce(paths.home_production_t, cast(production.production_t as double)) as production_t,
        paths.published_baseline_reliance,
        paths.published_end_reliance,
        paths.end_year
    from purchases
    cross join readings
    left join paths using (scenario_id, mineral_id, stage)
    left join contained_exports
        on
            purchases.importer_iso3 = contained_exports.country_iso3
            and purchases.baseline_year = contained_exports.year
            and purchases.mineral_id = contained_exports.mineral_id
            and purchases.stage = contained_exports.stage
    left join production
        on
            purchases.importer_iso3 = production.country_iso3
            and purchases.baseline_year = production.year
            and purchases.mineral_id = production.mineral_id
            and purchases.stage = production.stage

),

-- Net imports that make the published reliance of what is produced at home, over those of the usual content.
solved as (

    select
        scenario_id,
        mineral_id,
        stage,
        published_baseline_reliance / (1 - published_baseline_reliance) * production_t
        / nullif(purchased_t - exports_t, 0) as published_content_scale,
        -- what is then left to home production in the end year
        (1 - published_end_reliance) * consumption_factor
        * (production_t + coalesce(published_content_scale, 1) * (purchased_t - exports_t))
            as published_end_production_t
    from markets
    where content_reading = 'typical'

)

select
    markets.*,
    solved.published_content_scale,
    solved.published_end_production_t,
    case
        when markets.content_value_share < {{ threshold('weight_coverage_share') }} then 'weights_missing'
        when unweighed_shocks.has_unweighed_shock then 'supplier_weight_missing'
        when markets.purchased_t is null then 'content_unknown'
        when markets.purchased_t = 0 then 'none_contained'
        when markets.has_cut and not markets.exports_are_known then 'exports_of_others_unknown'
        when markets.grows_with_consumption and markets.production_t is null then 'home_production_unknown'
        when markets.grows_with_consumption and markets.exports_t is null then 'own_exports_unknown'
    end as missing_reason
from markets
left join solved using (scenario_id, mineral_id, stage)
left join unweighed_shocks using (scenario_id, mineral_id, stage)
