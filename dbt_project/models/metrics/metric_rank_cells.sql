-- The cells whose ranks are drawn, with what their scores are made of: sums over suppliers in four readings, the China
-- shares and tonnes that go with them. Python then draws, and adds nothing that could be said here.
{% set readings = ['value', 'low', 'typical', 'high'] %}
with

suppliers as (

    select * from {{ ref('metric_rank_suppliers') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

),

china_dependence as (

    select * from {{ ref('metric_china_dependence') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

contained_trade as (

    select * from {{ ref('int_contained_trade') }}
    where scenario_id = 'baseline'

),

domestic_production as (

    select * from {{ ref('int_domestic_production') }}
    where scenario_id = 'baseline'

),

sums as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        bool_or(supplier_iso3 = 'CHN' and is_unweighed_in_weighed_cell) as china_is_unweighed,
        {%- for reading in readings %}
        sum({{ reading }}_amount order by supplier_iso3) as {{ reading }}_total,
        sum({{ reading }}_gain order by supplier_iso3) as {{ reading }}_unspecified,
        sum(
            if(is_largest_by_{{ 'value' if reading == 'value' else 'weight' }}, {{ reading }}_amount, 0)
            order by supplier_iso3
        ) as {{ reading }}_largest,
        sum(if(is_identified, {{ reading }}_amount ^ 2, 0) order by supplier_iso3) as {{ reading }}_squares,
        sum({{ reading }}_amount * severity order by supplier_iso3) as {{ reading }}_controlled,
        sum({{ reading }}_gain * severity order by supplier_iso3) as {{ reading }}_controlled_gain,
        sum(if(supplier_iso3 = 'CHN', {{ reading }}_amount, 0) order by supplier_iso3) as {{ reading }}_of_china,
        sum(if(supplier_iso3 = 'CHN', {{ reading }}_gain, 0) order by supplier_iso3) as {{ reading }}_china_gain,
        {%- endfor %}
        sum(if(is_identified, low_amount * high_amount, 0) order by supplier_iso3) as low_high_products
    from suppliers
    group by all

)

select
    sums.year,
    sums.importer_iso3,
    sums.mineral_id,
    sums.stage,
    import_cells.is_material,
    {%- for reading in readings %}
    {%- for amount in [
        'total', 'unspecified', 'largest', 'squares', 'controlled', 'controlled_gain', 'china_gain'
    ] %}
    sums.{{ reading }}_{{ amount }},
    {%- endfor %}
    -- bought from China, but not weighed: its value share stays
    if(sums.china_is_unweighed, sums.value_of_china * sums.{{ reading }}_total, sums.{{ reading }}_of_china)
        as {{ reading }}_china,
    {%- endfor %}
    sums.low_high_products,
    china_dependence.china_via_share,
    -- points that the whole of the purchases from China would give; without exposure there is nothing to multiply
    coalesce(
        china_dependence.value / nullif(
            greatest(
                china_dependence.china_value_share,
                china_dependence.china_weight_share,
                china_dependence.china_via_share
            ), 0
        ), 0
    ) as china_leverage,
    {%- for tonnes in ['imports', 'exports'] %}
    contained_trade.{{ tonnes }}_low_t,
    contained_trade.{{ tonnes }}_t as {{ tonnes }}_typical_t,
    contained_trade.{{ tonnes }}_high_t,
    {%- endfor %}
    domestic_production.production_low_t,
    domestic_production.production_t as production_typical_t,
    domestic_production.production_high_t
from sums
inner join import_cells using (year, importer_iso3, mineral_id, stage)
left join china_dependence using (year, importer_iso3, mineral_id, stage)
left join contained_trade
    on
        sums.year = contained_trade.year
        and sums.importer_iso3 = contained_trade.country_iso3
        and sums.mineral_id = contained_trade.mineral_id
        and sums.stage = contained_trade.stage
left join domestic_production
    on
        sums.year = domestic_production.year
        and sums.importer_iso3 = domestic_production.country_iso3
        and sums.mineral_id = domestic_production.mineral_id
        and sums.stage = domestic_production.stage
