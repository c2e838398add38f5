-- The raw value of every component that has a metric. A metric that is to count in the score adds one block here.
with

china_dependence as (

    select * from {{ ref('metric_china_dependence') }}

),

supplier_concentration as (

    select * from {{ ref('metric_supplier_concentration') }}

),

world_concentration as (

    select * from {{ ref('metric_world_concentration') }}

),

supplier_governance as (

    select * from {{ ref('metric_supplier_governance') }}

),

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}

),

export_controls as (

    select * from {{ ref('metric_export_controls') }}

),

controls_bases as (

    select unnest(['of_year', 'current']) as controls_basis

),

component_values as (

    select
        controls_basis,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        'china_dependence' as component_id,
        value,
        if(
            china_world_share_basis_detail is null, null,
            china_world_share_basis_detail || ', exposure by ' || exposure_basis
        ) as basis_detail,
        missing_reason
    from china_dependence

    union all by name

    select
        controls_bases.controls_basis,
        supplier_concentration.scenario_id,
        supplier_concentration.year,
        supplier_concentration.importer_iso3,
        supplier_concentration.mineral_id,
        supplier_concentration.stage,
        'supplier_concentration' as component_id,
        supplier_concentration.value,
        if(supplier_concentration.value is null, 'suppliers_unspecified', null) as missing_reason
    from supplier_concentration
    cross join controls_bases

    union all by name

    select
        controls_bases.controls_basis,
        world_concentration.scenario_id,
        world_concentration.year,
        world_concentration.importer_iso3,
        world_concentration.mineral_id,
        world_concentration.stage,
        'world_concentration' as component_id,
        world_concentration.value,
        world_concentration.basis_detail,
        world_concentration.missing_reason
    from world_concentration
    cross join controls_bases

    union all by name

    select
        controls_bases.controls_basis,
        supplier_governance.scenario_id,
        supplier_governance.year,
        supplier_governance.importer_iso3,
        supplier_governance.mineral_id,
        supplier_governance.stage,
        'supplier_governance' as component_id,
        supplier_governance.value,
        supplier_governance.missing_reason
    from supplier_governance
    cross join controls_bases

    union all by name

    select
        export_controls.controls_basis,
        export_controls.scenario_id,
        export_controls.year,
        export_controls.importer_iso3,
        export_controls.mineral_id,
        export_controls.stage,
        'export_controls' as component_id,
        export_controls.value
    from export_controls

    union all by name

    select
        controls_bases.controls_basis,
        import_reliance.scenario_id,
        import_reliance.year,
        import_reliance.country_iso3 as importer_iso3,
        import_reliance.mineral_id,
        import_reliance.stage,
        'import_reliance' as component_id,
        import_reliance.value,
        import_reliance.production_source_id as basis_detail,
        import_reliance.missing_reason
    from import_reliance
    cross join controls_bases

)

select
    controls_basis,
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    component_id,
    value,
    basis_detail,
    missing_reason
from component_values
