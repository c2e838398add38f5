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
    figures.year,
    figures.country_iso3,
    figures.mineral_id,
    figures.stage,
    figures.series_id,
    cast(figures.quantity_t as double) as reserves_t,
    cast(figures.quantity_low_t as double) as reserves_low_t,
    cast(figures.quantity_high_t as double) as reserves_high_t,
    cast(figures.reported_t as double) as reported_t,
    figures.reported_value,
    figures.reported_unit,
    figures.quantity_basis,
    figures.missing_reason,
    source_id,
    figures.edition,
    figures.row_reference,
    sources.is_redistributable
from figures
left join sources using (source_id)
