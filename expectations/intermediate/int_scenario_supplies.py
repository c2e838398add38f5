"""What would make it implausible who sells what before a scenario's shocks."""

from expectations.rules import SUM_TOLERANCE, between, iso3, no_rows, positive, suppliers_are_others

CELL = "scenario_id, case_group, case_id, year, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3"

# empty where no market can be worked out
SUITE = [
    iso3("supplier_iso3", SHOWN),
    suppliers_are_others(SHOWN),
    between("baseline_t", 0, None),
    between("elsewhere_t", 0, None),
    positive("agreed_t"),
    positive("purchase_usd_per_t"),
    positive("elsewhere_usd_per_t"),
    no_rows(
        "suppliers make up the market",
        "what suppliers sell sums to what the importer buys, in every market that can be worked out",
        f"""
        with sold as (
            select {CELL}, sum(baseline_t) as sold_t from batch group by all
        )
        select {CELL}, sold_t, baseline_t
        from intermediate.int_scenario_cells
        left join sold using ({CELL})
        where missing_reason is null
            and not coalesce(abs(sold_t - baseline_t) <= {SUM_TOLERANCE} * baseline_t, false)
        """,
    ),
    no_rows(
        "who can deliver has a price",
        "a price is known of sales to the importer where they have tonnes, of sales to others where these have some",
        f"""
        select {SHOWN}, baseline_t, purchase_usd_per_t, elsewhere_t, elsewhere_usd_per_t from batch
        where (baseline_t > 0) != (purchase_usd_per_t is not null)
            or coalesce(elsewhere_t > 0, false) != (elsewhere_usd_per_t is not null)
        """,
    ),
    no_rows(
        "cuts are those of the shocks",
        "a supplier is cut by the fraction of its shock, at the start always, on a path in the shock's years; nobody"
        " else is",
        f"""
        with cuts as (
            select scenario_id, mineral_id, stage, supplier_iso3, fraction, from_year, to_year
            from intermediate.int_scenario_shocks where shock_type = 'supply_cut'
        )
        select {SHOWN}, cut_share,
            max(fraction) filter (
                case_group = 'start' or not coalesce(year < from_year or year > to_year, false)
            ) as fraction
        from batch
        left join cuts using (scenario_id, mineral_id, stage, supplier_iso3)
        group by {SHOWN}, cut_share
        having cut_share is distinct from coalesce(fraction, 0)
        """,
    ),
]
