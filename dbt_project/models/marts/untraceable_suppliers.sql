with

origin_mixes as (

    select * from {{ ref('int_origin_mixes') }}
    where reading = 'origin' and origin_iso3 = 'XXX'

),

network_flows as (

    select * from {{ ref('int_network_flows') }}

),

world_provenance as (

    select * from {{ ref('int_world_provenance') }}

),

exports as (

    select
        year,
        mineral_id,
        stage,
        supplier_iso3 as country_iso3,
        cast(sum(trade_value_usd) as double) as export_value_usd,
        cast(sum(content_kg) / 1000 as double) as exports_t
    from network_flows
    group by all

)

select
    year,
    mineral_id,
    stage,
    country_iso3,
    origin_mixes.ends_in as unresolved_reason,
    origin_mixes.origin_share as unresolved_share,
    exports.export_value_usd,
    exports.exports_t,
    world_provenance.is_provisional or world_provenance.network_is_provisional as is_provisional,
    world_provenance.is_redistributable and world_provenance.network_is_redistributable as is_redistributable
from origin_mixes
inner join exports using (year, mineral_id, stage, country_iso3)
left join world_provenance using (year, mineral_id, stage)
where origin_mixes.origin_share > 1 - {{ threshold('traced_producer_share') }}
