-- Exports to the world by exporter, from sources that cover all importers.
with

exports as (

    select * from {{ ref('int_exports') }}
    where not is_group

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where importer_iso3 = 'WLD' and exclusion_reason is null

)

select
    selected_codes.year,
    selected_codes.mineral_id,
    selected_codes.stage,
    exports.country_iso3,
    sum(exports.export_value_usd) as export_value_usd
from selected_codes
inner join exports using (year, hs_revision, hs6_code)
group by all
