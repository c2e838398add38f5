-- How concentrated an importer's suppliers are, weighed by governance: sum of squared share x risk, `value` is 0-10.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

cells as (

    select
        supplier_shares.scenario_id,
        supplier_shares.year,
        supplier_shares.importer_iso3,
        supplier_shares.mineral_id,
        supplier_shares.stage,
        {{ governance_weighted_hhi(
            'supplier_shares.value_share', 'governance.governance_risk', order_by='supplier_shares.supplier_iso3'
        ) }} as weighted_hhi,
        {{ covered_share(
            'supplier_shares.value_share', 'governance.governance_risk is not null',
            order_by='supplier_shares.supplier_iso3'
        ) }} as covered_share
    from supplier_shares
    left join governance
        on supplier_shares.supplier_iso3 = governance.iso3 and supplier_shares.year = governance.year
    group by all

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    if(covered_share >= {{ threshold('governance_coverage_share') }}, weighted_hhi, null) as value,
    if(covered_share >= {{ threshold('governance_coverage_share') }}, null, 'governance_of_suppliers')
        as missing_inputs
from cells
