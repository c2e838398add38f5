-- The supply risk of a mineral and stage for an importer. `value` is the score, 0-100.
with

components as (

    select * from {{ ref('metric_risk_components') }}

),

cells as (

    select
        controls_basis,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(contribution order by component_id) as contribution_sum,
        sum(weight order by component_id) filter (where raw_value is not null)
        / sum(weight order by component_id) filter (where is_applicable) as completeness,
        bool_or(is_required and is_applicable and raw_value is null) as lacks_required_component,
        string_agg(component_id || ': ' || missing_reason, '; ' order by component_id) filter (
            where missing_reason is not null
        ) as missing_components,
        max_by(component_id, (contribution, component_id)) filter (where contribution > 0) as top_driver,
        string_agg(component_id, ' ' order by component_id) filter (where raw_value is not null) as component_set,
        -- the table behind a component that does not count is no footing of the score
        string_agg(component_id || '=' || basis_detail, ' ' order by component_id) filter (
            where raw_value is not null and basis_detail is not null
        ) as basis_set
    from components
    group by all

)

select
    * exclude (contribution_sum),
    if(
        lacks_required_component or round(completeness, 12) < {{ threshold('completeness_share') }}, null,
        round(contribution_sum, 12)
    ) as value
from cells
