with

world_shares as (

    select * from {{ ref('int_world_shares') }}
    where scenario_id = 'baseline'

)

select
    year,
    country_iso3,
    mineral_id,
    stage,
    world_share,
    basis,
    basis_detail
from world_shares
