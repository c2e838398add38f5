with

results as (

    select * from {{ ref('metric_scenario_results') }}

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    results.*,
    provenance.is_provisional,
    provenance.is_redistributable
from results
left join provenance
    on
        results.year = provenance.year
        and results.importer_iso3 = provenance.country_iso3
        and results.mineral_id = provenance.mineral_id
        and results.stage = provenance.stage
