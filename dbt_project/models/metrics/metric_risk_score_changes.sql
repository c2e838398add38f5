-- Why a score differs from the year before: what each component added to the change, split into risk and coverage.
with

components as (

    select
        *,
        -- added up in one order, so that equal sets of components give equal weights to the last digit
        weight / if(
            raw_value is null, null,
            sum(weight order by component_id) filter (where raw_value is not null) over (
                partition by scenario_id, year, importer_iso3, mineral_id, stage
            )
        ) as normalised_weight
    from {{ ref('metric_risk_components') }}
    where controls_basis = 'of_year'

),

scores as (

    select * from {{ ref('metric_risk_scores') }}
    where controls_basis = 'of_year'

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

cell_components as (

    select
        components.scenario_id,
        components.year,
        components.importer_iso3,
        components.mineral_id,
        components.stage,
        components.component_id,
        components.raw_value,
        components.component_score,
        components.normalised_weight,
        components.contribution,
        components.basis_detail,
        components.missing_reason,
        scores.value as risk_score,
        scores.missing_components,
        import_cells.source_id,
        import_cells.months_covered,
        import_cells.code_set
    from components
    inner join scores using (scenario_id, year, importer_iso3, mineral_id, stage)
    inner join import_cells using (scenario_id, year, importer_iso3, mineral_id, stage)

),

consecutive_years as (

    select
        this_year.scenario_id,
        this_year.year,
        last_year.year as previous_year,
        this_year.importer_iso3,
        this_year.mineral_id,
        this_year.stage,
        this_year.component_id,
        last_year.raw_value as previous_raw_value,
        this_year.raw_value,
        (last_year.component_score + this_year.component_score) / 2 as mean_score,
        this_year.component_score - last_year.component_score as component_score_change,
        (last_year.normalised_weight + this_year.normalised_weight) / 2 as mean_weight,
        this_year.normalised_weight - last_year.normalised_weight as weight_change,
        this_year.risk_score - last_year.risk_score as score_change,
        -- what is missing adds nothing to its year's score
        coalesce(this_year.contribution, 0) - coalesce(last_year.contribution, 0) as contribution_difference,
        case
            when this_year.risk_score is null
                then concat('no_score_in_', this_year.year, ': ', this_year.missing_components)
            when last_year.risk_score is null
                then concat('no_score_in_', last_year.year, ': ', last_year.missing_components)
        end as no_score_reason,
        nullif(concat_ws(
            '; ',
            if(this_year.source_id is distinct from last_year.source_id, 'source', null),
            if(this_year.months_covered is distinct from last_year.months_covered, 'months', null),
            if(this_year.code_set is distinct from last_year.code_set, 'code_set', null),
            case
                when last_year.raw_value is null then 'component_appeared'
                when this_year.raw_value is null then 'component_vanished: ' || this_year.missing_reason
                when this_year.basis_detail is distinct from last_year.basis_detail
                    then concat(
                        'basis: ', coalesce(last_year.basis_detail, 'none'),
                        ' -> ', coalesce(this_year.basis_detail, 'none')
                    )
            end
        ), '') as scope_reason
    from cell_components as this_year
    inner join cell_components as last_year
        on
            this_year.scenario_id = last_year.scenario_id
            and this_year.year = last_year.year + 1
            and this_year.importer_iso3 = last_year.importer_iso3
            and this_year.mineral_id = last_year.mineral_id
            and this_year.stage = last_year.stage
            and this_year.component_id = last_year.component_id
    where
        (this_year.raw_value is not null or last_year.raw_value is not null)
        and (this_year.risk_score is not null or last_year.risk_score is not null)

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    component_id,
    previous_year,
    previous_raw_value,
    raw_value,
    score_change,
    if(no_score_reason is null, contribution_difference, null) as contribution_change,
    case
        when no_score_reason is not null then null
        when scope_reason is not null then 0.0
        else mean_weight * component_score_change
    end as risk_change,
    -- weight and points move together: half way between the years leaves no remainder
    case
        when no_score_reason is not null then null
        when scope_reason is not null then contribution_difference
        else mean_score * weight_change
    end as coverage_change,
    coalesce(
        no_score_reason, scope_reason, if(weight_change != 0, 'other_components_changed', null)
    ) as coverage_reason
from consecutive_years
