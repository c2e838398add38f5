-- A cell is traced, with all four shares and its origins, of which China's is the published one; or it names the reason
-- why not and has none of them. The two readings agree with what they are made of.
with

cells as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        china_via_share,
        china_hidden_share,
        china_origin_share,
        estimated_origin_share,
        tracing_missing_reason
    from {{ ref('china_dependence') }}

),

origins as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(traced_share) as origins_sum,
        coalesce(sum(traced_share) filter (where origin_iso3 = 'CHN'), 0) as china_origin_sum,
        coalesce(sum(traced_share) filter (where is_estimated), 0) as estimated_origin_sum
    from {{ ref('traced_origins') }}
    group by all

)

select
    cells.*,
    origins.* exclude (year, importer_iso3, mineral_id, stage)
from cells
full join origins using (year, importer_iso3, mineral_id, stage)
where
    not coalesce(
        if(
            cells.tracing_missing_reason is null,
            cells.china_via_share is not null
            and cells.china_hidden_share is not null
            and abs(origins.origins_sum - 1) < 1e-9
            and abs(cells.china_origin_share - origins.china_origin_sum) < 1e-12
            and abs(cells.estimated_origin_share - origins.estimated_origin_sum) < 1e-9,
            coalesce(
                cells.china_via_share,
                cells.china_hidden_share,
                cells.china_origin_share,
                cells.estimated_origin_share,
                origins.origins_sum
            ) is null
            and cells.year is not null
        ),
        false
    )
