-- How far a country relies on imports, in contained metal. `value` is net import reliance, 0-1 (USGS).
with

contained_trade as (

    select * from {{ ref('int_contained_trade') }}

),

domestic_production as (

    select * from {{ ref('int_domestic_production') }}

),

cells as (

    select
        domestic_production.*,
        contained_trade.country_iso3 is not null as trade_is_covered,
        contained_trade.import_value_usd,
        contained_trade.export_value_usd,
        contained_trade.imports_are_of_part_of_a_year,
        contained_trade.imports_low_t,
        contained_trade.imports_t,
        contained_trade.imports_high_t,
        contained_trade.exports_low_t,
        contained_trade.exports_t,
        contained_trade.exports_high_t,
        contained_trade.covered_code_share,
        contained_trade.has_basket_code,
        contained_trade.import_weight_coverage_share,
        contained_trade.export_weight_coverage_share
    from domestic_production
    left join contained_trade using (scenario_id, year, country_iso3, mineral_id, stage)
    -- a country that neither buys, sells nor produces is no row
    where
        contained_trade.import_value_usd > 0
        or contained_trade.export_value_usd > 0
        or domestic_production.is_listed

),

-- A net exporter relies on nobody, whatever it produces: its production may then be unknown.
reliance as (

    select
        *,
        imports_t <= exports_t as is_net_exporter,
        net_import_reliance(if(imports_low_t <= exports_low_t, 0, production_low_t), imports_low_t, exports_low_t)
            as reliance_low,
        net_import_reliance(if(imports_t <= exports_t, 0, production_t), imports_t, exports_t) as reliance,
        net_import_reliance(if(imports_high_t <= exports_high_t, 0, production_high_t), imports_high_t, exports_high_t)
            as reliance_high
    from cells

)

select
    scenario_id,
    year,
    country_iso3,
    mineral_id,
    stage,
    source_id as production_source_id,
    is_estimated as production_is_estimated,
    production_t,
    imports_t,
    exports_t,
    production_t + imports_t - exports_t as apparent_consumption_t,
    is_net_exporter,
    reliance as value,
    -- contents move exports, imports and production together: either end of the range may be the lower reliance
    -- least() and greatest() pass over nulls: a range with an unknown end is unknown
    if(reliance + reliance_low + reliance_high is null, null, least(reliance_low, reliance, reliance_high))
        as value_low,
    if(reliance + reliance_low + reliance_high is null, null, greatest(reliance_low, reliance, reliance_high))
        as value_high,
    covered_code_share,
    has_basket_code,
    import_weight_coverage_share,
    export_weight_coverage_share,
    if(
        reliance is null,
        concat_ws(
            ', ',
            if(not trade_is_covered, 'no_source_covers_its_codes', null),
            case
                when imports_are_of_part_of_a_year then 'imports_of_part_of_a_year'
                when trade_is_covered and imports_t is null then 'imports_not_weighed'
            end,
            case
                when trade_is_covered and export_value_usd is null then 'exports_unknown'
                when trade_is_covered and exports_t is null then 'exports_not_weighed'
            end,
            if(production_t is null, missing_reason, null)
        ),
        null
    ) as missing_reason
from reliance
