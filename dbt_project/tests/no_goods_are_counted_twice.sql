-- No two selected codes of one source, importer, year, mineral and stage hold the same goods.
with

selected as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

),

code_overlaps as (

    select * from {{ ref('seed_hs_overlaps') }}

)

select
    one.source_id,
    one.importer_iso3,
    one.year,
    one.mineral_id,
    one.stage,
    one.hs_revision,
    one.hs6_code,
    other.hs_revision as other_hs_revision,
    other.hs6_code as other_hs6_code
from selected as one
inner join selected as other using (source_id, importer_iso3, year, mineral_id, stage)
left join code_overlaps
    on
        one.hs_revision = code_overlaps.hs_revision
        and one.hs6_code = code_overlaps.hs6_code
        and other.hs_revision = code_overlaps.other_hs_revision
        and other.hs6_code = code_overlaps.other_hs6_code
where
    one.hs_revision != other.hs_revision
    and (one.hs6_code = other.hs6_code or code_overlaps.hs6_code is not null)
