-- What India's TradeStat reports say of a calendar year: the year to date, or the sum of the months there are.
with

figures as (

    select * from {{ ref('int_tradestat_figures') }}
    where exclusion_reason is null

),

covered_months as (

    select
        year,
        hs_revision,
        hs6_code,
        max(vintage_id) as vintage_id,
        if(
            bool_or(period_kind = 'calendar_year_to_date'),
            max(extract('month' from period_end)),
            count(distinct extract('month' from period_end))
        ) as months_covered
    from figures
    where trade_value_usd is not null
    group by all

)

select
    covered_months.vintage_id,
    figures.hs_revision,
    figures.hs6_code,
    figures.year,
    cast(covered_months.months_covered as integer) as months_covered,
    'IND' as importer_iso3,
    figures.supplier_iso3,
    'cif' as valuation_basis, -- India declares imports with freight and insurance
    cast(sum(figures.trade_value_usd) as decimal(18, 3)) as trade_value_usd,
    -- a month that is not weighed leaves the weight of the year unknown
    if(
        count(distinct figures.period_end) filter (where figures.quantity_kg is not null)
        = count(distinct figures.period_end) filter (where figures.trade_value_usd is not null),
        cast(sum(figures.quantity_kg) as decimal(18, 3)),
        null
    ) as net_weight_kg,
    count(*) as row_count
from figures
inner join covered_months using (year, hs_revision, hs6_code)
group by
    covered_months.vintage_id, covered_months.months_covered, figures.hs_revision, figures.hs6_code, figures.year,
    figures.supplier_iso3, if(figures.supplier_iso3 = 'XXX', figures.country_name, null)
