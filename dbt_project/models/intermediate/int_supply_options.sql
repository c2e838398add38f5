-- Who could supply an importer with a mineral at a stage: what each country sells it, and what each sells to others.
with

flows as (

    select * from {{ ref('int_baseline_flows') }}

),

exports_elsewhere as (

    select * from {{ ref('int_exports_elsewhere') }}

),

products as (

    select * from {{ ref('int_mineral_products') }}

),

-- Markets in which the importer buys: who could supply what nobody wants is not asked.
cells as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        bool_and(exports_elsewhere.is_known_for_all_importers) as exports_are_known
    from exports_elsewhere
    semi join flows using (year, importer_iso3, mineral_id, stage)
    group by all

),

purchases as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        flows.supplier_iso3,
        cast(sum(flows.trade_value_usd) as double) as purchased_value_usd,
        cast(
            coalesce(sum(flows.weighed_value_usd) filter (where flows.content_kg is not null), 0) as double
        ) as purchased_content_value_usd,
        cast(sum(flows.net_weight_kg) filter (where flows.content_kg is not null) as double) / 1000
            as purchased_gross_t,
        cast(sum(flows.content_low_kg) as double) / 1000 as purchased_low_t,
        cast(sum(flows.content_kg) as double) / 1000 as purchased_t,
        cast(sum(flows.content_high_kg) as double) / 1000 as purchased_high_t
    from flows
    semi join cells using (year, importer_iso3, mineral_id, stage)
    group by all

),

elsewhere as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        exports_elsewhere.supplier_iso3,
        {%- for content, fraction in [
            ('elsewhere_low_t', 'content_low'),
            ('elsewhere_t', 'content_fraction'),
            ('elsewhere_high_t', 'content_high')
        ] %}
        cast(
            sum(
                cast(exports_elsewhere.elsewhere_net_weight_kg as decimal(24, 3))
                * cast(products.{{ fraction }} as decimal(9, 6))
            ) as double
        ) / 1000 as {{ content }},
        {%- endfor %}
        cast(sum(exports_elsewhere.elsewhere_value_usd) as double) as elsewhere_value_usd,
        cast(sum(exports_elsewhere.elsewhere_net_weight_kg) as double) / 1000 as elsewhere_gross_t
    from exports_elsewhere
    semi join cells using (year, importer_iso3, mineral_id, stage)
    inner join products using (mineral_id, stage, hs_revision, hs6_code)
    -- a price or a weight alone says nothing about what could be bought
    where
        exports_elsewhere.elsewhere_net_weight_kg > 0
        and exports_elsewhere.elsewhere_value_usd > 0
        and products.content_fraction is not null
    group by all

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    cells.exports_are_known,
    {%- for amount in [
        'elsewhere_value_usd', 'elsewhere_gross_t', 'elsewhere_low_t', 'elsewhere_t', 'elsewhere_high_t'
    ] %}
    if(cells.exports_are_known, coalesce(elsewhere.{{ amount }}, 0), null) as {{ amount }},
    {%- endfor %}
    coalesce(purchases.purchased_value_usd, 0) as purchased_value_usd,
    coalesce(purchases.purchased_content_value_usd, 0) as purchased_content_value_usd,
    purchases.purchased_gross_t,
    purchases.purchased_low_t,
    purchases.purchased_t,
    purchases.purchased_high_t
from purchases
full join elsewhere using (year, importer_iso3, mineral_id, stage, supplier_iso3)
inner join cells using (year, importer_iso3, mineral_id, stage)
