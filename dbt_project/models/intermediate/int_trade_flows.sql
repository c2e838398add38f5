-- What the figures are computed from: what happened, and beside it what each scenario makes of it.
select
    'baseline' as scenario_id,
    *
from {{ ref('int_baseline_flows') }}

union all by name

select * from {{ ref('int_scenario_flows') }}
