-- What each country sells to others than an importer, under the codes that the importer's purchases are read by.
-- Of the years in which somebody asks "what if": the newest finished one for all, a scenario's for its importer.
with

flows as (

    select * from {{ ref('int_baseline_flows') }}

),

exports as (

    select * from {{ ref('int_exports') }}
    where not is_group and country_iso3 != 'XXX' and net_weight_kg is not null

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}
    where exclusion_reason is null and importer_iso3 != 'WLD'

),

world_codes as (

    select * from {{ ref('int_code_coverage') }}
    where importer_iso3 = 'WLD'

),

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

),

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

asked as (

    select distinct
        selected_codes.importer_iso3,
        selected_codes.year
    from selected_codes
    inner join newest_complete_year using (year)

    union

    select
        importer_iso3,
        baseline_year as year
    from scenarios

),

codes as (

    select
        selected_codes.year,
        selected_codes.importer_iso3,
        selected_codes.mineral_id,
        selected_codes.stage,
        selected_codes.hs_revision,
        selected_codes.hs6_code,
        world_codes.hs6_code is not null as is_known_for_all_importers
    from selected_codes
    inner join asked using (importer_iso3, year)
    left join world_codes using (year, hs_revision, hs6_code)

)

-- What an importer buys is no export elsewhere. Where its own source tells more than the network does, nothing is left.
select
    codes.*,
    {%- for amount, elsewhere in [
        ('weighed_value_usd', 'elsewhere_value_usd'), ('net_weight_kg', 'elsewhere_net_weight_kg')
    ] %}
    if(
        exports.country_iso3 is null, null,
        greatest(exports.{{ amount }} - coalesce(flows.{{ amount }}, 0), 0)
    ) as {{ elsewhere }},
    {%- endfor %}
    exports.country_iso3 as supplier_iso3
from codes
left join exports
    on
        codes.year = exports.year
        and codes.hs_revision = exports.hs_revision
        and codes.hs6_code = exports.hs6_code
        and codes.importer_iso3 != exports.country_iso3
        and codes.is_known_for_all_importers
left join flows
    on
        codes.year = flows.year
        and codes.importer_iso3 = flows.importer_iso3
        and codes.mineral_id = flows.mineral_id
        and codes.stage = flows.stage
        and codes.hs_revision = flows.hs_revision
        and codes.hs6_code = flows.hs6_code
        and exports.country_iso3 = flows.supplier_iso3
left join country_groups
    on codes.importer_iso3 = country_groups.group_iso3 and exports.country_iso3 = country_groups.member_iso3
where country_groups.member_iso3 is null
