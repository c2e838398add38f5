-- Political instability by the bundled edition of the indicators, as `int_governance` would have it.
create table bundled_governance as
with

estimates as (

    select iso3 as governance_code, cast(year as integer) as year, cast(pv_estimate as double) as estimate
    from read_csv('{file}', header = true, all_varchar = true)
    where pv_estimate is not null

)

select country_map.iso3, country_map.year, political_instability_0_1(estimates.estimate) as political_instability
from (select distinct iso3, year from country_map where iso3 != 'XXX') as country_map
left join seeds.seed_governance_codes as codes on country_map.iso3 = codes.iso3
inner join estimates
    on
        coalesce(codes.governance_code, country_map.iso3) = estimates.governance_code
        and estimates.year between country_map.year - 2 and country_map.year
qualify row_number() over (partition by country_map.iso3, country_map.year order by estimates.year desc) = 1
