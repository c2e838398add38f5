-- The goods that a code stands for, whatever HS revision it is of: codes that are twins share the newest one's digits.
with

products as (

    select * from {{ ref('int_mineral_products') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

)

select
    products.hs_revision,
    products.hs6_code,
    if(max(products.twin_hs22_code) is null, products.hs_revision, 'HS22') as goods_hs_revision,
    coalesce(max(products.twin_hs22_code), products.hs6_code) as goods_hs6_code,
    revisions.priority as hs_revision_priority
from products
inner join revisions using (hs_revision)
group by products.hs_revision, products.hs6_code, revisions.priority
