-- Goods of a clean code belong to one mineral: two would both count them.
select
    hs_revision,
    hs6_code,
    string_agg(mineral_id || ' ' || stage, ', ') as counted_for
from {{ ref('int_mineral_products') }}
group by all
having count(*) > 1 and not bool_and(is_basket)
