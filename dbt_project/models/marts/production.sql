with

production as (

    select * from {{ ref('int_production') }}

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
    cast(production_t as double) as production_t,
    cast(production_low_t as double) as production_low_t,
    cast(production_high_t as double) as production_high_t,
    cast(reported_t as double) as reported_t,
    quantity_basis,
    is_estimated,
    missing_reason,
    source_id,
    edition,
    row_references,
    sources.is_redistributable
from production
left join sources using (source_id)
