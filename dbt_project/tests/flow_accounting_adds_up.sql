-- Rows and dollars accounted for are the rows and dollars of the newest vintages' raw tables, unnamed codes included.
with

accounted as (

    select
        source_id,
        sum(flow_count) as flow_count,
        sum(trade_value_usd) as trade_value_usd
    from {{ ref('int_flow_accounting') }}
    group by all

),

delivered_rows as (

    select
        vintage_id,
        1 as row_count,
        cast(v as decimal(18, 3)) * 1000 as trade_value_usd
    from {{ source('raw', 'baci_trade') }}

    union all by name

    select
        vintage_id,
        1 as row_count,
        cast(primaryvalue as decimal(18, 3)) as trade_value_usd
    from {{ source('raw', 'comtrade_trade') }}

    union all by name

    -- what is printed is told by the staging model's own tests
    select
        vintage_id,
        1 as row_count,
        trade_value_usd
    from {{ ref('stg_tradestat__figures') }}

    union all by name

    select
        vintage_id,
        cast(row_count as bigint) as row_count
    from {{ source('raw', 'unnamed_codes') }}

),

delivered as (

    select
        vintages.source_id,
        sum(delivered_rows.row_count) as flow_count,
        sum(delivered_rows.trade_value_usd) as trade_value_usd
    from delivered_rows
    inner join {{ source('raw', 'landed_vintages') }} as vintages on delivered_rows.vintage_id = vintages.vintage_id
    where vintages.is_newest = 'true'
    group by all

)

select
    source_id,
    accounted.flow_count as accounted_flow_count,
    delivered.flow_count as delivered_flow_count,
    accounted.trade_value_usd as accounted_value_usd,
    delivered.trade_value_usd as delivered_value_usd
from accounted
full join delivered using (source_id)
where
    accounted.flow_count is distinct from delivered.flow_count
    or accounted.trade_value_usd is distinct from delivered.trade_value_usd
