-- What a country imports and exports of a mineral at a stage, in tonnes of the mineral itself, over one set of codes.
with

flows as (

    select * from {{ ref('int_trade_flows') }}

),

exports as (

    select * from {{ ref('int_exports') }}

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null and importer_iso3 != 'WLD'

),

world_codes as (

    select * from {{ ref('int_code_coverage') }}
    where importer_iso3 = 'WLD'

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

scenarios as (

    select distinct scenario_id from flows

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

-- The exports are read under the very codes that are read for the imports.
code_exports as (

    select
        selected_codes.year,
        selected_codes.importer_iso3 as country_iso3,
        selected_codes.mineral_id,
        selected_codes.stage,
        selected_codes.covered_code_share,
        selected_codes.is_basket,
        world_codes.hs6_code is not null as is_known_for_all_importers,
        exports.export_value_usd,
        {%- for content, fraction in [
            ('exports_low_t', 'content_low'), ('exports_t', 'content_fraction'), ('exports_high_t', 'content_high')
        ] %}
        cast(
            cast(exports.net_weight_kg as decimal(24, 3)) * cast(products.{{ fraction }} as decimal(9, 6))
            as decimal(28, 9)
        ) / 1000 as {{ content }},
        {%- endfor %}
        if(products.content_fraction is null, 0, exports.weighed_value_usd) as export_content_value_usd
    from selected_codes
    inner join products
        on
            selected_codes.mineral_id = products.mineral_id
            and selected_codes.stage = products.stage
            and selected_codes.hs_revision = products.hs_revision
            and selected_codes.hs6_code = products.hs6_code
    left join world_codes
        on
            selected_codes.year = world_codes.year
            and selected_codes.hs_revision = world_codes.hs_revision
            and selected_codes.hs6_code = world_codes.hs6_code
    left join exports
        on
            selected_codes.importer_iso3 = exports.country_iso3
            and selected_codes.year = exports.year
            and selected_codes.hs_revision = exports.hs_revision
            and selected_codes.hs6_code = exports.hs6_code

),

exports_of_country as (

    select
        year,
        country_iso3,
        mineral_id,
        stage,
        max(covered_code_share) as covered_code_share,
        bool_or(is_basket) as has_basket_code,
        bool_and(is_known_for_all_importers) as exports_are_covered,
        coalesce(sum(export_value_usd), 0) as export_value_usd,
        coalesce(sum(export_content_value_usd), 0) as export_content_value_usd,
        sum(exports_low_t) as exports_low_t,
        sum(exports_t) as exports_t,
        sum(exports_high_t) as exports_high_t
    from code_exports
    group by all

),

covered as (

    select
        scenarios.scenario_id,
        exports_of_country.*,
        coalesce(imports_of_country.import_value_usd, 0) as import_value_usd,
        coalesce(imports_of_country.import_content_value_usd, 0) as import_content_value_usd,
        coalesce(imports_of_country.import_months < 12, false) as imports_are_of_part_of_a_year,
        imports_of_country.imports_low_t,
        imports_of_country.imports_t,
        imports_of_country.imports_high_t
    from scenarios
    cross join exports_of_country
    left join imports_of_country
        on
            scenarios.scenario_id = imports_of_country.scenario_id
            and exports_of_country.year = imports_of_country.year
            and exports_of_country.country_iso3 = imports_of_country.country_iso3
            and exports_of_country.mineral_id = imports_of_country.mineral_id
            and exports_of_country.stage = imports_of_country.stage

),

weighed as (

    select
        *,
        if(import_value_usd = 0, 1, import_content_value_usd / import_value_usd) as import_weight_coverage_share,
        if(export_value_usd = 0, 1, export_content_value_usd / export_value_usd) as export_weight_coverage_share
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
    if(exports_are_covered, export_value_usd, null) as export_value_usd,
    {%- for tonnes in ['imports_low_t', 'imports_t', 'imports_high_t'] %}
    if(
        not imports_are_of_part_of_a_year
        and import_weight_coverage_share >= {{ threshold('weight_coverage_share') }},
        coalesce(cast({{ tonnes }} as double), 0), null
    ) as {{ tonnes }},
    {%- endfor %}
    {%- for tonnes in ['exports_low_t', 'exports_t', 'exports_high_t'] %}
    if(
        exports_are_covered and export_weight_coverage_share >= {{ threshold('weight_coverage_share') }},
        coalesce(cast({{ tonnes }} as double), 0), null
    ) as {{ tonnes }},
    {%- endfor %}
    covered_code_share,
    has_basket_code,
    imports_are_of_part_of_a_year,
    import_weight_coverage_share,
    if(exports_are_covered, export_weight_coverage_share, null) as export_weight_coverage_share
from weighed
