-- What a country has of a mineral at a stage to use or to pass on: what it produces and what it buys, in content.
with

network_flows as (

    select * from {{ ref('int_network_flows') }}

),

domestic_production as (

    select * from {{ ref('int_domestic_production') }}
    where scenario_id = 'baseline' -- the network is what happened

),

sides as (

    select
        year,
        mineral_id,
        stage,
        importer_iso3 as country_iso3,
        has_basket_code,
        trade_value_usd as import_value_usd,
        content_value_usd as import_content_value_usd,
        content_kg as imports_kg,
        0 as export_value_usd,
        0 as export_content_value_usd,
        null as exports_kg
    from network_flows

    union all by name

    select
        year,
        mineral_id,
        stage,
        supplier_iso3 as country_iso3,
        has_basket_code,
        0 as import_value_usd,
        0 as import_content_value_usd,
        null as imports_kg,
        trade_value_usd as export_value_usd,
        content_value_usd as export_content_value_usd,
        content_kg as exports_kg
    from network_flows

),

countries as (

    select
        year,
        mineral_id,
        stage,
        country_iso3,
        bool_or(has_basket_code) as has_basket_code,
        -- or what was bought without a weight is a trifle beside what is sold: it cannot change the mix much
        sum(import_content_value_usd) >= {{ threshold('weight_coverage_share') }} * sum(import_value_usd)
        or sum(import_value_usd) - sum(import_content_value_usd)
        <= {{ threshold('traced_unweighed_import_share') }} * sum(export_value_usd) as imports_are_weighed,
        sum(export_content_value_usd) >= {{ threshold('weight_coverage_share') }} * sum(export_value_usd)
            as exports_are_weighed,
        coalesce(sum(imports_kg), 0) as imports_kg,
        coalesce(sum(exports_kg), 0) as exports_kg
    from sides
    where country_iso3 != 'XXX' -- nobody's pool
    group by all

),

with_production as (

    select
        countries.*,
        -- the production of one mineral does not feed the trade of several
        if(countries.has_basket_code, null, domestic_production.production_t * 1000) as known_production_kg,
        if(
            countries.imports_are_weighed and countries.exports_are_weighed,
            cast(greatest(0, countries.exports_kg - countries.imports_kg) as double),
            null
        ) as production_floor_kg
    from countries
    left join domestic_production using (year, mineral_id, stage, country_iso3)

)

select
    year,
    mineral_id,
    stage,
    country_iso3,
    if(imports_are_weighed, cast(imports_kg as double), null) as imports_kg,
    if(exports_are_weighed, cast(exports_kg as double), null) as exports_kg,
    coalesce(known_production_kg, production_floor_kg) as production_kg,
    known_production_kg is null as is_estimated,
    case
        when not imports_are_weighed then 'import_weights_missing'
        when known_production_kg is null and production_floor_kg is null then 'production_unknown'
    end as missing_reason
from with_production
