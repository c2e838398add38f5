-- Which covered codes count for an importer, year, mineral and stage: one source speaks, and of its HS revisions one;
-- its others add what that one lacks.
with

coverage as (

    select * from {{ ref('int_code_coverage') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

trade_sources as (

    select * from {{ ref('seed_trade_sources') }}

),

code_overlaps as (

    select
        hs_revision,
        hs6_code,
        other_hs_revision,
        other_hs6_code
    from {{ ref('seed_hs_overlaps') }}

    union all

    select
        other_hs_revision,
        other_hs6_code,
        hs_revision,
        hs6_code
    from {{ ref('seed_hs_overlaps') }}

),

own_products as (

    select * from products
    where not is_parent_mineral

),

-- A basket counts only where no clean code of a revision that the source has for the importer and year describes the
-- stage, rows or not: germanium's clean code falls silent in 2017, which makes germanium unknown and not the basket
-- germanium.
stages_with_clean_code as (

    select distinct
        coverage.source_id,
        coverage.importer_iso3,
        coverage.year,
        own_products.mineral_id,
        own_products.stage
    from coverage
    inner join own_products using (hs_revision)
    where not own_products.is_basket

),

seed_code_counts as (

    select
        mineral_id,
        stage,
        hs_revision,
        count(distinct hs6_code) as code_count,
        count(distinct hs6_code) filter (where not is_basket) as clean_code_count
    from own_products
    group by all

),

covered as (

    select
        coverage.source_id,
        coverage.importer_iso3,
        coverage.year,
        products.mineral_id,
        products.stage,
        coverage.hs_revision,
        coverage.hs6_code,
        coverage.months_covered,
        products.is_basket,
        stages_with_clean_code.stage is not null as has_clean_code,
        case
            when products.is_parent_mineral then 'parent_mineral'
            when products.is_basket and stages_with_clean_code.stage is not null then 'basket_beside_clean_code'
        end as unusable_because
    from coverage
    inner join products on coverage.hs_revision = products.hs_revision and coverage.hs6_code = products.hs6_code
    left join stages_with_clean_code
        on
            coverage.source_id = stages_with_clean_code.source_id
            and coverage.importer_iso3 = stages_with_clean_code.importer_iso3
            and coverage.year = stages_with_clean_code.year
            and products.mineral_id = stages_with_clean_code.mineral_id
            and products.stage = stages_with_clean_code.stage

),

-- Months of one code and years of another are no sum: only the codes of the most months count.
usable as (

    select * from covered
    where unusable_because is null
    qualify
        months_covered is not distinct from max(months_covered) over (
            partition by source_id, importer_iso3, year, mineral_id, stage
        )

),

revision_coverage as (

    select
        usable.source_id,
        usable.importer_iso3,
        usable.year,
        usable.mineral_id,
        usable.stage,
        usable.hs_revision,
        count(distinct usable.hs6_code)
        / any_value(if(usable.has_clean_code, seed_code_counts.clean_code_count, seed_code_counts.code_count))
            as covered_code_share
    from usable
    inner join seed_code_counts using (mineral_id, stage, hs_revision)
    group by all

),

ranked_revisions as (

    select
        revision_coverage.*,
        row_number() over (
            partition by
                revision_coverage.source_id, revision_coverage.importer_iso3, revision_coverage.year,
                revision_coverage.mineral_id, revision_coverage.stage
            order by revision_coverage.covered_code_share desc, revisions.priority asc
        ) as revision_rank
    from revision_coverage
    inner join revisions using (hs_revision)

),

ranked_codes as (

    select
        usable.*,
        ranked_revisions.revision_rank
    from usable
    inner join ranked_revisions using (source_id, importer_iso3, year, mineral_id, stage, hs_revision)

),

-- Sources are not mixed within a stage: they value goods differently. The one with the most months speaks.
source_coverage as (

    select
        usable.source_id,
        usable.importer_iso3,
        usable.year,
        usable.mineral_id,
        usable.stage,
        trade_sources.priority,
        max(usable.months_covered) as months_covered
    from usable
    inner join trade_sources using (source_id)
    group by all

),

speaking_sources as (

    select
        importer_iso3,
        year,
        mineral_id,
        stage,
        min_by(source_id, (-months_covered, priority)) as source_id
    from source_coverage
    group by all

),

-- A code of a lower-ranked revision whose goods a higher-ranked one covers already.
contained_codes as (

    select distinct
        lower.source_id,
        lower.importer_iso3,
        lower.year,
        lower.mineral_id,
        lower.stage,
        lower.hs_revision,
        lower.hs6_code
    from ranked_codes as lower
    inner join ranked_codes as higher
        on
            lower.source_id = higher.source_id
            and lower.importer_iso3 = higher.importer_iso3
            and lower.year = higher.year
            and lower.mineral_id = higher.mineral_id
            and lower.stage = higher.stage
            and lower.revision_rank > higher.revision_rank
    left join code_overlaps
        on
            lower.hs_revision = code_overlaps.hs_revision
            and lower.hs6_code = code_overlaps.hs6_code
            and higher.hs_revision = code_overlaps.other_hs_revision
            and higher.hs6_code = code_overlaps.other_hs6_code
    where lower.hs6_code = higher.hs6_code or code_overlaps.hs6_code is not null

)

select
    covered.source_id,
    covered.importer_iso3,
    covered.year,
    covered.mineral_id,
    covered.stage,
    covered.hs_revision,
    covered.hs6_code,
    covered.months_covered,
    covered.is_basket,
    revision_coverage.covered_code_share,
    case
        when covered.unusable_because is not null then covered.unusable_because
        when speaking_sources.source_id is null then 'other_source_speaks'
        when usable.hs6_code is null then 'fewer_months_than_others'
        when contained_codes.hs6_code is not null then 'contained_in_other_revision'
    end as exclusion_reason
from covered
left join speaking_sources using (source_id, importer_iso3, year, mineral_id, stage)
left join usable using (source_id, importer_iso3, year, mineral_id, stage, hs_revision, hs6_code)
left join contained_codes using (source_id, importer_iso3, year, mineral_id, stage, hs_revision, hs6_code)
left join revision_coverage using (source_id, importer_iso3, year, mineral_id, stage, hs_revision)
