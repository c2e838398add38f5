-- A code that serves several minerals may have several reasons.
with

dispositions as (

    select
        hs6_code,
        unnest(string_split(disposition, ', ')) as disposition
    from {{ ref('flow_accounting') }}

)

select * from dispositions
where
    disposition not in (
        'used',
        'importer_is_a_group',
        'superseded_vintage',
        'trade_with_oneself',
        'parent_mineral',
        'basket_beside_clean_code',
        'contained_in_other_revision',
        'no_seed_in_this_revision',
        'no_seed_names_the_code'
    )
