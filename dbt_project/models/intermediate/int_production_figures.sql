-- What the sources print on production and reserves, in tonnes, and which of them speaks.
with

usgs as (

    select * from {{ ref('stg_usgs__figures') }}

),

world_mining_data as (

    select * from {{ ref('stg_world_mining_data__production') }}

),

named_series as (

    select * from {{ ref('seed_production_series') }}
    where left_out_reason is null

),

products as (

    select * from {{ ref('seed_mineral_products') }}

),

countries as (

    select * from {{ ref('seed_production_countries') }}

),

symbols as (

    select * from {{ ref('seed_production_symbols') }}

),

sources as (

    select * from {{ ref('seed_production_sources') }}

),

printed as (

    select
        'usgs' as source_id,
        vintage_id,
        edition,
        statistic,
        commodity,
        detail,
        unit,
        country_name,
        year,
        reported_value,
        reported_number,
        is_estimated,
        note,
        edition || ' row ' || file_row as row_reference
    from usgs

    union all

    select
        'world_mining_data' as source_id,
        vintage_id,
        edition,
        'production' as statistic,
        commodity,
        '' as detail,
        unit,
        country_name,
        year,
        reported_value,
        reported_number,
        is_estimated,
        null as note,
        source_file || ' ' || commodity || ' ' || country_name || ' ' || year as row_reference
    from world_mining_data

),

-- Codes that turn gross weight into content: of several the lowest low, the highest high, the mean of the typical.
content_by_code as (

    select distinct
        mineral_id,
        hs6_code,
        cast(content_low as decimal(9, 6)) as content_low,
        cast(content_fraction as decimal(9, 6)) as content_fraction,
        cast(content_high as decimal(9, 6)) as content_high
    from products
    unpivot (hs6_code for hs_column in (hs6_hs92, hs6_hs17, hs6_hs22))
    where content_fraction is not null

),

wanted_codes as (

    select distinct
        mineral_id,
        content_hs6_codes,
        unnest(string_split(content_hs6_codes, ' ')) as hs6_code
    from named_series
    where content_hs6_codes is not null

),

content_of_codes as (

    select
        wanted_codes.mineral_id,
        wanted_codes.content_hs6_codes,
        min(content_by_code.content_low) as content_low,
        cast(
            sum(content_by_code.content_fraction) / count(content_by_code.content_fraction) as decimal(9, 6)
        ) as content_fraction,
        max(content_by_code.content_high) as content_high
    from wanted_codes
    left join content_by_code using (mineral_id, hs6_code)
    group by all

),

series as (

    select
        named_series.*,
        if(
            named_series.quantity_basis = 'content', named_series.content_factor, content_of_codes.content_low
        ) as factor_low,
        if(
            named_series.quantity_basis = 'content', named_series.content_factor, content_of_codes.content_fraction
        ) as factor,
        if(
            named_series.quantity_basis = 'content', named_series.content_factor, content_of_codes.content_high
        ) as factor_high
    from named_series
    left join content_of_codes using (mineral_id, content_hs6_codes)

),

typed as (

    select
        printed.source_id,
        printed.vintage_id,
        printed.edition,
        series.statistic,
        series.mineral_id,
        series.stage,
        series.series_id,
        printed.year,
        countries.country_iso3,
        coalesce(countries.kind, 'unknown') as country_kind,
        printed.country_name,
        printed.commodity,
        printed.detail,
        printed.unit as reported_unit,
        printed.reported_value,
        series.quantity_basis,
        series.factor_low,
        series.factor,
        series.factor_high,
        printed.is_estimated,
        printed.note,
        printed.row_reference,
        -- a symbol of value 0 is a printed zero, a blank is not
        cast(
            cast(coalesce(printed.reported_number, exact_symbols.value) as decimal(26, 6)) * series.unit_factor_t
            as decimal(28, 9)
        ) as reported_t,
        -- half of the place of the last digit that is not 0: 18,700 stands for 18,650 to 18,750
        cast(
            0.5 * case
                when coalesce(printed.reported_number, 0) = 0 then 0
                when contains(printed.reported_value, '.')
                    then pow(10, -length(split_part(printed.reported_value, '.', 2)))
                else
                    pow(
                        10,
                        length(replace(printed.reported_value, ',', ''))
                        - length(rtrim(replace(printed.reported_value, ',', ''), '0'))
                    )
            end * cast(series.unit_factor_t as double) as decimal(28, 9)
        ) as rounding_t,
        case
            when printed.reported_number is not null or exact_symbols.value is not null then null
            -- a note says of a blank what a symbol would
            when
                coalesce(printed.reported_value, '') = '' and printed.note like '% data are included with %'
                then 'included_elsewhere'
            when coalesce(printed.reported_value, '') = '' then 'not_reported'
            else coalesce(exact_symbols.missing_reason, prefix_symbols.missing_reason, 'unknown_symbol')
        end as unreported_reason
    from printed
    inner join series
        on
            printed.source_id = series.source_id
            and printed.edition = coalesce(series.edition, printed.edition)
            and printed.statistic = series.statistic
            and printed.commodity = series.commodity
            and printed.detail = coalesce(series.detail, '')
            and printed.unit = coalesce(series.unit, '')
    left join countries
        on printed.source_id = countries.source_id and printed.country_name = countries.country_name
    left join symbols as exact_symbols
        on printed.reported_value = exact_symbols.symbol and exact_symbols.match_kind = 'exact'
    left join symbols as prefix_symbols
        on
            starts_with(printed.reported_value, prefix_symbols.symbol)
            and prefix_symbols.match_kind = 'prefix'
            and exact_symbols.symbol is null

),

measured as (

    select
        * exclude (factor_low, factor, factor_high, unreported_reason),
        cast(reported_t * factor_low as decimal(28, 9)) as quantity_low_t,
        cast(reported_t * factor as decimal(28, 9)) as quantity_t,
        cast(reported_t * factor_high as decimal(28, 9)) as quantity_high_t,
        coalesce(unreported_reason, if(factor is null, 'content_unknown', null)) as missing_reason
    from typed
    where country_kind != 'total_of_several_series'

),

-- One edition of one source speaks for a mineral, stage and year, whole: tables of two are never mixed.
-- A table without a single figure does not silence another.
editions as (

    select
        statistic,
        mineral_id,
        stage,
        year,
        source_id,
        edition,
        vintage_id,
        bool_or(country_kind in ('country', 'rest') and quantity_t is not null) as has_figures
    from measured
    group by all

),

speaking as (

    select editions.*
    from editions
    inner join sources on editions.source_id = sources.source_id
    qualify
        row_number() over (
            partition by editions.statistic, editions.mineral_id, editions.stage, editions.year
            order by
                editions.has_figures desc,
                sources.priority asc,
                editions.edition desc,
                editions.vintage_id desc
        ) = 1

)

select
    measured.*,
    speaking.vintage_id is not null as is_speaking
from measured
left join speaking using (statistic, mineral_id, stage, year, source_id, edition, vintage_id)
