with

reasons as (

    select * from {{ ref('seed_missing_reasons') }}

)

select
    reason_code,
    explanation
from reasons
