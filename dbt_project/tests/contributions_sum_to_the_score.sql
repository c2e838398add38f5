with

contributions as (

    select
        controls_basis,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(contribution) as contribution_sum
    from {{ ref('metric_risk_components') }}
    group by all

)

select
    scores.*,
    contributions.contribution_sum
from {{ ref('metric_risk_scores') }} as scores
left join contributions using (controls_basis, scenario_id, year, importer_iso3, mineral_id, stage)
where
    scores.value is not null
    and not coalesce(abs(scores.value - contributions.contribution_sum) < 1e-9, false)
