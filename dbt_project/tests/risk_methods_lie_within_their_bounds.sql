-- What the formulas of the published methods imply of each other.
with

risk_methods as (

    select * from {{ ref('metric_risk_methods') }}

),

methods as (

    select
        {%- for method_id in [
            'eu_supply_risk', 'eu_supply_risk_global', 'eu_supply_risk_import', 'geopolrisk', 'hhi_governance', 'cdi_1',
            'geodep', 'crma_65', 'top3_share', 'n_minus_1', 'net_import_reliance'
        ] %}
        any_value(value) filter (where method_id = '{{ method_id }}') as {{ method_id }},
        {%- endfor %}
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage
    from risk_methods
    group by all

),

concentration as (

    select * from {{ ref('metric_supplier_concentration') }}

)

select
    methods.*,
    concentration.hhi_value
from methods
left join concentration using (scenario_id, year, importer_iso3, mineral_id, stage)
where
    methods.cdi_1 is distinct from concentration.hhi_value
    -- governance risk is at most 10
    or methods.hhi_governance < 0
    or methods.hhi_governance > 10 * concentration.hhi_value + 1e-9
    or methods.top3_share not between 0 and 1 + 1e-9
    or methods.geopolrisk not between 0 and 1
    or methods.geodep not in (0, 1, 2, 3)
    or methods.net_import_reliance not between 0 and 1
    or methods.crma_65 < 0
    or methods.n_minus_1 < 0
    -- a mean of its two sides; with both there is nothing that only the whole could do without
    or methods.eu_supply_risk < least(methods.eu_supply_risk_global, methods.eu_supply_risk_import) - 1e-9
    or methods.eu_supply_risk > greatest(methods.eu_supply_risk_global, methods.eu_supply_risk_import) + 1e-9
    or (
        methods.eu_supply_risk is not null
        and (methods.eu_supply_risk_global is null or methods.eu_supply_risk_import is null)
    )
