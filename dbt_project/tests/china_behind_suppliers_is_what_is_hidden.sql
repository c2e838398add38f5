-- What stands behind single suppliers adds up to what is hidden.
with

hidden as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        china_hidden_share
    from {{ ref('china_dependence') }}
    where tracing_missing_reason is null

),

behind_suppliers as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(china_hidden_share) as behind_suppliers_share
    from {{ ref('china_behind_suppliers') }}
    group by all

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    hidden.china_hidden_share,
    behind_suppliers.behind_suppliers_share
from hidden
left join behind_suppliers using (year, importer_iso3, mineral_id, stage)
where not coalesce(abs(hidden.china_hidden_share - coalesce(behind_suppliers.behind_suppliers_share, 0)) < 1e-9, false)
