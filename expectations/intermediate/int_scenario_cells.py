"""What would make it implausible what a scenario asks of a market."""

from expectations.rules import NOT_REFUSED, STAGES, between, known_minerals, no_rows, one_of, positive

CASE = "scenario_id, case_group, case_id, year"
SHOWN = f"{CASE}, mineral_id, stage"

# empty where no shock meets a market
SUITE = [
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("headroom_share", 0, 1),
    positive("content_scale"),
    no_rows(
        "what is worked out has a demand",
        "in a market without missing_reason baseline_t and demand are known and above 0, home supply is 0 or more",
        f"""
        select {SHOWN}, baseline_t, demand_change_t, home_supply_t from batch
        where missing_reason is null and {NOT_REFUSED}
            and not coalesce(
                baseline_t > 0 and baseline_t + demand_change_t > 0 and home_supply_t >= 0
                and headroom_share is not null,
                false
            )
        """,
    ),
    no_rows(
        "every market is asked in every case",
        "a scenario's markets are there in every case of its start, those that a path names in every year of it",
        f"""
        with meant as (
            select {SHOWN}
            from intermediate.int_scenario_cases
            inner join intermediate.int_scenario_markets using (scenario_id, content_reading)
            where case_group = 'start' or end_year is not null
        )
        select {SHOWN}, 'is not asked' as fault from meant anti join batch using ({SHOWN})
        union all
        select {SHOWN}, 'is asked of nobody' as fault from batch anti join meant using ({SHOWN})
        """,
    ),
    no_rows(
        "nothing is asked where no shock asks it",
        "demand changes only where a shock says so, and home supply comes with a shock or a published figure",
        f"""
        select {SHOWN}, demand_change_t, home_supply_t from batch
        where (
                demand_change_t != 0
                and (scenario_id, mineral_id, stage) not in (
                    select (scenario_id, mineral_id, stage) from intermediate.int_scenario_shocks
                    where shock_type = 'demand_growth'
                )
            )
            or (
                home_supply_t != 0
                and (scenario_id, mineral_id, stage) not in (
                    select (scenario_id, mineral_id, stage) from intermediate.int_scenario_shocks
                    where shock_type = 'domestic_production'
                    union all
                    select (scenario_id, mineral_id, stage) from seeds.seed_scenario_paths
                    where published_end_reliance is not null
                )
            )
        """,
    ),
]
