with

figures as (

    select * from {{ ref('int_production_figures') }}
    where
        is_speaking
        and statistic = 'reserves'
        and country_kind in ('country', 'rest')

),

sources as (

    select
        source_id,
        bool_and(is_redistributable) as is_redistributable
    from {{ ref('stg_landing__vintages') }}
    group by all

)

select
    year,
    country_iso3,
    mineral_id,
    stage,
    series_id,
    cast(quantity_t as double) as reserves_t,
    cast(quantity_low_t as double) as reserves_low_t,
    cast(quantity_high_t as double) as reserves_high_t,
    cast(reported_t as double) as reported_t,
    reported_value,
    reported_unit,
    quantity_basis,
    missing_reason,
    source_id,
    edition,
    row_reference,
    sources.is_redistributable
from figures
left join sources using (source_id)
