-- From the better rank to the worse among those that are ranked, on a scale of points, in bands that are all there are.
with

draws as (

    select
        *,
        count(base_rank) over (partition by year, importer_iso3, uncertainty_id, stage is null) as ranked
    from {{ ref('metric_rank_draws') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    uncertainty_id,
    rank_p05,
    rank_p95,
    ranked,
    score_p05,
    score_p95
from draws
where
    not coalesce(1 <= rank_p05 and rank_p05 <= rank_p95 and rank_p95 <= ranked, base_rank is null)
    or not coalesce(0 <= score_p05 and score_p05 <= score_p95 and score_p95 <= 100, false)
    or not coalesce(
        abs(list_sum(list_transform(risk_band_probabilities, lambda band: band['probability'])) - 1) < 1e-9, false
    )
    or (base_rank is null) != (rank_p05 is null)
    or (base_rank is null) != (rank_variance is null)
