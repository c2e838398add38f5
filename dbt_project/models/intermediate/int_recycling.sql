-- Recycling and substitution of a mineral at a stage, from the newest EU study that assesses it.
with

recycling as (

    select * from {{ ref('seed_recycling_substitution') }}

),

links as (

    select * from {{ ref('seed_recycling_links') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

mineral_stages as (

    select distinct
        mineral_id,
        stage
    from products
    where not is_parent_mineral

),

newest as (

    select * from recycling
    qualify vintage = max(vintage) over (partition by mineral_id, sub_material)

)

-- A study of a sub-material speaks only where a link says so: the mean of several is nobody's figure.
select
    mineral_stages.mineral_id,
    mineral_stages.stage,
    cast(newest.vintage as integer) as study_year,
    newest.eol_rir,
    newest.si_sr,
    newest.source
from mineral_stages
left join links using (mineral_id, stage)
inner join newest
    on
        coalesce(links.assessed_mineral_id, mineral_stages.mineral_id) = newest.mineral_id
        and links.assessed_sub_material is not distinct from newest.sub_material
