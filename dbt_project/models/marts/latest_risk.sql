-- The home importer in its newest complete year, ready for a dashboard: one row a mineral, with or without a score.
with

mineral_risk as (

    select * from {{ ref('mineral_risk') }}

),

minerals as (

    select * from {{ ref('minerals') }}

),

concentration as (

    select * from {{ ref('supplier_concentration') }}

),

china_dependence as (

    select * from {{ ref('china_dependence') }}

),

risk_scores as (

    select * from {{ ref('risk_scores') }}

),

import_reliance as (

    select * from {{ ref('import_reliance') }}

),

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

)

select
    mineral_risk.mineral_id,
    minerals.mineral_name,
    mineral_risk.importer_iso3,
    mineral_risk.year,
    mineral_risk.risk_rank,
    mineral_risk.rank_p05,
    mineral_risk.rank_p95,
    mineral_risk.risk_score,
    mineral_risk.score_p05,
    mineral_risk.score_p95,
    mineral_risk.risk_score_current_controls,
    mineral_risk.risk_band,
    mineral_risk.risk_band_probability,
    mineral_risk.bottleneck_stage,
    risk_scores.top_driver,
    mineral_risk.china_dependence_score,
    china_dependence.china_value_share,
    china_dependence.china_weight_share,
    china_dependence.china_world_share,
    concentration.hhi_value,
    concentration.top_supplier_iso3,
    concentration.top1_share,
    concentration.supplier_count,
    import_reliance.net_import_reliance,
    concentration.import_value_usd,
    concentration.has_basket_code,
    risk_scores.completeness,
    mineral_risk.stages_scored,
    mineral_risk.stages_covered_in_part,
    mineral_risk.stages_missing,
    mineral_risk.missing_reasons,
    mineral_risk.is_provisional,
    mineral_risk.is_redistributable
from mineral_risk
inner join newest_complete_year using (year)
inner join minerals using (mineral_id)
left join concentration
    on
        mineral_risk.year = concentration.year
        and mineral_risk.importer_iso3 = concentration.importer_iso3
        and mineral_risk.mineral_id = concentration.mineral_id
        and mineral_risk.bottleneck_stage = concentration.stage
left join china_dependence
    on
        mineral_risk.year = china_dependence.year
        and mineral_risk.importer_iso3 = china_dependence.importer_iso3
        and mineral_risk.mineral_id = china_dependence.mineral_id
        and mineral_risk.bottleneck_stage = china_dependence.stage
left join risk_scores
    on
        mineral_risk.year = risk_scores.year
        and mineral_risk.importer_iso3 = risk_scores.importer_iso3
        and mineral_risk.mineral_id = risk_scores.mineral_id
        and mineral_risk.bottleneck_stage = risk_scores.stage
left join import_reliance
    on
        mineral_risk.year = import_reliance.year
        and mineral_risk.importer_iso3 = import_reliance.country_iso3
        and mineral_risk.mineral_id = import_reliance.mineral_id
        and mineral_risk.bottleneck_stage = import_reliance.stage
where mineral_risk.importer_iso3 = '{{ var("home_importer_iso3") }}'
