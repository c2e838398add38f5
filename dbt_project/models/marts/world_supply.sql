with

world_supply as (

    select * from {{ ref('metric_world_supply') }}
    where scenario_id = 'baseline'

),

provenance as (

    select * from {{ ref('int_world_provenance') }}

)

select
    year,
    mineral_id,
    stage,
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
    provenance.is_provisional,
    provenance.is_redistributable
from world_supply
left join provenance using (year, mineral_id, stage)
