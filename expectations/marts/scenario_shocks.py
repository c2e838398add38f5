"""What would be implausible to publish as shocks; empty where the seeds have none."""

from expectations.rules import STAGES, between, no_rows, positive

SHOWN = "scenario_id, shock_id, shock_type, supplier_iso3, mineral_id, stage"

SUITE = [
    between("fraction", 0, 1),
    # a factor of 200 is a percentage
    positive("factor", 100),
    positive("quantity"),
    no_rows(
        "a shock is of a mineral and a stage",
        "mineral_id is a row of seed_minerals, stage is one that we know, or all",
        f"""
        select {SHOWN} from batch
        where coalesce(mineral_id, '') not in (select mineral_id from seeds.seed_minerals union all select 'all')
            or coalesce(stage, '') not in {(*STAGES, "all")}
        """,
    ),
    no_rows(
        "a supplier is a known country",
        "supplier_iso3 is a row of marts.countries: a country that nobody knows would be cut without a trace",
        f"""
        select {SHOWN} from batch
        where supplier_iso3 is not null and supplier_iso3 not in (select iso3 from marts.countries)
        """,
    ),
    no_rows(
        "a shock meets a market",
        "every shock meets something that the importer buys; one that meets nothing changes nothing, and says so here",
        f"select {SHOWN} from batch where markets_met = 0",
        severity="warning",
    ),
    no_rows(
        "the markets met are the markets told",
        "as many results of a scenario are shocked as its widest shock meets at least, and all together at most",
        """
        with shocks as (
            select scenario_id, max(markets_met) as met_by_one, sum(markets_met) as met_by_all from batch group by all
        ),
        results as (
            select scenario_id, count(*) filter (where is_shocked) as shocked_markets
            from marts.scenario_results group by all
        )
        select scenario_id, shocks.met_by_one, shocks.met_by_all, results.shocked_markets
        from shocks
        left join results using (scenario_id)
        where not coalesce(results.shocked_markets, 0) between shocks.met_by_one and shocks.met_by_all
        """,
    ),
    no_rows(
        "no shock is older than its scenario",
        "from_year is not before baseline_year: what happened by then is in the trade of that year",
        f"""
        select {SHOWN}, batch.from_year, scenarios.baseline_year
        from batch
        inner join marts.scenarios as scenarios using (scenario_id)
        where batch.from_year < scenarios.baseline_year
        """,
    ),
]
