-- Every flow that a source reports, countries resolved; `is_speaking` marks the newest vintage that covers it.
with

flows as (

    select * from {{ ref('stg_baci__trade_flows') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

resolved as (

    select
        vintages.source_id,
        vintages.vintage_id,
        vintages.covers_all_importers,
        vintages.hs_revision,
        flows.year,
        importers.iso3 as importer_iso3,
        suppliers.iso3 as supplier_iso3,
        flows.hs6_code,
        flows.trade_value_usd,
        flows.net_weight_kg
    from flows
    inner join vintages on flows.vintage_id = vintages.vintage_id
    left join country_codes as importers
        on
            flows.importer_code = importers.country_code
            and flows.year between importers.valid_from_year and importers.valid_to_year
    left join country_codes as suppliers
        on
            flows.exporter_code = suppliers.country_code
            and flows.year between suppliers.valid_from_year and suppliers.valid_to_year

),

-- A vintage speaks for the importers and code-years it covers, until a newer one covers them.
covered_for_all as (

    select
        hs_revision,
        year,
        hs6_code,
        max(vintage_id) as vintage_id
    from resolved
    where covers_all_importers
    group by all

),

covered_for_one as (

    select
        hs_revision,
        year,
        hs6_code,
        importer_iso3,
        max(vintage_id) as vintage_id
    from resolved
    where not covers_all_importers
    group by all

)

select
    resolved.*,
    'fob' as valuation_basis, -- BACI's values are free-on-board
    resolved.vintage_id
    = greatest(coalesce(covered_for_all.vintage_id, ''), coalesce(covered_for_one.vintage_id, '')) as is_speaking,
    -- what the world exports does not depend on an extract that speaks for one importer
    coalesce(resolved.vintage_id = covered_for_all.vintage_id, false) as is_speaking_for_world,
    resolved.importer_iso3 = resolved.supplier_iso3 and resolved.importer_iso3 != 'XXX' as is_self_trade
from resolved
left join covered_for_all using (hs_revision, year, hs6_code)
left join covered_for_one using (hs_revision, year, hs6_code, importer_iso3)
