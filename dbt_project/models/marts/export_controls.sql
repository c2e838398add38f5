with

controls as (

    select * from {{ ref('int_export_controls') }}

)

select
    control_id,
    iso3,
    mineral_id,
    stage,
    hs6_list,
    hs_revision,
    measure,
    severity,
    status,
    announced_on,
    effective_from,
    effective_from_date,
    effective_from_precision,
    effective_to,
    effective_to_date,
    suspended_from,
    suspended_from_date,
    suspended_to,
    suspended_to_date,
    target_countries,
    instrument,
    can_act and effective_from_date is not null as can_act,
    confidence,
    last_evidence_on,
    source,
    note
from controls
