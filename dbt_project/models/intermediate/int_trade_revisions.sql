-- What changed between the two newest vintages of a file: flows added, revised, or deleted upstream.
with

baci_flows as (

    select * from {{ ref('stg_baci__trade_flows') }}

),

baci_world_exports as (

    select * from {{ ref('stg_baci__world_exports') }}

),

comtrade_records as (

    select * from {{ ref('stg_comtrade__trade_flows') }}
    where partner_code != '0' and is_total_of_breakdown and flow_code in ('M', 'X')

),

tradestat_figures as (

    select * from {{ ref('stg_tradestat__figures') }}
    where row_kind = 'country' and is_current_period and length(hs_code) >= 6

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

tradestat_countries as (

    select * from {{ ref('seed_tradestat_countries') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

-- Files of which an earlier vintage is there to compare with.
revised_files as (

    select
        source_id,
        dataset,
        max(vintage_id) filter (where is_newest) as vintage_id,
        max(vintage_id) filter (where not is_newest) as previous_vintage_id
    from vintages
    group by all
    having count(*) filter (where not is_newest) > 0

),

flows as (

    select
        vintage_id,
        'reconciled' as declared_by,
        cast(year as varchar) as period,
        year,
        importer_code,
        exporter_code,
        cast(null as varchar) as country_name,
        cast(null as varchar) as classification_code,
        hs6_code as hs_code,
        trade_value_usd,
        net_weight_kg
    from baci_flows

    union all by name

    -- totals by exporter: sold to the whole world
    select
        vintage_id,
        'reconciled' as declared_by,
        cast(year as varchar) as period,
        year,
        '0' as importer_code,
        exporter_code,
        hs6_code as hs_code,
        trade_value_usd,
        net_weight_kg
    from baci_world_exports

    union all by name

    select
        vintage_id,
        if(flow_code = 'M', 'importer', 'exporter') as declared_by,
        if(month is null, cast(year as varchar), year || '-' || lpad(cast(month as varchar), 2, '0')) as period,
        year,
        if(flow_code = 'M', reporter_code, partner_code) as importer_code,
        if(flow_code = 'M', partner_code, reporter_code) as exporter_code,
        classification_code,
        hs6_code as hs_code,
        trade_value_usd,
        net_weight_kg
    from comtrade_records

    union all by name

    select
        vintage_id,
        if(flow = 'import', 'importer', 'exporter') as declared_by,
        period_start || ' to ' || period_end as period,
        cast(extract('year' from period_end) as integer) as year,
        if(flow = 'import', '699', null) as importer_code,
        if(flow = 'import', null, '699') as exporter_code,
        country_name,
        hs_code,
        trade_value_usd,
        quantity_kg as net_weight_kg
    from tradestat_figures

),

resolved as (

    select
        vintages.source_id,
        vintages.dataset,
        vintages.is_newest,
        flows.declared_by,
        flows.period,
        flows.year,
        case
            when flows.importer_code = '0' then 'WLD'
            when flows.importer_code is null then tradestat_countries.iso3
            else importers.iso3
        end as importer_iso3,
        if(flows.exporter_code is null, tradestat_countries.iso3, suppliers.iso3) as supplier_iso3,
        coalesce(revisions.hs_revision, vintages.hs_revision) as hs_revision,
        left(flows.hs_code, 6) as hs6_code,
        -- several partner groups are one XXX
        sum(flows.trade_value_usd) as trade_value_usd,
        if(count(flows.net_weight_kg) = count(*), sum(flows.net_weight_kg), null) as net_weight_kg
    from flows
    inner join vintages on flows.vintage_id = vintages.vintage_id
    inner join revised_files
        on
            vintages.source_id = revised_files.source_id
            and vintages.vintage_id in (revised_files.vintage_id, revised_files.previous_vintage_id)
    left join revisions on flows.classification_code = revisions.comtrade_classification
    left join tradestat_countries on flows.country_name = tradestat_countries.country_name
    left join country_codes as importers
        on
            flows.importer_code = importers.country_code
            and flows.year between importers.valid_from_year and importers.partner_valid_to_year
    left join country_codes as suppliers
        on
            flows.exporter_code = suppliers.country_code
            and flows.year between suppliers.valid_from_year and suppliers.partner_valid_to_year
    group by all

),

compared as (

    select
        source_id,
        dataset,
        declared_by,
        period,
        year,
        importer_iso3,
        supplier_iso3,
        hs_revision,
        hs6_code,
        bool_or(not is_newest) as was_there,
        bool_or(is_newest) as is_there,
        any_value(trade_value_usd) filter (where not is_newest) as previous_trade_value_usd,
        any_value(trade_value_usd) filter (where is_newest) as trade_value_usd,
        any_value(net_weight_kg) filter (where not is_newest) as previous_net_weight_kg,
        any_value(net_weight_kg) filter (where is_newest) as net_weight_kg
    from resolved
    group by all

)

select
    compared.source_id,
    compared.dataset,
    revised_files.previous_vintage_id,
    revised_files.vintage_id,
    compared.declared_by,
    compared.period,
    compared.year,
    compared.importer_iso3,
    compared.supplier_iso3,
    compared.hs_revision,
    compared.hs6_code,
    case when not compared.was_there then 'added' when not compared.is_there then 'deleted' else 'revised' end
        as change_type,
    compared.previous_trade_value_usd,
    compared.trade_value_usd,
    -- what was not reported added nothing to a total; a weight that is missing beside a value is unknown
    if(compared.is_there, compared.trade_value_usd, 0)
    - if(compared.was_there, compared.previous_trade_value_usd, 0) as trade_value_change_usd,
    compared.previous_net_weight_kg,
    compared.net_weight_kg,
    if(compared.is_there, compared.net_weight_kg, 0)
    - if(compared.was_there, compared.previous_net_weight_kg, 0) as net_weight_change_kg
from compared
inner join revised_files using (source_id, dataset)
where
    compared.trade_value_usd is distinct from compared.previous_trade_value_usd
    or compared.net_weight_kg is distinct from compared.previous_net_weight_kg
