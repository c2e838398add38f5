-- Which source speaks for an importer, year, mineral and stage, whether what it rests on is finished, and may leave.
with

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null and importer_iso3 != 'WLD'

),

domestic_production as (

    select * from {{ ref('int_domestic_production') }}
    where scenario_id = 'baseline'

),

world_provenance as (

    select * from {{ ref('int_world_provenance') }}

),

source_years as (

    select * from {{ ref('int_source_years') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

sources as (

    select
        source_id,
        bool_or(covers_all_importers) as covers_all_importers,
        bool_and(is_redistributable) as is_redistributable
    from vintages
    group by all

),

traded as (

    select
        year,
        importer_iso3 as country_iso3,
        mineral_id,
        stage,
        any_value(source_id) as source_id,
        cast(min(months_covered) as integer) as months_covered
    from selected_codes
    group by all

),

cells as (

    select * from traded

    union all by name

    -- a country that only produces
    select distinct
        year,
        country_iso3,
        mineral_id,
        stage
    from domestic_production
    anti join traded using (year, country_iso3, mineral_id, stage)

),

trade_provenance as (

    select
        cells.*,
        -- without trade there is nothing that could be unfinished, or restricted
        if(cells.source_id is null, false, cells.months_covered < 12 or source_years.is_provisional)
            as trade_is_provisional,
        if(cells.source_id is null, true, sources.is_redistributable) as trade_is_redistributable
    from cells
    left join sources on cells.source_id = sources.source_id
    left join source_years
        on
            cells.source_id = source_years.source_id
            and if(sources.covers_all_importers, 'WLD', cells.country_iso3) = source_years.importer_iso3
            and cells.year = source_years.year

)

select
    trade_provenance.*,
    -- nor without a table of what the world supplies, nor without a network in which origins are traced
    trade_provenance.trade_is_provisional
    or if(
        world_provenance.year is null, false,
        world_provenance.is_provisional or world_provenance.network_is_provisional
    ) as is_provisional,
    trade_provenance.trade_is_redistributable
    and coalesce(world_provenance.is_redistributable and world_provenance.network_is_redistributable, true)
        as is_redistributable
from trade_provenance
left join world_provenance using (year, mineral_id, stage)
