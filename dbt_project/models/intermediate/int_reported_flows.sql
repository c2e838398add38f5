-- Every import flow that a source reports for a year, countries resolved, in an HS revision that the seeds map to
-- minerals; `is_speaking` marks the newest vintage of its source that covers it.
with

baci_flows as (

    select * from {{ ref('stg_baci__trade_flows') }}

),

comtrade_flows as (

    select * from {{ ref('int_comtrade_flows') }}

),

tradestat_flows as (

    select * from {{ ref('int_tradestat_flows') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

conversions as (

    select * from {{ ref('int_hs_conversion') }}

),

flows as (

    select
        baci_flows.vintage_id,
        baci_vintages.hs_revision,
        baci_flows.hs6_code,
        baci_flows.year,
        12 as months_covered,
        importers.iso3 as importer_iso3,
        suppliers.iso3 as supplier_iso3,
        'fob' as valuation_basis, -- BACI's values are free-on-board
        baci_flows.trade_value_usd,
        baci_flows.net_weight_kg,
        1 as row_count
    from baci_flows
    inner join vintages as baci_vintages on baci_flows.vintage_id = baci_vintages.vintage_id
    left join country_codes as importers
        on
            baci_flows.importer_code = importers.country_code
            and baci_flows.year between importers.valid_from_year and importers.valid_to_year
    left join country_codes as suppliers
        on
            baci_flows.exporter_code = suppliers.country_code
            and baci_flows.year between suppliers.valid_from_year and suppliers.valid_to_year

    union all by name

    select * from comtrade_flows

    union all by name

    select * from tradestat_flows

),

-- Where the goods of a code are spread over several, each gets what lies between two ends of the whole: the parts of a
-- flow add up to it to the last digit.
conversion_ends as (

    select
        *,
        sum(weight) over (
            partition by from_hs_revision, from_hs6_code
            order by to_hs_revision, to_hs6_code
        ) as weight_through
    from conversions

),

converted as (

    select
        vintages.source_id,
        vintages.vintage_id,
        vintages.covers_all_importers,
        flows.hs_revision as reported_hs_revision,
        flows.hs6_code as reported_hs6_code,
        conversion_ends.to_hs_revision as hs_revision,
        conversion_ends.to_hs6_code as hs6_code,
        conversion_ends.hs_conversion,
        flows.year,
        flows.months_covered,
        flows.importer_iso3,
        flows.supplier_iso3,
        flows.valuation_basis,
        {%- for measure in ['trade_value_usd', 'net_weight_kg'] %}
        cast(flows.{{ measure }} * conversion_ends.weight_through as decimal(18, 3))
        - cast(flows.{{ measure }} * (conversion_ends.weight_through - conversion_ends.weight) as decimal(18, 3))
            as {{ measure }},
        {%- endfor %}
        if(conversion_ends.weight_through = 1, flows.row_count, 0) as row_count,
        -- what is reported in the revision itself speaks before what is converted into it, then the newest
        if(conversion_ends.hs_conversion = 'none', '1 ', '0 ') || flows.vintage_id as precedence
    from flows
    inner join vintages on flows.vintage_id = vintages.vintage_id
    left join conversion_ends
        on flows.hs_revision = conversion_ends.from_hs_revision and flows.hs6_code = conversion_ends.from_hs6_code

),

-- A vintage speaks for the importers and code-years it covers, until a newer one covers them.
covered_for_all as (

    select
        source_id,
        hs_revision,
        year,
        hs6_code,
        max(precedence) as precedence
    from converted
    where covers_all_importers
    group by all

),

covered_for_one as (

    select
        source_id,
        hs_revision,
        year,
        hs6_code,
        importer_iso3,
        max(precedence) as precedence
    from converted
    where not covers_all_importers
    group by all

),

judged as (

    select
        converted.*,
        converted.precedence
        = greatest(coalesce(covered_for_all.precedence, ''), coalesce(covered_for_one.precedence, '')) as is_speaking,
        -- what the world exports does not depend on an extract that speaks for one importer
        coalesce(converted.precedence = covered_for_all.precedence, false) as is_speaking_for_world,
        converted.importer_iso3 = converted.supplier_iso3 and converted.importer_iso3 != 'XXX' as is_self_trade
    from converted
    left join covered_for_all using (source_id, hs_revision, year, hs6_code)
    left join covered_for_one using (source_id, hs_revision, year, hs6_code, importer_iso3)

)

select * exclude (precedence)
from judged
