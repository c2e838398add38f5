-- One row per code: the newest name of a code that several country numbers carried over time, and the groups.
with

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

countries as (

    select * from {{ ref('seed_countries') }}

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

latest as (

    select
        country_codes.iso3,
        trim(countries.name) as country_name,
        countries.is_china_group
    from country_codes
    inner join countries on country_codes.country_code = countries.code
    where not country_codes.is_group
    qualify
        row_number() over (
            partition by country_codes.iso3 order by country_codes.valid_to_year desc, country_codes.country_code asc
        ) = 1

)

select
    iso3,
    country_name,
    false as is_group,
    is_china_group
from latest

union all

select distinct
    group_iso3 as iso3,
    group_name as country_name,
    true as is_group,
    false as is_china_group
from country_groups

union all

select
    'XXX' as iso3,
    'Unspecified origin' as country_name,
    true as is_group,
    false as is_china_group
