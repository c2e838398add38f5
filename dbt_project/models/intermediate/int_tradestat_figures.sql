-- Every figure of India's TradeStat reports, and why it is no part of an import flow of a calendar year if it is none.
with

figures as (

    select * from {{ ref('stg_tradestat__figures') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

countries as (

    select * from {{ ref('seed_tradestat_countries') }}

),

national_revisions as (

    select
        *,
        coalesce(lead(from_year) over (partition by country_iso3 order by from_year), 9999) as before_year
    from {{ ref('seed_national_hs_revisions') }}

),

named_codes as (

    select distinct
        from_hs_revision as hs_revision,
        from_hs6_code as hs6_code
    from {{ ref('int_hs_conversion') }}

),

resolved as (

    select
        figures.*,
        cast(extract('year' from figures.period_end) as integer) as year,
        countries.iso3 as supplier_iso3,
        left(figures.hs_code, 6) as hs6_code,
        national_revisions.hs_revision,
        named_codes.hs6_code is not null as is_named,
        -- a tariff line that ends in 00 is the only one under its six digits, so it holds all of their goods
        coalesce(length(figures.hs_code) = 6 or regexp_full_match(figures.hs_code, '[0-9]{6}00'), false)
            as is_whole_hs6,
        max(figures.vintage_id) over (
            partition by
                figures.flow, figures.measure, figures.hs_code,
                figures.period_kind, figures.period_start, figures.period_end
        ) as newest_vintage_id
    from figures
    inner join vintages on figures.vintage_id = vintages.vintage_id
    left join countries on figures.country_name = countries.country_name
    left join national_revisions
        on
            national_revisions.country_iso3 = 'IND'
            and extract('year' from figures.period_end) >= national_revisions.from_year
            and extract('year' from figures.period_end) < national_revisions.before_year
    left join named_codes
        on
            national_revisions.hs_revision = named_codes.hs_revision
            and left(figures.hs_code, 6) = named_codes.hs6_code

),

judged as (

    select
        *,
        case
            when row_kind != 'country' then 'control_total'
            when not is_current_period then 'previous_period'
            when flow = 'export' then 'declared_by_the_exporter'
            when not is_whole_hs6 then 'part_of_a_code_or_several'
            when not is_named then 'no_seed_names_the_code'
            when period_kind not in ('month', 'calendar_year_to_date') then 'financial_year'
            when vintage_id != newest_vintage_id then 'superseded_vintage'
            -- printed in millions with two decimals: what is below 5,000 dollars is 0.00
            when trade_value_usd = 0 then 'no_value'
        end as unusable_because
    from resolved

),

-- One report speaks for a code and year, or one code's months: what tells of the most months, with weights if it can.
told_months as (

    select
        hs6_code,
        year,
        hs_code,
        period_kind,
        max(period_end) as period_end,
        if(
            period_kind = 'calendar_year_to_date', max(extract('month' from period_end)), count(distinct period_end)
        ) as months_covered
    from judged
    where unusable_because is null and trade_value_usd is not null
    group by hs6_code, year, hs_code, period_kind

),

speaking_reports as (

    select
        hs6_code,
        year,
        hs_code,
        period_kind,
        period_end
    from told_months
    qualify
        row_number() over (
            partition by hs6_code, year
            order by months_covered desc, period_kind = 'calendar_year_to_date' desc, length(hs_code) desc
        ) = 1

),

spoken as (

    select
        judged.*,
        coalesce(
            judged.unusable_because,
            if(
                judged.hs_code = speaking_reports.hs_code
                and judged.period_kind = speaking_reports.period_kind
                and (judged.period_kind = 'month' or judged.period_end = speaking_reports.period_end),
                null,
                'month_beside_its_year'
            )
        ) as exclusion_reason
    from judged
    left join speaking_reports using (hs6_code, year)

)

select
    * exclude (newest_vintage_id, unusable_because, is_named, is_whole_hs6)
    replace (
        -- blanks, and kilograms of what is printed as 0.00, make no flow
        if(
            exclusion_reason is null
            and coalesce(
                sum(trade_value_usd) filter (where exclusion_reason is null)
                    over (partition by hs6_code, year, supplier_iso3, country_name),
                0
            ) = 0,
            'no_value',
            exclusion_reason
        ) as exclusion_reason
    )
from spoken
