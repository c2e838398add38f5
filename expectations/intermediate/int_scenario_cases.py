"""What must hold of the readings in which scenarios are worked out."""

from expectations.rules import no_rows, one_of

READINGS = ("low", "typical", "high")
SHOWN = "scenario_id, case_group, case_id, year, is_in_full"

SUITE = [
    one_of("case_group", ("start", "path")),
    one_of("headroom_reading", READINGS),
    one_of("content_reading", READINGS),
    one_of("demand_reading", READINGS),
    no_rows(
        "every scenario starts in nine readings",
        "every scenario has nine cases of its starting year, each of them in full: three readings of headroom by three"
        " of content",
        """
        select scenarios.scenario_id, baseline_year,
            count(distinct (headroom_reading, content_reading)) as readings, count(batch.case_id) as cases
        from intermediate.int_scenarios as scenarios
        left join batch
            on scenarios.scenario_id = batch.scenario_id
            and batch.case_group = 'start' and batch.is_in_full and batch.year = scenarios.baseline_year
        group by all
        having readings != 9 or cases != 9
        """,
    ),
    no_rows(
        "a start is in full and a path is not",
        "is_in_full is true for the cases of the start and false for those of a path",
        f"""
        select {SHOWN} from batch
        where is_in_full is distinct from (case_group = 'start') and case_group in ('start', 'path')
        """,
    ),
    no_rows(
        "a path goes through every year",
        "every case of a path has each year from the starting year to the last of seed_scenario_paths",
        """
        with paths as (
            select scenario_id, baseline_year, max(end_year) as end_year
            from seeds.seed_scenario_paths inner join intermediate.int_scenarios using (scenario_id)
            group by all
        )
        select scenario_id, case_id, baseline_year, end_year,
            min(year) as first_year, max(year) as last_year, count(distinct year) as years
        from paths
        left join (from batch where case_group = 'path') using (scenario_id)
        group by all
        having not coalesce(
            first_year = baseline_year and last_year = end_year and years = end_year - baseline_year + 1, false
        )
        """,
    ),
    no_rows(
        "no two cases read alike",
        "no two cases of a scenario and year have the same reading of headroom, content and demand",
        """
        select scenario_id, case_group, year,
            headroom_reading, content_reading, demand_reading, content_is_solved, count(*) as cases
        from batch group by all having count(*) > 1
        """,
    ),
]
