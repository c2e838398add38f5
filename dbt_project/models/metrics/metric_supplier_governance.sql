-- How well an importer's suppliers are governed. `value` is their mean governance risk by value share, 0-10.
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
        sum(
            supplier_shares.value_share * governance.governance_risk
            order by supplier_shares.supplier_iso3
        ) as weighted_sum,
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
    covered_share,
    -- a mean over the covered part: an uncovered supplier must not count as perfectly governed
    if(covered_share >= {{ threshold('governance_coverage_share') }}, weighted_sum / covered_share, null) as value,
    if(
        covered_share < {{ threshold('governance_coverage_share') }},
        'governance_of_suppliers_unknown', null
    ) as missing_reason
from cells
