with

components as (

    select * from {{ ref('seed_risk_components') }}

)

select
    component_id,
    component_name,
    raw_value as raw_value_meaning,
    raw_value_unit,
    goalpost_0,
    goalpost_100,
    weight,
    is_required,
    reason as description
from components
