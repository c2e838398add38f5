-- How much of an importer's supply stands under export measures. `value` is the sum of value share times severity, 0-1.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

control_severity as (

    select * from {{ ref('int_control_severity') }}

),

controls_bases as (

    select unnest(['of_year', 'current']) as controls_basis

)

select
    controls_bases.controls_basis,
    supplier_shares.scenario_id,
    supplier_shares.year,
    supplier_shares.importer_iso3,
    supplier_shares.mineral_id,
    supplier_shares.stage,
    sum(
        supplier_shares.value_share * coalesce(control_severity.severity, 0) -- no measure in the register
        order by supplier_shares.supplier_iso3
    ) as value,
    string_agg(
        control_severity.undated_control_ids, ' '
        order by control_severity.controlling_iso3
    ) as undated_control_ids
from supplier_shares
cross join controls_bases
left join control_severity
    on
        controls_bases.controls_basis = control_severity.controls_basis
        and supplier_shares.scenario_id = control_severity.scenario_id
        and supplier_shares.year = control_severity.year
        and supplier_shares.importer_iso3 = control_severity.importer_iso3
        and supplier_shares.mineral_id = control_severity.mineral_id
        and supplier_shares.stage = control_severity.stage
        and supplier_shares.supplier_iso3 = control_severity.controlling_iso3
group by all
