-- The scenarios that are asked, each with the year it starts from and the room that other suppliers are taken to have.
with

scenarios as (

    select * from {{ ref('seed_scenarios') }}

),

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

)

select
    scenarios.scenario_id,
    scenarios.variant_of,
    scenarios.title,
    scenarios.question,
    scenarios.importer_iso3,
    coalesce(scenarios.baseline_year, newest_complete_year.year) as baseline_year,
    coalesce(scenarios.headroom_low_share, {{ threshold('scenario_headroom_low_share') }}) as headroom_low_share,
    coalesce(scenarios.headroom_share, {{ threshold('scenario_headroom_share') }}) as headroom_share,
    coalesce(scenarios.headroom_high_share, {{ threshold('scenario_headroom_high_share') }}) as headroom_high_share,
    scenarios.assumptions,
    scenarios.source
from scenarios
cross join newest_complete_year
