with

accounting as (

    select * from {{ ref('int_flow_accounting') }}

),

sources as (

    select
        source_id,
        bool_and(is_redistributable) as is_redistributable
    from {{ ref('stg_landing__vintages') }}
    group by all

)

select
    source_id,
    accounting.hs_revision,
    accounting.hs6_code,
    accounting.disposition,
    cast(accounting.flow_count as bigint) as flow_count,
    cast(accounting.trade_value_usd as double) as trade_value_usd,
    sources.is_redistributable
from accounting
left join sources using (source_id)
