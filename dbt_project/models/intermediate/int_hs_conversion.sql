-- What a code of any HS revision counts as in a mapped revision, and which part of its trade.
with

products as (

    select * from {{ ref('int_mineral_products') }}

),

concordance as (

    select * from {{ ref('seed_hs_concordance') }}

)

select distinct
    hs_revision as from_hs_revision,
    hs6_code as from_hs6_code,
    hs_revision as to_hs_revision,
    hs6_code as to_hs6_code,
    cast(1 as decimal(9, 8)) as weight,
    'none' as hs_conversion
from products

union all

select
    from_hs_revision,
    from_hs6_code,
    to_hs_revision,
    to_hs6_code,
    cast(weight as decimal(9, 8)) as weight,
    if(is_split, 'split', 'exact') as hs_conversion
from concordance
