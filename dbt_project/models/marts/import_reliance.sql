with

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}
    where scenario_id = 'baseline'

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
    missing_reason
from import_reliance
