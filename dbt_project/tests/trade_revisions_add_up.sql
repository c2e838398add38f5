-- What the revisions of a file change, taken together, is the difference of its two vintages' totals.
with

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

delivered as (

    select
        vintage_id,
        trade_value_usd
    from {{ ref('stg_baci__trade_flows') }}

    union all

    select
        vintage_id,
        trade_value_usd
    from {{ ref('stg_baci__world_exports') }}

    union all

    select
        vintage_id,
        trade_value_usd
    from {{ ref('stg_comtrade__trade_flows') }}
    where partner_code != '0' and is_total_of_breakdown and flow_code in ('M', 'X')

    union all

    select
        vintage_id,
        trade_value_usd
    from {{ ref('stg_tradestat__figures') }}
    where row_kind = 'country' and is_current_period and length(hs_code) >= 6

),

vintage_totals as (

    select
        vintage_id,
        sum(trade_value_usd) as trade_value_usd
    from delivered
    group by all

),

compared_vintages as (

    select
        source_id,
        dataset,
        max(vintage_id) filter (where is_newest) as vintage_id,
        max(vintage_id) filter (where not is_newest) as previous_vintage_id
    from vintages
    group by all
    having previous_vintage_id is not null

),

changes as (

    select
        vintage_id,
        sum(trade_value_change_usd) as trade_value_change_usd
    from {{ ref('int_trade_revisions') }}
    group by all

)

select
    compared_vintages.source_id,
    compared_vintages.dataset,
    coalesce(newest.trade_value_usd, 0) - coalesce(previous.trade_value_usd, 0) as difference_usd,
    changes.trade_value_change_usd
from compared_vintages
left join vintage_totals as newest on compared_vintages.vintage_id = newest.vintage_id
left join vintage_totals as previous on compared_vintages.previous_vintage_id = previous.vintage_id
left join changes on compared_vintages.vintage_id = changes.vintage_id
where
    coalesce(newest.trade_value_usd, 0) - coalesce(previous.trade_value_usd, 0)
    != coalesce(changes.trade_value_change_usd, 0)
