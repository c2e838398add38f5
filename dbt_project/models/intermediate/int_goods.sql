-- The goods that a code stands for, whatever HS revision it is of: codes that are twins share the newest one's digits.
with

products as (

    select * from {{ ref('int_mineral_products') }}

)

select
    hs_revision,
    hs6_code,
    if(max(twin_hs22_code) is null, hs_revision, 'HS22') as goods_hs_revision,
    coalesce(max(twin_hs22_code), hs6_code) as goods_hs6_code
from products
group by hs_revision, hs6_code
