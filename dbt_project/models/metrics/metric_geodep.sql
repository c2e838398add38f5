-- Foreign dependence as CEPII's GeoDep counts it. `value` is how many of three conditions hold.
with

supplier_concentration as (

    select * from {{ ref('metric_supplier_concentration') }}

),

world_exports as (

    select * from {{ ref('int_world_exports') }}

),

contained_trade as (

    select * from {{ ref('int_contained_trade') }}

),

export_shares as (

    select
        year,
        mineral_id,
        stage,
        country_iso3,
        export_value_usd / sum(export_value_usd) over (partition by year, mineral_id, stage)
            as export_share
    from world_exports

),

world as (

    select
        year,
        mineral_id,
        stage,
        hhi(list(export_share order by country_iso3) filter (where country_iso3 != 'XXX')) as world_export_hhi
    from export_shares
    group by all

),

inputs as (

    select
        supplier_concentration.scenario_id,
        supplier_concentration.year,
        supplier_concentration.importer_iso3,
        supplier_concentration.mineral_id,
        supplier_concentration.stage,
        supplier_concentration.value as import_hhi,
        world.world_export_hhi,
        contained_trade.import_value_usd,
        contained_trade.imports_are_of_part_of_a_year,
        contained_trade.export_value_usd
    from supplier_concentration
    left join world using (year, mineral_id, stage)
    left join contained_trade
        on
            supplier_concentration.scenario_id = contained_trade.scenario_id
            and supplier_concentration.year = contained_trade.year
            and supplier_concentration.importer_iso3 = contained_trade.country_iso3
            and supplier_concentration.mineral_id = contained_trade.mineral_id
            and supplier_concentration.stage = contained_trade.stage

),

counted as (

    select
        *,
        if(import_hhi > {{ threshold('dependence_hhi') }}, 1, 0)
        + if(world_export_hhi > {{ threshold('dependence_hhi') }}, 1, 0)
        -- a product, since exports may be zero
        + if(import_value_usd > {{ threshold('trade_balance_ratio') }} * export_value_usd, 1, 0) as conditions_met
    from inputs

)

select
    *,
    if(
        import_hhi is null or world_export_hhi is null or export_value_usd is null
        -- exports are those of twelve months
        or coalesce(imports_are_of_part_of_a_year, false),
        null, conditions_met
    ) as value,
    nullif(
        concat_ws(
            ', ',
            if(import_hhi is null, 'identified_suppliers', null),
            if(world_export_hhi is null, 'world_exports', null),
            if(imports_are_of_part_of_a_year, 'imports_of_a_whole_year', null),
            if(export_value_usd is null, 'exports', null)
        ), ''
    ) as missing_inputs
from counted
