-- Every printed row of a vintage is either a figure or counted among those left out.
with

printed as (

    select
        vintage_id,
        count(*) as row_count
    from {{ ref('stg_usgs__figures') }}
    group by all

    union all

    select
        vintage_id,
        count(*) as row_count
    from {{ ref('stg_world_mining_data__production') }}
    group by all

),

accounted as (

    select
        vintage_id,
        sum(row_count) as row_count
    from (
        select
            vintage_id,
            count(*) as row_count
        from {{ ref('int_production_figures') }}
        group by all
        union all
        select
            vintage_id,
            sum(row_count) as row_count
        from {{ ref('int_production_rows_left_out') }}
        group by all
    )
    group by all

)

select
    printed.vintage_id,
    printed.row_count as printed_rows,
    accounted.row_count as accounted_rows
from printed
left join accounted on printed.vintage_id = accounted.vintage_id
where accounted.row_count is distinct from printed.row_count
