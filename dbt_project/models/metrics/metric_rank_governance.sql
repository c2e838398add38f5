-- By whose governance the suppliers of a cell and the world's are judged: amounts by the estimate that they rest on.
{% set readings = ['value', 'low', 'typical', 'high'] %}
with

suppliers as (

    select * from {{ ref('metric_rank_suppliers') }}

),

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

cells as (

    select distinct
        year,
        importer_iso3,
        mineral_id,
        stage
    from suppliers

),

judged as (

    select
        suppliers.*,
        governance.governance_code,
        sum(suppliers.typical_amount) over (
            partition by suppliers.year, suppliers.importer_iso3, suppliers.mineral_id, suppliers.stage
        ) as typical_total
    from suppliers
    left join governance
        on suppliers.supplier_iso3 = governance.iso3 and suppliers.year = governance.year

),

-- A mean over too small a part of the weight is no mean: by weight too it takes the share that the method asks for.
coverage as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        {{ covered_share(
            'typical_amount / typical_total', 'governance_code is not null', order_by='supplier_iso3'
        ) }} >= {{ threshold('governance_coverage_share') }} as weight_is_covered
    from judged
    group by all

),

supplier_amounts as (

    select
        judged.year,
        judged.importer_iso3,
        judged.mineral_id,
        judged.stage,
        judged.supplier_iso3 as iso3,
        judged.governance_code,
        {%- for reading in readings %}
        {%- for amount in ['amount', 'gain'] %}
        if(coverage.weight_is_covered, judged.{{ reading }}_{{ amount }}, judged.value_{{ amount }})
            as {{ reading }}_{{ amount }},
        {%- endfor %}
        {%- endfor %}
        0 as world_squared_share
    from judged
    inner join coverage using (year, importer_iso3, mineral_id, stage)
    where judged.governance_code is not null

),

world_amounts as (

    select
        cells.year,
        cells.importer_iso3,
        cells.mineral_id,
        cells.stage,
        world_shares.country_iso3 as iso3,
        governance.governance_code,
        {%- for reading in readings %}
        0 as {{ reading }}_amount,
        0 as {{ reading }}_gain,
        {%- endfor %}
        world_shares.world_share ^ 2 as world_squared_share
    from cells
    inner join world_shares using (year, mineral_id, stage)
    inner join governance
        on world_shares.country_iso3 = governance.iso3 and world_shares.year = governance.year
    where world_shares.world_share is not null

),

amounts as (

    select * from supplier_amounts

    union all by name

    select * from world_amounts

),

estimates as (

    select
        year,
        governance_code,
        any_value(governance_risk) as governance_risk,
        -- of a country without an error the estimate is taken as it is
        coalesce(any_value(governance_risk_standard_error), 0) as governance_risk_standard_error
    from governance
    group by all

)

select
    amounts.year,
    amounts.importer_iso3,
    amounts.mineral_id,
    amounts.stage,
    amounts.governance_code,
    any_value(estimates.governance_risk) as governance_risk,
    any_value(estimates.governance_risk_standard_error) as governance_risk_standard_error,
    {%- for reading in readings %}
    {%- for amount in ['amount', 'gain'] %}
    sum(amounts.{{ reading }}_{{ amount }} order by amounts.iso3) as {{ reading }}_{{ amount }},
    {%- endfor %}
    {%- endfor %}
    sum(amounts.world_squared_share order by amounts.iso3) as world_squared_share
from amounts
inner join estimates using (year, governance_code)
group by amounts.year, amounts.importer_iso3, amounts.mineral_id, amounts.stage, amounts.governance_code
