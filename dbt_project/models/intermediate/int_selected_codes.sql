-- Which covered codes count for an importer, year, mineral and stage: one HS revision speaks, others add what it lacks.
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

usable_products as (

    select * from products
    where not is_parent_mineral and not is_basket_beside_clean_code

),

seed_code_counts as (

    select
        mineral_id,
        stage,
        hs_revision,
        count(distinct hs6_code) as seed_code_count
    from usable_products
    group by all

),

covered as (

    select
        coverage.importer_iso3,
        coverage.year,
        products.mineral_id,
        products.stage,
        coverage.hs_revision,
        coverage.hs6_code,
        products.is_basket,
        products.is_parent_mineral,
        products.is_basket_beside_clean_code
    from coverage
    inner join products on coverage.hs_revision = products.hs_revision and coverage.hs6_code = products.hs6_code

),

revision_coverage as (

    select
        covered.importer_iso3,
        covered.year,
        covered.mineral_id,
        covered.stage,
        covered.hs_revision,
        count(distinct covered.hs6_code) / any_value(seed_code_counts.seed_code_count) as covered_code_share
    from covered
    inner join seed_code_counts using (mineral_id, stage, hs_revision)
    where not covered.is_parent_mineral and not covered.is_basket_beside_clean_code
    group by all

),

ranked_revisions as (

    select
        revision_coverage.*,
        row_number() over (
            partition by
                revision_coverage.importer_iso3, revision_coverage.year,
                revision_coverage.mineral_id, revision_coverage.stage
            order by revision_coverage.covered_code_share desc, revisions.priority asc
        ) as revision_rank
    from revision_coverage
    inner join revisions using (hs_revision)

),

ranked_codes as (

    select
        covered.*,
        ranked_revisions.revision_rank
    from covered
    inner join ranked_revisions using (importer_iso3, year, mineral_id, stage, hs_revision)
    where not covered.is_parent_mineral and not covered.is_basket_beside_clean_code

),

-- A code of a lower-ranked revision whose goods a higher-ranked one covers already.
contained_codes as (

    select distinct
        lower.importer_iso3,
        lower.year,
        lower.mineral_id,
        lower.stage,
        lower.hs_revision,
        lower.hs6_code
    from ranked_codes as lower
    inner join ranked_codes as higher
        on
            lower.importer_iso3 = higher.importer_iso3
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
    covered.importer_iso3,
    covered.year,
    covered.mineral_id,
    covered.stage,
    covered.hs_revision,
    covered.hs6_code,
    covered.is_basket,
    case
        when covered.is_parent_mineral then 'parent_mineral'
        when covered.is_basket_beside_clean_code then 'basket_beside_clean_code'
        when contained_codes.hs6_code is not null then 'contained_in_other_revision'
    end as exclusion_reason
from covered
left join contained_codes using (importer_iso3, year, mineral_id, stage, hs_revision, hs6_code)
