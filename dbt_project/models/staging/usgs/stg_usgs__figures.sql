with

source as (

    select * from {{ source('raw', 'usgs_figures') }}

),

trimmed as (

    select
        vintage_id,
        source_file,
        edition,
        cast(file_row as integer) as file_row,
        trim(commodity) as commodity,
        statistic,
        heading,
        coalesce(trim(detail), '') as detail,
        coalesce(trim(unit), '') as unit,
        trim(country) as country_name,
        cast(year as integer) as year,
        coalesce(trim(value), '') as reported_value,
        coalesce(trim(note), '') as note
    from source

),

renamed as (

    select
        -- keys
        vintage_id,
        edition,
        file_row,
        statistic,
        year,

        -- attributes
        source_file,
        commodity,
        detail,
        unit,
        country_name,
        reported_value,
        nullif(note, '') as note,
        -- the wide layout says it in the head of a column, the name of a series or a note, the long one in a note
        coalesce(
            heading like 'PROD_EST%'
            or lower(note) like 'estimated%'
            or (lower(detail) like '%estimated%' and lower(note) not like 'rep%'),
            false
        ) as is_estimated,

        -- measures: as printed, in the printed unit; what is no number is a symbol, which a seed explains
        case
            when regexp_full_match(reported_value, '([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})([.][0-9]{1,6})?')
                then cast(replace(reported_value, ',', '') as decimal(18, 6))
        end as reported_number
    from trimmed

)

select * from renamed
