-- The parts of a code are the whole of it, in one revision, and exactly one of them takes what rounding leaves.
select
    from_hs_revision,
    from_hs6_code,
    sum(weight) as weight_sum,
    count(*) filter (where is_last_part) as last_part_count,
    count(distinct to_hs_revision) as revision_count
from {{ ref('int_hs_conversion') }}
group by from_hs_revision, from_hs6_code
having weight_sum is distinct from 1 or last_part_count != 1 or revision_count != 1
