"""What would be implausible to publish as origins of supply."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    restricted_rows_stay,
    shares_sum_to_one,
    threshold,
)

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, origin_iso3, traced_share, is_estimated"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    iso3("importer_iso3", SHOWN),
    iso3("origin_iso3", SHOWN),
    positive("traced_share", 1),
    shares_sum_to_one("traced_share", CELL),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "every origin says whether it is estimated",
        "an origin is estimated or not, and XXX is neither",
        f"select {SHOWN} from batch where (origin_iso3 = 'XXX') != (is_estimated is null)",
    ),
    no_rows(
        "nearly all reaches a producer",
        "where supply is traced, no more of it than the method allows reaches no known producer",
        f"""
        select {SHOWN} from batch
        where origin_iso3 = 'XXX' and traced_share > 1 - {threshold("traced_producer_share")} + {SUM_TOLERANCE}
        """,
    ),
]
