-- What a country itself produces of a mineral at a stage: as listed, or nothing where what is not listed cannot matter.
with

production as (

    select * from {{ ref('int_production') }}
    where country_iso3 != 'XXX' -- the rest of a table is nobody's production at home

),

production_tables as (

    select * from {{ ref('int_production_tables') }}

),

contained_trade as (

    select * from {{ ref('int_contained_trade') }}

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

-- A group produces what its members do; one member's unknown figure leaves the group's unknown.
listed_rows as (

    select
        year,
        country_iso3,
        mineral_id,
        stage,
        production_low_t,
        production_t,
        production_high_t,
        reported_t,
        is_estimated,
        missing_reason
    from production

    union all by name

    select
        production.year,
        country_groups.group_iso3 as country_iso3,
        production.mineral_id,
        production.stage,
        production.production_low_t,
        production.production_t,
        production.production_high_t,
        production.reported_t,
        production.is_estimated,
        production.missing_reason
    from production
    inner join country_groups on production.country_iso3 = country_groups.member_iso3

),

listed as (

    select
        year,
        country_iso3,
        mineral_id,
        stage,
        {%- for tonnes in ['production_low_t', 'production_t', 'production_high_t', 'reported_t'] %}
        if(count({{ tonnes }}) = count(*), cast(sum({{ tonnes }}) as double), null) as {{ tonnes }},
        {%- endfor %}
        count(*) as listed_country_count,
        bool_or(is_estimated) as is_estimated,
        max(missing_reason) as missing_reason
    from listed_rows
    group by all

),

group_sizes as (

    select
        group_iso3 as country_iso3,
        count(*) as member_count
    from country_groups
    group by all

),

scenario_importers as (

    select * from {{ ref('int_scenario_importers') }}
    where scenario_id != 'baseline'

),

years as (

    select distinct year from contained_trade

),

-- What an unlisted producer could matter is a fact of what the country really buys.
baseline_trade as (

    select * exclude (scenario_id) from contained_trade
    where scenario_id = 'baseline'

),

home_supplies as (

    select
        scenario_id,
        year,
        importer_iso3 as country_iso3,
        mineral_id,
        stage,
        max(home_used_t) filter (where case_id = 'headroom typical, content low') as home_supply_low_t,
        max(home_used_t) filter (where case_id = 'headroom typical, content typical') as home_supply_t,
        max(home_used_t) filter (where case_id = 'headroom typical, content high') as home_supply_high_t
    from {{ ref('int_scenario_balances') }}
    where case_group = 'start'
    group by all

),

-- Countries that trade, and countries that only produce
cells as (

    select
        scenario_id,
        year,
        country_iso3,
        mineral_id,
        stage
    from contained_trade

    union

    select
        'baseline' as scenario_id,
        listed.year,
        listed.country_iso3,
        listed.mineral_id,
        listed.stage
    from listed
    inner join years using (year)

    union

    select
        scenario_importers.scenario_id,
        listed.year,
        listed.country_iso3,
        listed.mineral_id,
        listed.stage
    from listed
    inner join scenario_importers
        on listed.country_iso3 = scenario_importers.importer_iso3 and listed.year = scenario_importers.year

),

with_tables as (

    select
        cells.*,
        production_tables.source_id,
        production_tables.source_id is not null as has_table,
        listed.country_iso3 is not null as is_listed,
        coalesce(listed.listed_country_count >= coalesce(group_sizes.member_count, 1), false) as is_listed_in_full,
        listed.production_low_t,
        listed.production_t,
        listed.production_high_t,
        listed.reported_t,
        listed.is_estimated,
        listed.missing_reason as listed_missing_reason,
        production_tables.other_countries_t,
        -- All that the table does not list by name may be one country's, and a hundredth of the world all that a small
        -- buyer needs: it is negligible only up to what the country buys on balance.
        (
            production_tables.other_countries_t = 0
            or coalesce(
                production_tables.other_countries_t
                <= {{ threshold('unlisted_production_import_share') }} * baseline_trade.imports_t, false
            )
            or (
                production_tables.other_countries_share <= {{ threshold('unlisted_production_world_share') }}
                and coalesce(
                    production_tables.other_countries_t <= baseline_trade.imports_t - baseline_trade.exports_t, false
                )
            )
        ) as unlisted_is_negligible,
        coalesce(home_supplies.home_supply_low_t, 0) as home_supply_low_t,
        coalesce(home_supplies.home_supply_t, 0) as home_supply_t,
        coalesce(home_supplies.home_supply_high_t, 0) as home_supply_high_t
    from cells
    left join production_tables using (year, mineral_id, stage)
    left join listed using (year, country_iso3, mineral_id, stage)
    left join group_sizes using (country_iso3)
    left join baseline_trade using (year, country_iso3, mineral_id, stage)
    left join home_supplies using (scenario_id, year, country_iso3, mineral_id, stage)

),

produced as (

    select
        {%- for tonnes in ['production_low_t', 'production_t', 'production_high_t', 'reported_t'] %}
        case
            when is_listed_in_full then {{ tonnes }}
            -- at the most it is all that is not listed
            when has_table and unlisted_is_negligible
                then
                    if(is_listed, {{ tonnes }}, 0)
                    {{- ' + cast(other_countries_t as double)' if 'high' in tonnes else '' }}
        end as known_{{ tonnes }},
        {%- endfor %}
        * exclude (production_low_t, production_t, production_high_t)
    from with_tables

)

-- A group with a member that is not listed is a country that is not listed, beside what its other members produce.
select
    scenario_id,
    year,
    country_iso3,
    mineral_id,
    stage,
    source_id,
    is_listed,
    -- what a scenario adds at home comes on top of what is known
    known_production_low_t + home_supply_low_t as production_low_t,
    known_production_t + home_supply_t as production_t,
    known_production_high_t + home_supply_high_t as production_high_t,
    known_reported_t as reported_t,
    is_estimated,
    case
        when not has_table then 'no_production_table'
        when listed_missing_reason is not null then 'production_' || listed_missing_reason
        when is_listed_in_full then null
        when unlisted_is_negligible is null then 'other_countries_unknown'
        when not unlisted_is_negligible then 'country_not_listed'
    end as missing_reason
from produced
