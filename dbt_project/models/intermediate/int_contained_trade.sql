-- What a country imports and exports of a mineral at a stage, in tonnes of the mineral itself, over one set of codes.
with

flows as (

    select * from {{ ref('int_trade_flows') }}

),

contained_exports as (

    select * from {{ ref('int_contained_exports') }}

),

scenario_importers as (

    select * from {{ ref('int_scenario_importers') }}

),

-- what would become of them is unknown
uncounted_markets as (

    select distinct
        scenario_id,
        mineral_id,
        stage
    from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical' and missing_reason is not null

),

imports_of_country as (

    select
        scenario_id,
        year,
        importer_iso3 as country_iso3,
        mineral_id,
        stage,
        sum(trade_value_usd) as import_value_usd,
        coalesce(sum(weighed_value_usd) filter (where content_kg is not null), 0) as import_content_value_usd,
        min(months_covered) as import_months,
        sum(content_low_kg) / 1000 as imports_low_t,
        sum(content_kg) / 1000 as imports_t,
        sum(content_high_kg) / 1000 as imports_high_t
    from flows
    group by all

),

-- What a country sells to others is not what a scenario changes.
covered as (

    select
        scenario_importers.scenario_id,
        contained_exports.*,
        coalesce(imports_of_country.import_value_usd, 0) as import_value_usd,
        coalesce(imports_of_country.import_content_value_usd, 0) as import_content_value_usd,
        coalesce(imports_of_country.import_months < 12, false) as imports_are_of_part_of_a_year,
        imports_of_country.imports_low_t,
        imports_of_country.imports_t,
        imports_of_country.imports_high_t
    from contained_exports
    inner join scenario_importers
        on
            contained_exports.country_iso3 = scenario_importers.importer_iso3
            and contained_exports.year = scenario_importers.year
    anti join uncounted_markets
        on
            scenario_importers.scenario_id = uncounted_markets.scenario_id
            and contained_exports.mineral_id = uncounted_markets.mineral_id
            and contained_exports.stage = uncounted_markets.stage
    left join imports_of_country
        on
            scenario_importers.scenario_id = imports_of_country.scenario_id
            and contained_exports.year = imports_of_country.year
            and contained_exports.country_iso3 = imports_of_country.country_iso3
            and contained_exports.mineral_id = imports_of_country.mineral_id
            and contained_exports.stage = imports_of_country.stage

),

weighed as (

    select
        *,
        if(import_value_usd = 0, 1, import_content_value_usd / import_value_usd) as import_weight_coverage_share
    from covered

)

-- Nothing bought of what the source covers is zero tonnes; bought but not weighed is unknown, and so is a year of which
-- some months are told: its exports and production are those of twelve.
select
    scenario_id,
    year,
    country_iso3,
    mineral_id,
    stage,
    import_value_usd,
    export_value_usd,
    {%- for tonnes in ['imports_low_t', 'imports_t', 'imports_high_t'] %}
    if(
        not imports_are_of_part_of_a_year
        and import_weight_coverage_share >= {{ threshold('weight_coverage_share') }},
        coalesce(cast({{ tonnes }} as double), 0), null
    ) as {{ tonnes }},
    {%- endfor %}
    exports_low_t,
    exports_t,
    exports_high_t,
    covered_code_share,
    has_basket_code,
    imports_are_of_part_of_a_year,
    import_weight_coverage_share,
    export_weight_coverage_share
from weighed
