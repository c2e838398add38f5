with

of_year as (

    select * from {{ ref('metric_china_dependence') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

current_controls as (

    select * from {{ ref('metric_china_dependence') }}
    where scenario_id = 'baseline' and controls_basis = 'current'

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
    of_year.china_value_share,
    of_year.china_weight_share,
    of_year.greater_china_value_share,
    of_year.china_via_share,
    of_year.china_hidden_share,
    of_year.china_origin_share,
    of_year.estimated_origin_share,
    of_year.china_world_share,
    of_year.china_world_share_basis,
    of_year.china_control_severity,
    current_controls.china_control_severity as china_control_severity_current,
    of_year.value as china_dependence_score,
    current_controls.value as china_dependence_score_current_controls,
    of_year.undated_control_ids,
    of_year.missing_reason,
    of_year.tracing_missing_reason,
    provenance.is_provisional,
    provenance.is_redistributable
from of_year
inner join current_controls using (year, importer_iso3, mineral_id, stage)
left join provenance using (year, importer_iso3, mineral_id, stage)
