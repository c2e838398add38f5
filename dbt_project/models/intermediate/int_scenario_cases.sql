-- The readings in which a scenario is worked out. What it makes of its starting year: room of other suppliers and
-- content of the goods from low to high. Its path, where it has one: every year, with one assumption moved at a time.
with

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

paths as (

    select
        scenario_id,
        max(end_year) as end_year,
        bool_or(published_baseline_reliance is not null) as has_published_baseline
    from {{ ref('seed_scenario_paths') }}
    group by all

),

readings as (

    select unnest(['low', 'typical', 'high']) as reading

),

start_cases as (

    select
        scenarios.scenario_id,
        'start' as case_group,
        'headroom ' || headrooms.reading || ', content ' || contents.reading as case_id,
        headrooms.reading as headroom_reading,
        contents.reading as content_reading,
        'typical' as demand_reading,
        false as content_is_solved,
        scenarios.baseline_year as year,
        true as is_in_full
    from scenarios
    cross join readings as headrooms
    cross join readings as contents

),

path_readings as (

    {% for case_id, content, demand, solves_content in [
        ('published', 'typical', 'typical', true),
        ('content typical', 'typical', 'typical', false),
        ('content low', 'low', 'typical', false),
        ('content high', 'high', 'typical', false),
        ('demand low', 'typical', 'low', none),
        ('demand high', 'typical', 'high', none)
    ] -%}
    select
        '{{ case_id }}' as case_id,
        '{{ content }}' as content_reading,
        '{{ demand }}' as demand_reading,
        -- demand moves around the published figure where there is one
        {{ 'null' if solves_content is none else solves_content | lower }} as solves_content
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

path_cases as (

    select
        scenarios.scenario_id,
        'path' as case_group,
        path_readings.case_id,
        'typical' as headroom_reading,
        path_readings.content_reading,
        path_readings.demand_reading,
        coalesce(path_readings.solves_content, paths.has_published_baseline) as content_is_solved,
        cast(unnest(generate_series(scenarios.baseline_year, paths.end_year)) as integer) as year,
        false as is_in_full
    from scenarios
    inner join paths using (scenario_id)
    inner join path_readings
        on paths.has_published_baseline or path_readings.case_id != 'published'

)

select * from start_cases
union all by name
select * from path_cases
