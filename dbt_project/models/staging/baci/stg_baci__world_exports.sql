with

source as (

    select * from {{ source('raw', 'baci_world_exports') }}

),

renamed as (

    select
        -- keys
        cast(t as integer) as year,
        i as exporter_code,
        k as hs6_code,
        vintage_id,
        source_file,

        -- measures
        cast(cast(v as decimal(18, 3)) * 1000 as decimal(18, 3)) as trade_value_usd,
        cast(cast(nullif(nullif(trim(q), 'NA'), '') as decimal(18, 3)) * 1000 as decimal(18, 3)) as net_weight_kg,
        cast(n_importers as integer) as importer_count
    from source

)

select * from renamed
