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
    production.year,
    production.country_iso3,
    production.mineral_id,
    production.stage,
    cast(production.production_t as double) as production_t,
    cast(production.production_low_t as double) as production_low_t,
    cast(production.production_high_t as double) as production_high_t,
    cast(production.reported_t as double) as reported_t,
    production.quantity_basis,
    production.is_estimated,
    production.missing_reason,
    source_id,
    production.edition,
    production.row_references,
    sources.is_redistributable
from production
left join sources using (source_id)
