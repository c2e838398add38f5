"""What would be implausible to publish about the concentration of suppliers."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    between,
    from_restricted_source,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    restricted_rows_stay,
)

KEYS = "year, importer_iso3, mineral_id, stage"

SUITE = [
    not_empty(),
    known_minerals(KEYS),
    one_of("stage", STAGES),
    positive("import_value_usd"),
    between("net_weight_kg", 0, None),
    positive("hhi_value", 1),
    positive("hhi_weight", 1),
    between("top1_share", 0, 1),
    between("unspecified_share", 0, 1),
    between("weight_coverage_share", 0, 1),
    between("supplier_count", 0, 300),
    gxe.ExpectColumnValuesToNotBeNull(column="covered_code_share"),
    positive("covered_code_share", 1),
    restricted_rows_stay(KEYS, from_restricted_source()),
    no_rows(
        "index lies between its bounds",
        "with u unspecified and n suppliers (1 - u)^2 / n <= hhi_value <= 1",
        f"""
        select {KEYS}, hhi_value, supplier_count, unspecified_share from batch
        where supplier_count > 0
            and not hhi_value between (1 - unspecified_share) ^ 2 / supplier_count - 1e-9 and 1 + 1e-9
        """,
    ),
    no_rows(
        "low and high enclose the index",
        "hhi_low <= hhi_value <= hhi_high <= 1",
        f"""
        select {KEYS}, hhi_low, hhi_value, hhi_high from batch
        where not (hhi_low <= hhi_value + 1e-12 and hhi_value <= hhi_high + 1e-12 and hhi_high <= 1 + 1e-9)
        """,
    ),
    no_rows(
        "no index means no named supplier",
        "the index is missing if and only if every supplier is unspecified",
        f"""
        select {KEYS}, hhi_value, supplier_count, top_supplier_iso3 from batch
        where (hhi_value is null) is distinct from (supplier_count = 0)
            or (top_supplier_iso3 is null) is distinct from (supplier_count = 0)
        """,
    ),
    no_rows(
        "three supply no less than one",
        "top1_share <= top3_share <= 1 - unspecified_share",
        f"""
        select {KEYS}, top1_share, top3_share, unspecified_share from batch
        where not (top1_share <= top3_share + 1e-12 and top3_share + unspecified_share <= 1 + 1e-9)
        """,
    ),
    no_rows(
        "effective suppliers are the index turned over",
        "effective_suppliers = 1 / hhi_value",
        f"""
        select {KEYS}, effective_suppliers, hhi_value, supplier_count from batch
        where abs(effective_suppliers * hhi_value - 1) > 1e-9
        """,
    ),
]
