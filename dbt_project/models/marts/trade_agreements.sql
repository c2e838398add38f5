with

agreements as (

    select * from {{ ref('seed_trade_agreements') }}

)

select
    agreement_id,
    party_iso3,
    partner_iso3,
    agreement,
    agreement_type,
    status,
    status_on,
    signed_on,
    in_force_from,
    {{ first_day('in_force_from') }} as in_force_from_date,
    {{ date_precision('in_force_from') }} as in_force_from_precision,
    has_minerals_chapter,
    confidence,
    source,
    note
from agreements
