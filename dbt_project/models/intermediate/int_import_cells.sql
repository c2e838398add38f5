-- One row per importer, year, mineral and stage with trade: how much, from which set of codes, and whether it matters.
with

flows as (

    select * from {{ ref('int_trade_flows') }}

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

),

code_sets as (

    select
        importer_iso3,
        year,
        mineral_id,
        stage,
        any_value(source_id) as source_id,
        string_agg(hs_revision || ':' || hs6_code, ' ' order by hs_revision, hs6_code) as code_set,
        bool_or(is_basket) as has_basket_code,
        -- of the revision that speaks; what another one adds makes it more
        max(covered_code_share) as covered_code_share
    from selected_codes
    group by all

),

cells as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(trade_value_usd) as import_value_usd,
        sum(net_weight_kg) as net_weight_kg,
        min(months_covered) as months_covered,
        -- what is material is said of a year: months are taken as they go on
        sum(trade_value_usd) * 12 / min(months_covered) as yearly_value_usd
    from flows
    group by all

),

with_mineral_total as (

    select
        *,
        sum(yearly_value_usd) over (partition by scenario_id, year, importer_iso3, mineral_id) as mineral_value_usd
    from cells

)

select
    with_mineral_total.scenario_id,
    with_mineral_total.year,
    with_mineral_total.importer_iso3,
    with_mineral_total.mineral_id,
    with_mineral_total.stage,
    with_mineral_total.import_value_usd,
    with_mineral_total.net_weight_kg,
    with_mineral_total.months_covered,
    with_mineral_total.yearly_value_usd >= {{ threshold('material_import_value_usd') }}
    and with_mineral_total.yearly_value_usd / with_mineral_total.mineral_value_usd
    >= {{ threshold('material_mineral_share') }} as is_material,
    code_sets.source_id,
    code_sets.code_set,
    md5(code_sets.code_set) as code_set_hash,
    code_sets.has_basket_code,
    code_sets.covered_code_share
from with_mineral_total
inner join code_sets using (importer_iso3, year, mineral_id, stage)
