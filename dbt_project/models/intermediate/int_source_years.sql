-- How whole a source's year is: importers and value beside the year before, over the codes that both years have.
with

flows as (

    select * from {{ ref('int_reported_flows') }}
    where is_speaking and not is_self_trade and importer_iso3 != 'XXX'

),

code_years as (

    select
        source_id,
        year,
        hs_revision,
        hs6_code,
        list(distinct importer_iso3) as importers,
        sum(trade_value_usd) as trade_value_usd,
        min(months_covered) as months_covered
    from flows
    group by all

),

years as (

    select
        source_id,
        year,
        min(months_covered) as months_covered,
        len(list_distinct(flatten(list(importers)))) as importer_count,
        year = max(year) over (partition by source_id) as is_newest_year
    from code_years
    group by source_id, year

),

compared as (

    select
        code_years.source_id,
        code_years.year,
        len(list_distinct(flatten(list(code_years.importers))))
        / len(list_distinct(flatten(list(previous.importers)))) as importer_share,
        cast(sum(code_years.trade_value_usd) as double)
        / cast(sum(previous.trade_value_usd) as double) as value_share
    from code_years
    inner join code_years as previous
        on
            code_years.source_id = previous.source_id
            and code_years.year = previous.year + 1
            and code_years.hs_revision = previous.hs_revision
            and code_years.hs6_code = previous.hs6_code
    group by all

)

select
    years.source_id,
    years.year,
    cast(years.importer_count as integer) as importer_count,
    compared.importer_share,
    compared.value_share,
    years.months_covered,
    -- a year that has a successor is closed; a newest one that nothing can be compared with is not known to be whole
    case
        when not years.is_newest_year then false
        when years.months_covered < 12 then true
        else
            compared.importer_share < {{ threshold('complete_year_importer_share') }}
            or compared.value_share < {{ threshold('provisional_value_share') }}
    end as is_provisional
from years
left join compared using (source_id, year)
