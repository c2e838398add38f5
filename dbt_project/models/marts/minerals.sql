with

minerals as (

    select * from {{ ref('seed_minerals') }}

)

select
    mineral_id,
    mineral_name,
    parent_mineral_id,
    symbol,
    is_india_critical,
    is_eu_critical,
    is_us_critical,
    main_end_uses,
    by_product_of,
    source,
    note
from minerals
