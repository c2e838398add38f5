with

components as (

    select * from {{ ref('metric_risk_components') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    component_id,
    raw_value,
    component_score,
    weight,
    contribution,
    is_applicable,
    missing_reason
from components
