with

source as (

    select * from {{ source('raw', 'baci_trade') }}

),

renamed as (

    select
        -- keys
        cast(t as integer) as year,
        i as exporter_code,
        j as importer_code,
        k as hs6_code,
        vintage_id,
        source_file,

        -- measures: BACI reports thousand USD and metric tons; decimals, so that sums do not depend on their order
        cast(cast(v as decimal(18, 3)) * 1000 as decimal(18, 3)) as trade_value_usd,
        cast(cast(nullif(nullif(trim(q), 'NA'), '') as decimal(18, 3)) * 1000 as decimal(18, 3)) as net_weight_kg
    from source

)

select * from renamed
