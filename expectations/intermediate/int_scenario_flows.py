"""What must hold of the flows that a scenario makes before figures are computed from them."""

from expectations.rules import NOT_REFUSED, SUM_TOLERANCE, low_to_high, no_rows, positive, suppliers_are_others

MARKET = "scenario_id, mineral_id, stage"
SHOWN = "scenario_id, year, importer_iso3, supplier_iso3, mineral_id, stage, hs_revision, hs6_code, trade_value_usd"
FLOW = "year, importer_iso3, supplier_iso3, mineral_id, stage, hs_revision, hs6_code"

# empty where every scenario is refused, or its importer buys nothing
SUITE = [
    positive("trade_value_usd"),
    low_to_high("content_low_kg", "content_kg", "content_high_kg", SHOWN),
    suppliers_are_others(SHOWN),
    no_rows(
        "flows are those of the scenario's importer and year",
        "every flow is of the importer and the year that int_scenario_importers gives for its scenario",
        f"""
        select {SHOWN} from batch
        where (scenario_id, importer_iso3, year) not in (
                select (scenario_id, importer_iso3, year) from intermediate.int_scenario_importers
            )
            or scenario_id = 'baseline'
        """,
    ),
    no_rows(
        "markets that no shock meets are as they were",
        "in a market that no shock of the scenario meets every flow is that of int_baseline_flows",
        f"""
        with before as (
            select scenario_id, {FLOW}, valuation_basis, trade_value_usd, net_weight_kg, content_kg
            from intermediate.int_baseline_flows
            inner join intermediate.int_scenario_importers using (importer_iso3, year)
            anti join intermediate.int_scenario_shocks using ({MARKET})
            where scenario_id != 'baseline'
        ),
        after as (
            select scenario_id, {FLOW}, valuation_basis, trade_value_usd, net_weight_kg, content_kg
            from batch
            anti join intermediate.int_scenario_shocks using ({MARKET})
            -- whose rows they are is another rule's business
            semi join intermediate.int_scenario_importers using (scenario_id, importer_iso3, year)
        )
        select 'before' as told, * from (from before except from after)
        union all
        select 'after' as told, * from (from after except from before)
        """,
    ),
    no_rows(
        "shocked markets hold what is delivered",
        "the contained mineral of a shocked market is what suppliers deliver in the typical reading; a market that"
        " cannot be worked out has no flow",
        # flows are rounded to the millionth of a gram
        f"""
        with bought as (
            select {MARKET}, cast(sum(content_kg) as double) / 1000 as bought_t, count(*) as flows
            from batch group by all
        )
        select {MARKET}, missing_reason, delivered_t, bought_t, flows
        from intermediate.int_scenario_balances
        left join bought using ({MARKET})
        where case_group = 'start' and case_id = 'headroom typical, content typical'
            and {NOT_REFUSED}
            and (
                (missing_reason is not null and flows > 0)
                or abs(coalesce(bought_t, 0) - delivered_t) > {SUM_TOLERANCE} * delivered_t + 1e-6
            )
        """,
    ),
    no_rows(
        "who is cut sells no more than the cut leaves",
        "where demand does not grow, a cut supplier sells at most 1 - fraction of its sales of the starting year",
        f"""
        with cuts as (
            select {MARKET}, supplier_iso3, fraction from intermediate.int_scenario_shocks
            where shock_type = 'supply_cut'
                and ({MARKET}) not in (
                    select ({MARKET}) from intermediate.int_scenario_shocks where shock_type = 'demand_growth'
                )
        ),
        after as (
            select {MARKET}, year, importer_iso3, supplier_iso3,
                sum(trade_value_usd) as sold_after_usd, count(*) as flows
            from batch group by all
        ),
        before as (
            select mineral_id, stage, year, importer_iso3, supplier_iso3, sum(trade_value_usd) as sold_before_usd
            from intermediate.int_baseline_flows group by all
        )
        select {MARKET}, supplier_iso3, fraction, sold_before_usd, sold_after_usd
        from after
        inner join cuts using ({MARKET}, supplier_iso3)
        left join before using (mineral_id, stage, year, importer_iso3, supplier_iso3)
        -- every flow is rounded to a tenth of a cent
        where not coalesce(sold_after_usd <= (1 - fraction) * sold_before_usd + 0.001 * flows, false)
        """,
    ),
]
