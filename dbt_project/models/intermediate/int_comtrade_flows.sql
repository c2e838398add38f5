-- What importers declare to UN Comtrade for a year: the annual record, or the sum of the months there are.
with

records as (

    select * from {{ ref('int_comtrade_records') }}
    where exclusion_reason is null

),

-- A file covers its months for all of its codes: a month in which nothing of a code came in is no gap.
file_codes as (

    select
        vintage_id,
        reporter_iso3,
        year,
        hs_revision,
        hs6_code,
        -- an annual record has no month; months beside it do not count
        bool_or(month is null) as is_annual
    from records
    group by all

),

file_months as (

    select distinct
        vintage_id,
        reporter_iso3,
        year,
        hs_revision,
        month
    from records

),

covered_months as (

    select
        file_codes.reporter_iso3,
        file_codes.year,
        file_codes.hs_revision,
        file_codes.hs6_code,
        max(file_codes.vintage_id) as vintage_id,
        if(bool_or(file_codes.is_annual), 12, count(distinct file_months.month)) as months_covered
    from file_codes
    inner join file_months using (vintage_id, reporter_iso3, year, hs_revision)
    group by all

)

select
    covered_months.vintage_id,
    records.hs_revision,
    records.hs6_code,
    records.year,
    cast(covered_months.months_covered as integer) as months_covered,
    records.reporter_iso3 as importer_iso3,
    records.partner_iso3 as supplier_iso3,
    if(
        count(distinct coalesce(records.valuation_basis, '')) > 1, 'mixed', any_value(records.valuation_basis)
    ) as valuation_basis,
    cast(sum(records.trade_value_usd) as decimal(18, 3)) as trade_value_usd,
    -- a month that is not weighed leaves the weight of the year unknown
    if(
        count(records.net_weight_kg) = count(*), cast(sum(records.net_weight_kg) as decimal(18, 3)), null
    ) as net_weight_kg,
    count(*) as row_count
from records
inner join covered_months using (reporter_iso3, year, hs_revision, hs6_code)
-- several partner groups share XXX: each stays a flow of its own, as in BACI
group by
    covered_months.vintage_id, covered_months.months_covered, records.hs_revision, records.hs6_code, records.year,
    records.reporter_iso3, records.partner_iso3, records.partner_code
