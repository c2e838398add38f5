-- What each country exports to all others under a code, from sources that cover all importers.
with

country_flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking_for_world and not is_self_trade

),

world_exports as (

    select * from {{ ref('stg_baci__world_exports') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

newest_world_exports as (

    select
        world_exports.*,
        vintages.hs_revision
    from world_exports
    inner join vintages using (vintage_id)
    qualify
        world_exports.vintage_id
        = max(world_exports.vintage_id) over (
            partition by vintages.hs_revision, world_exports.year, world_exports.hs6_code
        )

),

-- Flows between countries speak before exporters' totals of the same code and year.
exports as (

    select
        year,
        hs_revision,
        hs6_code,
        supplier_iso3 as country_iso3,
        trade_value_usd,
        net_weight_kg
    from country_flows

    union all by name

    -- what a group exports is what its members sell to others; totals do not say to whom
    select
        country_flows.year,
        country_flows.hs_revision,
        country_flows.hs6_code,
        sellers.group_iso3 as country_iso3,
        country_flows.trade_value_usd,
        country_flows.net_weight_kg
    from country_flows
    inner join country_groups as sellers on country_flows.supplier_iso3 = sellers.member_iso3
    left join country_groups as buyers
        on country_flows.importer_iso3 = buyers.member_iso3 and sellers.group_iso3 = buyers.group_iso3
    where buyers.member_iso3 is null

    union all by name

    select
        newest_world_exports.year,
        newest_world_exports.hs_revision,
        newest_world_exports.hs6_code,
        country_codes.iso3 as country_iso3,
        newest_world_exports.trade_value_usd,
        newest_world_exports.net_weight_kg
    from newest_world_exports
    left join country_codes
        on
            newest_world_exports.exporter_code = country_codes.country_code
            and newest_world_exports.year between country_codes.valid_from_year and country_codes.valid_to_year
    anti join country_flows
        on
            newest_world_exports.year = country_flows.year
            and newest_world_exports.hs_revision = country_flows.hs_revision
            and newest_world_exports.hs6_code = country_flows.hs6_code

)

select
    year,
    hs_revision,
    hs6_code,
    country_iso3,
    country_iso3 in (select country_groups.group_iso3 from country_groups) as is_group,
    sum(trade_value_usd) as export_value_usd,
    coalesce(sum(trade_value_usd) filter (where net_weight_kg is not null), 0) as weighed_value_usd,
    -- of the flows that have a weight: weighed_value_usd says which part that is
    sum(net_weight_kg) as net_weight_kg
from exports
group by all
