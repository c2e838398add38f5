"""What would be implausible to publish about dependence on China."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    WORLD_SHARE_BASES,
    between,
    from_restricted_cell,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

KEYS = "year, importer_iso3, mineral_id, stage"

SUITE = [
    not_empty(),
    known_minerals(KEYS),
    one_of("stage", STAGES),
    one_of("china_world_share_basis", WORLD_SHARE_BASES),
    between("china_value_share", 0, 1),
    between("china_weight_share", 0, 1),
    between("greater_china_value_share", 0, 1),
    between("china_via_share", 0, 1),
    between("china_hidden_share", 0, 1),
    between("china_origin_share", 0, 1),
    between("estimated_origin_share", 0, 1),
    between("china_world_share", 0, 1),
    between("china_control_severity", 0, 1),
    between("china_control_severity_current", 0, 1),
    between("china_dependence_score", 0, 100),
    between("china_dependence_score_current_controls", 0, 100),
    restricted_rows_stay(KEYS, from_restricted_cell()),
    no_rows(
        "greater China is no less than China",
        "Hong Kong and Macao add to China's share, they never take from it",
        # two sums of the same doubles may differ in their last digits
        f"""
        select {KEYS}, china_value_share, greater_china_value_share from batch
        where china_value_share > greater_china_value_share + 1e-12
        """,
    ),
    no_rows(
        "score is no more than exposure",
        "without purchases no dependence: the score is at most 100 times the largest of China's shares",
        f"""
        select {KEYS}, china_dependence_score, china_value_share, china_weight_share, china_via_share
        from batch
        where greatest(china_dependence_score, china_dependence_score_current_controls)
            > 100 * greatest(china_value_share, china_weight_share, china_via_share) + 1e-9
        """,
    ),
    one_of(
        "tracing_missing_reason",
        ("codes_not_known_for_all_importers", "weights_missing", "china_weight_missing", "origin_unresolved"),
    ),
    no_rows(
        "through China is no less than from China",
        "what comes from or through China is at least what is bought there, and what was first produced there",
        f"""
        select {KEYS}, china_via_share, china_weight_share, china_origin_share from batch
        where china_via_share < greatest(china_weight_share, china_origin_share) - {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "what is hidden is the difference",
        "china_hidden_share is china_via_share less china_weight_share",
        f"""
        select {KEYS}, china_via_share, china_weight_share, china_hidden_share from batch
        where china_via_share is not null
            and not coalesce(
                abs(china_hidden_share - (china_via_share - china_weight_share)) <= {SUM_TOLERANCE}, false
            )
        """,
    ),
    no_rows(
        "what is not traced has a reason",
        "all four shares are known, or none is and a reason is named",
        f"""
        select {KEYS}, china_via_share, china_hidden_share, china_origin_share, estimated_origin_share,
            tracing_missing_reason
        from batch
        where (china_via_share is null) != (tracing_missing_reason is not null)
            or (china_hidden_share is null) != (tracing_missing_reason is not null)
            or (china_origin_share is null) != (tracing_missing_reason is not null)
            or (estimated_origin_share is null) != (tracing_missing_reason is not null)
        """,
    ),
    no_rows(
        "a missing score has a reason",
        "a score is missing for a reason that is named, and named reasons have no score",
        f"""
        select {KEYS}, china_dependence_score, missing_reason from batch
        where (china_dependence_score is null) != (missing_reason is not null)
        """,
    ),
    no_rows(
        "a world share has a basis",
        "China's world share says whether it is production, published or exports",
        f"""
        select {KEYS}, china_world_share, china_world_share_basis from batch
        where (china_world_share is null) != (china_world_share_basis is null)
        """,
    ),
    no_rows(
        "China supplies somebody",
        "in a year with at least 30 importers China supplies some of them",
        """
        select year, count(distinct importer_iso3) as importers, max(china_value_share) as highest_china_share
        from batch
        where importer_iso3 != 'CHN'
        group by year
        having count(distinct importer_iso3) >= 30 and max(china_value_share) = 0
        """,
    ),
]
