-- The parts of a code are the whole of it, in one revision.
select
    from_hs_revision,
    from_hs6_code,
    sum(weight) as weight_sum,
    count(distinct to_hs_revision) as revision_count
from {{ ref('int_hs_conversion') }}
group by from_hs_revision, from_hs6_code
having weight_sum is distinct from 1 or revision_count != 1
