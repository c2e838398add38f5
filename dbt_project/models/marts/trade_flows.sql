with

flows as (

    select * from {{ ref('int_trade_flows') }}
    where scenario_id = 'baseline'

)

select
    year,
    importer_iso3,
    supplier_iso3,
    mineral_id,
    stage,
    hs6_code,
    hs_revision,
    cast(trade_value_usd as double) as trade_value_usd,
    cast(weighed_value_usd as double) as weighed_value_usd,
    cast(net_weight_kg as double) as net_weight_kg,
    cast(content_kg as double) as content_kg,
    source_id,
    valuation_basis
from flows
