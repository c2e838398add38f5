-- In which part of the draws the score of a cell, or of a mineral, falls in each band.
with

rank_draws as (

    select * from {{ ref('metric_rank_draws') }}
    where uncertainty_id = 'all'

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    unnest(risk_band_probabilities, recursive := true) -- noqa: AL03
from rank_draws
