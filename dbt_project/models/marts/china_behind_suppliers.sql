with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where scenario_id = 'baseline' and supplier_iso3 not in ('CHN', 'XXX')

),

supply_pools as (

    select * from {{ ref('int_supply_pools') }}

),

origin_mixes as (

    select * from {{ ref('int_origin_mixes') }}
    where reading = 'via'

),

supplies as (

    select
        supply_pools.year,
        supply_pools.mineral_id,
        supply_pools.stage,
        supply_pools.country_iso3 as supplier_iso3,
        -- a pool without a row has nothing of it
        coalesce(sum(origin_mixes.origin_share) filter (where origin_mixes.origin_iso3 = 'CHN'), 0) as china_via_share,
        coalesce(
            sum(origin_mixes.origin_share order by origin_mixes.ends_in)
            filter (where origin_mixes.origin_iso3 = 'XXX'),
            0
        ) as unresolved_share
    from supply_pools
    left join origin_mixes using (year, mineral_id, stage, country_iso3)
    group by all

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
    -- other codes than those of the network are other goods
    if(
        china_via.missing_reason is distinct from 'codes_not_known_for_all_importers', supplies.china_via_share, null
    ) as supplier_china_via_share,
    if(
        china_via.missing_reason is distinct from 'codes_not_known_for_all_importers', supplies.unresolved_share, null
    ) as supplier_unresolved_share,
    if(china_via.missing_reason is null, supplier_shares.weight_share * supplies.china_via_share, null)
        as china_hidden_share,
    provenance.is_provisional,
    provenance.is_redistributable
from supplier_shares
left join supplies using (year, mineral_id, stage, supplier_iso3)
inner join china_via using (year, importer_iso3, mineral_id, stage)
left join provenance using (year, importer_iso3, mineral_id, stage)
