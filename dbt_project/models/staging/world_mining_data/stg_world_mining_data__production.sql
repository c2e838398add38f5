with

source as (

    select * from {{ source('raw', 'world_mining_data') }}

),

trimmed as (

    select
        vintage_id,
        source_file,
        trim(commodity) as commodity,
        trim(country) as country_name,
        trim(country_iso) as country_code,
        coalesce(trim(unit), '') as unit,
        nullif(trim(data_source), 'nan') as data_source,
        cast(year as integer) as year,
        coalesce(trim(production), '') as reported_value
    from source

),

renamed as (

    select
        -- keys
        vintage_id,
        commodity,
        country_name,
        year,

        -- attributes: the file does not name its edition, so the newest year that it holds does
        'to ' || max(year) over (partition by vintage_id) as edition,
        source_file,
        unit,
        reported_value,
        coalesce(data_source = 'e', false) as is_estimated,
        coalesce(country_code = 'DELETE', false) as is_total,

        -- measures: as printed, in the printed unit; 5787400.000000001 is what a program made of a whole number
        case
            when regexp_full_match(reported_value, '[0-9]{1,12}([.][0-9]+)?')
                then cast(reported_value as decimal(18, 6))
        end as reported_number
    from trimmed

)

select * from renamed
