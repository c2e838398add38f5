with

governance as (

    select * from {{ ref('int_governance') }}

)

select
    year,
    iso3 as country_iso3,
    governance_code,
    governance_year,
    governance_age_years,
    governance_risk,
    governance_risk_standard_error,
    political_instability,
    political_instability_standard_error
from governance
