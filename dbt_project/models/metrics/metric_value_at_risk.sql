-- What export measures of a year may cost the home importer: losses over the draws, by mineral and in all. The rule is
-- that of a scenario's cut (int_scenario_deliveries), with the usual headroom, in the newest finished year.
with

control_draws as (

    select * from {{ ref('int_control_draws') }}

),

newest_complete_year as (

    select * from {{ ref('int_newest_complete_year') }}

),

options as (

    select supply_options.*
    from {{ ref('int_supply_options') }} as supply_options
    inner join newest_complete_year using (year)
    where supply_options.importer_iso3 = '{{ var("home_importer_iso3") }}'

),

stops as (

    select distinct
        year,
        importer_iso3,
        mineral_id,
        stage,
        cell_purchased_t
    from {{ ref('metric_single_supplier_stops') }}
    where
        importer_iso3 = '{{ var("home_importer_iso3") }}'
        and coalesce(missing_reason, '') in ('', 'supplier_weight_missing')

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

),

headroom as (

    select {{ threshold('scenario_headroom_share') }} as headroom_share

),

draw_numbers as (

    select unnest(generate_series(0, cast({{ threshold('stress_draw_count') }} as bigint) - 1)) as draw

),

markets as (

    select
        stops.*,
        import_cells.code_set_hash,
        sum(options.elsewhere_t order by options.supplier_iso3) as elsewhere_t
    from stops
    inner join import_cells using (year, importer_iso3, mineral_id, stage)
    inner join options using (year, importer_iso3, mineral_id, stage)
    group by all

),

-- The strictest of the measures drawn, whatever their stage
cuts as (

    select
        control_draws.draw,
        options.year,
        options.importer_iso3,
        options.mineral_id,
        options.stage,
        options.supplier_iso3,
        max(control_draws.supply_cut_share) as cut_share,
        any_value(options.purchased_t) as purchased_t,
        any_value(options.purchased_content_value_usd) as purchased_content_value_usd,
        any_value(options.elsewhere_t) as elsewhere_t
    from control_draws
    inner join options
        on
            control_draws.supplier_iso3 = options.supplier_iso3
            and control_draws.mineral_id = options.mineral_id
            and control_draws.stage in (options.stage, 'all')
    group by all

),

shortfalls as (

    select
        draw,
        year,
        importer_iso3,
        mineral_id,
        stage,
        sum(purchased_t * cut_share order by supplier_iso3) as withdrawn_t,
        sum(purchased_content_value_usd * cut_share order by supplier_iso3) as withdrawn_value_usd,
        sum(elsewhere_t order by supplier_iso3) as lost_substitutes_t
    from cuts
    group by all

),

market_losses as (

    select
        shortfalls.draw,
        markets.year,
        markets.importer_iso3,
        markets.mineral_id,
        markets.stage,
        markets.code_set_hash,
        shortfalls.withdrawn_value_usd / shortfalls.withdrawn_t * main.unmet_amount(
            shortfalls.withdrawn_t, markets.elsewhere_t - coalesce(shortfalls.lost_substitutes_t, 0),
            headroom.headroom_share
        ) as value_lost_usd
    from shortfalls
    inner join markets using (year, importer_iso3, mineral_id, stage)
    cross join headroom
    where shortfalls.withdrawn_t > 0

),

mineral_losses as (

    select
        draw,
        mineral_id,
        sum(value_lost_usd order by stage) as value_lost_usd
    from market_losses
    group by all

),

-- Minerals that share a code share its goods: in all they are counted once.
goods_losses as (

    select
        draw,
        code_set_hash,
        stage,
        max(value_lost_usd) as value_lost_usd
    from market_losses
    group by all

),

losses as (

    select * from mineral_losses

    union all by name

    select
        draw,
        'all' as mineral_id,
        sum(value_lost_usd order by code_set_hash, stage) as value_lost_usd
    from goods_losses
    group by all

),

minerals as (

    select distinct mineral_id from markets
    union all
    select 'all' as mineral_id

),

-- A draw in which nothing is lost counts as well.
drawn as (

    select
        minerals.mineral_id,
        draw_numbers.draw,
        coalesce(losses.value_lost_usd, 0) as value_lost_usd
    from minerals
    cross join draw_numbers
    left join losses using (mineral_id, draw)

)

select
    newest_complete_year.year,
    '{{ var("home_importer_iso3") }}' as importer_iso3,
    drawn.mineral_id,
    sum(drawn.value_lost_usd order by drawn.draw) / count(*) as expected_loss_usd,
    quantile_disc(drawn.value_lost_usd, 0.95) as value_at_risk_95_usd,
    quantile_disc(drawn.value_lost_usd, 0.99) as value_at_risk_99_usd,
    count(*) filter (where drawn.value_lost_usd > 0) / count(*) as loss_probability,
    cast(count(*) as integer) as draw_count
from drawn
cross join newest_complete_year
group by all
