-- The origins of whatever has a weight add up to 1, and so do those of every country's supply.
select
    'int_traced_origins' as checked_model,
    scenario_id,
    year,
    importer_iso3 as country_iso3,
    mineral_id,
    stage,
    sum(traced_share) as share_sum
from {{ ref('int_traced_origins') }}
where reading = 'origin'
group by all
having not coalesce(abs(share_sum - 1) < 1e-9, false)

union all

select
    'int_origin_mixes' as checked_model,
    null as scenario_id,
    year,
    country_iso3,
    mineral_id,
    stage,
    sum(origin_share) as share_sum
from {{ ref('int_origin_mixes') }}
where reading = 'origin'
group by all
having not coalesce(abs(share_sum - 1) < 1e-9, false)
