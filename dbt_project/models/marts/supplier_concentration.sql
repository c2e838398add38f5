with

concentration as (

    select * from {{ ref('metric_supplier_concentration') }}
    where scenario_id = 'baseline'

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        months_covered,
        -- what is supplied does not rest on what the world produces
        trade_is_provisional as is_provisional,
        trade_is_redistributable as is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    concentration.hhi_value,
    concentration.hhi_weight,
    concentration.hhi_low,
    concentration.hhi_high,
    concentration.top_supplier_iso3,
    concentration.top1_share,
    concentration.top3_share,
    concentration.effective_suppliers,
    cast(concentration.supplier_count as integer) as supplier_count,
    concentration.unspecified_share,
    concentration.weight_coverage_share,
    cast(import_cells.import_value_usd as double) as import_value_usd,
    cast(import_cells.net_weight_kg as double) as net_weight_kg,
    import_cells.is_material,
    import_cells.has_basket_code,
    import_cells.source_id,
    import_cells.code_set,
    import_cells.code_set_hash,
    import_cells.covered_code_share,
    provenance.months_covered,
    provenance.is_provisional,
    provenance.is_redistributable
from concentration
inner join import_cells using (year, importer_iso3, mineral_id, stage)
left join provenance using (year, importer_iso3, mineral_id, stage)
