"""What would be implausible to publish as the risk of a mineral."""

from expectations.rules import (
    band_fits_score,
    between,
    from_restricted_cell,
    intervals_hold,
    known_minerals,
    no_rows,
    not_empty,
    restricted_rows_stay,
)

KEYS = "year, importer_iso3, mineral_id"

SUITE = [
    not_empty(),
    known_minerals(KEYS),
    between("risk_score", 0, 100),
    between("risk_score_current_controls", 0, 100),
    between("china_dependence_score", 0, 100),
    band_fits_score(KEYS),
    intervals_hold(KEYS),
    restricted_rows_stay(KEYS, from_restricted_cell(stage="")),
    no_rows(
        "the worst stage decides",
        "the score is the highest of the mineral's material stages, and the bottleneck is its stage",
        f"""
        with worst as (
            select {KEYS}, max(risk_score) as risk_score from marts.risk_scores where is_material group by all
        )
        select
            batch.year, batch.importer_iso3, batch.mineral_id, batch.bottleneck_stage,
            batch.risk_score, worst.risk_score as highest_score,
            bottleneck.risk_score as bottleneck_score
        from batch
        left join worst using ({KEYS})
        left join marts.risk_scores as bottleneck
            on batch.year = bottleneck.year
            and batch.importer_iso3 = bottleneck.importer_iso3
            and batch.mineral_id = bottleneck.mineral_id
            and batch.bottleneck_stage = bottleneck.stage
        where batch.risk_score is distinct from worst.risk_score
            or batch.risk_score is distinct from bottleneck.risk_score
        """,
    ),
    no_rows(
        "no score is not no risk",
        "a mineral without a score says which stages are missing, immaterial or not imported",
        f"""
        select {KEYS} from batch
        where risk_score is null
            and coalesce(stages_missing, stages_immaterial, stages_without_imports) is null
        """,
    ),
    no_rows(
        "a missing stage has a reason",
        "stages_missing and missing_reasons come together",
        f"""
        select {KEYS}, stages_missing, missing_reasons from batch
        where (stages_missing is null) != (missing_reasons is null)
        """,
    ),
    no_rows(
        "a stage covered in part is a scored one",
        "stages_covered_in_part are those of stages_scored whose covered_code_share is below 1",
        f"""
        with scored as (
            select {KEYS}, unnest(string_split(stages_scored, ', ')) as stage from batch where stages_scored is not null
        ),
        expected as (
            select {KEYS}, string_agg(stage, ', ' order by stage) as stages_in_part
            from scored
            inner join marts.supplier_concentration as concentration using ({KEYS}, stage)
            where concentration.covered_code_share < 1
            group by all
        )
        select {KEYS}, stages_scored, stages_covered_in_part, expected.stages_in_part
        from batch
        left join expected using ({KEYS})
        where stages_covered_in_part is distinct from expected.stages_in_part
        """,
    ),
    no_rows(
        "a score has a rank",
        "every score has a rank and no rank is without a score",
        f"select {KEYS}, risk_score, risk_rank from batch where (risk_score is null) != (risk_rank is null)",
    ),
]
