-- How concentrated an importer's suppliers are. `value` is the Herfindahl-Hirschman index by value, 0-1.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

cells as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        -- over identified suppliers; the denominators include the unspecified origin
        hhi(list(value_share order by supplier_iso3) filter (where supplier_iso3 != 'XXX')) as hhi_value,
        hhi(
            list(weight_share order by supplier_iso3) filter (where supplier_iso3 != 'XXX' and weight_share is not null)
        ) as hhi_weight,
        min_by(supplier_iso3, (supplier_rank, supplier_iso3)) filter (where supplier_iso3 != 'XXX')
            as top_supplier_iso3,
        max(value_share) filter (where supplier_iso3 != 'XXX') as top1_share,
        list_sum((
            list(value_share order by value_share desc, supplier_iso3 asc) filter (where supplier_iso3 != 'XXX')
        )[1:3]) as top3_share,
        count(*) filter (where supplier_iso3 != 'XXX') as supplier_count,
        coalesce(sum(value_share) filter (where supplier_iso3 = 'XXX'), 0) as unspecified_share,
        any_value(weight_coverage_share) as weight_coverage_share
    from supplier_shares
    group by all

)

select
    *,
    hhi_value as value,
    -- the unspecified origin spread thin, and given to the largest supplier
    hhi_value as hhi_low,
    hhi_value - top1_share ^ 2 + (top1_share + unspecified_share) ^ 2 as hhi_high,
    1 / hhi_value as effective_suppliers
from cells
