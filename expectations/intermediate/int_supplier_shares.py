"""What must hold of suppliers' shares before a metric rests on them."""

from expectations.rules import (
    STAGES,
    between,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    shares_sum_to_one,
)

CELL = "scenario_id, year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3, value_share, weight_share"

SUITE = [
    not_empty(),
    iso3("supplier_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("value_share", 0, 1),
    between("weight_share", 0, 1),
    between("weight_coverage_share", 0, 1),
    shares_sum_to_one("value_share", CELL),
    shares_sum_to_one("weight_share", CELL),
    no_rows(
        "nobody supplies oneself",
        "no supplier is the importer",
        f"select {SHOWN} from batch where supplier_iso3 = importer_iso3",
    ),
    no_rows(
        "the largest supplier has rank 1",
        "in every cell the largest named supplier is first and the unspecified one has no rank",
        f"""
        select {SHOWN}, supplier_rank from batch
        where (supplier_iso3 = 'XXX') != (supplier_rank is null)
        union all
        select {SHOWN}, supplier_rank from batch
        where supplier_iso3 != 'XXX'
        qualify supplier_rank != 1
            and value_share = max(value_share) over (partition by {CELL})
        """,
    ),
]
