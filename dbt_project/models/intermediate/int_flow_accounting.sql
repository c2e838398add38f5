-- What became of every row of trade that a source delivered: no row disappears unmentioned.
with

flows as (

    select * from {{ ref('int_reported_flows') }}

),

comtrade_records as (

    select * from {{ ref('int_comtrade_records') }}
    where exclusion_reason is not null

),

tradestat_figures as (

    select * from {{ ref('int_tradestat_figures') }}
    where exclusion_reason is not null

),

selected_codes as (

    select * from {{ ref('int_selected_codes') }}

),

unnamed_codes as (

    select * from {{ ref('stg_landing__unnamed_codes') }}

),

vintages as (

    select * from {{ ref('stg_landing__vintages') }}
    where is_newest

),

revisions as (

    select * from {{ ref('seed_hs_revisions') }}

),

-- A code may serve several minerals: a flow counts as used if one of them uses it.
code_use as (

    select
        source_id,
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
        flows.reported_hs_revision as hs_revision,
        flows.reported_hs6_code as hs6_code,
        flows.trade_value_usd,
        flows.row_count,
        case
            when flows.importer_iso3 = 'XXX' then 'importer_is_a_group'
            when not flows.is_speaking then 'superseded_vintage'
            when flows.is_self_trade then 'trade_with_oneself'
            when code_use.is_used then 'used'
            else coalesce(code_use.exclusion_reasons, 'no_seed_in_this_revision')
        end as disposition
    from flows
    left join code_use using (source_id, importer_iso3, year, hs_revision, hs6_code)

    union all by name

    select
        'comtrade' as source_id,
        hs_revision,
        hs6_code,
        trade_value_usd,
        1 as row_count,
        exclusion_reason as disposition
    from comtrade_records

    union all by name

    select
        'tradestat' as source_id,
        hs_revision,
        hs6_code,
        trade_value_usd,
        1 as row_count,
        exclusion_reason as disposition
    from tradestat_figures

)

select
    source_id,
    hs_revision,
    hs6_code,
    disposition,
    sum(row_count) as flow_count,
    sum(trade_value_usd) as trade_value_usd
from disposed
group by all

union all by name

select
    vintages.source_id,
    coalesce(revisions.hs_revision, unnamed_codes.hs_revision) as hs_revision,
    unnamed_codes.hs6_code,
    'no_seed_names_the_code' as disposition,
    sum(unnamed_codes.flow_count) as flow_count,
    null as trade_value_usd
from unnamed_codes
inner join vintages using (vintage_id)
left join revisions on unnamed_codes.hs_revision = revisions.comtrade_classification
group by all
