with

risk_methods as (

    select * from {{ ref('metric_risk_methods') }}
    where scenario_id = 'baseline'

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    method_id,
    cast(value as double) as value,
    is_complete,
    missing_inputs
from risk_methods
