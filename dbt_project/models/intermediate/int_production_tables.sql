-- The table behind the production of a mineral at a stage in a year: what it lists, what it lumps, what it withholds.
with

production as (

    select * from {{ ref('int_production') }}

),

world_totals as (

    select
        year,
        mineral_id,
        stage,
        if(count(quantity_t) = count(*), cast(sum(quantity_t) as decimal(28, 9)), null) as world_total_t
    from {{ ref('int_production_figures') }}
    where
        is_speaking
        and statistic = 'production'
        and country_kind = 'total'
    group by all

),

tables as (

    select
        year,
        mineral_id,
        stage,
        source_id,
        edition,
        cast(sum(production_t) as decimal(28, 9)) as listed_production_t,
        cast(sum(reported_t) as decimal(28, 9)) as reported_listed_t,
        if(
            count(*) filter (where country_iso3 = 'XXX') = 0,
            cast(0 as decimal(28, 9)),
            any_value(production_t) filter (where country_iso3 = 'XXX')
        ) as other_countries_t,
        count(*) filter (where country_iso3 != 'XXX') as country_count,
        string_agg(country_iso3, ' ' order by country_iso3) filter (
            where country_iso3 != 'XXX' and production_t is null
        ) as withheld_countries
    from production
    group by all

)

select
    tables.year,
    tables.mineral_id,
    tables.stage,
    tables.source_id,
    tables.edition,
    tables.listed_production_t,
    tables.reported_listed_t,
    tables.other_countries_t,
    cast(tables.other_countries_t as double)
    / nullif(cast(tables.listed_production_t as double), 0) as other_countries_share,
    tables.country_count,
    tables.withheld_countries,
    world_totals.world_total_t
from tables
left join world_totals using (year, mineral_id, stage)
