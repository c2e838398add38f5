"""What would be implausible to publish as the parts of a score."""

from expectations.rules import (
    SUM_TOLERANCE,
    between,
    from_restricted_cell,
    no_rows,
    not_empty,
    positive,
    restricted_rows_stay,
)

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, component_id, raw_value, component_score, weight, contribution, missing_reason"

SUITE = [
    not_empty(),
    between("component_score", 0, 100),
    between("contribution", 0, 100),
    positive("weight"),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "component is one of the method",
        "every component is a row of seed_risk_components, with the weight that stands there",
        f"""
        select {SHOWN} from batch
        where not exists (
            select 1 from seeds.seed_risk_components as components
            where components.component_id = batch.component_id
                and cast(components.weight as double) = batch.weight
        )
        """,
    ),
    no_rows(
        "missing is not zero",
        "a component without a value has no score, adds nothing and says why; one with a value has all three",
        f"""
        select {SHOWN} from batch
        where (raw_value is null) != (component_score is null)
            or (raw_value is null) != (contribution is null)
            or (raw_value is null) != (missing_reason is not null)
        """,
    ),
    no_rows(
        "contributions sum to the score",
        "the contributions to a score sum to it (1e-9)",
        f"""
        with sums as (select {CELL}, sum(contribution) as contribution_sum from batch group by all)
        select {CELL}, scores.risk_score, sums.contribution_sum
        from marts.risk_scores as scores
        left join sums using ({CELL})
        where scores.risk_score is not null
            and coalesce(abs(scores.risk_score - sums.contribution_sum) > {SUM_TOLERANCE}, true)
        """,
    ),
]
