"""What would mislead a reader of who supplies on the way to a later year; empty where no scenario has a path."""

from expectations.rules import between, from_restricted_cell, iso3, no_rows, restricted_rows_stay, shares_sum_to_one

MARKET_YEAR = "scenario_id, case_id, importer_iso3, mineral_id, stage, year"
SHOWN = f"{MARKET_YEAR}, supplier_iso3"
BASELINE_YEAR = "(select baseline_year from marts.scenarios as asked where asked.scenario_id = batch.scenario_id)"

SUITE = [
    iso3("supplier_iso3", SHOWN),
    between("weight_share", 0, 1),
    shares_sum_to_one("weight_share", MARKET_YEAR),
    restricted_rows_stay(SHOWN, from_restricted_cell(year=BASELINE_YEAR)),
    no_rows(
        "suppliers add up to the imports",
        "what the suppliers of a year deliver, and what of it is agreed, sums to that of marts.reliance_paths",
        f"""
        with sums as (
            select {MARKET_YEAR}, sum(delivered_t) as delivered_t, sum(agreed_t) as agreed_t from batch group by all
        )
        select {MARKET_YEAR}, sums.delivered_t, paths.imports_t, sums.agreed_t, paths.agreed_t as agreed_of_path_t
        from (select * from marts.reliance_paths where missing_reason is null) as paths
        full join sums using ({MARKET_YEAR})
        where not coalesce(
            abs(coalesce(sums.delivered_t, 0) - paths.imports_t) <= 1e-9 * paths.imports_t
            and abs(coalesce(sums.agreed_t, 0) - coalesce(paths.agreed_t, 0)) <= 1e-9 * paths.imports_t,
            false
        )
        """,
    ),
    no_rows(
        "an agreement is kept on the way",
        "a supplier delivers at least what is agreed with it",
        f"select {SHOWN}, agreed_t, delivered_t from batch where agreed_t > delivered_t * (1 + 1e-9)",
    ),
    no_rows(
        "the largest supplier is that of the path",
        "no named supplier delivers more than top_supplier_iso3 of marts.reliance_paths",
        f"""
        with largest as (
            select {MARKET_YEAR}, max_by(supplier_iso3, (delivered_t, supplier_iso3)) as largest_iso3
            from batch where supplier_iso3 != 'XXX' and delivered_t > 0 group by all
        )
        select {MARKET_YEAR}, largest_iso3, paths.top_supplier_iso3
        from marts.reliance_paths as paths
        left join largest using ({MARKET_YEAR})
        where paths.missing_reason is null and paths.top_supplier_iso3 is distinct from largest_iso3
        """,
    ),
]
