-- The register of export measures with its partial dates made whole and the periods in which each row acts.
with

register as (

    select * from {{ ref('seed_export_controls') }}

),

measures as (

    select * from {{ ref('seed_control_measures') }}

),

dated as (

    select
        register.*,
        measures.severity,
        round(measures.trade_parameter - 1, 6) as restriction, -- 1.1 - 1 is not 0.1 in binary
        {{ first_day('effective_from') }} as effective_from_date,
        {{ date_precision('effective_from') }} as effective_from_precision,
        {{ last_day('effective_to') }} as effective_to_date,
        {{ first_day('suspended_from') }} as suspended_from_date,
        {{ last_day('suspended_to') }} as suspended_to_date,
        {{ last_day('last_evidence_on') }} as last_evidence_date
    from register
    left join measures on register.measure = measures.measure

)

select
    *,
    status not in ('announced', 'considered', 'dropped')
    and (status not in ('superseded', 'ended') or effective_to_date is not null) as can_act,
    -- the day a suspension starts is the first day without the measure, the day it ends the last
    effective_from_date as first_period_from,
    least(
        coalesce(effective_to_date, date '9999-12-31'),
        coalesce(suspended_from_date - interval 1 day, date '9999-12-31')
    ) as first_period_to,
    if(
        suspended_to_date is null or effective_from_date is null, null,
        greatest(effective_from_date, suspended_to_date + interval 1 day)
    ) as second_period_from,
    if(suspended_to_date is null, null, coalesce(effective_to_date, date '9999-12-31')) as second_period_to,
    coalesce(
        {{ "cast('" ~ var('controls_as_of') ~ "' as date)" if var('controls_as_of') else 'null' }},
        max(last_evidence_date) over ()
    ) as controls_as_of
from dated
