-- How much of an importer's supply comes from or through China, across all borders. `value` is that share, 0-1.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

flows as (

    select * from {{ ref('int_trade_flows') }}

),

traced_origins as (

    select * from {{ ref('int_traced_origins') }}

),

world_codes as (

    select distinct
        year,
        hs_revision,
        hs6_code
    from {{ ref('int_reported_flows') }}
    where is_speaking_for_world

),

known_codes as (

    select
        flows.scenario_id,
        flows.year,
        flows.importer_iso3,
        flows.mineral_id,
        flows.stage,
        coalesce(sum(flows.trade_value_usd) filter (where world_codes.hs6_code is not null), 0)
        / sum(flows.trade_value_usd) as known_code_value_share
    from flows
    left join world_codes using (year, hs_revision, hs6_code)
    group by all

),

weights as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        count(weight_share) > 0 as are_known,
        -- bought from China, but not weighed
        count(*) filter (where supplier_iso3 = 'CHN' and weight_share is null) = 0 as are_known_of_china,
        coalesce(sum(weight_share) filter (where supplier_iso3 = 'CHN'), 0) as china_weight_share
    from supplier_shares
    group by all

),

origins as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        coalesce(sum(traced_share) filter (where reading = 'via'), 0) as china_via_share,
        coalesce(sum(traced_share) filter (where reading = 'origin' and origin_iso3 = 'CHN'), 0)
            as china_origin_share,
        -- never above 1 but for the last digit of a float
        least(
            1,
            coalesce(
                cast(
                    sum(cast(traced_share as decimal(38, 18))) filter (where reading = 'origin' and is_estimated)
                    as double
                ),
                0
            )
        ) as estimated_origin_share,
        1 - coalesce(sum(traced_share) filter (where reading = 'origin' and origin_iso3 = 'XXX'), 0)
            as producer_reached_share
    from traced_origins
    group by all

),

with_reasons as (

    select
        known_codes.*,
        weights.china_weight_share,
        origins.* exclude (scenario_id, year, importer_iso3, mineral_id, stage),
        case
            when known_codes.known_code_value_share < {{ threshold('traced_code_value_share') }}
                then 'codes_not_known_for_all_importers'
            when not weights.are_known then 'weights_missing'
            when not weights.are_known_of_china then 'china_weight_missing'
            when origins.producer_reached_share < {{ threshold('traced_producer_share') }} then 'origin_unresolved'
        end as missing_reason
    from known_codes
    inner join weights using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join origins using (scenario_id, year, importer_iso3, mineral_id, stage)

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    known_code_value_share,
    producer_reached_share,
    if(missing_reason is null, china_via_share, null) as value,
    -- never below 0 but for the last digit of a float
    if(missing_reason is null, greatest(0, china_via_share - china_weight_share), null) as china_hidden_share,
    if(missing_reason is null, china_origin_share, null) as china_origin_share,
    if(missing_reason is null, estimated_origin_share, null) as estimated_origin_share,
    missing_reason
from with_reasons
