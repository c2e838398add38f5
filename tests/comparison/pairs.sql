-- Every cell of both sides, with the rules that differ and are in play there.
create table our_scores as
select
    methods.mineral_id || ' ' || methods.stage as material,
    methods.year,
    economies.economy,
    methods.value as score,
    methods.missing_inputs
from marts.risk_methods as methods
inner join (
    select cast(country_map.country_code as varchar) as economy, country_map.year, country_map.iso3 from country_map
    union all
    select 'EU' as economy, year, 'EUU' as iso3
    from (select distinct year from country_map)
) as economies on methods.importer_iso3 = economies.iso3 and methods.year = economies.year
inner join wanted
    on methods.mineral_id = wanted.mineral_id and methods.stage = wanted.stage and methods.year = wanted.year
where methods.method_id = 'geopolrisk';

-- what is imported from whom, with both sides' governance
create table suppliers as
select
    wanted.material,
    trade.year,
    importers.economy,
    trade.supplier_code,
    country_map.iso3 as supplier_iso3,
    sum(coalesce(try_cast(nullif(trim(trade.q), 'NA') as double), 0)) as tonnes,
    count(*) filter (where nullif(trim(trade.q), 'NA') is null) as flows_without_weight,
    any_value(library_governance.normalized) as library_governance,
    any_value(our_governance.political_instability) as our_governance,
    any_value(codes.kind) as kind,
    bool_or(members.member_code is not null) as is_member
from library.trade
inner join wanted on trade.year = wanted.year and list_contains(wanted.hs6_codes, trade.hs6_code)
inner join country_map on trade.supplier_code = country_map.country_code and trade.year = country_map.year
inner join economies as importers on trade.importer_code = importers.member_code
left join economies as members
    on importers.economy = members.economy and trade.supplier_code = members.member_code
left join (
    select country_code, year, normalized
    from library.governance
    qualify row_number() over (partition by country_code, year order by position) = 1
) as library_governance
    on
        cast(trade.supplier_code as varchar) = library_governance.country_code
        and trade.year = library_governance.year
left join intermediate.int_governance as our_governance
    on country_map.iso3 = our_governance.iso3 and trade.year = our_governance.year
left join seeds.seed_governance_codes as codes on country_map.iso3 = codes.iso3
group by all;

alter table suppliers add column cause varchar;

update suppliers set cause = case
    when is_member then 'region'
    when library_governance = 'nan' then 'not_a_number' -- 0 tonnes of it is not a number either
    when tonnes = 0 then null
    when our_governance is null then 'ungoverned'
    when supplier_iso3 = 'TWN' then 'taiwan'
    when kind = 'territory' and not agrees(cast(library_governance as double), our_governance) then 'territory'
end;

create table causes as
select distinct material, year, economy, cause
from suppliers
where cause is not null

union

select material, year, economy, 'weights' as cause
from our_rules
where import_tonnes is null

union

select material, year, economy, 'unreported' as cause
from our_rules
where domestic_tonnes is null

union

select our_rules.material, our_rules.year, our_rules.economy, 'repeated_country' as cause
from our_rules
inner join library_rules using (material, year, economy)
where not agrees(our_rules.domestic_tonnes, library_rules.domestic_tonnes) and our_rules.domestic_tonnes is not null

union

select our_rules.material, our_rules.year, our_rules.economy, 'whole_units' as cause
from our_rules
inner join library_rules using (material, year, economy)
where not agrees(our_rules.hhi, library_rules.hhi);

create table pairs as
select
    material,
    year,
    economy,
    coalesce(countries.country_name, 'European Union') as importer,
    library_scores.score as library_score,
    library_rules.score as library_score_by_rules,
    library_rules.import_tonnes,
    our_scores.score as our_score,
    our_rules.score as our_score_by_rules,
    our_scores.missing_inputs,
    library_scores.material is not null as in_library,
    our_scores.material is not null as in_ours,
    our_rules.material is not null as in_our_rules,
    coalesce(listed.causes, []) as causes,
    -- each figure of the formula by itself: one that differs has a rule that says so
    in_ours and (
        coalesce(suppliers_by_cell.has_unnamed_difference, false)
        or (
            not agrees(library_rules.import_tonnes, our_rules.import_tonnes)
            and not list_has_any(causes, ['region', 'weights'])
        )
        or (
            not agrees(library_rules.domestic_tonnes, our_rules.domestic_tonnes)
            and not list_has_any(causes, ['unreported', 'repeated_country'])
        )
        or (not agrees(library_rules.hhi, our_rules.hhi) and not list_contains(causes, 'whole_units'))
    ) as has_unnamed_difference,
    agrees(library_scores.score, our_scores.score) as is_equal
from library_scores
full join library_rules using (material, year, economy)
full join our_scores using (material, year, economy)
full join our_rules using (material, year, economy)
left join (
    select material, year, economy, list(cause order by cause) as causes
    from causes
    group by all
) as listed using (material, year, economy)
left join (
    select
        material,
        year,
        economy,
        bool_or(
            cause is null and tonnes > 0 and not agrees(cast(library_governance as double), our_governance)
        ) as has_unnamed_difference
    from suppliers
    group by all
) as suppliers_by_cell using (material, year, economy)
left join library.countries on economy = cast(countries.country_code as varchar);
