-- The one answer per flow: which source, revision and vintage speak is settled here.
with

country_flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking and not is_self_trade

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

-- A group buys what its members buy from others: trade among members is trade at home.
flows as (

    select * from country_flows

    union all by name

    select country_flows.* replace (buyers.group_iso3 as importer_iso3)
    from country_flows
    inner join country_groups as buyers on country_flows.importer_iso3 = buyers.member_iso3
    left join country_groups as sellers
        on country_flows.supplier_iso3 = sellers.member_iso3 and buyers.group_iso3 = sellers.group_iso3
    where sellers.member_iso3 is null

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

),

products as (

    select * from {{ ref('int_mineral_products') }}

)

select
    flows.year,
    flows.importer_iso3,
    flows.supplier_iso3,
    selected_codes.mineral_id,
    selected_codes.stage,
    flows.hs6_code,
    flows.hs_revision,
    flows.source_id,
    if(count(distinct flows.valuation_basis) > 1, 'mixed', any_value(flows.valuation_basis)) as valuation_basis,
    cast(sum(flows.trade_value_usd) as decimal(18, 3)) as trade_value_usd,
    -- a group's flow has many rows behind it, with and without weight: the value of those that have one says how many
    cast(
        coalesce(sum(flows.trade_value_usd) filter (where flows.net_weight_kg is not null), 0) as decimal(18, 3)
    ) as weighed_value_usd,
    cast(sum(flows.net_weight_kg) as decimal(18, 3)) as net_weight_kg,
    -- grams of a trace metal decide a weight share: no rounding to the kilogram's thousandth
    {%- for content, fraction in [
        ('content_low_kg', 'content_low'), ('content_kg', 'content_fraction'), ('content_high_kg', 'content_high')
    ] %}
    cast(
        sum(cast(flows.net_weight_kg as decimal(24, 3)) * cast(products.{{ fraction }} as decimal(9, 6)))
        as decimal(28, 9)
    ) as {{ content }},
    {%- endfor %}
    any_value(products.twin_hs22_code) as twin_hs22_code,
    bool_or(flows.hs_conversion = 'split') as is_split_estimate,
    min(flows.months_covered) as months_covered
from flows
inner join selected_codes
    on
        flows.source_id = selected_codes.source_id
        and flows.importer_iso3 = selected_codes.importer_iso3
        and flows.year = selected_codes.year
        and flows.hs_revision = selected_codes.hs_revision
        and flows.hs6_code = selected_codes.hs6_code
inner join products
    on
        selected_codes.mineral_id = products.mineral_id
        and selected_codes.stage = products.stage
        and selected_codes.hs_revision = products.hs_revision
        and selected_codes.hs6_code = products.hs6_code
group by all
