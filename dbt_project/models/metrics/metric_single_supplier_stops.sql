-- What every importer would lack if one supplier stopped, in the newest finished year: one row per supplier that sells
-- to it. The rule is that of a scenario's cut (int_scenario_deliveries), with the usual headroom.
with

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

),

options as (

    select supply_options.*
    from {{ ref('int_supply_options') }} as supply_options
    inner join newest_complete_year using (year)

),

cells as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        bool_and(exports_are_known) as exports_are_known,
        sum(purchased_t order by supplier_iso3) as cell_purchased_t,
        sum(purchased_content_value_usd order by supplier_iso3) / sum(purchased_value_usd order by supplier_iso3)
            as content_value_share,
        sum(elsewhere_t order by supplier_iso3) as cell_elsewhere_t,
        sum(elsewhere_value_usd order by supplier_iso3) as cell_elsewhere_value_usd
    from options
    group by all

),

stops as (

    select
        options.year,
        options.importer_iso3,
        options.mineral_id,
        options.stage,
        options.supplier_iso3,
        -- of goods that have a weight, as in a scenario; of the others something where there is nothing else
        if(options.purchased_t is null, options.purchased_value_usd, options.purchased_content_value_usd)
            as withdrawn_value_usd,
        options.purchased_t as withdrawn_t,
        cells.cell_purchased_t,
        cells.cell_elsewhere_t - coalesce(options.elsewhere_t, 0) as substitutes_t,
        cells.cell_elsewhere_value_usd - coalesce(options.elsewhere_value_usd, 0) as substitutes_value_usd,
        case
            when cells.content_value_share < {{ threshold('weight_coverage_share') }} then 'weights_missing'
            when not coalesce(cells.cell_purchased_t > 0, false) then 'content_unknown'
            when options.purchased_t is null then 'supplier_weight_missing'
            when not cells.exports_are_known then 'exports_of_others_unknown'
        end as missing_reason
    from options
    inner join cells using (year, importer_iso3, mineral_id, stage)
    -- nobody in particular cannot stop
    where options.purchased_value_usd > 0 and options.supplier_iso3 != 'XXX'

),

headroom as (

    select {{ threshold('scenario_headroom_share') }} as headroom_share

),

answered as (

    select
        stops.*,
        if(
            stops.missing_reason is null,
            main.unmet_amount(stops.withdrawn_t, stops.substitutes_t, headroom.headroom_share), null
        ) as unmet_t,
        if(
            stops.missing_reason is null,
            stops.substitutes_value_usd
            * main.refill_share(stops.withdrawn_t, stops.substitutes_t, headroom.headroom_share),
            null
        ) as replacement_bill_usd
    from stops
    cross join headroom

)

select
    *,
    unmet_t / cell_purchased_t as unmet_share,
    if(withdrawn_t = 0, 0, withdrawn_value_usd * unmet_t / withdrawn_t) as value_lost_usd,
    if(
        unmet_t is null, null,
        cast(rank() over (
            partition by year, importer_iso3, unmet_t is null
            order by if(withdrawn_t = 0, 0, withdrawn_value_usd * unmet_t / withdrawn_t) desc
        ) as integer)
    ) as loss_rank
from answered
