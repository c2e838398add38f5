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
        cast(covers_all_importers as boolean) as covers_all_importers,
        cast(is_newest as boolean) as is_newest,
        cast(is_redistributable as boolean) as is_redistributable,
        publisher,
        title,
        licence,
        credit,
        url,
        strptime(retrieved_at, '%Y-%m-%dT%H:%M:%S.%fZ') as retrieved_at,
        sha256,
        cast(rows_loaded as bigint) as rows_loaded,
        years
    from source

)

select * from renamed
