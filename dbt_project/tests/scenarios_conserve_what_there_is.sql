-- Nothing is created or lost, and nothing is negative: what is wanted is delivered, made at home, or unmet. Of a
-- scenario that the data contradict nothing is said.
select *
from {{ ref('int_scenario_balances') }}
where
    missing_reason is null
    and scenario_id not in (select refusals.scenario_id from {{ ref('int_scenario_refusals') }} as refusals)
    and (
        baseline_t + demand_change_t is null
        or not abs(baseline_t + demand_change_t - delivered_t - home_used_t - unmet_t)
        <= 1e-9 * (baseline_t + demand_change_t)
        or least(delivered_t, home_used_t, home_surplus_t, withdrawn_t, refilled_t, unmet_t) < 0
        or not abs(withdrawn_t - refilled_t - unmet_t) <= 1e-9 * (1 + withdrawn_t)
    )
