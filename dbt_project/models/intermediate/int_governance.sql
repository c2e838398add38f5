-- Governance risk of a country in a year of trade: the newest estimate up to that year that is not too old.
with

estimates as (

    select * from {{ ref('stg_wgi__governance_estimates') }}

),

codes as (

    select * from {{ ref('seed_governance_codes') }}

),

countries as (

    select distinct iso3 from {{ ref('int_country_codes') }}
    where iso3 != 'XXX'

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

years as (

    select distinct year from import_cells

),

newest_vintage as (

    select * from estimates
    qualify vintage_id = max(vintage_id) over ()

),

-- All six dimensions or none: a mean over fewer is another measure.
scored as (

    select
        governance_code,
        year as governance_year,
        (va_estimate + pv_estimate + ge_estimate + rq_estimate + rl_estimate + cc_estimate) / 6 as mean_estimate,
        -- as if the errors of the six were independent: the World Bank publishes no covariance
        sqrt(
            va_stderr ^ 2 + pv_stderr ^ 2 + ge_stderr ^ 2 + rq_stderr ^ 2 + rl_stderr ^ 2 + cc_stderr ^ 2
        ) / 6 as mean_standard_error,
        pv_estimate,
        pv_stderr
    from newest_vintage

),

known as (

    select * from scored
    where mean_estimate is not null

),

-- The publisher's code of a country; of a territory its own, where it has an estimate at all, else its state's.
country_codes as (

    select
        countries.iso3,
        if(
            codes.kind = 'territory' and countries.iso3 in (select known.governance_code from known),
            countries.iso3,
            coalesce(codes.governance_code, countries.iso3)
        ) as governance_code
    from countries
    left join codes on countries.iso3 = codes.iso3

)

select
    years.year,
    country_codes.iso3,
    known.governance_code,
    known.governance_year,
    years.year - known.governance_year as governance_age_years,
    governance_risk_0_10(known.mean_estimate) as governance_risk,
    2 * known.mean_standard_error as governance_risk_standard_error,
    political_instability_0_1(known.pv_estimate) as political_instability,
    known.pv_stderr / 5 as political_instability_standard_error
from years
cross join country_codes
inner join known
    on
        country_codes.governance_code = known.governance_code
        and years.year >= known.governance_year
        and years.year - known.governance_year <= {{ threshold('governance_age_years') }}
qualify
    row_number() over (partition by years.year, country_codes.iso3 order by known.governance_year desc) = 1
