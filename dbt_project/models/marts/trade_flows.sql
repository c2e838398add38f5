with

flows as (

    select * from {{ ref('int_trade_flows') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        -- what is supplied does not rest on what the world produces
        trade_is_provisional as is_provisional,
        trade_is_redistributable as is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    importer_iso3,
    flows.supplier_iso3,
    mineral_id,
    stage,
    flows.hs6_code,
    flows.hs_revision,
    cast(flows.trade_value_usd as double) as trade_value_usd,
    cast(flows.weighed_value_usd as double) as weighed_value_usd,
    cast(flows.net_weight_kg as double) as net_weight_kg,
    cast(flows.content_kg as double) as content_kg,
    flows.source_id,
    flows.valuation_basis,
    flows.is_split_estimate,
    provenance.is_provisional,
    provenance.is_redistributable
from flows
left join provenance using (year, importer_iso3, mineral_id, stage)
