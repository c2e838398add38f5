with

options as (

    select supply_options.*
    from {{ ref('int_supply_options') }} as supply_options
    inner join {{ ref('int_newest_complete_year') }} using (year)

),

governance as (

    select * from {{ ref('int_governance') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

),

control_severity as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        controlling_iso3 as supplier_iso3,
        max(severity) filter (where controls_basis = 'of_year') as control_severity,
        max(severity) filter (where controls_basis = 'current') as control_severity_current
    from {{ ref('int_control_severity') }}
    where scenario_id = 'baseline'
    group by all

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

)

select
    options.year,
    options.importer_iso3,
    options.mineral_id,
    options.stage,
    options.supplier_iso3,
    options.purchased_t,
    options.purchased_value_usd,
    options.elsewhere_t as exports_elsewhere_t,
    options.elsewhere_value_usd as exports_elsewhere_value_usd,
    -- of all that it sells: a few kilograms sold to one importer have no price that means much
    (if(options.purchased_t > 0, options.purchased_content_value_usd, 0) + coalesce(options.elsewhere_value_usd, 0))
    / nullif(coalesce(options.purchased_t, 0) + coalesce(options.elsewhere_t, 0), 0) as usd_per_t,
    governance.governance_risk,
    -- no measure in the register is no measure
    coalesce(control_severity.control_severity, 0) as control_severity,
    coalesce(control_severity.control_severity_current, 0) as control_severity_current,
    import_cells.has_basket_code,
    provenance.is_provisional,
    provenance.is_redistributable
from options
left join governance on options.supplier_iso3 = governance.iso3 and options.year = governance.year
left join import_cells
    on
        options.year = import_cells.year
        and options.importer_iso3 = import_cells.importer_iso3
        and options.mineral_id = import_cells.mineral_id
        and options.stage = import_cells.stage
left join control_severity
    on
        options.year = control_severity.year
        and options.importer_iso3 = control_severity.importer_iso3
        and options.mineral_id = control_severity.mineral_id
        and options.stage = control_severity.stage
        and options.supplier_iso3 = control_severity.supplier_iso3
left join provenance
    on
        options.year = provenance.year
        and options.importer_iso3 = provenance.country_iso3
        and options.mineral_id = provenance.mineral_id
        and options.stage = provenance.stage
