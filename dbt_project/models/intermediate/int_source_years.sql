-- How whole a year of a source is: importers, months and value, beside the year before over the goods that both have.
with

reported_flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking and not is_self_trade and importer_iso3 != 'XXX'

),

goods as (

    select * from {{ ref('int_goods') }}

),

flows as (

    {{ flows_of_goods('reported_flows', 'goods') }}

),

-- A source that covers all importers is whole or not for all of them; what one importer declares stands by itself.
scoped as (

    select
        source_id,
        'WLD' as importer_iso3,
        year,
        goods_hs_revision,
        goods_hs6_code,
        list(distinct importer_iso3) as importers,
        sum(trade_value_usd) as trade_value_usd,
        min(months_covered) as months_covered
    from flows
    group by source_id, year, goods_hs_revision, goods_hs6_code

    union all by name

    select
        source_id,
        importer_iso3,
        year,
        goods_hs_revision,
        goods_hs6_code,
        [importer_iso3] as importers,
        sum(trade_value_usd) as trade_value_usd,
        min(months_covered) as months_covered
    from flows
    where not covers_all_importers
    group by source_id, importer_iso3, year, goods_hs_revision, goods_hs6_code

),

years as (

    select
        source_id,
        importer_iso3,
        year,
        min(months_covered) as months_covered,
        len(list_distinct(flatten(list(importers)))) as importer_count,
        year = max(year) over (partition by source_id, importer_iso3) as is_newest_year
    from scoped
    group by source_id, importer_iso3, year

),

compared as (

    select
        scoped.source_id,
        scoped.importer_iso3,
        scoped.year,
        len(list_distinct(flatten(list(scoped.importers))))
        / len(list_distinct(flatten(list(previous.importers)))) as importer_share,
        cast(sum(scoped.trade_value_usd) as double) / cast(sum(previous.trade_value_usd) as double) as value_share
    from scoped
    inner join scoped as previous
        on
            scoped.source_id = previous.source_id
            and scoped.importer_iso3 = previous.importer_iso3
            and scoped.year = previous.year + 1
            and scoped.goods_hs_revision = previous.goods_hs_revision
            and scoped.goods_hs6_code = previous.goods_hs6_code
    group by scoped.source_id, scoped.importer_iso3, scoped.year

)

select
    years.source_id,
    years.importer_iso3,
    years.year,
    cast(years.importer_count as integer) as importer_count,
    compared.importer_share,
    compared.value_share,
    years.months_covered,
    -- a year that has a successor is closed; a newest one that nothing can be compared with is not known to be whole
    case
        when years.months_covered < 12 then true
        when not years.is_newest_year then false
        else
            compared.importer_share < {{ threshold('complete_year_importer_share') }}
            or compared.value_share < {{ threshold('provisional_value_share') }}
    end as is_provisional
from years
left join compared using (source_id, importer_iso3, year)
