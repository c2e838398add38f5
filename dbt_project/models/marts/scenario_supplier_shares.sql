with

scenarios as (

    select * from {{ ref('int_scenarios') }}
    where scenario_id not in (select refusals.scenario_id from {{ ref('int_scenario_refusals') }} as refusals)

),

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

deliveries as (

    select * from {{ ref('int_scenario_deliveries') }}
    where case_group = 'start' and case_id = 'headroom typical, content typical'

),

markets as (

    select * from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical'

),

provenance as (

    select * from {{ ref('int_cell_provenance') }}

),

before_shares as (

    select
        scenarios.scenario_id,
        supplier_shares.year,
        supplier_shares.importer_iso3,
        supplier_shares.mineral_id,
        supplier_shares.stage,
        supplier_shares.supplier_iso3,
        supplier_shares.import_value_usd,
        supplier_shares.value_share,
        supplier_shares.weight_share
    from supplier_shares
    inner join scenarios
        on
            supplier_shares.importer_iso3 = scenarios.importer_iso3
            and supplier_shares.year = scenarios.baseline_year
    where supplier_shares.scenario_id = 'baseline'

),

after_shares as (

    select * from supplier_shares
    where scenario_id != 'baseline'

),

-- A supplier that is cut off keeps its row, and one that steps in gets one.
compared as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        supplier_iso3,
        before_shares.import_value_usd as import_value_usd_before,
        after_shares.import_value_usd as import_value_usd_after,
        before_shares.value_share as value_share_before,
        after_shares.value_share as value_share_after,
        before_shares.weight_share as weight_share_before,
        after_shares.weight_share as weight_share_after
    from before_shares
    full join after_shares using (scenario_id, year, importer_iso3, mineral_id, stage, supplier_iso3)

)

select
    compared.scenario_id,
    compared.year,
    compared.importer_iso3,
    compared.mineral_id,
    compared.stage,
    compared.supplier_iso3,
    markets.scenario_id is not null as is_shocked,
    {%- for amount in ['import_value_usd', 'value_share', 'weight_share'] %}
    {%- for moment in ['before', 'after'] %}
    -- who sold nothing before, or sells nothing after, has a share of 0; what is unknown stays unknown
    case
        when markets.missing_reason is not null and '{{ moment }}' = 'after' then null
        when compared.value_share_{{ moment }} is null then 0
        else cast(compared.{{ amount }}_{{ moment }} as double)
    end as {{ amount }}_{{ moment }},
    {%- endfor %}
    {%- endfor %}
    deliveries.baseline_t,
    deliveries.agreed_t,
    deliveries.ordered_t,
    deliveries.withdrawn_t,
    deliveries.refilled_t,
    deliveries.delivered_t,
    deliveries.elsewhere_t as exports_elsewhere_t,
    deliveries.additional_t,
    deliveries.purchase_usd_per_t,
    deliveries.elsewhere_usd_per_t as exports_elsewhere_usd_per_t,
    provenance.is_provisional,
    provenance.is_redistributable
from compared
left join markets using (scenario_id, mineral_id, stage)
left join deliveries using (scenario_id, mineral_id, stage, supplier_iso3)
left join provenance
    on
        compared.year = provenance.year
        and compared.importer_iso3 = provenance.country_iso3
        and compared.mineral_id = provenance.mineral_id
        and compared.stage = provenance.stage
