-- A conversion leads from a revision that is not mapped to one that is, splits only towards a newer one, and says so.
with

concordance as (

    select
        *,
        count(*) over (partition by from_hs_revision, from_hs6_code) as part_count
    from {{ ref('seed_hs_concordance') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

codes_in_use as (

    select distinct
        hs_revision,
        hs6_code
    from {{ ref('int_mineral_products') }}

),

rows_in_words as (

    select
        concordance.*,
        concat_ws(
            ' ',
            concordance.from_hs_revision, concordance.from_hs6_code,
            'to',
            concordance.to_hs_revision, concordance.to_hs6_code
        ) as row_name,
        from_revisions.is_mapped as from_is_mapped,
        to_revisions.is_mapped as to_is_mapped,
        to_revisions.in_force_from_year > from_revisions.in_force_from_year as is_towards_newer,
        bool_or(codes_in_use.hs6_code is not null) over (
            partition by concordance.from_hs_revision, concordance.from_hs6_code
        ) as is_of_use
    from concordance
    left join revisions as from_revisions on concordance.from_hs_revision = from_revisions.hs_revision
    left join revisions as to_revisions on concordance.to_hs_revision = to_revisions.hs_revision
    left join codes_in_use
        on concordance.to_hs_revision = codes_in_use.hs_revision and concordance.to_hs6_code = codes_in_use.hs6_code

)

select
    'leads from a revision that is mapped or unknown' as fault,
    row_name
from rows_in_words
where coalesce(from_is_mapped, true)

union all

select
    'leads to a revision that is not mapped' as fault,
    row_name
from rows_in_words
where not coalesce(to_is_mapped, false)

union all

select
    'un-merges what the older revision had apart' as fault,
    row_name
from rows_in_words
where part_count > 1 and not is_towards_newer

union all

select
    'is_split and relationship do not say how many codes it became' as fault,
    row_name
from rows_in_words
where is_split != (part_count > 1) or is_split != (relationship in ('1:n', 'n:n'))

union all

select
    'has a weight that is no share' as fault,
    row_name
from rows_in_words
where not (weight > 0 and weight <= 1)

union all

select
    'becomes no code that is in use' as fault,
    row_name
from rows_in_words
where not is_of_use
