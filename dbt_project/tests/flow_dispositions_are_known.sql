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
        'other_source_speaks',
        'fewer_months_than_others',
        'control_total',
        'part_of_a_total',
        'part_of_imports_or_exports',
        'declared_by_the_exporter',
        'month_beside_its_year',
        'previous_period',
        'part_of_a_code_or_several',
        'financial_year',
        'no_value',
        'no_seed_in_this_revision',
        'no_seed_names_the_code'
    )
