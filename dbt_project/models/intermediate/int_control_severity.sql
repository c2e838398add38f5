-- How severe a supplier's export measures are for an importer's purchases: over the year, and as they stand now.
-- `restriction` is the part of the EU trade parameter above 1, read over the same days.
with

controls as (

    select * from {{ ref('int_export_controls') }}
    where can_act

),

flows as (

    select * from {{ ref('int_trade_flows') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

traded_codes as (

    select distinct
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        twin_hs22_code
    from flows

),

-- A measure on a parent mineral acts on its sub-materials.
matched as (

    select distinct
        traded_codes.scenario_id,
        traded_codes.year,
        traded_codes.importer_iso3,
        traded_codes.mineral_id,
        traded_codes.stage,
        controls.iso3 as controlling_iso3,
        controls.control_id,
        -- without a start date a row cannot act in a year; it is named instead, while it could have mattered
        controls.effective_from_date is null
        and coalesce(year(controls.effective_to_date), 9999) >= traded_codes.year as is_undated
    from traded_codes
    inner join minerals using (mineral_id)
    inner join controls
        on
            controls.mineral_id in (traded_codes.mineral_id, minerals.parent_mineral_id)
            and controls.stage in (traded_codes.stage, 'all')
            and (
                controls.target_countries = 'all'
                or list_contains(string_split(controls.target_countries, ';'), traded_codes.importer_iso3)
            )
            -- a traded code without a twin in the list's revision is taken to match
            and (
                controls.hs6_list is null
                or traded_codes.twin_hs22_code is null
                or list_contains(string_split(controls.hs6_list, ';'), traded_codes.twin_hs22_code)
            )

),

by_supplier as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        controlling_iso3,
        string_agg(control_id, ' ' order by control_id) as control_ids,
        string_agg(control_id, ' ' order by control_id) filter (where is_undated) as undated_control_ids
    from matched
    group by all

),

-- Few sets of measures recur in many cells: each set is worked out once per year.
control_sets as (

    select distinct
        year,
        control_ids
    from by_supplier

),

days as (

    select
        control_sets.year,
        control_sets.control_ids,
        cast(unnest(generate_series(
            make_date(control_sets.year, 1, 1), make_date(control_sets.year, 12, 31), interval 1 day
        )) as date) as day
    from control_sets

),

daily_measures as (

    select
        days.year,
        days.control_ids,
        days.day,
        controls.severity,
        controls.restriction,
        days.day between controls.first_period_from and controls.first_period_to
        or days.day between controls.second_period_from and controls.second_period_to as is_in_force
    from days
    inner join controls on list_contains(string_split(days.control_ids, ' '), controls.control_id)

),

daily_severity as (

    select
        year,
        control_ids,
        day,
        coalesce(max(severity) filter (where is_in_force), 0) as severity,
        coalesce(max(restriction) filter (where is_in_force), 0) as restriction
    from daily_measures
    group by all

),

year_severity as (

    select
        'of_year' as controls_basis,
        year,
        control_ids,
        cast(sum(cast(severity as decimal(9, 6))) as double) / count(*) as severity,
        cast(sum(cast(restriction as decimal(9, 6))) as double) / count(*) as restriction
    from daily_severity
    group by all

),

current_measures as (

    select
        control_sets.year,
        control_sets.control_ids,
        controls.severity,
        controls.restriction,
        controls.controls_as_of between controls.first_period_from and controls.first_period_to
        or controls.controls_as_of between controls.second_period_from and controls.second_period_to
        or (
            controls.effective_from_date is null
            and controls.status = 'in_force'
            and coalesce(controls.effective_to_date, date '9999-12-31') >= controls.controls_as_of
        ) as is_in_force
    from control_sets
    inner join controls on list_contains(string_split(control_sets.control_ids, ' '), controls.control_id)

),

current_severity as (

    select
        'current' as controls_basis,
        year,
        control_ids,
        coalesce(max(severity) filter (where is_in_force), 0) as severity,
        coalesce(max(restriction) filter (where is_in_force), 0) as restriction
    from current_measures
    group by all

),

severities as (

    select * from year_severity

    union all by name

    select * from current_severity

)

select
    severities.controls_basis,
    by_supplier.scenario_id,
    by_supplier.year,
    by_supplier.importer_iso3,
    by_supplier.mineral_id,
    by_supplier.stage,
    by_supplier.controlling_iso3,
    by_supplier.control_ids,
    by_supplier.undated_control_ids,
    severities.severity,
    severities.restriction
from by_supplier
inner join severities using (year, control_ids)
