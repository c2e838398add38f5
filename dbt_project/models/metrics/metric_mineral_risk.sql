-- The supply risk of a mineral for an importer: its worst material stage, and the stages that are not known.
with

risk_scores as (

    select * from {{ ref('metric_risk_scores') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}

),

mineral_stages as (

    select distinct
        mineral_id,
        stage
    from products
    where not is_parent_mineral

),

covered_stages as (

    select
        importer_iso3,
        year,
        mineral_id,
        stage,
        bool_or(exclusion_reason is null) as is_covered
    from selected_codes
    group by all

),

scores as (

    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        import_cells.is_material,
        import_cells.covered_code_share,
        import_cells.code_set,
        import_cells.has_basket_code,
        of_year.value as risk_score,
        current_controls.value as risk_score_current_controls,
        of_year.missing_components
    from import_cells
    inner join risk_scores as of_year
        on
            import_cells.scenario_id = of_year.scenario_id
            and import_cells.year = of_year.year
            and import_cells.importer_iso3 = of_year.importer_iso3
            and import_cells.mineral_id = of_year.mineral_id
            and import_cells.stage = of_year.stage
            and of_year.controls_basis = 'of_year'
    inner join risk_scores as current_controls
        on
            import_cells.scenario_id = current_controls.scenario_id
            and import_cells.year = current_controls.year
            and import_cells.importer_iso3 = current_controls.importer_iso3
            and import_cells.mineral_id = current_controls.mineral_id
            and import_cells.stage = current_controls.stage
            and current_controls.controls_basis = 'current'

),

scenario_importers as (

    select * from {{ ref('int_scenario_importers') }}

),

stage_states as (

    select
        scenario_importers.scenario_id,
        scenario_importers.year,
        scenario_importers.importer_iso3,
        mineral_stages.mineral_id,
        mineral_stages.stage,
        scores.is_material,
        scores.covered_code_share,
        scores.code_set,
        scores.has_basket_code,
        scores.risk_score,
        scores.risk_score_current_controls,
        case
            when scores.is_material and scores.risk_score is not null then 'scored'
            when scores.is_material then 'missing'
            when scores.is_material is not null then 'immaterial'
            when covered_stages.is_covered then 'no_imports'
            else 'missing'
        end as state,
        case
            when scores.is_material and scores.risk_score is null then scores.missing_components
            when scores.is_material is not null or covered_stages.is_covered then null
            when covered_stages.is_covered is not null then 'only_a_basket_code_covers_it'
            else 'no_source_covers_its_codes'
        end as missing_reason
    from scenario_importers
    cross join mineral_stages
    left join scores
        on
            scenario_importers.scenario_id = scores.scenario_id
            and scenario_importers.year = scores.year
            and scenario_importers.importer_iso3 = scores.importer_iso3
            and mineral_stages.mineral_id = scores.mineral_id
            and mineral_stages.stage = scores.stage
    left join covered_stages
        on
            scenario_importers.year = covered_stages.year
            and scenario_importers.importer_iso3 = covered_stages.importer_iso3
            and mineral_stages.mineral_id = covered_stages.mineral_id
            and mineral_stages.stage = covered_stages.stage

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    max_by(stage, (risk_score, stage)) filter (where state = 'scored') as bottleneck_stage,
    max_by(code_set, (risk_score, stage)) filter (where state = 'scored') as bottleneck_code_set,
    max_by(has_basket_code, (risk_score, stage)) filter (where state = 'scored') as has_basket_code,
    max(risk_score) filter (where state = 'scored') as value,
    -- of the same stage, even if it is unknown: max_by would pass over a null
    arg_max_null(risk_score_current_controls, (risk_score, stage)) filter (where state = 'scored')
        as value_current_controls,
    string_agg(stage, ', ' order by stage) filter (where state = 'scored') as stages_scored,
    string_agg(stage, ', ' order by stage) filter (where state = 'scored' and covered_code_share < 1)
        as stages_covered_in_part,
    string_agg(stage, ', ' order by stage) filter (where state = 'missing') as stages_missing,
    string_agg(stage || ': ' || missing_reason, '; ' order by stage) filter (where state = 'missing')
        as missing_reasons,
    string_agg(stage, ', ' order by stage) filter (where state = 'immaterial') as stages_immaterial,
    string_agg(stage, ', ' order by stage) filter (where state = 'no_imports') as stages_without_imports
from stage_states
group by all
