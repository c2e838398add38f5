-- A series is named once and says how its number becomes content; a symbol is a number or has a reason.
with

series as (

    select
        source_id,
        edition,
        statistic,
        commodity,
        coalesce(detail, '') as detail,
        coalesce(unit, '') as unit,
        mineral_id,
        quantity_basis,
        unit_factor_t,
        content_factor,
        content_hs6_codes,
        left_out_reason
    from {{ ref('seed_production_series') }}

),

content_codes as (

    select distinct
        mineral_id,
        hs6_code
    from {{ ref('seed_mineral_products') }}
    unpivot (hs6_code for hs_column in (hs6_hs92, hs6_hs17, hs6_hs22))
    where content_fraction is not null

),

series_codes as (

    select
        source_id,
        commodity,
        detail,
        mineral_id,
        unnest(string_split(content_hs6_codes, ' ')) as hs6_code
    from series
    where content_hs6_codes is not null

)

select
    'named twice' as fault,
    source_id || ': ' || commodity || ': ' || detail as row_name
from series
group by source_id, edition, statistic, commodity, detail, unit
having count(*) > 1

union all

select
    'has no way from a printed number to content' as fault,
    source_id || ': ' || commodity || ': ' || detail as row_name
from series
where
    left_out_reason is null
    and (
        unit_factor_t is null
        or (quantity_basis = 'content') != (content_factor is not null)
        or (quantity_basis = 'gross') != (content_hs6_codes is not null)
    )

union all

select
    'names a code without content: ' || series_codes.hs6_code as fault,
    series_codes.source_id || ': ' || series_codes.commodity || ': ' || series_codes.detail as row_name
from series_codes
left join content_codes
    on
        series_codes.mineral_id = content_codes.mineral_id
        and series_codes.hs6_code = content_codes.hs6_code
where content_codes.hs6_code is null

union all

select
    'is neither a number nor a reason, or both' as fault,
    symbol as row_name
from {{ ref('seed_production_symbols') }}
where (value is null) = (missing_reason is null)
