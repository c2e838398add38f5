-- Who supplies is a country, and not the importer itself or a member of it.
select
    shocks.shock_id,
    shocks.scenario_id,
    shocks.supplier_iso3
from {{ ref('seed_scenario_shocks') }} as shocks
inner join {{ ref('seed_scenarios') }} as scenarios using (scenario_id)
left join {{ ref('seed_country_groups') }} as members
    on scenarios.importer_iso3 = members.group_iso3 and shocks.supplier_iso3 = members.member_iso3
where
    shocks.supplier_iso3 in (scenarios.importer_iso3, 'XXX', 'WLD')
    or shocks.supplier_iso3 in (select every.group_iso3 from {{ ref('seed_country_groups') }} as every)
    or members.member_iso3 is not null
