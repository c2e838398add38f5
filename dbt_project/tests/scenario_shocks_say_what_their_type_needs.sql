-- Every type of shock needs some columns and leaves the others blank, so that nothing is read that was not meant.
with

shocks as (

    select
        *,
        scenario_id in (select scenarios.scenario_id from {{ ref('seed_scenarios') }} as scenarios) as has_scenario,
        supplier_iso3 is not null as has_supplier,
        fraction is not null as has_fraction,
        factor is not null as has_factor,
        quantity is not null as has_quantity,
        mineral_id in (
            select minerals.parent_mineral_id
            from {{ ref('seed_minerals') }} as minerals
            where minerals.parent_mineral_id is not null
        ) as is_of_a_parent
    from {{ ref('seed_scenario_shocks') }}

)

select
    shock_id,
    scenario_id,
    shock_type,
    case
        when not has_scenario then 'no such scenario'
        when mineral_id is null or stage is null then 'no mineral or no stage'
        when coalesce(shock_type, '') not in ('supply_cut', 'fixed_quantity', 'domestic_production', 'demand_growth')
            then 'no such shock_type'
        when shock_type in ('supply_cut', 'fixed_quantity') and not has_supplier then 'no supplier'
        when shock_type in ('domestic_production', 'demand_growth') and has_supplier
            then 'a supplier where none is meant'
        when shock_type = 'supply_cut' and (not has_fraction or has_factor or has_quantity)
            then 'a cut takes a fraction and nothing else'
        when
            shock_type in ('fixed_quantity', 'domestic_production')
            and (not has_quantity or has_fraction or has_factor)
            then 'a quantity and nothing else is needed'
        when shock_type = 'demand_growth' and (not has_factor or has_fraction or has_quantity)
            then 'demand takes a factor and nothing else'
        when has_quantity and quantity_unit is null then 'a quantity without a unit'
        when has_quantity and quantity_unit not in ('t_gross', 't_content')
            then 'a unit that is neither t_gross nor t_content'
        when not has_quantity and quantity_unit is not null then 'a unit without a quantity'
        when has_factor and coalesce(demand_basis, '') not in ('imports', 'consumption')
            then 'a demand_basis that is neither imports nor consumption'
        when not has_factor and demand_basis is not null then 'a demand_basis without a factor'
        when not fraction between 0 and 1 then 'a fraction outside 0 to 1'
        when quantity <= 0 then 'a quantity that is not above 0'
        when factor <= 0 or factor_low <= 0 then 'a factor that is not above 0'
        when factor_low > factor or factor > factor_high then 'factors that are not low to high'
        when not has_factor and (factor_low is not null or factor_high is not null) then 'ends without a factor'
        when shock_type != 'supply_cut' and 'all' in (mineral_id, stage) then 'all is meant for cuts alone'
        when is_of_a_parent and shock_type in ('fixed_quantity', 'domestic_production')
            then 'a quantity of a mineral that stands for several: name one of them'
        when to_year < from_year then 'to_year before from_year'
        when
            shock_type in ('domestic_production', 'demand_growth')
            and (from_year is null) != (to_year is null)
            then 'growth takes both years or none'
    end as fault
from shocks
where fault is not null
