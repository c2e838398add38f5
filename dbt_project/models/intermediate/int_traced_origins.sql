-- Where an importer's purchases come from across all borders: each supplier's share times the mix of its supply.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where weight_share is not null

),

origin_mixes as (

    select * from {{ ref('int_origin_mixes') }}

),

supply_pools as (

    select * from {{ ref('int_supply_pools') }}

),

readings as (

    select unnest(['origin', 'via']) as reading

),

-- A supplier without a pool is nobody (XXX) or sells under codes that are not known for all importers; what comes from
-- China comes from China in any case.
traced as (

    select
        readings.reading,
        supplier_shares.scenario_id,
        supplier_shares.year,
        supplier_shares.importer_iso3,
        supplier_shares.mineral_id,
        supplier_shares.stage,
        coalesce(
            origin_mixes.origin_iso3,
            if(readings.reading = 'via' and supplier_shares.supplier_iso3 = 'CHN', 'CHN', 'XXX')
        ) as origin_iso3,
        -- decimals: their sum does not depend on the order
        cast(supplier_shares.weight_share * coalesce(origin_mixes.origin_share, 1) as decimal(38, 18)) as part_share
    from supplier_shares
    cross join readings
    left join origin_mixes
        on
            readings.reading = origin_mixes.reading
            and supplier_shares.year = origin_mixes.year
            and supplier_shares.mineral_id = origin_mixes.mineral_id
            and supplier_shares.stage = origin_mixes.stage
            and supplier_shares.supplier_iso3 = origin_mixes.country_iso3

),

summed as (

    select
        reading,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        origin_iso3,
        -- never above 1 but for the last digit of a float
        least(1, cast(sum(part_share) as double)) as traced_share
    from traced
    where reading = 'origin' or origin_iso3 = 'CHN' -- the other reading asks for China alone
    group by all
    having sum(part_share) > 0 -- a trifle of a trifle rounds to nothing

)

select
    summed.*,
    supply_pools.is_estimated
from summed
left join supply_pools
    on
        summed.year = supply_pools.year
        and summed.mineral_id = supply_pools.mineral_id
        and summed.stage = supply_pools.stage
        and summed.origin_iso3 = supply_pools.country_iso3
