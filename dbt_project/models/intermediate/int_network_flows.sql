-- Who delivers how much of a mineral to whom, worldwide: the flows of the codes that are known for all importers.
with

flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking_for_world and not is_self_trade

),

world_codes as (

    select * from {{ ref('int_selected_codes') }}
    where importer_iso3 = 'WLD' and exclusion_reason is null

),

products as (

    select * from {{ ref('int_mineral_products') }}

)

select
    flows.year,
    world_codes.mineral_id,
    world_codes.stage,
    flows.importer_iso3,
    flows.supplier_iso3,
    bool_or(world_codes.is_basket) as has_basket_code,
    sum(flows.trade_value_usd) as trade_value_usd,
    coalesce(
        sum(flows.trade_value_usd) filter (
            where flows.net_weight_kg is not null and products.content_fraction is not null
        ),
        0
    ) as content_value_usd,
    -- of the flows that have a weight: content_value_usd says which part that is
    cast(
        sum(cast(flows.net_weight_kg as decimal(24, 3)) * cast(products.content_fraction as decimal(9, 6)))
        as decimal(28, 9)
    ) as content_kg
from flows
inner join world_codes using (source_id, year, hs_revision, hs6_code)
inner join products using (mineral_id, stage, hs_revision, hs6_code)
group by all
