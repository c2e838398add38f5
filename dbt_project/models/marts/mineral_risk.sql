with

mineral_risk as (

    select * from {{ ref('metric_mineral_risk') }}
    where scenario_id = 'baseline'

),

china_dependence as (

    select * from {{ ref('china_dependence') }}

),

-- a mineral of which no source covers a stage rests on nothing that is unfinished or restricted
provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        -- one unfinished stage is enough; else one of which nothing tells leaves it unknown
        if(bool_or(is_provisional), true, if(count(is_provisional) = count(*), false, null)) as is_provisional,
        bool_and(is_redistributable) as is_redistributable
    from {{ ref('int_cell_provenance') }}
    group by all

),

bands as (

    select * from {{ ref('seed_risk_bands') }}

)

select
    mineral_risk.year,
    mineral_risk.importer_iso3,
    mineral_risk.mineral_id,
    mineral_risk.bottleneck_stage,
    mineral_risk.has_basket_code,
    mineral_risk.stages_scored,
    mineral_risk.stages_covered_in_part,
    mineral_risk.stages_missing,
    mineral_risk.missing_reasons,
    mineral_risk.stages_immaterial,
    mineral_risk.stages_without_imports,
    mineral_risk.value as risk_score,
    mineral_risk.value_current_controls as risk_score_current_controls,
    bands.risk_band,
    if(
        mineral_risk.value is null, null,
        cast(rank() over (
            partition by mineral_risk.year, mineral_risk.importer_iso3
            order by mineral_risk.value desc nulls last
        ) as integer)
    ) as risk_rank,
    china_dependence.china_dependence_score,
    if(provenance.year is null, false, provenance.is_provisional) as is_provisional,
    if(provenance.year is null, true, provenance.is_redistributable) as is_redistributable
from mineral_risk
left join provenance
    on
        mineral_risk.year = provenance.year
        and mineral_risk.importer_iso3 = provenance.importer_iso3
        and mineral_risk.mineral_id = provenance.mineral_id
left join china_dependence
    on
        mineral_risk.year = china_dependence.year
        and mineral_risk.importer_iso3 = china_dependence.importer_iso3
        and mineral_risk.mineral_id = china_dependence.mineral_id
        and mineral_risk.bottleneck_stage = china_dependence.stage
left join bands on mineral_risk.value >= bands.score_from and mineral_risk.value < bands.score_below
