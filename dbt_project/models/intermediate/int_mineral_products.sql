-- Which HS code of which revision counts for which mineral and stage; a sub-material with its own row is a mineral.
with

products as (

    select * from {{ ref('seed_mineral_products') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

by_revision as (

    {% for hs_revision in ['HS92', 'HS17', 'HS22'] %}
    select
        mineral_id as listed_mineral_id,
        sub_material,
        stage,
        '{{ hs_revision }}' as hs_revision,
        hs6_{{ hs_revision | lower }} as hs6_code,
        hs6_hs22 as twin_hs22_code,
        hs_description,
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
    where hs6_{{ hs_revision | lower }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

named as (

    select
        by_revision.*,
        coalesce(sub_minerals.mineral_id, by_revision.listed_mineral_id) as mineral_id
    from by_revision
    left join minerals as sub_minerals on by_revision.sub_material = sub_minerals.mineral_id

),

parents as (

    select distinct parent_mineral_id as mineral_id from minerals
    where parent_mineral_id is not null

)

select
    named.mineral_id,
    named.stage,
    named.hs_revision,
    named.hs6_code,
    named.twin_hs22_code,
    named.sub_material,
    named.hs_description,
    named.content_fraction,
    named.content_low,
    named.content_high,
    named.content_basis,
    named.content_confidence,
    named.is_basket,
    named.confidence,
    named.source,
    named.note,
    parents.mineral_id is not null as is_parent_mineral
from named
left join parents on named.mineral_id = parents.mineral_id
