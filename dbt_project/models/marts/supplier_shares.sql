{{ config(post_hook="{{ create_suppliers_macro() }}") }}

with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where scenario_id = 'baseline'

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    cast(import_value_usd as double) as import_value_usd,
    cast(net_weight_kg as double) as net_weight_kg,
    value_share,
    weight_share,
    cast(supplier_rank as integer) as supplier_rank
from supplier_shares
