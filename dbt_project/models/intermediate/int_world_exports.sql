-- Exports to the world by exporter, from sources that cover all importers.
with

flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking_for_world and not is_self_trade

),

world_exports as (

    select * from {{ ref('stg_baci__world_exports') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where importer_iso3 = 'WLD' and exclusion_reason is null

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
        trade_value_usd
    from flows

    union all by name

    select
        newest_world_exports.year,
        newest_world_exports.hs_revision,
        newest_world_exports.hs6_code,
        country_codes.iso3 as country_iso3,
        newest_world_exports.trade_value_usd
    from newest_world_exports
    left join country_codes
        on
            newest_world_exports.exporter_code = country_codes.country_code
            and newest_world_exports.year between country_codes.valid_from_year and country_codes.valid_to_year
    anti join flows
        on
            newest_world_exports.year = flows.year
            and newest_world_exports.hs_revision = flows.hs_revision
            and newest_world_exports.hs6_code = flows.hs6_code

)

select
    'baseline' as scenario_id,
    selected_codes.year,
    selected_codes.mineral_id,
    selected_codes.stage,
    exports.country_iso3,
    sum(exports.trade_value_usd) as export_value_usd
from selected_codes
inner join exports using (year, hs_revision, hs6_code)
group by all
