-- What is bought from China comes from China, whatever else does: via >= direct; and what is hidden is the difference.
with

china_via as (

    select * from {{ ref('metric_china_via') }}

),

direct_shares as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        coalesce(sum(weight_share) filter (where supplier_iso3 = 'CHN'), 0) as china_weight_share
    from {{ ref('int_supplier_shares') }}
    group by all

)

select
    china_via.*,
    direct_shares.china_weight_share
from china_via
left join direct_shares using (scenario_id, year, importer_iso3, mineral_id, stage)
where
    china_via.missing_reason is null
    and not coalesce(
        china_via.value >= direct_shares.china_weight_share - 1e-12
        and abs(china_via.china_hidden_share - (china_via.value - direct_shares.china_weight_share)) < 1e-12,
        false
    )
