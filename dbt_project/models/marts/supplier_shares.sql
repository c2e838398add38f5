{{ config(post_hook="{{ create_suppliers_macro() }}") }}

with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}
    where scenario_id = 'baseline'

),

control_severity as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        controlling_iso3 as supplier_iso3,
        severity
    from {{ ref('int_control_severity') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
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
    supplier_shares.supplier_iso3,
    cast(supplier_shares.import_value_usd as double) as import_value_usd,
    cast(supplier_shares.net_weight_kg as double) as net_weight_kg,
    supplier_shares.value_share,
    supplier_shares.weight_share,
    cast(supplier_shares.supplier_rank as integer) as supplier_rank,
    coalesce(control_severity.severity, 0) as control_severity, -- no measure in the register
    provenance.is_provisional,
    provenance.is_redistributable
from supplier_shares
left join control_severity using (year, importer_iso3, mineral_id, stage, supplier_iso3)
left join provenance using (year, importer_iso3, mineral_id, stage)
