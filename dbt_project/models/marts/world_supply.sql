with

world_supply as (

    select * from {{ ref('metric_world_supply') }}

),

provenance as (

    select * from {{ ref('int_world_provenance') }}

),

-- n_minus_1 rests on what the largest producer consumes itself
largest_producer as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    world_supply.year,
    world_supply.mineral_id,
    world_supply.stage,
    world_supply.basis,
    world_supply.basis_detail,
    world_supply.governance_weighted_hhi,
    world_supply.top3_share,
    world_supply.n_minus_1,
    world_supply.largest_producer_iso3,
    nullif(
        concat_ws(
            '; ',
            'governance_weighted_hhi: ' || world_supply.missing_governance_inputs,
            'top3_share: ' || world_supply.missing_top3_inputs,
            'n_minus_1: ' || world_supply.missing_n_minus_1_inputs
        ), ''
    ) as missing_inputs,
    provenance.is_provisional
    or if(largest_producer.year is null, false, largest_producer.is_provisional) as is_provisional,
    provenance.is_redistributable and coalesce(largest_producer.is_redistributable, true) as is_redistributable
from world_supply
left join provenance using (year, mineral_id, stage)
left join largest_producer
    on
        world_supply.year = largest_producer.year
        and world_supply.mineral_id = largest_producer.mineral_id
        and world_supply.stage = largest_producer.stage
        and world_supply.largest_producer_iso3 = largest_producer.country_iso3
