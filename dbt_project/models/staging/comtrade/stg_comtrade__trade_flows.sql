with

source as (

    select * from {{ source('raw', 'comtrade_trade') }}

),

renamed as (

    select
        -- keys
        vintage_id,
        source_file,
        cast(record_number as integer) as record_number,
        case freqcode when 'A' then 'annual' when 'M' then 'monthly' end as frequency,
        cast(left(period, 4) as integer) as year,
        case when freqcode = 'M' then cast(substr(period, 5) as integer) end as month,  -- noqa: RF04
        reportercode as reporter_code,
        partnercode as partner_code,
        flowcode as flow_code,
        classificationcode as classification_code,
        cmdcode as hs6_code,
        partner2code as second_partner_code,
        motcode as mode_of_transport_code,
        customscode as customs_procedure_code,

        -- attributes
        coalesce(partner2code, '0') = '0'
        and coalesce(customscode, 'C00') = 'C00'
        and coalesce(moscode, '0') = '0'
        and coalesce(motcode, '0') = '0' as is_total_of_breakdown,
        cast(nullif(isnetwgtestimated, '') as boolean) as is_net_weight_estimated,

        -- measures: UN Comtrade reports US dollars and kilograms
        cast(primaryvalue as decimal(18, 3)) as trade_value_usd,
        cast(nullif(cifvalue, '') as decimal(18, 3)) as cif_value_usd,
        cast(nullif(fobvalue, '') as decimal(18, 3)) as fob_value_usd,
        -- 0 is not weighed: it stands on records of a billion US dollars, and beside a quantity in kilograms
        nullif(cast(nullif(netwgt, '') as decimal(18, 3)), 0) as net_weight_kg
    from source

)

select * from renamed
