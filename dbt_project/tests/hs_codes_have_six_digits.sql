with

codes as (

    select
        mineral_id as found_in,
        unnest([hs6_hs92, hs6_hs17, hs6_hs22]) as hs6_code
    from {{ ref('seed_mineral_products') }}

    union all

    select
        control_id as found_in,
        unnest(string_split(hs6_list, ';')) as hs6_code
    from {{ ref('seed_export_controls') }}

    union all

    select
        'seed_hs_overlaps' as found_in,
        unnest([hs6_code, other_hs6_code]) as hs6_code
    from {{ ref('seed_hs_overlaps') }}

    union all

    select
        'seed_hs_concordance' as found_in,
        unnest([from_hs6_code, to_hs6_code]) as hs6_code
    from {{ ref('seed_hs_concordance') }}

)

select * from codes
where not regexp_full_match(hs6_code, '[0-9]{6}')
