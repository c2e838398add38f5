-- How concentrated world supply is, weighed by governance. `value` is the sum of squared share times governance risk.
with

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

world as (

    select
        world_shares.scenario_id,
        world_shares.year,
        world_shares.mineral_id,
        world_shares.stage,
        any_value(world_shares.basis_detail) as basis_detail,
        sum(
            world_shares.world_share ^ 2 * governance.governance_risk
            order by world_shares.country_iso3
        ) as squared_share_sum,
        -- a rest that a published table lists is spread thin: it adds nothing and is not unknown
        round(
            sum(world_shares.world_share order by world_shares.country_iso3) filter (
                where governance.governance_risk is not null
                or (world_shares.country_iso3 = 'XXX' and world_shares.basis = 'published')
            ), 12
        ) as covered_share
    from world_shares
    left join governance
        on world_shares.country_iso3 = governance.iso3 and world_shares.year = governance.year
    group by all

)

select
    import_cells.scenario_id,
    import_cells.year,
    import_cells.importer_iso3,
    import_cells.mineral_id,
    import_cells.stage,
    world.basis_detail,
    if(
        world.covered_share >= {{ threshold('governance_coverage_share') }}, world.squared_share_sum, null
    ) as value,
    case
        when world.year is null then 'world_shares_unknown'
        when coalesce(world.covered_share, 0) < {{ threshold('governance_coverage_share') }}
            then 'world_shares_known_in_part'
    end as missing_reason
from import_cells
left join world using (scenario_id, year, mineral_id, stage)
