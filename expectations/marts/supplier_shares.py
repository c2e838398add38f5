"""What would be implausible to publish as suppliers' shares."""

import great_expectations.expectations as gxe

from expectations.rules import (
    between,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    positive,
    restricted_rows_stay,
    shares_sum_to_one,
)

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3, value_share, weight_share, supplier_rank"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    known_minerals(SHOWN),
    positive("import_value_usd"),
    between("net_weight_kg", 0, None),
    between("value_share", 0, 1),
    between("weight_share", 0, 1),
    between("control_severity", 0, 1),
    gxe.ExpectColumnValuesToNotBeNull(column="control_severity"),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    shares_sum_to_one("value_share", CELL),
    shares_sum_to_one("weight_share", CELL),
    no_rows(
        "the unspecified supplier has no rank",
        "every named supplier has a rank, XXX has none",
        f"select {SHOWN} from batch where (supplier_iso3 = 'XXX') != (supplier_rank is null)",
    ),
]
