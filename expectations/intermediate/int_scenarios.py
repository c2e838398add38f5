"""What would make a scenario one that nobody could answer."""

from expectations.rules import between, iso3, low_to_high, no_rows

SHOWN = "scenario_id, importer_iso3, baseline_year"

# empty where the seeds ask nothing, as are the tables that follow from it
SUITE = [
    iso3("importer_iso3", SHOWN),
    # nobody can turn round more than all that others buy
    between("headroom_low_share", 0, 1),
    between("headroom_high_share", 0, 1),
    low_to_high("headroom_low_share", "headroom_share", "headroom_high_share", SHOWN),
    no_rows(
        "a scenario starts from a finished year",
        "baseline_year is known and not after the newest finished year",
        f"""
        select {SHOWN} from batch
        where baseline_year is null or baseline_year > (select year from intermediate.int_newest_complete_year)
        """,
    ),
    no_rows(
        "every scenario that is asked is there",
        "the scenarios are those of seed_scenarios, none more and none less",
        """
        select coalesce(batch.scenario_id, asked.scenario_id) as scenario_id,
            batch.scenario_id is not null as is_there, asked.scenario_id is not null as is_asked
        from batch
        full join seeds.seed_scenarios as asked on batch.scenario_id = asked.scenario_id
        where batch.scenario_id is null or asked.scenario_id is null
        """,
    ),
]
