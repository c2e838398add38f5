with

traced_origins as (

    select * from {{ ref('int_traced_origins') }}
    where scenario_id = 'baseline' and reading = 'origin'

),

china_via as (

    select * from {{ ref('metric_china_via') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    traced_origins.origin_iso3,
    traced_origins.traced_share,
    traced_origins.is_estimated,
    provenance.is_provisional,
    provenance.is_redistributable
from traced_origins
inner join china_via using (year, importer_iso3, mineral_id, stage)
left join provenance using (year, importer_iso3, mineral_id, stage)
where china_via.missing_reason is null
