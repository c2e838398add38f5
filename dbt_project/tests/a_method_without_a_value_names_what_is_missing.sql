-- Complete is a value of which nothing is missing; where there is none, something is, and it has a name.
select *
from {{ ref('metric_risk_methods') }}
where
    is_complete is distinct from (value is not null and missing_inputs is null)
    or (value is null and missing_inputs is null)
    or missing_inputs = ''
    or isnan(value)
