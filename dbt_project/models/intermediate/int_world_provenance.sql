-- Whether the world's supply of a mineral at a stage in a year, and the network of its trade, rest on an unfinished
-- year, or on rows that may not leave.
with

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

production_tables as (

    select * from {{ ref('int_production_tables') }}

),

network_flows as (

    select * from {{ ref('int_network_flows') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

source_years as (

    select * from {{ ref('int_source_years') }}
    where importer_iso3 = 'WLD'

),

sources as (

    select
        source_id,
        bool_or(covers_all_importers) as covers_all_importers,
        bool_and(is_redistributable) as is_redistributable
    from vintages
    group by all

),

-- exports by value and the network come from the sources that cover all importers
trade_years as (

    select
        source_years.year,
        bool_or(source_years.is_provisional) as is_provisional,
        bool_and(sources.is_redistributable) as is_redistributable
    from source_years
    inner join sources using (source_id)
    where sources.covers_all_importers
    group by all

),

-- production decides more than the shares: a country's own, and with it its reliance on imports
stages as (

    select
        year,
        mineral_id,
        stage,
        bool_or(basis = 'exports') as rests_on_exports
    from world_shares
    group by all

    union all by name

    select
        year,
        mineral_id,
        stage,
        false as rests_on_exports
    from production_tables
    anti join world_shares using (year, mineral_id, stage)

),

networks as (

    select distinct
        year,
        mineral_id,
        stage
    from network_flows

),

with_networks as (

    select
        year,
        mineral_id,
        stage,
        coalesce(stages.rests_on_exports, false) as rests_on_exports,
        networks.year is not null as has_network
    from stages
    full join networks using (year, mineral_id, stage)

)

select
    with_networks.year,
    with_networks.mineral_id,
    with_networks.stage,
    if(with_networks.rests_on_exports, trade_years.is_provisional, false) as is_provisional,
    coalesce(sources.is_redistributable, true)
    and if(with_networks.rests_on_exports, coalesce(trade_years.is_redistributable, true), true)
        as is_redistributable,
    if(with_networks.has_network, trade_years.is_provisional, false) as network_is_provisional,
    if(with_networks.has_network, coalesce(trade_years.is_redistributable, true), true)
        as network_is_redistributable
from with_networks
left join production_tables using (year, mineral_id, stage)
left join sources on production_tables.source_id = sources.source_id
left join trade_years on with_networks.year = trade_years.year
