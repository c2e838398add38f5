-- The landed vintages of this release: how new each is, and how whole its newest year beside the year before.
with

vintages as (

    select
        *,
        regexp_extract(years, '([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6}|[0-9]{4})$', 1) as newest_period
    from {{ ref('stg_landing__vintages') }}

),

source_years as (

    select * from {{ ref('int_source_years') }}
    where importer_iso3 = 'WLD'

),

dated as (

    select
        *,
        case length(newest_period)
            when 4 then make_date(cast(newest_period as integer), 12, 31)
            when 6 then last_day(cast(strptime(newest_period || '01', '%Y%m%d') as date))
            when 10 then cast(newest_period as date)
        end as newest_period_end
    from vintages

)

select
    dated.source_id,
    dated.vintage_id,
    dated.dataset,
    dated.is_newest,
    dated.publisher,
    dated.title,
    dated.licence,
    dated.is_redistributable,
    dated.credit,
    dated.url,
    dated.retrieved_at,
    dated.sha256,
    dated.covers_all_importers,
    dated.rows_loaded,
    dated.years,
    nullif(dated.newest_period, '') as newest_period,
    dated.newest_period_end,
    source_years.months_covered as newest_year_months,
    source_years.importer_count as newest_year_importer_count,
    source_years.importer_share as newest_year_importer_ratio,
    source_years.value_share as newest_year_value_ratio,
    source_years.is_provisional
from dated
left join source_years
    on
        dated.source_id = source_years.source_id
        and extract('year' from dated.newest_period_end) = source_years.year
