-- A revision has a priority and codes of minerals if it is mapped, and neither if it is not.
with

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

products as (

    select distinct hs_revision from {{ ref('int_mineral_products') }}

)

select
    hs_revision,
    revisions.is_mapped,
    revisions.priority,
    products.hs_revision is not null as has_codes
from revisions
full join products using (hs_revision)
where
    coalesce(revisions.is_mapped, false) != (products.hs_revision is not null)
    or coalesce(revisions.is_mapped, false) != (revisions.priority is not null)
