-- What a country exports of a mineral at a stage, in tonnes of the mineral itself, under the codes that its imports are
-- read by.
with

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

weighed as (

    select
        *,
        if(export_value_usd = 0, 1, export_content_value_usd / export_value_usd) as export_weight_coverage_share
    from exports_of_country

)

select
    year,
    country_iso3,
    mineral_id,
    stage,
    covered_code_share,
    has_basket_code,
    if(exports_are_covered, export_value_usd, null) as export_value_usd,
    {%- for tonnes in ['exports_low_t', 'exports_t', 'exports_high_t'] %}
    if(
        exports_are_covered and export_weight_coverage_share >= {{ threshold('weight_coverage_share') }},
        coalesce(cast({{ tonnes }} as double), 0), null
    ) as {{ tonnes }},
    {%- endfor %}
    if(exports_are_covered, export_weight_coverage_share, null) as export_weight_coverage_share
from weighed
