-- Which codes each source covers for an importer and year, bought or not. WLD stands for all importers together;
-- a group of countries is covered where all importers are.
with

flows as (

    select * from {{ ref('int_reported_flows') }}

),

world_exports as (

    select * from {{ ref('stg_baci__world_exports') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

-- Of a year that is not finished nobody knows whether a country without rows bought nothing or has not told yet.
unfinished_years as (

    select
        source_id,
        year
    from {{ ref('int_source_years') }}
    where importer_iso3 = 'WLD' and is_provisional

),

finished_flows as (

    select flows.*
    from flows
    anti join unfinished_years using (source_id, year)

),

finished_years as (

    select distinct
        source_id,
        year
    from finished_flows
    where covers_all_importers

),

known_importers as (

    select distinct
        year,
        importer_iso3
    from flows
    where importer_iso3 != 'XXX'

    union

    -- a country that only sells buys nothing of what is covered for all
    select distinct
        year,
        supplier_iso3 as importer_iso3
    from finished_flows
    where supplier_iso3 != 'XXX' and covers_all_importers

    union

    select distinct
        finished_flows.year,
        country_groups.group_iso3 as importer_iso3
    from finished_flows
    inner join country_groups on finished_flows.importer_iso3 = country_groups.member_iso3

),

importers as (

    select
        finished_years.source_id,
        known_importers.*
    from finished_years
    inner join known_importers using (year)

    union

    -- of an unfinished year those who have told, to this very source
    select distinct
        source_id,
        year,
        importer_iso3
    from flows
    where covers_all_importers and importer_iso3 != 'XXX'

),

covered_for_all as (

    select distinct
        source_id,
        year,
        12 as months_covered,
        hs_revision,
        hs6_code
    from flows
    where covers_all_importers

),

coverage as (

    select
        importers.importer_iso3,
        covered_for_all.*
    from covered_for_all
    inner join importers using (source_id, year)

    union all by name

    select
        source_id,
        importer_iso3,
        year,
        hs_revision,
        hs6_code,
        min(months_covered) as months_covered
    from flows
    where not covers_all_importers and importer_iso3 != 'XXX'
    group by all

    union all by name

    select
        'WLD' as importer_iso3,
        covered_for_all.*
    from covered_for_all

    union all by name

    select distinct
        vintages.source_id,
        'WLD' as importer_iso3,
        12 as months_covered,
        world_exports.year,
        vintages.hs_revision,
        world_exports.hs6_code
    from world_exports
    inner join vintages using (vintage_id)

)

select
    source_id,
    importer_iso3,
    year,
    hs_revision,
    hs6_code,
    -- of a file for all importers and an extract for one the fuller counts
    cast(max(months_covered) as integer) as months_covered
from coverage
group by all
