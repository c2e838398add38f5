with

revisions as (

    select * from {{ ref('int_trade_revisions') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

)

select
    revisions.source_id,
    revisions.dataset,
    revisions.previous_vintage_id,
    revisions.vintage_id,
    revisions.declared_by,
    revisions.period,
    revisions.year,
    revisions.importer_iso3,
    revisions.supplier_iso3,
    revisions.hs_revision,
    revisions.hs6_code,
    revisions.change_type,
    cast(revisions.previous_trade_value_usd as double) as previous_trade_value_usd,
    cast(revisions.trade_value_usd as double) as trade_value_usd,
    cast(revisions.trade_value_change_usd as double) as trade_value_change_usd,
    cast(revisions.previous_net_weight_kg as double) as previous_net_weight_kg,
    cast(revisions.net_weight_kg as double) as net_weight_kg,
    cast(revisions.net_weight_change_kg as double) as net_weight_change_kg,
    vintages.is_redistributable
from revisions
inner join vintages using (vintage_id)
