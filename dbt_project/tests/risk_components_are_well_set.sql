-- Weights add up to 100 and goalposts are not inverted: a higher raw value is a higher risk.
select
    'weights' as setting,
    sum(weight) as value_found
from {{ ref('seed_risk_components') }}
having not coalesce(abs(sum(weight) - 100) < 1e-9, false)

union all

select
    component_id as setting,
    goalpost_100 - goalpost_0 as value_found
from {{ ref('seed_risk_components') }}
where not coalesce(goalpost_0 < goalpost_100 and weight >= 0, false)

union all

-- exposure alone gives part of the China-dependence score, leverage the rest
select
    'china_dependence parts' as setting,
    sum(value) as value_found
from {{ ref('seed_thresholds') }}
where threshold_id like 'china_dependence_%_weight'
having not coalesce(abs(sum(value) - 1) < 1e-9, false)
