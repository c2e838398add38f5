with

probabilities as (

    select * from {{ ref('metric_rank_band_probabilities') }}
    where stage is not null

),

risk_scores as (

    select * from {{ ref('risk_scores') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    probabilities.risk_band,
    probabilities.probability,
    probabilities.risk_band = risk_scores.risk_band as is_own_band,
    risk_scores.is_provisional,
    risk_scores.is_redistributable
from probabilities
inner join risk_scores using (year, importer_iso3, mineral_id, stage)
