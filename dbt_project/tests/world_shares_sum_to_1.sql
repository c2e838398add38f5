-- The known shares of a whole table add up to 1, a listed rest among them.
select
    year,
    mineral_id,
    stage,
    basis_detail,
    sum(world_share) as world_share_sum
from {{ ref('int_world_shares') }}
where is_whole_table
group by all
having not coalesce(abs(sum(world_share) - 1) < 1e-9, false)
