-- How exposed a sector is to the supply risk of the minerals it uses, weighed by how much of each mineral it uses.
with

mineral_risk as (

    select * from {{ ref('metric_mineral_risk') }}

),

end_uses as (

    select * from {{ ref('seed_end_uses') }}

),

regions as (

    select * from {{ ref('seed_end_use_regions') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

),

bands as (

    select * from {{ ref('seed_risk_bands') }}

),

-- Only minerals of which shares are known; a named use without a share says that, not how much.
uses as (

    select
        coalesce(sub_minerals.mineral_id, end_uses.mineral_id) as mineral_id,
        if(sub_minerals.mineral_id is null, coalesce(end_uses.sub_material, ''), '') as sub_material,
        end_uses.sector,
        end_uses.region,
        sum(end_uses.share) as use_share
    from end_uses
    left join minerals as sub_minerals on end_uses.sub_material = sub_minerals.mineral_id
    where end_uses.share is not null
    group by all

),

material_counts as (

    select
        mineral_id,
        region,
        count(distinct sub_material) as material_count
    from uses
    group by all

),

-- A mineral known by its sub-materials alone counts as their plain mean: how much there is of each is not known.
mineral_uses as (

    select
        uses.mineral_id,
        uses.region,
        uses.sector,
        sum(uses.use_share order by uses.sub_material) / any_value(material_counts.material_count) as use_share
    from uses
    inner join material_counts using (mineral_id, region)
    group by all

),

importers as (

    select distinct importer_iso3 from mineral_risk

),

mineral_regions as (

    select distinct
        mineral_id,
        region
    from mineral_uses

),

speaking_regions as (

    select
        importers.importer_iso3,
        mineral_regions.mineral_id,
        min_by(mineral_regions.region, regions.priority) as region
    from importers
    cross join mineral_regions
    inner join regions
        on
            mineral_regions.region = regions.region
            and coalesce(regions.importer_iso3, importers.importer_iso3) = importers.importer_iso3
    group by all

),

exposures as (

    select
        mineral_risk.scenario_id,
        mineral_risk.year,
        mineral_risk.importer_iso3,
        mineral_uses.sector,
        mineral_risk.mineral_id,
        -- the goods of one basket code stand for several minerals: together they weigh what one would
        mineral_uses.use_share / if(
            mineral_risk.has_basket_code,
            count(*) over (
                partition by
                    mineral_risk.scenario_id, mineral_risk.year, mineral_risk.importer_iso3,
                    mineral_uses.sector, mineral_risk.bottleneck_code_set
            ),
            1
        ) as use_share,
        mineral_risk.has_basket_code,
        mineral_risk.value as risk_score,
        bands.is_high
    from mineral_risk
    inner join speaking_regions using (importer_iso3, mineral_id)
    inner join mineral_uses
        on
            speaking_regions.mineral_id = mineral_uses.mineral_id
            and speaking_regions.region = mineral_uses.region
    left join bands on mineral_risk.value >= bands.score_from and mineral_risk.value < bands.score_below
    where mineral_uses.use_share > 0

),

without_end_uses as (

    select
        mineral_risk.scenario_id,
        mineral_risk.year,
        mineral_risk.importer_iso3,
        count(*) as minerals_without_end_use
    from mineral_risk
    anti join speaking_regions using (importer_iso3, mineral_id)
    where mineral_risk.value is not null
    group by all

),

sectors as (

    select
        scenario_id,
        year,
        importer_iso3,
        sector,
        count(*) as minerals_used,
        count(risk_score) as minerals_scored,
        count(*) filter (where has_basket_code) as minerals_on_basket_codes,
        -- where no mineral has a score nobody knows how many are at high risk
        if(count(risk_score) = 0, null, count(*) filter (where is_high)) as minerals_at_high_risk,
        string_agg(mineral_id, ', ' order by risk_score desc, mineral_id asc) filter (where is_high)
            as high_risk_minerals,
        sum(use_share * risk_score order by mineral_id) as weighted_sum,
        sum(use_share order by mineral_id) filter (where risk_score is not null) as scored_use,
        sum(use_share order by mineral_id) as total_use
    from exposures
    group by all

)

select
    sectors.scenario_id,
    sectors.year,
    sectors.importer_iso3,
    sectors.sector,
    sectors.minerals_used,
    sectors.minerals_scored,
    sectors.minerals_on_basket_codes,
    sectors.minerals_at_high_risk,
    sectors.high_risk_minerals,
    sectors.weighted_sum / sectors.scored_use as value,
    coalesce(round(sectors.scored_use / sectors.total_use, 12), 0) as coverage_share,
    coalesce(without_end_uses.minerals_without_end_use, 0) as minerals_without_end_use
from sectors
left join without_end_uses using (scenario_id, year, importer_iso3)
