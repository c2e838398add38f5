-- What was announced at once: export measures of a country that began on one day of the last years, bind the home
-- importer and hold goods back. What comes next is drawn from them.
with

controls as (

    select * from {{ ref('int_export_controls') }}
    where can_act and effective_from_date is not null

),

measures as (

    select * from {{ ref('seed_control_measures') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

recent as (

    select
        controls.iso3 as supplier_iso3,
        controls.iso3 || ' ' || controls.effective_from_date as announcement_id,
        controls.effective_from_date,
        -- a measure on a parent mineral acts on its sub-materials
        minerals.mineral_id,
        controls.stage,
        measures.supply_cut_share
    from controls
    inner join measures using (measure)
    inner join minerals on controls.mineral_id in (minerals.mineral_id, minerals.parent_mineral_id)
    where
        measures.supply_cut_share > 0
        and controls.stage != 'technology'
        and controls.iso3 != '{{ var("home_importer_iso3") }}'
        and controls.effective_from_date <= controls.controls_as_of
        and controls.effective_from_date
        > controls.controls_as_of - to_years(cast({{ threshold('stress_window_years') }} as integer))
        and (
            controls.target_countries = 'all'
            or list_contains(string_split(controls.target_countries, ';'), '{{ var("home_importer_iso3") }}')
        )

),

announced as (

    select
        supplier_iso3,
        announcement_id,
        effective_from_date,
        mineral_id,
        stage,
        max(supply_cut_share) as supply_cut_share
    from recent
    group by all

)

select
    *,
    -- a mineral that the country had not held back before, in these years
    effective_from_date = min(effective_from_date) over (partition by supplier_iso3, mineral_id) as is_first_of_mineral
from announced
