"""What must hold of the shocks that meet an importer's markets."""

from expectations.rules import STAGES, between, known_minerals, low_to_high, no_rows, one_of, positive

SHOWN = "scenario_id, shock_id, shock_type, mineral_id, stage"

# empty where no scenario's importer buys anything in its year
SUITE = [
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("shock_type", ("supply_cut", "fixed_quantity", "domestic_production", "demand_growth")),
    between("fraction", 0, 1),
    positive("quantity"),
    positive("factor_low"),
    low_to_high("factor_low", "factor", "factor_high", SHOWN),
    no_rows(
        "a shock is the one that was written",
        "type, supplier, fraction, factor and quantity are those of the row of seed_scenario_shocks",
        f"""
        select {SHOWN}, supplier_iso3, fraction, factor, quantity from batch
        where (scenario_id, shock_id, shock_type, supplier_iso3, fraction, factor, quantity) not in (
            select (scenario_id, shock_id, shock_type, supplier_iso3, fraction, factor, quantity)
            from seeds.seed_scenario_shocks
        )
        """,
    ),
    no_rows(
        "every shock meets a market",
        "of what a shock is about the scenario's importer buys something; else the shock changes nothing",
        """
        select scenario_id, shock_id, shock_type, supplier_iso3, mineral_id, stage
        from seeds.seed_scenario_shocks
        anti join batch using (scenario_id, shock_id)
        """,
        severity="warning",
    ),
]
