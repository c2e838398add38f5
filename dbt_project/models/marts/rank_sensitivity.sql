with

draws_alone as (

    select * from {{ ref('metric_rank_draws') }}
    where uncertainty_id != 'all' and stage is null

),

draws_together as (

    select * from {{ ref('metric_rank_draws') }}
    where uncertainty_id = 'all' and stage is null

),

mineral_risk as (

    select * from {{ ref('mineral_risk') }}

),

sums as (

    select
        year,
        importer_iso3,
        mineral_id,
        sum(score_variance order by uncertainty_id) as score_variance_sum,
        sum(rank_variance order by uncertainty_id) as rank_variance_sum
    from draws_alone
    group by all

)

select
    year,
    importer_iso3,
    mineral_id,
    draws_alone.uncertainty_id,
    sqrt(draws_alone.score_variance) as score_standard_deviation,
    sqrt(draws_alone.rank_variance) as rank_standard_deviation,
    sqrt(draws_together.score_variance) as score_standard_deviation_of_all,
    sqrt(draws_together.rank_variance) as rank_standard_deviation_of_all,
    draws_alone.score_variance / nullif(sums.score_variance_sum, 0) as score_variance_share,
    draws_alone.rank_variance / nullif(sums.rank_variance_sum, 0) as rank_variance_share,
    -- what moves the rank most; among what moves it alike, the score
    greatest(draws_alone.rank_variance, draws_alone.score_variance) > 0 and row_number() over (
        partition by year, importer_iso3, mineral_id
        order by
            draws_alone.rank_variance desc, draws_alone.score_variance desc, draws_alone.uncertainty_id asc
    ) = 1 as is_largest,
    mineral_risk.is_provisional,
    mineral_risk.is_redistributable
from draws_alone
inner join sums using (year, importer_iso3, mineral_id)
inner join draws_together using (year, importer_iso3, mineral_id)
inner join mineral_risk using (year, importer_iso3, mineral_id)
