-- Who supplies the world with a mineral at a stage: production where a table has it, else published shares or exports.
with

production as (

    select * from {{ ref('int_production') }}

),

production_tables as (

    select * from {{ ref('int_production_tables') }}

),

published as (

    select * from {{ ref('seed_world_shares') }}

),

world_exports as (

    select * from {{ ref('int_world_exports') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline' -- a scenario changes who buys what, not what the world supplies

),

targets as (

    select distinct
        year,
        mineral_id,
        stage
    from import_cells

),

-- A producer whose figure is withheld keeps its row: its share is unknown, and the others' are upper bounds.
production_shares as (

    select
        targets.year,
        targets.mineral_id,
        targets.stage,
        production.country_iso3,
        cast(production.production_t as double) / cast(production_tables.listed_production_t as double) as world_share,
        'production' as basis,
        concat_ws(
            ' ', 'production', production_tables.source_id, 'without ' || production_tables.withheld_countries
        ) as basis_detail,
        true as is_whole_table
    from targets
    inner join production_tables using (year, mineral_id, stage)
    inner join production using (year, mineral_id, stage)
    where production_tables.listed_production_t > 0

),

-- One published table is one source, year and scope. A lone top supplier other than China says nothing about China.
tables as (

    select
        mineral_id,
        stage,
        scope as published_scope,
        year as published_year,
        source as published_source,
        bool_or(scope = 'distribution' or iso3 = 'CHN') as says_china
    from published
    group by all

),

-- The table that speaks for a year: near enough, a whole distribution first, then the nearest, then the later.
published_tables as (

    select
        targets.*,
        tables.published_scope,
        tables.published_year,
        tables.published_source,
        tables.says_china
    from targets
    inner join tables
        on
            targets.mineral_id = tables.mineral_id
            and targets.stage = tables.stage
            and abs(targets.year - tables.published_year) <= {{ threshold('world_share_distance_years') }}
    anti join production_shares
        on
            targets.year = production_shares.year
            and targets.mineral_id = production_shares.mineral_id
            and targets.stage = production_shares.stage

),

best_published_table as (

    select * from published_tables
    qualify
        row_number() over (
            partition by year, mineral_id, stage
            order by
                published_scope = 'distribution' desc, says_china desc,
                abs(year - published_year), published_year desc, published_source asc
        ) = 1

),

has_exports as (

    select distinct
        year,
        mineral_id,
        stage
    from world_exports

),

speaking_published_table as (

    select best_published_table.*
    from best_published_table
    left join has_exports using (year, mineral_id, stage)
    where best_published_table.says_china or has_exports.year is null

),

published_shares as (

    select
        speaking_published_table.year,
        speaking_published_table.mineral_id,
        speaking_published_table.stage,
        published.iso3 as country_iso3,
        published.share as world_share,
        'published' as basis,
        -- the same basis from another table is another scope: it must show when years are compared
        'published ' || published.scope || ' ' || published.year as basis_detail,
        published.scope = 'distribution' as is_whole_table
    from speaking_published_table
    inner join published
        on
            speaking_published_table.mineral_id = published.mineral_id
            and speaking_published_table.stage = published.stage
            and speaking_published_table.published_year = published.year
            and speaking_published_table.published_scope = published.scope
            and speaking_published_table.published_source = published.source

),

export_shares as (

    select
        world_exports.year,
        world_exports.mineral_id,
        world_exports.stage,
        world_exports.country_iso3,
        world_exports.export_value_usd
        / sum(world_exports.export_value_usd) over (
            partition by world_exports.year, world_exports.mineral_id, world_exports.stage
        ) as world_share,
        'exports' as basis,
        'exports' as basis_detail,
        true as is_whole_table
    from world_exports
    anti join speaking_published_table using (year, mineral_id, stage)
    anti join production_shares using (year, mineral_id, stage)

)

select * from production_shares
union all by name
select * from published_shares
union all by name
select * from export_shares
