"""What must hold of what a country's figures rest on."""

from expectations.rules import (
    STAGES,
    between,
    from_restricted_source,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

SHOWN = "year, country_iso3, mineral_id, stage, source_id, months_covered, is_provisional"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("months_covered", 1, 12),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "an unfinished year is provisional",
        "what rests on fewer than twelve months is provisional",
        f"select {SHOWN} from batch where months_covered < 12 and not coalesce(is_provisional, false)",
    ),
    no_rows(
        "trade has a source",
        "a source is named exactly where trade is covered",
        f"select {SHOWN} from batch where (source_id is null) != (months_covered is null)",
    ),
]
