with

paths as (

    select * from {{ ref('metric_reliance_paths') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    paths.scenario_id,
    paths.case_id,
    paths.importer_iso3,
    paths.mineral_id,
    paths.stage,
    paths.year,
    paths.content_fraction,
    {%- for figure in [
        'demand_t', 'home_supply_t', 'imports_t', 'exports_t', 'consumption_t', 'agreed_t', 'unmet_t', 'top_supplier_ratio'
    ] %}
    if(paths.missing_reason is null, paths.{{ figure }}, null) as {{ figure }},
    {%- endfor %}
    if(paths.missing_reason is null, paths.top_supplier_iso3, null) as top_supplier_iso3,
    -- a share of what is left after a cut says nothing of what is wanted
    if(
        paths.missing_reason is null and paths.unmet_t = 0,
        paths.top_supplier_ratio <= {{ threshold('single_country_cap_share') }}, null
    ) as is_within_single_country_cap,
    if(paths.missing_reason is null, paths.value, null) as net_import_reliance,
    paths.published_net_import_reliance,
    paths.missing_reason,
    provenance.is_provisional,
    provenance.is_redistributable
from paths
inner join scenarios using (scenario_id)
left join provenance
    on
        scenarios.baseline_year = provenance.year
        and paths.importer_iso3 = provenance.country_iso3
        and paths.mineral_id = provenance.mineral_id
        and paths.stage = provenance.stage
