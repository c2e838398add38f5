"""What would make imports of a mineral and stage implausible."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    between,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    threshold,
)

SHOWN = "year, importer_iso3, mineral_id, stage, import_value_usd, net_weight_kg, is_material, months_covered"

SUITE = [
    not_empty(),
    positive("import_value_usd"),
    between("net_weight_kg", 0, None),
    between("months_covered", 1, 12),
    iso3("importer_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    gxe.ExpectColumnValuesToNotBeNull(column="months_covered"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_material"),
    gxe.ExpectColumnValuesToNotBeNull(column="covered_code_share"),
    positive("covered_code_share", 1),
    no_rows(
        "a trifle is not material",
        "imports that as they go on are below the threshold of the method in a year are not material",
        f"""
        select {SHOWN} from batch
        where is_material and import_value_usd * 12 / months_covered < {threshold("material_import_value_usd")}
        """,
    ),
    no_rows(
        "source and set of codes are known",
        "a cell with imports says from which source and codes they come",
        f"""
        select {SHOWN}, source_id, code_set from batch
        where source_id is null or coalesce(code_set, '') = '' or code_set_hash is null
        """,
    ),
]
