-- For which part of a year a trade agreement between an importer and a supplier is in force.
with

agreements as (

    select
        *,
        {{ first_day('in_force_from') }} as in_force_from_date
    from {{ ref('seed_trade_agreements') }}

),

agreement_types as (

    select * from {{ ref('seed_agreement_types') }}

),

country_groups as (

    select * from {{ ref('seed_country_groups') }}

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

years as (

    select distinct year from import_cells

),

-- An agreement with a group binds its members.
in_force as (

    select
        agreements.agreement_id,
        agreements.party_iso3 as importer_iso3,
        coalesce(country_groups.member_iso3, agreements.partner_iso3) as supplier_iso3,
        agreements.in_force_from_date
    from agreements
    inner join agreement_types using (agreement_type)
    left join country_groups on agreements.partner_iso3 = country_groups.group_iso3
    where
        agreement_types.is_trade_agreement
        and agreements.status = 'in_force'
        and agreements.in_force_from_date is not null

)

select
    years.year,
    in_force.importer_iso3,
    in_force.supplier_iso3,
    string_agg(in_force.agreement_id, ' ' order by in_force.agreement_id) as agreement_ids,
    max(
        date_diff(
            'day', greatest(in_force.in_force_from_date, make_date(years.year, 1, 1)), make_date(years.year + 1, 1, 1)
        ) / date_diff('day', make_date(years.year, 1, 1), make_date(years.year + 1, 1, 1))
    ) as in_force_share
from in_force
inner join years on year(in_force.in_force_from_date) <= years.year
group by all
