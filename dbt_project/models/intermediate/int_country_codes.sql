-- What a publisher's country code means in a year. Partner groups become the origin XXX.
with

countries as (

    select * from {{ ref('seed_countries') }}

)

select
    code as country_code,
    if(is_group, 'XXX', iso3) as iso3,
    is_group,
    coalesce(valid_from, 0) as valid_from_year,
    coalesce(valid_to, 9999) as valid_to_year,
    -- who declares trade may know a partner by its former code for a while (Serbia and Montenegro in 2006)
    coalesce(valid_to + {{ threshold('former_partner_code_years') }}, 9999) as partner_valid_to_year
from countries
where
    not is_alias
    and code != '0' -- "World" is a control total, never a partner
    and (is_group or iso3 is not null)
