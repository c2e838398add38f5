-- What each supplier delivers after a scenario's shocks: demand, agreements, home supply, cuts, substitution, in this
-- order. Amounts are in contained tonnes a year. Nothing is created or lost between the steps.
{% set cell = 'scenario_id, case_group, case_id, year, mineral_id, stage' %}
with

supplies as (

    select * from {{ ref('int_scenario_supplies') }}

),

-- 1. Demand: all suppliers grow with it.
grown as (

    select
        *,
        cell_baseline_t + demand_change_t as demand_t,
        -- exactly 1 where nothing is asked
        if(demand_change_t = 0, 1, (cell_baseline_t + demand_change_t) / cell_baseline_t) as growth_factor,
        baseline_t * growth_factor as grown_t
    from supplies

),

-- 2. Agreements, solved together: who is named sells at least what is agreed, the others share out the rest.
named as (

    select
        *,
        if(is_agreed, greatest(grown_t, agreed_t), grown_t) as wished_t,
        coalesce(agreed_t, 0) as floor_t,
        bool_or(is_agreed) over cell as has_agreement,
        {{ exact_sum('if(is_agreed, greatest(grown_t, agreed_t), 0)', 'cell') }} as cell_named_t,
        {{ exact_sum('if(is_agreed, 0, grown_t)', 'cell') }} as cell_others_t
    from grown
    window cell as (partition by {{ cell }})

),

-- Together the named may wish more than the demand: what they sell beyond what is agreed then gives way.
named_scale as (
    {{ scale_above_floors(
        '(select * from named where is_agreed)', cell, 'wished_t', 'floor_t', 'demand_t'
    ) }}
),

agreed as (

    select
        named.*,
        case
            when not named.has_agreement then 1
            when named.cell_named_t > named.demand_t or named.cell_others_t = 0 then 0
            else (named.demand_t - named.cell_named_t) / named.cell_others_t
        end as others_factor,
        case
            when not named.is_agreed then named.grown_t * others_factor
            when named.cell_named_t > named.demand_t
                then greatest(named.floor_t, named.wished_t * named_scale.scale)
            else named.wished_t
        end as contracted_t
    from named
    left join named_scale using ({{ cell }})

),

-- 3. Home supply takes the place of imports, of agreed ones last.
with_home as (

    select
        *,
        least(home_supply_t, demand_t) as home_used_t,
        demand_t - least(home_supply_t, demand_t) as import_demand_t
    from agreed

),

home_scale as (
    {{ scale_above_floors(
        '(select * from with_home where home_supply_t > 0)', cell, 'contracted_t', 'floor_t', 'import_demand_t'
    ) }}
),

ordered as (

    select
        with_home.*,
        if(with_home.home_supply_t = 0, 1, home_scale.scale) as home_factor,
        greatest(with_home.floor_t, with_home.contracted_t * home_factor) as ordered_t
    from with_home
    left join home_scale using ({{ cell }})

),

-- 4. Cuts.
cut as (

    select
        *,
        ordered_t * cut_share as withdrawn_t
    from ordered

),

with_shortfall as (

    select
        *,
        {{ exact_sum('withdrawn_t', 'cell') }} as cell_withdrawn_t,
        -- Who delivers less itself does not stand in for others. Where something is cut, what others sell elsewhere is
        -- known, for a market of which it is not cannot be worked out (int_scenario_markets).
        if(cut_share > 0, 0, coalesce(elsewhere_t, 0)) as substitute_t,
        {{ exact_sum('if(cut_share > 0, 0, coalesce(elsewhere_t, 0))', 'cell') }} as cell_substitute_t
    from cut
    window cell as (partition by {{ cell }})

)

-- 5. Substitution.
select
    scenario_id,
    case_group,
    case_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    demand_t,
    home_used_t,
    baseline_t,
    contracted_t,
    ordered_t,
    withdrawn_t,
    substitute_t * main.refill_share(cell_withdrawn_t, cell_substitute_t, headroom_share) as refilled_t,
    ordered_t - withdrawn_t + refilled_t as delivered_t,
    main.unmet_amount(cell_withdrawn_t, cell_substitute_t, headroom_share) as cell_unmet_t,
    agreed_t,
    cut_share,
    elsewhere_t,
    -- what was sold to others until now comes in their mix of goods and at their price
    refilled_t + if(elsewhere_t > 0, greatest(ordered_t - grown_t, 0), 0) as additional_t,
    purchase_usd_per_t,
    elsewhere_usd_per_t,
    is_unweighed,
    -- what cannot be counted in tonnes goes the way of those who are not named
    growth_factor * others_factor * home_factor * (1 - cut_share) as unnamed_factor
from with_shortfall
