-- Value shares of a cell add up to 1, and so do its weight shares where there are any.
select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    sum(value_share) as value_share_sum,
    sum(weight_share) as weight_share_sum
from {{ ref('int_supplier_shares') }}
group by all
having
    not coalesce(abs(value_share_sum - 1) < 1e-9, false)
    or not coalesce(abs(weight_share_sum - 1) < 1e-9, true)
