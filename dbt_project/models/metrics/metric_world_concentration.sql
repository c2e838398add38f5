-- How concentrated world supply is, weighed by governance, for each importer's cells. `value` is 0-10.
with

world_supply as (

    select * from {{ ref('metric_world_supply') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

)

select
    import_cells.scenario_id,
    import_cells.year,
    import_cells.importer_iso3,
    import_cells.mineral_id,
    import_cells.stage,
    world_supply.basis_detail,
    world_supply.governance_weighted_hhi as value,
    case
        when world_supply.year is null then 'world_shares_unknown'
        when world_supply.governance_weighted_hhi is null then world_supply.missing_governance_inputs
    end as missing_reason
from import_cells
left join world_supply using (year, mineral_id, stage)
