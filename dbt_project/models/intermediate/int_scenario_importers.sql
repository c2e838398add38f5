-- Whose year each scenario tells of: the baseline of all importers, a scenario of its own.
with

code_coverage as (

    select distinct
        year,
        importer_iso3
    from {{ ref('int_code_coverage') }}
    where importer_iso3 != 'WLD'

),

scenarios as (

    select * from {{ ref('int_scenarios') }}
    where scenario_id not in (select refusals.scenario_id from {{ ref('int_scenario_refusals') }} as refusals)

)

select
    'baseline' as scenario_id,
    year,
    importer_iso3
from code_coverage

union all by name

select
    scenarios.scenario_id,
    scenarios.baseline_year as year,
    scenarios.importer_iso3
from scenarios
-- a year that no source has is nobody's
semi join code_coverage
    on scenarios.importer_iso3 = code_coverage.importer_iso3 and scenarios.baseline_year = code_coverage.year
