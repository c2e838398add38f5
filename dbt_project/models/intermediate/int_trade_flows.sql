-- The one answer per flow: which revision and vintage speak is settled here. Everything after it carries `scenario_id`.
with

flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking and not is_self_trade

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

),

products as (

    select * from {{ ref('int_mineral_products') }}

)

select
    'baseline' as scenario_id,
    flows.year,
    flows.importer_iso3,
    flows.supplier_iso3,
    selected_codes.mineral_id,
    selected_codes.stage,
    flows.hs6_code,
    flows.hs_revision,
    flows.source_id,
    flows.valuation_basis,
    any_value(products.twin_hs22_code) as twin_hs22_code,
    cast(sum(flows.trade_value_usd) as decimal(18, 3)) as trade_value_usd,
    -- one missing weight among several leaves the sum unknown
    if(
        count(flows.net_weight_kg) = count(*), cast(sum(flows.net_weight_kg) as decimal(18, 3)), null
    ) as net_weight_kg,
    if(
        count(flows.net_weight_kg) = count(*),
        cast(
            sum(cast(flows.net_weight_kg as decimal(24, 3)) * cast(products.content_fraction as decimal(9, 6)))
            as decimal(28, 9) -- grams of a trace metal decide a weight share: no rounding to the kilogram's thousandth
        ),
        null
    ) as content_kg
from flows
inner join selected_codes
    on
        flows.importer_iso3 = selected_codes.importer_iso3
        and flows.year = selected_codes.year
        and flows.hs_revision = selected_codes.hs_revision
        and flows.hs6_code = selected_codes.hs6_code
inner join products
    on
        selected_codes.mineral_id = products.mineral_id
        and selected_codes.stage = products.stage
        and selected_codes.hs_revision = products.hs_revision
        and selected_codes.hs6_code = products.hs6_code
group by all
