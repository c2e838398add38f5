with

source as (

    select * from {{ source('raw', 'tradestat_figures') }}

),

trimmed as (

    select
        *,
        -- a blank or a dash is a figure that is not there; thousands are grouped in the Western or the Indian way
        cast(replace(nullif(nullif(trim(value), ''), '-'), ',', '') as decimal(24, 6)) as printed_number
    from source

),

renamed as (

    select
        -- keys
        vintage_id,
        source_file,
        cast(record_number as integer) as record_number,

        -- attributes
        database,
        flow,
        hs_code,
        measure,
        nullif(quantity_unit, '') as quantity_unit,
        row_kind,
        nullif(country, '') as country_name,
        period_kind,
        cast(period_start as date) as period_start,
        cast(period_end as date) as period_end,
        cast(is_current_period as boolean) as is_current_period,
        nullif(status, '') as status,

        -- measures: values are printed in million US$, quantities in quantity_unit
        case
            when measure = 'usd_million' and row_kind != 'share'
                then cast(printed_number * 1000000 as decimal(18, 3))
        end as trade_value_usd,
        case
            when measure = 'quantity' and row_kind != 'share'
                then cast(printed_number as decimal(18, 3))
        end as quantity,
        case
            when measure = 'quantity' and row_kind != 'share'
                then cast(
                    printed_number * case quantity_unit when 'KGS' then 1 when 'TON' then 1000 end as decimal(18, 3)
                )
        end as quantity_kg,
        case when row_kind = 'share' then printed_number end as share_pct
    from trimmed

)

select * from renamed
