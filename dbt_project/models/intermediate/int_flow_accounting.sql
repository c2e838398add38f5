-- What became of every row of trade that a source delivered: no row disappears unmentioned.
with

flows as (

    select * from {{ ref('int_reported_flows') }}

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}

),

unnamed_codes as (

    select * from {{ ref('stg_landing__unnamed_codes') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}

),

-- A code may serve several minerals: a flow counts as used if one of them uses it.
code_use as (

    select
        importer_iso3,
        year,
        hs_revision,
        hs6_code,
        bool_or(exclusion_reason is null) as is_used,
        string_agg(distinct exclusion_reason, ', ' order by exclusion_reason) as exclusion_reasons
    from selected_codes
    group by all

),

disposed as (

    select
        flows.source_id,
        flows.hs_revision,
        flows.hs6_code,
        flows.trade_value_usd,
        case
            when flows.importer_iso3 = 'XXX' then 'importer_is_a_group'
            when not flows.is_speaking then 'superseded_vintage'
            when flows.is_self_trade then 'trade_with_oneself'
            when code_use.is_used then 'used'
            else coalesce(code_use.exclusion_reasons, 'no_seed_in_this_revision')
        end as disposition
    from flows
    left join code_use using (importer_iso3, year, hs_revision, hs6_code)

)

select
    source_id,
    hs_revision,
    hs6_code,
    disposition,
    count(*) as flow_count,
    sum(trade_value_usd) as trade_value_usd
from disposed
group by all

union all by name

select
    vintages.source_id,
    vintages.hs_revision,
    unnamed_codes.hs6_code,
    'no_seed_names_the_code' as disposition,
    sum(unnamed_codes.flow_count) as flow_count,
    null as trade_value_usd
from unnamed_codes
inner join vintages using (vintage_id)
group by all
