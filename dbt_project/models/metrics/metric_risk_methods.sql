-- Published risk methods side by side, for every importer, mineral, stage and year with trade: one block a method.
with

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

eu_supply_risk as (

    select * from {{ ref('metric_eu_supply_risk') }}

),

geopolrisk as (

    select * from {{ ref('metric_geopolrisk') }}

),

hhi_governance as (

    select * from {{ ref('metric_hhi_governance') }}

),

supplier_concentration as (

    select * from {{ ref('metric_supplier_concentration') }}

),

geodep as (

    select * from {{ ref('metric_geodep') }}

),

crma_65 as (

    select * from {{ ref('metric_crma_65') }}

),

world_supply as (

    select * from {{ ref('metric_world_supply') }}

),

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}

),

method_values as (

    {% for method_id, suffix in [
        ('eu_supply_risk', ''), ('eu_supply_risk_global', '_global'), ('eu_supply_risk_import', '_import')
    ] -%}
    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        '{{ method_id }}' as method_id,
        value{{ suffix ~ ' as value' if suffix }},
        missing_inputs{{ suffix ~ ' as missing_inputs' if suffix }}
    from eu_supply_risk

    union all by name

    {% endfor -%}
    {% for method_id in ['geopolrisk', 'hhi_governance', 'geodep', 'crma_65'] -%}
    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        '{{ method_id }}' as method_id,
        value,
        missing_inputs
    from {{ method_id }}

    union all by name

    {% endfor -%}
    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        'cdi_1' as method_id,
        value,
        if(value is null, 'identified_suppliers', null) as missing_inputs
    from supplier_concentration

    union all by name

    {% for method_id, missing_column, unknown in [
        ('top3_share', 'missing_top3_inputs', 'world_shares'),
        ('n_minus_1', 'missing_n_minus_1_inputs', 'world_production')
    ] -%}
    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        '{{ method_id }}' as method_id,
        world_supply.{{ method_id }} as value,
        if(world_supply.year is null, '{{ unknown }}', world_supply.{{ missing_column }}) as missing_inputs
    from import_cells
    left join world_supply using (year, mineral_id, stage)

    union all by name

    {% endfor -%}
    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        'net_import_reliance' as method_id,
        import_reliance.value,
        import_reliance.missing_reason as missing_inputs
    from import_cells
    left join import_reliance
        on
            import_cells.scenario_id = import_reliance.scenario_id
            and import_cells.year = import_reliance.year
            and import_cells.importer_iso3 = import_reliance.country_iso3
            and import_cells.mineral_id = import_reliance.mineral_id
            and import_cells.stage = import_reliance.stage

)

-- A value with a missing input was computed without it: an upper bound or a neutral assumption, never a zero.
select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    method_id,
    value,
    value is not null and missing_inputs is null as is_complete,
    missing_inputs
from method_values
