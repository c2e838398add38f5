-- Printed rows that no figure comes from, counted: nothing disappears unmentioned.
with

usgs as (

    select * from {{ ref('stg_usgs__figures') }}

),

world_mining_data as (

    select * from {{ ref('stg_world_mining_data__production') }}

),

series as (

    select * from {{ ref('seed_production_series') }}

),

countries as (

    select * from {{ ref('seed_production_countries') }}

),

printed as (

    select
        'usgs' as source_id,
        vintage_id,
        edition,
        statistic,
        commodity,
        detail,
        unit,
        country_name
    from usgs

    union all

    select
        'world_mining_data' as source_id,
        vintage_id,
        edition,
        'production' as statistic,
        commodity,
        '' as detail,
        unit,
        country_name
    from world_mining_data

),

explained as (

    select
        printed.*,
        case
            when series.source_id is null then 'no_series_names_it'
            when series.left_out_reason is not null then 'series_left_out'
            when countries.kind = 'total_of_several_series' then 'total_of_several_series'
        end as reason,
        coalesce(
            series.left_out_reason, if(countries.kind = 'total_of_several_series', countries.note, null)
        ) as explanation
    from printed
    left join series
        on
            printed.source_id = series.source_id
            and printed.edition = coalesce(series.edition, printed.edition)
            and printed.statistic = series.statistic
            and printed.commodity = series.commodity
            and printed.detail = coalesce(series.detail, '')
            and printed.unit = coalesce(series.unit, '')
    left join countries
        on printed.source_id = countries.source_id and printed.country_name = countries.country_name

)

select
    source_id,
    vintage_id,
    edition,
    statistic,
    commodity,
    detail,
    unit,
    reason,
    explanation,
    count(*) as row_count
from explained
where reason is not null
group by all
