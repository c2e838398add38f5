with

deliveries as (

    select * from {{ ref('int_scenario_deliveries') }}
    where
        case_group = 'path'
        and (baseline_t > 0 or agreed_t > 0 or delivered_t > 0)
        and scenario_id not in (select refusals.scenario_id from {{ ref('int_scenario_refusals') }} as refusals)

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    deliveries.scenario_id,
    deliveries.case_id,
    deliveries.importer_iso3,
    deliveries.mineral_id,
    deliveries.stage,
    deliveries.year,
    deliveries.supplier_iso3,
    deliveries.agreed_t,
    deliveries.delivered_t,
    deliveries.delivered_t / nullif(
        {{ exact_sum('deliveries.delivered_t', 'market') }}, 0
    ) as weight_share,
    provenance.is_provisional,
    provenance.is_redistributable
from deliveries
inner join scenarios using (scenario_id)
left join provenance
    on
        scenarios.baseline_year = provenance.year
        and deliveries.importer_iso3 = provenance.country_iso3
        and deliveries.mineral_id = provenance.mineral_id
        and deliveries.stage = provenance.stage
window market as (
    partition by
        deliveries.scenario_id, deliveries.case_id, deliveries.year, deliveries.mineral_id, deliveries.stage
)
