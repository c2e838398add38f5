-- A code has a low, a typical and a high content in this order, or none: a missing end of the range would count as 0.
select
    mineral_id,
    stage,
    hs_description,
    content_low,
    content_fraction,
    content_high
from {{ ref('seed_mineral_products') }}
where
    coalesce(content_low, content_fraction, content_high) is not null
    and not coalesce(content_low between 0 and content_fraction and content_fraction <= content_high, false)
    or content_high > 1
