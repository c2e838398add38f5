with

disagreements as (

    select * from {{ ref('int_source_disagreements') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

sources as (

    select
        source_id,
        bool_and(is_redistributable) as is_redistributable
    from vintages
    group by all

)

select
    disagreements.year,
    disagreements.importer_iso3,
    disagreements.supplier_iso3,
    disagreements.hs_revision,
    disagreements.hs6_code,
    disagreements.comparison,
    disagreements.first_source_id,
    disagreements.second_source_id,
    cast(disagreements.first_trade_value_usd as double) as first_trade_value_usd,
    cast(disagreements.second_trade_value_usd as double) as second_trade_value_usd,
    cast(disagreements.difference_usd as double) as difference_usd,
    disagreements.difference_share,
    cast(disagreements.first_net_weight_kg as double) as first_net_weight_kg,
    cast(disagreements.second_net_weight_kg as double) as second_net_weight_kg,
    disagreements.is_through_transit_hub,
    first_sources.is_redistributable and second_sources.is_redistributable as is_redistributable
from disagreements
inner join sources as first_sources on disagreements.first_source_id = first_sources.source_id
inner join sources as second_sources on disagreements.second_source_id = second_sources.source_id
