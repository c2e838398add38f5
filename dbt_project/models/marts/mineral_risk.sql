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

),

rank_draws as (

    select * from {{ ref('metric_rank_draws') }}
    where uncertainty_id = 'all' and stage is null

),

band_probabilities as (

    select * from {{ ref('metric_rank_band_probabilities') }}
    where stage is null

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
    rank_draws.rank_p05,
    rank_draws.rank_p95,
    rank_draws.score_p05,
    rank_draws.score_p95,
    band_probabilities.probability as risk_band_probability,
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
left join rank_draws
    on
        mineral_risk.year = rank_draws.year
        and mineral_risk.importer_iso3 = rank_draws.importer_iso3
        and mineral_risk.mineral_id = rank_draws.mineral_id
left join band_probabilities
    on
        mineral_risk.year = band_probabilities.year
        and mineral_risk.importer_iso3 = band_probabilities.importer_iso3
        and mineral_risk.mineral_id = band_probabilities.mineral_id
        and bands.risk_band = band_probabilities.risk_band
