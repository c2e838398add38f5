-- How concentrated world supply is, whoever imports: by governance, by the top three, and without the largest producer.
with

world_shares as (

    select * from {{ ref('int_world_shares') }}

),

governance as (

    select * from {{ ref('int_governance') }}

),

production as (

    select * from {{ ref('int_production') }}

),

production_tables as (

    select * from {{ ref('int_production_tables') }}

),

import_reliance as (

    select * from {{ ref('metric_import_reliance') }}
    where scenario_id = 'baseline'

),

concentration as (

    select
        world_shares.year,
        world_shares.mineral_id,
        world_shares.stage,
        any_value(world_shares.basis) as basis,
        any_value(world_shares.basis_detail) as basis_detail,
        {{ governance_weighted_hhi(
            'world_shares.world_share', 'governance.governance_risk', order_by='world_shares.country_iso3'
        ) }} as weighted_hhi,
        -- a rest that a table lists is spread thin: it adds nothing and is not unknown
        {{ covered_share(
            'world_shares.world_share',
            "governance.governance_risk is not null"
            ~ " or (world_shares.country_iso3 = 'XXX' and world_shares.basis != 'exports')",
            order_by='world_shares.country_iso3'
        ) }} as covered_share,
        -- the shares of the others are then upper bounds
        'production_of_' || string_agg(world_shares.country_iso3, ' ' order by world_shares.country_iso3) filter (
            where world_shares.world_share is null
        ) as withheld_input,
        -- beside a lone top supplier the second and third are unknown
        if(
            bool_and(world_shares.is_whole_table),
            list_sum((
                list(world_shares.world_share order by world_shares.world_share desc, world_shares.country_iso3 asc)
                filter (where world_shares.country_iso3 != 'XXX' and world_shares.world_share is not null)
            )[1:3]),
            null
        ) as top3_share
    from world_shares
    left join governance
        on world_shares.country_iso3 = governance.iso3 and world_shares.year = governance.year
    group by all

),

-- More than one on a tie: the loss of each is worked out, and the worst is kept.
largest_producer as (

    select
        year,
        mineral_id,
        stage,
        country_iso3 as largest_producer_iso3,
        cast(production_t as double) as largest_production_t
    from production
    where country_iso3 != 'XXX' and production_t is not null
    qualify production_t = max(production_t) over (partition by year, mineral_id, stage)

),

without_largest as (

    select
        concentration.*,
        largest_producer.largest_producer_iso3,
        production_tables.withheld_countries,
        cast(production_tables.listed_production_t as double) as world_production_t,
        largest_producer.largest_production_t,
        import_reliance.apparent_consumption_t as largest_consumption_t
    from concentration
    left join production_tables using (year, mineral_id, stage)
    left join largest_producer using (year, mineral_id, stage)
    left join import_reliance
        on
            concentration.year = import_reliance.year
            and concentration.mineral_id = import_reliance.mineral_id
            and concentration.stage = import_reliance.stage
            and largest_producer.largest_producer_iso3 = import_reliance.country_iso3

),

with_n_minus_1 as (

    select
        *,
        -- the world consumes what it produces, so the others consume what the largest producer does not
        if(
            largest_consumption_t >= 0 and largest_consumption_t < world_production_t,
            (world_production_t - largest_production_t) / (world_production_t - largest_consumption_t), null
        ) as n_minus_1
    from without_largest

)

select
    year,
    mineral_id,
    stage,
    basis,
    basis_detail,
    if(covered_share >= {{ threshold('governance_coverage_share') }}, weighted_hhi, null) as governance_weighted_hhi,
    top3_share,
    largest_producer_iso3,
    n_minus_1,
    nullif(
        concat_ws(
            ', ',
            if(covered_share >= {{ threshold('governance_coverage_share') }}, null, 'world_shares_known_in_part'),
            withheld_input
        ), ''
    ) as missing_governance_inputs,
    nullif(concat_ws(', ', if(top3_share is null, 'world_shares', null), withheld_input), '') as missing_top3_inputs,
    nullif(
        concat_ws(
            ', ',
            if(world_production_t is null, 'world_production', null),
            if(
                world_production_t is not null
                and not coalesce(largest_consumption_t >= 0 and largest_consumption_t < world_production_t, false),
                'apparent_consumption_of_' || coalesce(largest_producer_iso3, 'largest_producer'), null
            ),
            'production_of_' || withheld_countries
        ), ''
    ) as missing_n_minus_1_inputs
from with_n_minus_1
qualify
    row_number() over (
        partition by year, mineral_id, stage order by n_minus_1 asc nulls last, largest_producer_iso3 asc
    ) = 1
