-- What each supplier delivers in the cells whose ranks are drawn, read in four ways: by value, and by low, typical and
-- high content. A gain is what would be a supplier's too if the whole unspecified origin were the largest supplier's.
{% set readings = ['value', 'low', 'typical', 'high'] %}
with

scores as (

    select * from {{ ref('metric_risk_scores') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year' and value is not null

),

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

),

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where scenario_id = 'baseline'

),

control_severity as (

    select * from {{ ref('int_control_severity') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

contents as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        supplier_iso3,
        cast(sum(content_low_kg) as double) as content_low_kg,
        cast(sum(content_kg) as double) as content_kg,
        cast(sum(content_high_kg) as double) as content_high_kg
    from {{ ref('int_trade_flows') }}
    where scenario_id = 'baseline'
    group by all

),

cells as (

    select
        scores.year,
        scores.importer_iso3,
        scores.mineral_id,
        scores.stage
    from scores
    where
        scores.year in (select newest_complete_year.year from newest_complete_year)
        or scores.importer_iso3 = '{{ var("home_importer_iso3") }}'

),

weighed as (

    select
        supplier_shares.year,
        supplier_shares.importer_iso3,
        supplier_shares.mineral_id,
        supplier_shares.stage,
        supplier_shares.supplier_iso3,
        supplier_shares.supplier_rank,
        supplier_shares.value_share,
        supplier_shares.weight_share,
        coalesce(control_severity.severity, 0) as severity, -- no measure in the register
        contents.content_low_kg,
        contents.content_kg,
        contents.content_high_kg,
        count(supplier_shares.weight_share) over (
            partition by
                supplier_shares.year, supplier_shares.importer_iso3, supplier_shares.mineral_id, supplier_shares.stage
        ) > 0 as cell_is_weighed
    from supplier_shares
    inner join contents using (year, importer_iso3, mineral_id, stage, supplier_iso3)
    left join control_severity
        on
            supplier_shares.year = control_severity.year
            and supplier_shares.importer_iso3 = control_severity.importer_iso3
            and supplier_shares.mineral_id = control_severity.mineral_id
            and supplier_shares.stage = control_severity.stage
            and supplier_shares.supplier_iso3 = control_severity.controlling_iso3
    semi join cells
        on
            supplier_shares.year = cells.year
            and supplier_shares.importer_iso3 = cells.importer_iso3
            and supplier_shares.mineral_id = cells.mineral_id
            and supplier_shares.stage = cells.stage

),

-- Where the weight shares of a cell are unknown its value shares stay; who was not weighed has no part in the others.
amounts as (

    select
        *,
        value_share as value_amount,
        {%- for reading, content in [
            ('low', 'content_low_kg'), ('typical', 'content_kg'), ('high', 'content_high_kg')
        ] %}
        if(cell_is_weighed, if(weight_share is null, 0, {{ content }}), value_share) as {{ reading }}_amount,
        {%- endfor %}
        cell_is_weighed and weight_share is null as is_unweighed_in_weighed_cell
    from weighed

),

ranked as (

    select
        *,
        supplier_iso3 != 'XXX' as is_identified,
        supplier_iso3 != 'XXX' and row_number() over (
            partition by year, importer_iso3, mineral_id, stage
            order by supplier_rank asc nulls last, supplier_iso3 asc
        ) = 1 as is_largest_by_value,
        supplier_iso3 != 'XXX' and row_number() over (
            partition by year, importer_iso3, mineral_id, stage
            order by supplier_iso3 = 'XXX' asc, typical_amount desc, supplier_iso3 asc
        ) = 1 as is_largest_by_weight
    from amounts

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    severity,
    is_identified,
    is_unweighed_in_weighed_cell,
    {%- for reading in readings %}
    {{ reading }}_amount,
    if(
        is_largest_by_{{ 'value' if reading == 'value' else 'weight' }},
        coalesce(sum({{ reading }}_amount) filter (where not is_identified) over cell, 0),
        0
    ) as {{ reading }}_gain,
    {%- endfor %}
    is_largest_by_value,
    is_largest_by_weight
from ranked
window cell as (partition by year, importer_iso3, mineral_id, stage)
