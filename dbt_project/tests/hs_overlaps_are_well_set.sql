-- A pair joins two codes in use of different digits, the newer revision first, so that no pair stands there twice.
with

code_overlaps as (

    select * from {{ ref('seed_hs_overlaps') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

codes_in_use as (

    select distinct
        hs_revision,
        hs6_code
    from {{ ref('int_mineral_products') }}

)

select code_overlaps.*
from code_overlaps
left join revisions on code_overlaps.hs_revision = revisions.hs_revision
left join revisions as other_revisions on code_overlaps.other_hs_revision = other_revisions.hs_revision
left join codes_in_use
    on code_overlaps.hs_revision = codes_in_use.hs_revision and code_overlaps.hs6_code = codes_in_use.hs6_code
left join codes_in_use as other_codes_in_use
    on
        code_overlaps.other_hs_revision = other_codes_in_use.hs_revision
        and code_overlaps.other_hs6_code = other_codes_in_use.hs6_code
where
    code_overlaps.hs6_code = code_overlaps.other_hs6_code
    or not coalesce(revisions.in_force_from_year > other_revisions.in_force_from_year, false)
    or codes_in_use.hs6_code is null
    or other_codes_in_use.hs6_code is null
