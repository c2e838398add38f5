"""What would make exports in tonnes of the mineral itself implausible."""

from expectations.rules import (
    STAGES,
    between,
    group_trades_no_more_than_its_members,
    iso3,
    known_minerals,
    low_to_high,
    no_rows,
    not_empty,
    one_of,
    positive,
    threshold,
)

TABLE = "year, mineral_id, stage"
SHOWN = "year, country_iso3, mineral_id, stage"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("export_value_usd", 0, None),
    between("exports_low_t", 0, None),
    low_to_high("exports_low_t", "exports_t", "exports_high_t", SHOWN),
    positive("covered_code_share", 1),
    between("export_weight_coverage_share", 0, 1),
    no_rows(
        "tonnes are known where enough is weighed",
        "tonnes are there if and only if exports are known and the part of them with a weight reaches the threshold",
        # a share is a quotient of doubles: its last digits are noise
        f"""
        select {SHOWN}, export_value_usd, export_weight_coverage_share, exports_t from batch
        where (export_value_usd is null) != (export_weight_coverage_share is null)
            or (exports_t is not null and export_weight_coverage_share is null)
            or (exports_t is not null and export_weight_coverage_share < {threshold("weight_coverage_share")} - 1e-12)
            or (exports_t is null and export_weight_coverage_share > {threshold("weight_coverage_share")} + 1e-12)
            or (export_value_usd = 0 and exports_t != 0)
        """,
    ),
    group_trades_no_more_than_its_members("export_value_usd", TABLE),
    group_trades_no_more_than_its_members("exports_t", TABLE),
]
