-- Supply risk as the EU's criticality studies define it, for any importer: `value` weighs world supply and suppliers.
with

supplier_shares as (

    select * from {{ ref('int_supplier_shares') }}

),

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

control_severity as (

    select * from {{ ref('int_control_severity') }}
    where controls_basis = 'of_year'

),

trade_agreements as (

    select * from {{ ref('int_trade_agreements') }}

),

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}

),

recycling as (

    select * from {{ ref('int_recycling') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

supplies as (

    select
        'import' as side,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        supplier_iso3 as country_iso3,
        value_share as supply_share,
        false as is_spread_thin
    from supplier_shares

    union all by name

    select
        'global' as side,
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        world_shares.country_iso3,
        world_shares.world_share as supply_share,
        world_shares.country_iso3 = 'XXX' and world_shares.basis != 'exports' as is_spread_thin
    from import_cells
    inner join world_shares using (year, mineral_id, stage)
    where world_shares.world_share is not null

),

-- The trade parameter: above 1 under an export restriction, below 1 for the partner of an agreement, else neutral.
parameterised as (

    select
        supplies.*,
        governance.governance_risk,
        case
            when control_severity.restriction > 0 then 1 + control_severity.restriction
            when trade_agreements.in_force_share > 0
                then 1 - (1 - {{ threshold('trade_agreement_parameter') }}) * trade_agreements.in_force_share
            else 1
        end as trade_parameter
    from supplies
    left join governance on supplies.country_iso3 = governance.iso3 and supplies.year = governance.year
    left join control_severity
        on
            supplies.scenario_id = control_severity.scenario_id
            and supplies.year = control_severity.year
            and supplies.importer_iso3 = control_severity.importer_iso3
            and supplies.mineral_id = control_severity.mineral_id
            and supplies.stage = control_severity.stage
            and supplies.country_iso3 = control_severity.controlling_iso3
            -- a country's export measures do not bind its own purchases
            and supplies.country_iso3 != supplies.importer_iso3
    left join trade_agreements
        on
            supplies.year = trade_agreements.year
            and supplies.importer_iso3 = trade_agreements.importer_iso3
            and supplies.country_iso3 = trade_agreements.supplier_iso3

),

sides as (

    select
        side,
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        {{ governance_weighted_hhi(
            'supply_share', 'governance_risk', order_by='country_iso3', trade_parameter='trade_parameter'
        ) }} as weighted_hhi,
        {{ covered_share(
            'supply_share', 'governance_risk is not null or is_spread_thin', order_by='country_iso3'
        ) }} as covered_share
    from parameterised
    group by all

),

known_sides as (

    select * from sides
    where covered_share >= {{ threshold('governance_coverage_share') }} and weighted_hhi is not null

),

-- What a table withholds makes the shares of the others upper bounds.
withheld as (

    select
        year,
        mineral_id,
        stage,
        'production_of_' || string_agg(country_iso3, ' ' order by country_iso3) as withheld_input
    from world_shares
    where world_share is null
    group by all

),

parties as (

    select distinct importer_iso3 from trade_agreements

),

inputs as (

    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        known_global.weighted_hhi as hhi_global,
        known_import.weighted_hhi as hhi_import,
        import_reliance.value as import_reliance,
        recycling.eol_rir,
        recycling.si_sr,
        withheld.withheld_input,
        -- the register holds one country's agreements: for the others every partner is taken as neutral
        if(parties.importer_iso3 is null, 'trade_agreements_of_importer', null) as assumed_input,
        if(known_global.weighted_hhi is null, 'world_supply', null) as missing_global,
        if(known_import.weighted_hhi is null, 'governance_of_suppliers', null) as missing_import,
        if(import_reliance.value is null, 'import_reliance', null) as missing_reliance,
        if(recycling.eol_rir is null or recycling.si_sr is null, 'recycling_and_substitution', null)
            as missing_recycling
    from import_cells
    left join known_sides as known_global
        on
            import_cells.scenario_id = known_global.scenario_id
            and import_cells.year = known_global.year
            and import_cells.importer_iso3 = known_global.importer_iso3
            and import_cells.mineral_id = known_global.mineral_id
            and import_cells.stage = known_global.stage
            and known_global.side = 'global'
    left join known_sides as known_import
        on
            import_cells.scenario_id = known_import.scenario_id
            and import_cells.year = known_import.year
            and import_cells.importer_iso3 = known_import.importer_iso3
            and import_cells.mineral_id = known_import.mineral_id
            and import_cells.stage = known_import.stage
            and known_import.side = 'import'
    left join import_reliance
        on
            import_cells.scenario_id = import_reliance.scenario_id
            and import_cells.year = import_reliance.year
            and import_cells.importer_iso3 = import_reliance.country_iso3
            and import_cells.mineral_id = import_reliance.mineral_id
            and import_cells.stage = import_reliance.stage
    left join recycling
        on import_cells.mineral_id = recycling.mineral_id and import_cells.stage = recycling.stage
    left join parties on import_cells.importer_iso3 = parties.importer_iso3
    left join withheld
        on
            import_cells.year = withheld.year
            and import_cells.mineral_id = withheld.mineral_id
            and import_cells.stage = withheld.stage

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    hhi_global,
    hhi_import,
    import_reliance,
    eol_rir,
    si_sr,
    eu_supply_risk(hhi_global, hhi_import, import_reliance, eol_rir, si_sr) as value,
    -- with one side alone both are alike, and the import reliance cancels out
    eu_supply_risk(hhi_global, hhi_global, 1, eol_rir, si_sr) as value_global,
    eu_supply_risk(hhi_import, hhi_import, 1, eol_rir, si_sr) as value_import,
    nullif(
        concat_ws(
            ', ', missing_global, withheld_input, missing_import, missing_reliance, missing_recycling, assumed_input
        ), ''
    ) as missing_inputs,
    nullif(concat_ws(', ', missing_global, withheld_input, missing_recycling, assumed_input), '')
        as missing_inputs_global,
    nullif(concat_ws(', ', missing_import, missing_recycling, assumed_input), '') as missing_inputs_import
from inputs
