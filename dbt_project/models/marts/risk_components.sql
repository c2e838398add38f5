with

components as (

    select * from {{ ref('metric_risk_components') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    components.component_id,
    components.raw_value,
    components.component_score,
    components.weight,
    components.contribution,
    components.is_applicable,
    components.missing_reason,
    provenance.is_provisional,
    provenance.is_redistributable
from components
left join provenance using (year, importer_iso3, mineral_id, stage)
