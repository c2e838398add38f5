-- One source speaks for an importer, year, mineral and stage: what is selected and what flows is of it alone.
with

spoken as (

    select
        importer_iso3,
        year,
        mineral_id,
        stage,
        source_id
    from {{ ref('int_selected_codes') }}
    where exclusion_reason is null

    union all

    select
        importer_iso3,
        year,
        mineral_id,
        stage,
        source_id
    from {{ ref('int_trade_flows') }}

)

select
    importer_iso3,
    year,
    mineral_id,
    stage,
    string_agg(distinct source_id, ', ' order by source_id) as source_ids
from spoken
group by all
having count(distinct source_id) > 1
