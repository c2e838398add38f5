with

thresholds as (

    select * from {{ ref('seed_thresholds') }}

)

select
    threshold_id,
    value,
    unit,
    reason,
    source
from thresholds
