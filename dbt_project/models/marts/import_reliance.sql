with

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    country_iso3,
    mineral_id,
    stage,
    import_reliance.production_t,
    import_reliance.imports_t,
    import_reliance.exports_t,
    import_reliance.apparent_consumption_t,
    import_reliance.value as net_import_reliance,
    import_reliance.value_low as net_import_reliance_low,
    import_reliance.value_high as net_import_reliance_high,
    import_reliance.is_net_exporter,
    import_reliance.production_source_id,
    import_reliance.production_is_estimated,
    import_reliance.covered_code_share,
    import_reliance.has_basket_code,
    import_reliance.import_weight_coverage_share,
    import_reliance.export_weight_coverage_share,
    import_reliance.missing_reason,
    provenance.is_provisional,
    provenance.is_redistributable
from import_reliance
left join provenance using (year, country_iso3, mineral_id, stage)
