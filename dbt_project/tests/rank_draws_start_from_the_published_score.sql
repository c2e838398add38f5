-- With nothing drawn the formulas of the rank draws give the published score, for every cell and mineral in scope: they
-- cannot drift apart from those in SQL. A cell that is in scope and not drawn is found too.
with

scores as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage as stage_of_mineral,
        value as risk_score
    from {{ ref('metric_risk_scores') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year' and value is not null

    union all by name

    select
        year,
        importer_iso3,
        mineral_id,
        'all' as stage_of_mineral,
        value as risk_score
    from {{ ref('metric_mineral_risk') }}
    where scenario_id = 'baseline' and value is not null

),

drawn as (

    select
        year,
        importer_iso3,
        mineral_id,
        coalesce(stage, 'all') as stage_of_mineral,
        base_score
    from {{ ref('metric_rank_draws') }}
    where uncertainty_id = 'all'

)

select
    year,
    importer_iso3,
    mineral_id,
    stage_of_mineral,
    scores.risk_score,
    drawn.base_score
from scores
full join drawn using (year, importer_iso3, mineral_id, stage_of_mineral)
where
    (
        year in (select newest.year from {{ ref('int_newest_complete_year') }} as newest)
        or importer_iso3 = '{{ var("home_importer_iso3") }}'
        or scores.risk_score is null
    )
    and not coalesce(abs(scores.risk_score - drawn.base_score) < 1e-9, false)
