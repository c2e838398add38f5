with

sector_exposure as (

    select * from {{ ref('metric_sector_exposure') }}
    where scenario_id = 'baseline'

),

end_uses as (

    select distinct
        sector,
        mineral_id
    from {{ ref('seed_end_uses') }}

),

mineral_risk as (

    select * from {{ ref('mineral_risk') }}

),

provenance as (

    select
        mineral_risk.year,
        mineral_risk.importer_iso3,
        end_uses.sector,
        -- one unfinished mineral is enough; else one of which nothing tells leaves it unknown
        if(
            bool_or(mineral_risk.is_provisional), true,
            if(count(mineral_risk.is_provisional) = count(*), false, null)
        ) as is_provisional,
        bool_and(mineral_risk.is_redistributable) as is_redistributable
    from mineral_risk
    inner join end_uses using (mineral_id)
    group by all

)

select
    year,
    importer_iso3,
    sector,
    cast(sector_exposure.minerals_at_high_risk as integer) as minerals_at_high_risk,
    sector_exposure.high_risk_minerals,
    sector_exposure.value as weighted_risk_score,
    sector_exposure.coverage_share,
    cast(sector_exposure.minerals_used as integer) as minerals_used,
    cast(sector_exposure.minerals_scored as integer) as minerals_scored,
    cast(sector_exposure.minerals_on_basket_codes as integer) as minerals_on_basket_codes,
    cast(sector_exposure.minerals_without_end_use as integer) as minerals_without_end_use,
    provenance.is_provisional,
    provenance.is_redistributable
from sector_exposure
left join provenance using (year, importer_iso3, sector)
