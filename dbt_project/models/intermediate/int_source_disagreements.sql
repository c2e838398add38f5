-- Where two sources, or the two sides of a border, tell different stories of the same goods in the same whole year.
with

reported_flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking and not is_self_trade and importer_iso3 != 'XXX'

),

comtrade_records as (

    select * from {{ ref('int_comtrade_records') }}
    where exclusion_reason = 'declared_by_the_exporter' and frequency = 'annual'

),

code_coverage as (

    select * from {{ ref('int_code_coverage') }}
    where importer_iso3 != 'WLD' and months_covered = 12

),

goods as (

    select * from {{ ref('int_goods') }}

),

trade_sources as (

    select * from {{ ref('seed_trade_sources') }}

),

transit_hubs as (

    select * from {{ ref('seed_transit_hubs') }}

),

flows_of_goods as (

    {{ flows_of_goods('reported_flows', 'goods') }}

),

-- as for importers: what an exporter tells of in two revisions counts once
exporter_records as (

    select
        comtrade_records.*,
        goods.goods_hs_revision,
        goods.goods_hs6_code
    from comtrade_records
    inner join goods using (hs_revision, hs6_code)
    qualify
        goods.hs_revision_priority = min(goods.hs_revision_priority) over (
            partition by
                comtrade_records.reporter_iso3, comtrade_records.year, goods.goods_hs_revision, goods.goods_hs6_code
        )

),

sides as (

    select
        source_id,
        false as is_exporters,
        year,
        importer_iso3,
        supplier_iso3,
        goods_hs_revision,
        goods_hs6_code,
        sum(trade_value_usd) as trade_value_usd,
        if(count(net_weight_kg) = count(*), sum(net_weight_kg), null) as net_weight_kg
    from flows_of_goods
    group by all

    union all by name

    select
        'comtrade' as source_id,
        true as is_exporters,
        year,
        partner_iso3 as importer_iso3,
        reporter_iso3 as supplier_iso3,
        goods_hs_revision,
        goods_hs6_code,
        sum(trade_value_usd) as trade_value_usd,
        if(count(net_weight_kg) = count(*), sum(net_weight_kg), null) as net_weight_kg
    from exporter_records
    where partner_iso3 != reporter_iso3 and partner_iso3 != 'XXX'
    group by all

),

keys as (

    select distinct
        year,
        importer_iso3,
        supplier_iso3,
        goods_hs_revision,
        goods_hs6_code
    from sides

),

importer_coverage as (

    select distinct
        code_coverage.source_id,
        code_coverage.importer_iso3,
        code_coverage.year,
        goods.goods_hs_revision,
        goods.goods_hs6_code
    from code_coverage
    inner join goods using (hs_revision, hs6_code)

),

exporter_coverage as (

    select distinct
        source_id,
        supplier_iso3,
        year,
        goods_hs_revision,
        goods_hs6_code
    from sides
    where is_exporters

),

-- Who could have told of a flow: a source that covers it and has no row says that nothing was traded.
told as (

    select
        keys.*,
        importer_coverage.source_id,
        false as is_exporters
    from keys
    inner join importer_coverage using (importer_iso3, year, goods_hs_revision, goods_hs6_code)

    union all by name

    select
        keys.*,
        exporter_coverage.source_id,
        true as is_exporters
    from keys
    inner join exporter_coverage using (supplier_iso3, year, goods_hs_revision, goods_hs6_code)

),

of_interest as (

    select
        told.*,
        trade_sources.priority,
        sides.trade_value_usd,
        sides.net_weight_kg
    from told
    inner join trade_sources using (source_id)
    left join sides
        using (source_id, is_exporters, year, importer_iso3, supplier_iso3, goods_hs_revision, goods_hs6_code)
    qualify
        count(*) over (
            partition by
                told.year, told.importer_iso3, told.supplier_iso3, told.goods_hs_revision, told.goods_hs6_code
        ) > 1

),

pairs as (

    select
        first_side.year,
        first_side.importer_iso3,
        first_side.supplier_iso3,
        first_side.goods_hs_revision as hs_revision,
        first_side.goods_hs6_code as hs6_code,
        if(second_side.is_exporters, 'mirror', 'two_sources') as comparison,
        first_side.source_id as first_source_id,
        second_side.source_id as second_source_id,
        first_side.trade_value_usd as first_trade_value_usd,
        second_side.trade_value_usd as second_trade_value_usd,
        -- a source that covers the flow and has no row of it says that nothing was traded
        coalesce(second_side.trade_value_usd, 0) - coalesce(first_side.trade_value_usd, 0) as difference_usd,
        first_side.net_weight_kg as first_net_weight_kg,
        second_side.net_weight_kg as second_net_weight_kg
    from of_interest as first_side
    inner join of_interest as second_side
        on
            first_side.year = second_side.year
            and first_side.importer_iso3 = second_side.importer_iso3
            and first_side.supplier_iso3 = second_side.supplier_iso3
            and first_side.goods_hs_revision = second_side.goods_hs_revision
            and first_side.goods_hs6_code = second_side.goods_hs6_code
            and not first_side.is_exporters
            and if(
                second_side.is_exporters,
                -- BACI has both sides reconciled: it is no declaration of the importer
                first_side.source_id != 'baci',
                first_side.priority < second_side.priority
            )

),

measured as (

    select
        pairs.*,
        cast(abs(pairs.difference_usd) as double)
        / nullif(cast(greatest(pairs.first_trade_value_usd, pairs.second_trade_value_usd) as double), 0)
            as difference_share,
        -- goods that only pass through a hub are declared differently on its two sides
        pairs.importer_iso3 in (select transit_hubs.country_iso3 from transit_hubs)
        or pairs.supplier_iso3 in (select transit_hubs.country_iso3 from transit_hubs) as is_through_transit_hub
    from pairs

)

select * from measured
where
    difference_share > {{ threshold('source_disagreement_share') }}
    and abs(difference_usd) >= {{ threshold('source_disagreement_value_usd') }}
