-- Production of a country: the speaking table's series of one mineral and stage, added up.
with

figures as (

    select * from {{ ref('int_production_figures') }}
    where
        is_speaking
        and statistic = 'production'
        and country_kind in ('country', 'rest')
    -- what is counted in another series of the same stage (US rutile in ilmenite) is in that one's figure
    qualify
        missing_reason is distinct from 'included_elsewhere'
        or count(quantity_t) over (partition by year, mineral_id, stage, country_iso3) = 0

)

select
    year,
    mineral_id,
    stage,
    country_iso3,
    -- one missing series leaves the sum unknown
    if(count(quantity_low_t) = count(*), cast(sum(quantity_low_t) as decimal(28, 9)), null) as production_low_t,
    if(count(quantity_t) = count(*), cast(sum(quantity_t) as decimal(28, 9)), null) as production_t,
    if(count(quantity_high_t) = count(*), cast(sum(quantity_high_t) as decimal(28, 9)), null) as production_high_t,
    if(count(reported_t) = count(*), cast(sum(reported_t) as decimal(28, 9)), null) as reported_t,
    string_agg(distinct quantity_basis, '; ' order by quantity_basis) as quantity_basis,
    bool_or(is_estimated) as is_estimated,
    string_agg(distinct missing_reason, '; ' order by missing_reason) as missing_reason,
    source_id,
    edition,
    string_agg(row_reference, '; ' order by row_reference) as row_references
from figures
group by year, mineral_id, stage, country_iso3, source_id, edition
