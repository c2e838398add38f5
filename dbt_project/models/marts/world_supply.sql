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
    basis,
    basis_detail,
    governance_weighted_hhi,
    top3_share,
    n_minus_1,
    largest_producer_iso3,
    nullif(
        concat_ws(
            '; ',
            'governance_weighted_hhi: ' || missing_governance_inputs,
            'top3_share: ' || missing_top3_inputs,
            'n_minus_1: ' || missing_n_minus_1_inputs
        ), ''
    ) as missing_inputs,
    provenance.is_provisional,
    provenance.is_redistributable
from world_supply
left join provenance using (year, mineral_id, stage)
