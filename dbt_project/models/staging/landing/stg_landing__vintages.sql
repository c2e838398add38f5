with

source as (

    select * from {{ source('raw', 'landed_vintages') }}

),

renamed as (

    select
        -- keys
        source_id,
        vintage_id,

        -- attributes
        dataset,
        hs_revision,
        cast(covers_all_importers as boolean) as covers_all_importers
    from source

)

select * from renamed
