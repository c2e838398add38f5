"""What would be implausible to publish as the reasons for a change of a score; empty while there is one year only."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    between,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    one_of,
    restricted_rows_stay,
)

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, component_id, score_change, contribution_change, risk_change, coverage_change, coverage_reason"

SUITE = [
    iso3("importer_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("contribution_change", -100, 100),
    between("risk_change", -100, 100),
    between("coverage_change", -100, 100),
    restricted_rows_stay(SHOWN, f"{from_restricted_cell()} or {from_restricted_cell(year='batch.previous_year')}"),
    no_rows(
        "the years are consecutive",
        "every change is from the year before",
        f"select {SHOWN}, previous_year from batch where previous_year is distinct from year - 1",
    ),
    no_rows(
        "the change is that of the published scores",
        f"score_change is risk_score less that of the year before, of a year that is published ({SUM_TOLERANCE})",
        f"""
        select {SHOWN}, scores.risk_score, before.risk_score as previous_risk_score
        from batch
        left join marts.risk_scores as scores using ({CELL})
        left join marts.risk_scores as before
            on batch.previous_year = before.year
            and batch.importer_iso3 = before.importer_iso3
            and batch.mineral_id = before.mineral_id
            and batch.stage = before.stage
        where before.year is not null
            and (
                (batch.score_change is null) != (scores.risk_score is null or before.risk_score is null)
                or abs(batch.score_change - (scores.risk_score - before.risk_score)) > {SUM_TOLERANCE}
            )
        """,
    ),
    no_rows(
        "contributions sum to the change",
        f"the contributions to a change sum to it, risk and coverage to each of them ({SUM_TOLERANCE})",
        f"""
        select {SHOWN}, sum(contribution_change) over cell as contribution_sum
        from batch
        where score_change is not null
        window cell as (partition by {CELL})
        qualify coalesce(
            abs(score_change - sum(contribution_change) over cell) > {SUM_TOLERANCE}
            or abs(contribution_change - risk_change - coverage_change) > {SUM_TOLERANCE},
            true
        )
        """,
    ),
    no_rows(
        "coverage has a reason",
        "what is coverage has a reason, and what cannot be told names the year without a score",
        f"""
        select {SHOWN} from batch
        where coverage_change != 0 and coverage_reason is null
            or (score_change is null) != regexp_matches(coalesce(coverage_reason, ''), '^no_score_in_[0-9]{{4}}: .')
            or score_change is null and coalesce(contribution_change, risk_change, coverage_change) is not null
        """,
    ),
]
