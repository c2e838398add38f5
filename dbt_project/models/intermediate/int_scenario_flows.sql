-- The flows of each scenario's importer in its starting year, after the shocks: those of unshocked markets as they are,
-- the others scaled. What a supplier sold to others until now comes in their mix of goods, at their price.
with

flows as (

    select * from {{ ref('int_baseline_flows') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}
    where scenario_id not in (select refusals.scenario_id from {{ ref('int_scenario_refusals') }} as refusals)

),

markets as (

    select * from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical'

),

deliveries as (

    select * from {{ ref('int_scenario_deliveries') }}
    where case_group = 'start' and case_id = 'headroom typical, content typical'

),

own_flows as (

    select
        scenarios.scenario_id,
        flows.*,
        markets.scenario_id is not null as is_shocked
    from flows
    inner join scenarios on flows.importer_iso3 = scenarios.importer_iso3 and flows.year = scenarios.baseline_year
    left join markets
        on
            scenarios.scenario_id = markets.scenario_id
            and flows.mineral_id = markets.mineral_id
            and flows.stage = markets.stage
    -- what would become of a market that cannot be counted is unknown
    where markets.missing_reason is null

),

scaled as (

    select
        own_flows.*,
        if(
            not own_flows.is_shocked, 1,
            if(
                deliveries.baseline_t > 0,
                (deliveries.delivered_t - deliveries.additional_t) / deliveries.baseline_t,
                deliveries.unnamed_factor
            )
        ) as factor
    from own_flows
    left join deliveries using (scenario_id, mineral_id, stage, supplier_iso3)

),

exports_elsewhere as (

    select * from {{ ref('int_exports_elsewhere') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

sources as (

    select
        scenario_id,
        mineral_id,
        stage,
        any_value(source_id) as source_id
    from own_flows
    group by all

),

flows_as_before as (

    select
        scenario_id,
        year,
        importer_iso3,
        supplier_iso3,
        mineral_id,
        stage,
        hs6_code,
        hs_revision,
        source_id,
        valuation_basis,
        {%- for amount, digits in [
            ('trade_value_usd', '18, 3'),
            ('weighed_value_usd', '18, 3'),
            ('net_weight_kg', '18, 3'),
            ('content_low_kg', '28, 9'),
            ('content_kg', '28, 9'),
            ('content_high_kg', '28, 9')
        ] %}
        if(factor = 1, {{ amount }}, cast({{ amount }} * factor as decimal({{ digits }}))) as {{ amount }},
        {%- endfor %}
        twin_hs22_code,
        is_split_estimate,
        months_covered
    from scaled

),

redirected as (

    select
        deliveries.*,
        deliveries.additional_t / deliveries.elsewhere_t as factor
    from deliveries
    where deliveries.additional_t > 0

),

new_flows as (

    select
        redirected.scenario_id,
        exports_elsewhere.year,
        exports_elsewhere.importer_iso3,
        exports_elsewhere.supplier_iso3,
        exports_elsewhere.mineral_id,
        exports_elsewhere.stage,
        exports_elsewhere.hs6_code,
        exports_elsewhere.hs_revision,
        sources.source_id,
        'fob' as valuation_basis,
        cast(exports_elsewhere.elsewhere_value_usd * redirected.factor as decimal(18, 3)) as trade_value_usd,
        trade_value_usd as weighed_value_usd,
        cast(exports_elsewhere.elsewhere_net_weight_kg * redirected.factor as decimal(18, 3)) as net_weight_kg,
        {%- for content, fraction in [
            ('content_low_kg', 'content_low'), ('content_kg', 'content_fraction'), ('content_high_kg', 'content_high')
        ] %}
        cast(
            exports_elsewhere.elsewhere_net_weight_kg * redirected.factor * products.{{ fraction }} as decimal(28, 9)
        ) as {{ content }},
        {%- endfor %}
        products.twin_hs22_code,
        false as is_split_estimate,
        12 as months_covered
    from redirected
    inner join scenarios using (scenario_id)
    inner join sources using (scenario_id, mineral_id, stage)
    inner join exports_elsewhere
        on
            scenarios.importer_iso3 = exports_elsewhere.importer_iso3
            and scenarios.baseline_year = exports_elsewhere.year
            and redirected.mineral_id = exports_elsewhere.mineral_id
            and redirected.stage = exports_elsewhere.stage
            and redirected.supplier_iso3 = exports_elsewhere.supplier_iso3
    inner join products
        on
            exports_elsewhere.mineral_id = products.mineral_id
            and exports_elsewhere.stage = products.stage
            and exports_elsewhere.hs_revision = products.hs_revision
            and exports_elsewhere.hs6_code = products.hs6_code
    where
        exports_elsewhere.elsewhere_net_weight_kg > 0
        and exports_elsewhere.elsewhere_value_usd > 0
        and products.content_fraction is not null

),

all_flows as (

    select * from flows_as_before
    union all by name
    select * from new_flows

)

-- A supplier whose sales have no weight keeps them beside what it is asked for.
select
    scenario_id,
    year,
    importer_iso3,
    supplier_iso3,
    mineral_id,
    stage,
    hs6_code,
    hs_revision,
    source_id,
    if(count(distinct valuation_basis) > 1, 'mixed', any_value(valuation_basis)) as valuation_basis,
    cast(sum(trade_value_usd) as decimal(18, 3)) as trade_value_usd,
    cast(sum(weighed_value_usd) as decimal(18, 3)) as weighed_value_usd,
    cast(sum(net_weight_kg) as decimal(18, 3)) as net_weight_kg,
    cast(sum(content_low_kg) as decimal(28, 9)) as content_low_kg,
    cast(sum(content_kg) as decimal(28, 9)) as content_kg,
    cast(sum(content_high_kg) as decimal(28, 9)) as content_high_kg,
    any_value(twin_hs22_code) as twin_hs22_code,
    bool_or(is_split_estimate) as is_split_estimate,
    min(months_covered) as months_covered
from all_flows
group by all
having sum(trade_value_usd) > 0 -- what is cut off, or less than a tenth of a cent
