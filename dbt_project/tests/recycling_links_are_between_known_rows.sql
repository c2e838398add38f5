-- A link leads from a traded mineral and stage to a row of the EU studies: a typing error would leave a silent gap.
with

links as (

    select * from {{ ref('seed_recycling_links') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}
    where not is_parent_mineral

),

assessed as (

    select * from {{ ref('seed_recycling_substitution') }}

)

select
    links.mineral_id,
    links.stage,
    'no product has this mineral and stage' as fault
from links
anti join products using (mineral_id, stage)

union all

select
    links.mineral_id,
    links.stage,
    'no study assesses ' || concat_ws(' ', links.assessed_mineral_id, links.assessed_sub_material) as fault
from links
anti join assessed
    on
        links.assessed_mineral_id = assessed.mineral_id
        and links.assessed_sub_material is not distinct from assessed.sub_material
