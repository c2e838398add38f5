with

accounting as (

    select * from {{ ref('int_flow_accounting') }}

)

select
    source_id,
    hs_revision,
    hs6_code,
    disposition,
    cast(flow_count as bigint) as flow_count,
    cast(trade_value_usd as double) as trade_value_usd
from accounting
