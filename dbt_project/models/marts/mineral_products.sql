with

products as (

    select * from {{ ref('int_mineral_products') }}

)

select
    mineral_id,
    stage,
    hs6_code,
    hs_revision,
    hs_description,
    sub_material,
    content_fraction,
    content_low,
    content_high,
    content_basis,
    content_confidence,
    is_basket,
    confidence,
    source,
    note
from products
