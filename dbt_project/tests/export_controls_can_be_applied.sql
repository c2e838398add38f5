-- A row of the register that can act says whom it binds in codes we know, and since when it is suspended.
with

controls as (

    select * from {{ ref('int_export_controls') }}
    where can_act

),

targets as (

    select
        control_id,
        unnest(string_split(target_countries, ';')) as bound_iso3
    from controls
    where target_countries != 'all'

)

select
    targets.control_id,
    'binds the unknown country ' || targets.bound_iso3 as fault
from targets
anti join {{ ref('countries') }} as countries on targets.bound_iso3 = countries.iso3

union all

select
    control_id,
    'names no target' as fault
from controls
where coalesce(target_countries, '') = ''

union all

select
    control_id,
    'suspended without a date' as fault
from controls
where status = 'suspended' and suspended_from_date is null

union all

select
    control_id,
    'ends before it begins' as fault
from controls
where effective_to_date < effective_from_date or suspended_to_date < suspended_from_date
