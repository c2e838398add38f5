-- Every record of UN Comtrade with its countries, and why it is no import flow of its year if it is none.
with

records as (

    select * from {{ ref('stg_comtrade__trade_flows') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

country_codes as (

    select * from {{ ref('int_country_codes') }}

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

resolved as (

    select
        records.*,
        revisions.hs_revision,
        reporters.iso3 as reporter_iso3,
        partners.iso3 as partner_iso3,
        -- an importer that declares free on board gives no CIF value
        case
            when records.trade_value_usd = records.cif_value_usd then 'cif'
            when records.trade_value_usd = records.fob_value_usd then 'fob'
        end as valuation_basis,
        max(records.vintage_id) over (
            partition by
                records.frequency, records.year, records.month, records.reporter_code, records.flow_code,
                records.classification_code, records.hs6_code
        ) as newest_vintage_id,
        bool_or(records.frequency = 'annual') over (
            partition by
                records.year, records.reporter_code, records.flow_code, records.classification_code, records.hs6_code
        ) as has_whole_year
    from records
    inner join vintages on records.vintage_id = vintages.vintage_id
    left join revisions on records.classification_code = revisions.comtrade_classification
    left join country_codes as reporters
        on
            records.reporter_code = reporters.country_code
            and records.year between reporters.valid_from_year and reporters.valid_to_year
    left join country_codes as partners
        on
            records.partner_code = partners.country_code
            and records.year between partners.valid_from_year and partners.partner_valid_to_year

)

select
    * exclude (source_file, record_number, newest_vintage_id, has_whole_year),
    case
        -- World is a control: the raw suite holds it against the sum of the partners
        when partner_code = '0' then 'control_total'
        when not is_total_of_breakdown then 'part_of_a_total'
        when flow_code not in ('M', 'X') then 'part_of_imports_or_exports'
        when vintage_id != newest_vintage_id then 'superseded_vintage'
        when frequency = 'monthly' and has_whole_year then 'month_beside_its_year'
        when flow_code = 'X' then 'declared_by_the_exporter'
        when trade_value_usd = 0 then 'no_value'
    end as exclusion_reason
from resolved
