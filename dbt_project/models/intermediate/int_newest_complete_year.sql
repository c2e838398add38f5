-- The newest finished year of a source that covers all importers: what one country declares has no world to stand in.
with

source_years as (

    select * from {{ ref('int_source_years') }}
    where importer_iso3 = 'WLD'

),

sources as (

    select distinct source_id from {{ ref('stg_landing__vintages') }}
    where covers_all_importers

)

select max(source_years.year) as year
from source_years
inner join sources using (source_id)
where not coalesce(source_years.is_provisional, false)
