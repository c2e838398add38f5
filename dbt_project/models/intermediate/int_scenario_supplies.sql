-- What each supplier sells the importer before a scenario's shocks, what is agreed with it and taken from it, and what
-- it sells to others, in every reading and year.
with

cells as (

    select * from {{ ref('int_scenario_cells') }}
    where missing_reason is null

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

shocks as (

    select * from {{ ref('int_scenario_shocks') }}
    where shock_type in ('fixed_quantity', 'supply_cut')

),

options as (

    select * from {{ ref('int_supply_options') }}

),

-- Shocks by supplier: one agreement and one cut at the most, which is checked before anything is worked out.
active as (

    select
        cells.scenario_id,
        cells.case_group,
        cells.case_id,
        cells.year,
        cells.mineral_id,
        cells.stage,
        shocks.supplier_iso3,
        max(shocks.quantity) filter (where shocks.shock_type = 'fixed_quantity') as agreed_quantity,
        max(shocks.quantity_unit) filter (where shocks.shock_type = 'fixed_quantity') as agreed_quantity_unit,
        max(shocks.fraction) filter (where shocks.shock_type = 'supply_cut') as cut_share
    from cells
    inner join shocks using (scenario_id, mineral_id, stage)
    where
        cells.is_in_full
        or cells.year between coalesce(shocks.from_year, cells.year) and coalesce(shocks.to_year, cells.year)
    group by all

),

suppliers as (

    select
        cells.*,
        options.supplier_iso3,
        options.purchased_value_usd,
        options.purchased_content_value_usd,
        options.purchased_gross_t,
        {%- for amount in ['purchased', 'elsewhere'] %}
        cells.content_scale * case cells.content_reading
            when 'low' then options.{{ amount }}_low_t
            when 'typical' then options.{{ amount }}_t
            when 'high' then options.{{ amount }}_high_t
        end as {{ amount }}_t,
        {%- endfor %}
        options.elsewhere_value_usd,
        options.elsewhere_gross_t
    from cells
    inner join scenarios using (scenario_id, importer_iso3)
    inner join options
        on
            scenarios.importer_iso3 = options.importer_iso3
            and scenarios.baseline_year = options.year
            and cells.mineral_id = options.mineral_id
            and cells.stage = options.stage

)

select
    scenario_id,
    case_group,
    case_id,
    year,
    suppliers.importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    suppliers.baseline_t as cell_baseline_t,
    suppliers.demand_change_t,
    suppliers.home_supply_t,
    suppliers.headroom_share,
    coalesce(suppliers.purchased_t, 0) as baseline_t,
    -- what cannot be counted cannot be put in tonnes: its value goes along
    suppliers.purchased_t is null and suppliers.purchased_value_usd > 0 as is_unweighed,
    active.agreed_quantity * if(
        active.agreed_quantity_unit = 't_content', 1,
        coalesce(
            suppliers.purchased_t / suppliers.purchased_gross_t, suppliers.elsewhere_t / suppliers.elsewhere_gross_t
        )
    ) as agreed_t,
    active.agreed_quantity is not null as is_agreed,
    coalesce(active.cut_share, 0) as cut_share,
    suppliers.elsewhere_t,
    -- what the importer pays it is no measure of more than that: of a few kilograms it is chance
    suppliers.purchased_content_value_usd / nullif(suppliers.purchased_t, 0) as purchase_usd_per_t,
    suppliers.elsewhere_value_usd / nullif(suppliers.elsewhere_t, 0) as elsewhere_usd_per_t
from suppliers
left join active using (scenario_id, case_group, case_id, year, mineral_id, stage, supplier_iso3)
where suppliers.purchased_value_usd > 0 or suppliers.elsewhere_t > 0
