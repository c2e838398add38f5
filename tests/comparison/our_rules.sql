-- GeoPolRisk by our rules from the library's own rows, in one statement that shares with the warehouse's models only the
-- published macro, the map of country codes and the governance of a supplier.
-- Needs `wanted`, `economies`, `country_map` (country_code, year, iso3) and {governance} (iso3, year,
-- political_instability).
with

flows as (

    select
        wanted.material,
        trade.year,
        importers.economy,
        country_map.iso3 as supplier_iso3,
        cast(trade.v as double) as value,
        try_cast(nullif(trim(trade.q), 'NA') as double) as tonnes
    from library.trade
    inner join wanted on trade.year = wanted.year and list_contains(wanted.hs6_codes, trade.hs6_code)
    inner join country_map on trade.supplier_code = country_map.country_code and trade.year = country_map.year
    inner join economies as importers on trade.importer_code = importers.member_code
    left join economies as suppliers
        on importers.economy = suppliers.economy and trade.supplier_code = suppliers.member_code
    -- trade among the members of a region is trade at home
    where suppliers.member_code is null

),

imports as (

    select
        flows.material,
        flows.year,
        flows.economy,
        sum(flows.tonnes) as tonnes,
        sum(flows.tonnes) filter (where governance.iso3 is not null) as governed_tonnes,
        sum(flows.tonnes * governance.political_instability) as unstable_tonnes,
        coalesce(sum(flows.value) filter (where flows.tonnes is not null), 0)
        / sum(flows.value) as weight_coverage_share
    from flows
    left join {governance} as governance
        on flows.supplier_iso3 = governance.iso3 and flows.year = governance.year
    group by all

),

concentration as (

    select
        sheet,
        year,
        hhi(list(production / world order by position) filter (where production is not null)) as hhi
    from (
        select *, sum(production) over (partition by sheet, year) as world
        from library.production
        where country_code != 'DELETE'
    )
    group by all

),

-- a country without a row produces nothing, for the table has no "other countries"; a blank is not known
domestic as (

    select
        production.sheet,
        production.year,
        economies.economy,
        if(
            count(production.production) = count(*),
            sum(production.production / if(production.unit = 'kg', 1000, 1)),
            null
        ) as tonnes,
        true as is_listed
    from library.production
    inner join economies on production.country_code = cast(economies.member_code as varchar)
    group by all

),

inputs as (

    select
        imports.material,
        imports.year,
        imports.economy,
        concentration.hhi,
        -- the thresholds of the method: four fifths of the value with a weight, nine tenths of the weight with governance
        if(
            imports.governed_tonnes / imports.tonnes >= 0.9,
            imports.unstable_tonnes * imports.tonnes / imports.governed_tonnes, null
        ) as unstable_tonnes,
        if(imports.weight_coverage_share >= 0.8, imports.tonnes, null) as import_tonnes,
        if(domestic.is_listed, domestic.tonnes, 0) as domestic_tonnes
    from imports
    inner join wanted on imports.material = wanted.material and imports.year = wanted.year
    inner join concentration on wanted.sheet = concentration.sheet and wanted.year = concentration.year
    left join domestic
        on wanted.sheet = domestic.sheet and wanted.year = domestic.year and imports.economy = domestic.economy

)

select
    *,
    geopolrisk_score(hhi, unstable_tonnes, import_tonnes, domestic_tonnes) as score
from inputs
