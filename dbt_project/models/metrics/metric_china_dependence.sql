-- How far an importer's supply rests on China: exposure times leverage. `value` is the score, 0-100.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

control_severity as (

    select * from {{ ref('int_control_severity') }}
    where controlling_iso3 = 'CHN'

),

china_via as (

    select * from {{ ref('metric_china_via') }}

),

controls_bases as (

    select unnest(['of_year', 'current']) as controls_basis

),

direct_shares as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        coalesce(sum(value_share) filter (where supplier_iso3 = 'CHN'), 0) as china_value_share,
        coalesce(
            sum(value_share order by supplier_iso3) filter (where supplier_iso3 in ('CHN', 'HKG', 'MAC')), 0
        ) as greater_china_value_share,
        -- unknown where the cell's weights are, or where China's own weight is: bought, but not weighed
        case
            when count(weight_share) = 0 then null
            when count(*) filter (where supplier_iso3 = 'CHN') = 0 then 0
            else sum(weight_share) filter (where supplier_iso3 = 'CHN')
        end as china_weight_share
    from supplier_shares
    group by all

),

-- In a whole table a country that is not listed has nothing; beside a lone top supplier it is unknown.
world_leverage as (

    select
        year,
        mineral_id,
        stage,
        any_value(basis) as china_world_share_basis,
        any_value(basis_detail) as china_world_share_basis_detail,
        if(
            bool_and(is_whole_table) and count(*) filter (where country_iso3 = 'CHN') = 0,
            0,
            sum(world_share) filter (where country_iso3 = 'CHN')
        ) as china_world_share
    from world_shares
    group by all

),

with_inputs as (

    select
        controls_bases.controls_basis,
        direct_shares.*,
        china_via.value as china_via_share,
        china_via.china_hidden_share,
        china_via.china_origin_share,
        china_via.estimated_origin_share,
        china_via.missing_reason as tracing_missing_reason,
        -- another year's exposure is comparable where it is read from the same shares
        concat_ws(
            ' ', 'value', if(direct_shares.china_weight_share is null, null, 'weight'),
            if(china_via.value is null, null, 'via')
        ) as exposure_basis,
        world_leverage.china_world_share,
        if(world_leverage.china_world_share is null, null, world_leverage.china_world_share_basis)
            as china_world_share_basis,
        if(world_leverage.china_world_share is null, null, world_leverage.china_world_share_basis_detail)
            as china_world_share_basis_detail,
        coalesce(control_severity.severity, 0) as china_control_severity, -- the register knows no measure
        control_severity.undated_control_ids
    from direct_shares
    cross join controls_bases
    left join china_via using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join world_leverage using (year, mineral_id, stage)
    left join control_severity using (controls_basis, scenario_id, year, importer_iso3, mineral_id, stage)

)

select
    *,
    if(
        importer_iso3 = 'CHN', null,
        main.china_dependence_score(
            greatest(china_value_share, china_weight_share, china_via_share),
            china_world_share,
            china_control_severity,
            {{ threshold('china_dependence_exposure_weight') }},
            {{ threshold('china_dependence_world_share_weight') }},
            {{ threshold('china_dependence_control_weight') }}
        )
    ) as value,
    case
        when importer_iso3 = 'CHN' then 'importer_is_china'
        when china_world_share is null then 'china_world_share_unknown'
    end as missing_reason
from with_inputs
