-- Every component of every score, present or missing: goalposts applied, weights shared out over what is present.
with

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

components as (

    select * from {{ ref('seed_risk_components') }}

),

component_values as (

    select * from {{ ref('metric_component_values') }}

),

controls_bases as (

    select unnest(['of_year', 'current']) as controls_basis

),

all_components as (

    select
        controls_bases.controls_basis,
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        components.component_id,
        components.weight,
        components.is_required,
        component_values.value as raw_value,
        main.goalpost_score(component_values.value, components.goalpost_0, components.goalpost_100)
            as component_score,
        component_values.basis_detail,
        if(
            component_values.value is null,
            coalesce(component_values.missing_reason, 'no_source_yet'),
            null
        ) as missing_reason
    from import_cells
    cross join controls_bases
    cross join components
    left join component_values using (
        controls_basis, scenario_id, year, importer_iso3, mineral_id, stage, component_id
    )

)

select
    *,
    coalesce(missing_reason, '') != 'importer_is_china' as is_applicable,
    if(
        raw_value is null, null,
        weight * component_score / sum(weight) filter (where raw_value is not null) over (
            partition by controls_basis, scenario_id, year, importer_iso3, mineral_id, stage
        )
    ) as contribution
from all_components
