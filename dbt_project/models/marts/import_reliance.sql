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
    production_t,
    imports_t,
    exports_t,
    apparent_consumption_t,
    value as net_import_reliance,
    value_low as net_import_reliance_low,
    value_high as net_import_reliance_high,
    is_net_exporter,
    production_source_id,
    production_is_estimated,
    covered_code_share,
    has_basket_code,
    import_weight_coverage_share,
    export_weight_coverage_share,
    missing_reason,
    provenance.is_provisional,
    provenance.is_redistributable
from import_reliance
left join provenance using (year, country_iso3, mineral_id, stage)
