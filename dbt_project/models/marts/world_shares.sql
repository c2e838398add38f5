with

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

provenance as (

    select * from {{ ref('int_world_provenance') }}

)

select
    year,
    world_shares.country_iso3,
    mineral_id,
    stage,
    world_shares.world_share,
    world_shares.basis,
    world_shares.basis_detail,
    provenance.is_provisional,
    provenance.is_redistributable
from world_shares
left join provenance using (year, mineral_id, stage)
