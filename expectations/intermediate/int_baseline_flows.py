"""What must hold of the flows that happened, from which scores and scenarios start."""

from expectations.rules import (
    STAGES,
    VALUATIONS,
    between,
    group_trades_no_more_than_its_members,
    hs6,
    known_minerals,
    low_to_high,
    no_rows,
    not_empty,
    one_of,
    positive,
)
from expectations.year_on_year import ENOUGH_FLOWS

SHOWN = "year, importer_iso3, supplier_iso3, mineral_id, stage, hs_revision, hs6_code, trade_value_usd"

# A slip of unit is a factor of 1000; where grades differ most (nickel ore) the honest factor is below 5.
PRICE_FACTOR = 20

SUITE = [
    not_empty(),
    positive("trade_value_usd"),
    between("net_weight_kg", 0, None),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("valuation_basis", VALUATIONS),
    no_rows(
        "one source speaks",
        "the flows of an importer, year, mineral and stage are all of one source, which seed_trade_sources names",
        """
        select year, importer_iso3, mineral_id, stage,
            string_agg(distinct coalesce(source_id, 'none'), ', ') as sources
        from batch
        group by year, importer_iso3, mineral_id, stage
        having count(distinct coalesce(source_id, '')) > 1
            or not coalesce(bool_and(source_id in (select source_id from seeds.seed_trade_sources)), false)
        """,
    ),
    low_to_high("content_low_kg", "content_kg", "content_high_kg", SHOWN),
    no_rows(
        "content is no more than weight",
        "the contained mineral weighs at most what the goods weigh",
        # both are rounded: three decimals of a kilogram there, nine here
        f"""
        select {SHOWN}, net_weight_kg, content_kg, content_high_kg from batch
        where greatest(content_kg, content_high_kg) > net_weight_kg + 0.001
        """,
    ),
    no_rows(
        "what is weighed is part of the value",
        "0 <= weighed_value_usd <= trade_value_usd, and above 0 exactly where there is a weight",
        f"""
        select {SHOWN}, weighed_value_usd, net_weight_kg from batch
        where weighed_value_usd is null
            or weighed_value_usd not between 0 and greatest(trade_value_usd, 0)
            or (weighed_value_usd > 0) != (net_weight_kg is not null)
        """,
    ),
    no_rows(
        "nobody supplies oneself",
        "no supplier is the importer",
        f"select {SHOWN} from batch where supplier_iso3 = importer_iso3",
    ),
    no_rows(
        "a group buys from others",
        "no supplier of a group of countries is a member of it",
        f"""
        select {SHOWN} from batch
        where exists (
            select 1 from seeds.seed_country_groups as country_groups
            where country_groups.group_iso3 = batch.importer_iso3
                and country_groups.member_iso3 = batch.supplier_iso3
        )
        """,
    ),
    group_trades_no_more_than_its_members("trade_value_usd", "year, mineral_id, stage", country="importer_iso3"),
    no_rows(
        "no odd price carries the world's weight",
        f"a flow above 1 m USD whose USD per kg is {PRICE_FACTOR} times off that of all others of its code weighs less"
        " than a 20th of the world's trade",
        f"""
        with weighed as (
            select
                *,
                cast(weighed_value_usd as double) as value_usd, cast(net_weight_kg as double) as kg,
                count(*) over code as flow_count,
                sum(value_usd) over code as world_usd, sum(kg) over code as world_kg
            from batch
            where net_weight_kg > 0 and importer_iso3 not in (select group_iso3 from seeds.seed_country_groups)
            window code as (partition by year, mineral_id, stage, hs_revision, hs6_code)
        )
        select
            year, mineral_id, stage, hs6_code, importer_iso3, supplier_iso3, trade_value_usd, net_weight_kg,
            value_usd / kg as usd_per_kg, (world_usd - value_usd) / (world_kg - kg) as usd_per_kg_of_others,
            round(kg / world_kg, 3) as part_of_world
        from weighed
        where flow_count >= {ENOUGH_FLOWS}
            and value_usd > 1000000
            and kg > 0.05 * world_kg
            and usd_per_kg / usd_per_kg_of_others not between 1.0 / {PRICE_FACTOR} and {PRICE_FACTOR}
        """,
        severity="warning",
        order_by="part_of_world desc, year, importer_iso3, supplier_iso3",
    ),
    no_rows(
        "mapped mineral does not vanish",
        f"a mineral and stage with {ENOUGH_FLOWS} flows in a year has some in the next that is covered whole",
        f"""
        with stage_years as (
            select
                mineral_id, stage, year,
                count(*) as flow_count,
                string_agg(distinct hs_revision || ' ' || hs6_code, ', ') as codes
            from batch
            group by all
        ),
        covered_years as (
            select distinct hs_revision, year from intermediate.int_reported_flows where covers_all_importers
        ),
        -- a year is covered whole for a stage if the revision that its codes came in is
        covered_stages as (
            select distinct batch.mineral_id, batch.stage, covered_years.year
            from batch
            inner join covered_years
                on batch.hs_revision = covered_years.hs_revision and batch.year + 1 = covered_years.year
        )
        select
            before.mineral_id, before.stage, before.codes,
            before.year + 1 as year, before.flow_count as flows_before, 0 as flows_now
        from stage_years as before
        inner join covered_stages
            on before.mineral_id = covered_stages.mineral_id
            and before.stage = covered_stages.stage
            and before.year + 1 = covered_stages.year
        left join stage_years as after
            on before.mineral_id = after.mineral_id
            and before.stage = after.stage
            and before.year + 1 = after.year
        where before.flow_count >= {ENOUGH_FLOWS} and after.year is null
        """,
    ),
]
