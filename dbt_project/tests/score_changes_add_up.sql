-- Contributions add up to the change of the score, risk and coverage to each contribution: of every pair of years.
with

changes as (

    select * from {{ ref('metric_risk_score_changes') }}

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    any_value(score_change) as score_change,
    sum(contribution_change) as contribution_sum,
    max(abs(contribution_change - risk_change - coverage_change)) as largest_remainder
from changes
where score_change is not null
group by all
having
    not coalesce(
        abs(any_value(score_change) - sum(contribution_change)) < 1e-9
        and max(abs(contribution_change - risk_change - coverage_change)) < 1e-9,
        false
    )
    -- aggregates pass over nulls
    or count(contribution_change) < count(*)
    or count(risk_change) < count(*)
    or count(coverage_change) < count(*)
