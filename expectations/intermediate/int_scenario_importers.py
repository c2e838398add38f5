"""What must hold of whose year a scenario tells of."""

from expectations.rules import iso3, no_rows, not_empty

SHOWN = "scenario_id, year, importer_iso3"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    no_rows(
        "a scenario tells of its own importer and year",
        "what is not the baseline is a scenario of int_scenarios, its importer and the year that it starts from, and"
        " none that is refused",
        f"""
        select {SHOWN} from batch
        where scenario_id is distinct from 'baseline'
            and (
                (scenario_id, importer_iso3, year) not in (
                    select (scenario_id, importer_iso3, baseline_year) from intermediate.int_scenarios
                )
                or scenario_id in (select scenario_id from intermediate.int_scenario_refusals)
            )
        """,
    ),
    no_rows(
        "whoever trades is told of",
        "the baseline has everybody whose purchases int_baseline_flows knows, and a scenario its importer, if that is"
        " among them",
        """
        with trading as (
            select distinct importer_iso3, year from intermediate.int_baseline_flows
        ),
        meant as (
            select 'baseline' as scenario_id, year, importer_iso3 from trading
            union all
            select scenario_id, baseline_year as year, importer_iso3 from intermediate.int_scenarios
            semi join trading
                on int_scenarios.importer_iso3 = trading.importer_iso3 and int_scenarios.baseline_year = trading.year
            anti join intermediate.int_scenario_refusals as refusals
                on int_scenarios.scenario_id = refusals.scenario_id
        )
        select scenario_id, year, importer_iso3 from meant
        anti join batch using (scenario_id, year, importer_iso3)
        """,
    ),
]
