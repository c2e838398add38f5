with

methods as (

    select * from {{ ref('seed_risk_methods') }}

)

select
    method_id,
    method_name,
    definition,
    unit,
    higher_is_riskier,
    source
from methods
