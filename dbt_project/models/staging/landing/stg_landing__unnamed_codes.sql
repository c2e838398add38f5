with

source as (

    select * from {{ source('raw', 'unnamed_codes') }}

),

renamed as (

    select
        -- keys
        source_id,
        vintage_id,
        source_file,
        hs_revision,
        hs6_code,

        -- measures
        cast(row_count as bigint) as flow_count
    from source

)

select * from renamed
