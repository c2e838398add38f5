-- A score is comparable with the year before exactly where nothing of its change is coverage, and has no reason to be.
with

scores as (

    select * from {{ ref('risk_scores') }}

),

changes as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        count(coverage_reason) as coverage_reasons,
        sum(abs(coverage_change)) as coverage_moved
    from {{ ref('risk_score_changes') }}
    group by all

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    scores.is_comparable,
    changes.coverage_reasons,
    changes.coverage_moved
from scores
left join changes using (year, importer_iso3, mineral_id, stage)
where
    -- the row of a pair of years is missing
    scores.is_comparable is not null and changes.coverage_reasons is null
    or scores.is_comparable and not coalesce(changes.coverage_reasons = 0 and changes.coverage_moved = 0, false)
    or not scores.is_comparable and changes.coverage_reasons = 0
