-- Rows and dollars accounted for are the rows and dollars of the raw tables: unnamed codes and loaded flows.
with

accounted as (

    select
        sum(flow_count) as flow_count,
        sum(trade_value_usd) as trade_value_usd
    from {{ ref('int_flow_accounting') }}

),

loaded as (

    select
        count(*) as flow_count,
        sum(cast(v as decimal(18, 3))) * 1000 as trade_value_usd
    from {{ source('raw', 'baci_trade') }}

),

unnamed as (

    select coalesce(sum(cast(row_count as bigint)), 0) as flow_count
    from {{ source('raw', 'unnamed_codes') }}

)

select
    accounted.flow_count as accounted_flow_count,
    loaded.flow_count as loaded_flow_count,
    unnamed.flow_count as unnamed_flow_count,
    accounted.trade_value_usd as accounted_value_usd,
    loaded.trade_value_usd as loaded_value_usd
from accounted
cross join loaded
cross join unnamed
where
    accounted.flow_count != loaded.flow_count + unnamed.flow_count
    or accounted.trade_value_usd is distinct from loaded.trade_value_usd
