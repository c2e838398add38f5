with

stops as (

    select * from {{ ref('metric_single_supplier_stops') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    'baseline' as scenario_id,
    stops.year,
    stops.importer_iso3,
    stops.mineral_id,
    stops.stage,
    stops.supplier_iso3,
    stops.unmet_share,
    stops.value_lost_usd,
    stops.loss_rank,
    stops.unmet_t,
    stops.withdrawn_t,
    stops.withdrawn_value_usd,
    stops.cell_purchased_t as purchased_t,
    stops.substitutes_t,
    stops.replacement_bill_usd,
    stops.missing_reason,
    import_cells.has_basket_code,
    provenance.is_provisional,
    provenance.is_redistributable
from stops
left join import_cells
    on
        stops.year = import_cells.year
        and stops.importer_iso3 = import_cells.importer_iso3
        and stops.mineral_id = import_cells.mineral_id
        and stops.stage = import_cells.stage
left join provenance
    on
        stops.year = provenance.year
        and stops.importer_iso3 = provenance.country_iso3
        and stops.mineral_id = provenance.mineral_id
        and stops.stage = provenance.stage
