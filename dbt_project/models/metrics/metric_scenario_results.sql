-- What a scenario does to each of the importer's markets: what is lacking first, then the figures before and after.
{% set figures = [
    'import_value_usd', 'hhi_value', 'top1_share', 'china_value_share', 'china_weight_share', 'china_via_share',
    'risk_score', 'risk_rank'
] %}
with

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

refusals as (

    select
        scenario_id,
        min(reason) as refusal_reason
    from {{ ref('int_scenario_refusals') }}
    group by all

),

markets as (

    select * from {{ ref('int_scenario_markets') }}
    where content_reading = 'typical'

),

balances as (

    select * from {{ ref('int_scenario_balances') }}
    where case_group = 'start'

),

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

supplier_concentration as (

    select * from {{ ref('metric_supplier_concentration') }}

),

china_dependence as (

    select * from {{ ref('metric_china_dependence') }}
    where controls_basis = 'of_year'

),

risk_scores as (

    select * from {{ ref('metric_risk_scores') }}
    where controls_basis = 'of_year'

),

risk_ranks as (

    select * from {{ ref('metric_risk_ranks') }}

),

-- Low and high are the ends over all readings; an end that is unknown leaves the range open. A reading in which the
-- goods hold none of the mineral says nothing of it.
ranges as (

    select
        scenario_id,
        mineral_id,
        stage,
        {%- for amount in [
            'unmet_share', 'unmet_t', 'value_lost_usd', 'replacement_bill_usd', 'replacement_extra_cost_usd'
        ] %}
        if(count({{ amount }}) = count(*), min({{ amount }}), null) as {{ amount }}_low,
        max({{ amount }}) filter (where case_id = 'headroom typical, content typical') as {{ amount }},
        if(count({{ amount }}) = count(*), max({{ amount }}), null) as {{ amount }}_high,
        {%- endfor %}
        {%- for amount in [
            'baseline_t', 'demand_change_t', 'home_used_t', 'home_surplus_t', 'agreed_t', 'delivered_t', 'withdrawn_t',
            'withdrawn_value_usd', 'refilled_t'
        ] %}
        max({{ amount }}) filter (where case_id = 'headroom typical, content typical') as {{ amount }},
        {%- endfor %}
        count(*) as reading_count
    from balances
    where coalesce(missing_reason, '') != 'none_contained'
    group by all

),

figures as (

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        cast(import_cells.import_value_usd as double) as import_value_usd,
        import_cells.has_basket_code,
        import_cells.code_set_hash,
        supplier_concentration.hhi_value,
        supplier_concentration.top_supplier_iso3,
        supplier_concentration.top1_share,
        china_dependence.china_value_share,
        china_dependence.china_weight_share,
        china_dependence.china_via_share,
        risk_scores.value as risk_score,
        risk_ranks.risk_rank
    from import_cells
    left join supplier_concentration using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join china_dependence using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join risk_scores using (scenario_id, year, importer_iso3, mineral_id, stage)
    left join risk_ranks using (scenario_id, year, importer_iso3, mineral_id, stage)

),

before_figures as (

    select figures.* replace (scenarios.scenario_id as scenario_id)
    from figures
    inner join scenarios on figures.importer_iso3 = scenarios.importer_iso3 and figures.year = scenarios.baseline_year
    where figures.scenario_id = 'baseline'

),

after_figures as (

    select * from figures
    where scenario_id != 'baseline'

),

-- Before and after are of the same markets: a scenario opens none.
compared as (

    select
        before_figures.scenario_id,
        before_figures.year,
        before_figures.importer_iso3,
        before_figures.mineral_id,
        before_figures.stage,
        markets.scenario_id is not null as is_shocked,
        before_figures.top_supplier_iso3 as top_supplier_iso3_before,
        after_figures.top_supplier_iso3 as top_supplier_iso3_after,
        {%- for figure in figures %}
        before_figures.{{ figure }} as {{ figure }}_before,
        {%- if figure == 'import_value_usd' %}
        -- where nothing is delivered any more, nothing is paid, and nothing can be said of a mix
        if(
            after_figures.scenario_id is null and markets.missing_reason is null and refusals.refusal_reason is null,
            0, after_figures.import_value_usd
        ) as import_value_usd_after,
        {%- else %}
        after_figures.{{ figure }} as {{ figure }}_after,
        {%- endif %}
        {%- endfor %}
        before_figures.has_basket_code,
        before_figures.code_set_hash,
        coalesce(
            refusals.refusal_reason,
            markets.missing_reason,
            if(after_figures.scenario_id is null, 'nothing_delivered', null)
        ) as missing_reason
    from before_figures
    left join after_figures using (scenario_id, importer_iso3, mineral_id, stage)
    left join markets using (scenario_id, mineral_id, stage)
    left join refusals using (scenario_id)

)

select
    scenario_id,
    compared.year,
    compared.importer_iso3,
    mineral_id,
    stage,
    compared.is_shocked,
    compared.has_basket_code,
    compared.code_set_hash,
    {%- for amount in [
        'unmet_share', 'unmet_share_low', 'unmet_share_high', 'value_lost_usd', 'value_lost_usd_low',
        'value_lost_usd_high', 'unmet_t', 'unmet_t_low', 'unmet_t_high', 'withdrawn_t', 'withdrawn_value_usd',
        'refilled_t', 'replacement_bill_usd', 'replacement_bill_usd_low', 'replacement_bill_usd_high',
        'replacement_extra_cost_usd', 'replacement_extra_cost_usd_low', 'replacement_extra_cost_usd_high',
        'demand_change_t', 'home_used_t', 'home_surplus_t'
    ] %}
    case
        when not compared.is_shocked and compared.missing_reason is null then 0
        when coalesce(compared.missing_reason, 'nothing_delivered') = 'nothing_delivered' then ranges.{{ amount }}
    end as {{ amount }},
    {%- endfor %}
    {%- for amount in ['baseline_t', 'delivered_t', 'agreed_t'] %}
    if(
        coalesce(compared.missing_reason, 'nothing_delivered') = 'nothing_delivered', ranges.{{ amount }}, null
    ) as {{ amount }},
    {%- endfor %}
    compared.top_supplier_iso3_before,
    compared.top_supplier_iso3_after,
    {%- for figure in figures %}
    compared.{{ figure }}_before,
    compared.{{ figure }}_after,
    {%- endfor %}
    {%- for figure in figures %}
    compared.{{ figure }}_after - compared.{{ figure }}_before as {{ figure }}_change,
    {%- endfor %}
    compared.missing_reason
from compared
left join ranges using (scenario_id, mineral_id, stage)
