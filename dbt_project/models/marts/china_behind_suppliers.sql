with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where scenario_id = 'baseline' and supplier_iso3 != 'CHN' and weight_share is not null

),

suppliers_supply as (

    select
        year,
        mineral_id,
        stage,
        country_iso3 as supplier_iso3,
        origin_share as supplier_china_via_share
    from {{ ref('int_origin_mixes') }}
    where reading = 'via'

),

china_via as (

    select * from {{ ref('metric_china_via') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    supplier_shares.weight_share,
    suppliers_supply.supplier_china_via_share,
    supplier_shares.weight_share * suppliers_supply.supplier_china_via_share as china_hidden_share,
    provenance.is_provisional,
    provenance.is_redistributable
from supplier_shares
inner join suppliers_supply using (year, mineral_id, stage, supplier_iso3)
inner join china_via using (year, importer_iso3, mineral_id, stage)
left join provenance using (year, importer_iso3, mineral_id, stage)
where china_via.missing_reason is null
