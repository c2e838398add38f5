-- What a source reports of an importer, supplier and year is to the last digit what its flows add up to once they are
-- converted into mapped HS revisions.
with

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

reported as (

    select
        baci_flows.vintage_id,
        baci_flows.year,
        importers.iso3 as importer_iso3,
        suppliers.iso3 as supplier_iso3,
        baci_flows.trade_value_usd,
        baci_flows.net_weight_kg,
        1 as row_count
    from {{ ref('stg_baci__trade_flows') }} as baci_flows
    left join country_codes as importers
        on
            baci_flows.importer_code = importers.country_code
            and baci_flows.year between importers.valid_from_year and importers.valid_to_year
    left join country_codes as suppliers
        on
            baci_flows.exporter_code = suppliers.country_code
            and baci_flows.year between suppliers.valid_from_year and suppliers.valid_to_year

    union all by name

    {%- for model in ['int_comtrade_flows', 'int_tradestat_flows'] %}
    select
        vintage_id,
        year,
        importer_iso3,
        supplier_iso3,
        trade_value_usd,
        net_weight_kg,
        row_count
    from {{ ref(model) }}

    {% if not loop.last %}union all by name{% endif %}
    {%- endfor %}

),

before as (

    select
        vintages.source_id,
        reported.importer_iso3,
        reported.supplier_iso3,
        reported.year,
        sum(reported.trade_value_usd) as trade_value_usd,
        sum(reported.net_weight_kg) as net_weight_kg,
        sum(reported.row_count) as row_count
    from reported
    inner join vintages using (vintage_id)
    group by all

),

after as (

    select
        source_id,
        importer_iso3,
        supplier_iso3,
        year,
        sum(trade_value_usd) as trade_value_usd,
        sum(net_weight_kg) as net_weight_kg,
        sum(row_count) as row_count
    from {{ ref('int_reported_flows') }}
    group by all

)

select
    coalesce(before.source_id, after.source_id) as source_id,
    coalesce(before.importer_iso3, after.importer_iso3) as importer_iso3,
    coalesce(before.supplier_iso3, after.supplier_iso3) as supplier_iso3,
    coalesce(before.year, after.year) as year,
    before.trade_value_usd as value_before_usd,
    after.trade_value_usd as value_after_usd,
    before.net_weight_kg as weight_before_kg,
    after.net_weight_kg as weight_after_kg,
    before.row_count as rows_before,
    after.row_count as rows_after
from before
full join after
    on
        before.source_id = after.source_id
        and before.importer_iso3 is not distinct from after.importer_iso3
        and before.supplier_iso3 is not distinct from after.supplier_iso3
        and before.year = after.year
where
    before.trade_value_usd is distinct from after.trade_value_usd
    or before.net_weight_kg is distinct from after.net_weight_kg
    or before.row_count is distinct from after.row_count
