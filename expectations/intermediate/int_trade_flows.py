"""What must hold of the flows that the scores are computed from."""

from expectations.rules import (
    STAGES,
    between,
    hs6,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
)
from expectations.year_on_year import ENOUGH_FLOWS

SHOWN = "year, importer_iso3, supplier_iso3, mineral_id, stage, hs_revision, hs6_code, trade_value_usd"

SUITE = [
    not_empty(),
    positive("trade_value_usd"),
    between("net_weight_kg", 0, None),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    no_rows(
        "content is no more than weight",
        "the contained mineral weighs at most what the goods weigh",
        # both are rounded: three decimals of a kilogram there, nine here
        f"select {SHOWN}, net_weight_kg, content_kg from batch where content_kg > net_weight_kg + 0.001",
    ),
    no_rows(
        "nobody supplies oneself",
        "no supplier is the importer",
        f"select {SHOWN} from batch where supplier_iso3 = importer_iso3",
    ),
    no_rows(
        "mapped mineral does not vanish",
        f"a mineral and stage with {ENOUGH_FLOWS} flows in a year has some in the next that is covered whole",
        f"""
        with stage_years as (
            select
                scenario_id, mineral_id, stage, year,
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
            before.scenario_id, before.mineral_id, before.stage, before.codes,
            before.year + 1 as year, before.flow_count as flows_before, 0 as flows_now
        from stage_years as before
        inner join covered_stages
            on before.mineral_id = covered_stages.mineral_id
            and before.stage = covered_stages.stage
            and before.year + 1 = covered_stages.year
        left join stage_years as after
            on before.scenario_id = after.scenario_id
            and before.mineral_id = after.mineral_id
            and before.stage = after.stage
            and before.year + 1 = after.year
        where before.flow_count >= {ENOUGH_FLOWS} and after.year is null
        """,
    ),
]
