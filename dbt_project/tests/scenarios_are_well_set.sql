-- A scenario is of one importer's year, and headroom low is no more than typical, typical no more than high.
with

scenarios as (

    select * from {{ ref('seed_scenarios') }}

),

thresholds as (

    select
        max(value) filter (where threshold_id = 'scenario_headroom_low_share') as low_share,
        max(value) filter (where threshold_id = 'scenario_headroom_share') as typical_share,
        max(value) filter (where threshold_id = 'scenario_headroom_high_share') as high_share
    from {{ ref('seed_thresholds') }}

),

known as (

    select list(scenario_id) as scenario_ids from scenarios

)

select
    scenarios.scenario_id,
    scenarios.importer_iso3,
    scenarios.variant_of,
    case
        when scenarios.importer_iso3 is null then 'no importer'
        when scenarios.question is null or scenarios.assumptions is null then 'no question or no assumptions'
        when not list_contains(known.scenario_ids, scenarios.variant_of)
            then 'a variant of no scenario'
        when scenarios.scenario_id = 'baseline' then 'baseline is what happened'
        when
            coalesce(scenarios.headroom_low_share, thresholds.low_share)
            > coalesce(scenarios.headroom_share, thresholds.typical_share)
            or coalesce(scenarios.headroom_share, thresholds.typical_share)
            > coalesce(scenarios.headroom_high_share, thresholds.high_share)
            then 'headroom that is not low to high; what is blank is the method''s'
    end as fault
from scenarios
cross join known
cross join thresholds
where fault is not null
