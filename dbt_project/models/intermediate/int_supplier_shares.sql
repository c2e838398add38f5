-- Who supplies an importer with a mineral at a stage, by value and by contained weight.
with

flows as (

    select * from {{ ref('int_trade_flows') }}

),

suppliers as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        supplier_iso3,
        sum(trade_value_usd) as import_value_usd,
        sum(net_weight_kg) as net_weight_kg,
        sum(content_kg) as content_kg,
        sum(weighed_value_usd) as weighed_value_usd,
        min(months_covered) as months_covered,
        coalesce(sum(weighed_value_usd) filter (where content_kg is not null), 0) as content_value_usd
    from flows
    group by all

),

with_totals as (

    select
        *,
        sum(import_value_usd) over cell as cell_value_usd,
        sum(content_kg) over cell as cell_content_kg,
        sum(weighed_value_usd) over cell as cell_weighed_value_usd,
        sum(content_value_usd) over cell as cell_content_value_usd
    from suppliers
    window cell as (partition by scenario_id, year, importer_iso3, mineral_id, stage)

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    import_value_usd,
    net_weight_kg,
    months_covered,
    import_value_usd / cell_value_usd as value_share,
    cell_weighed_value_usd / cell_value_usd as weight_coverage_share,
    -- a share of contained weight needs the content too
    if(
        cell_content_value_usd / cell_value_usd >= {{ threshold('weight_coverage_share') }},
        content_kg / nullif(cell_content_kg, 0),
        null
    ) as weight_share,
    -- the unspecified origin has no rank
    if(
        supplier_iso3 = 'XXX', null,
        rank() over (
            partition by scenario_id, year, importer_iso3, mineral_id, stage, supplier_iso3 = 'XXX'
            order by import_value_usd desc
        )
    ) as supplier_rank
from with_totals
