"""What would be implausible to publish as scenarios; empty where the seeds ask none."""

from expectations.rules import between, iso3, low_to_high, no_rows

SHOWN = "scenario_id, variant_of, importer_iso3, baseline_year"

SUITE = [
    iso3("importer_iso3", SHOWN),
    # the ends of a scenario come from its row or from the method's thresholds, each on its own
    low_to_high("headroom_low_share", "headroom_share", "headroom_high_share", SHOWN),
    between("headroom_low_share", 0, 1),
    between("headroom_high_share", 0, 1),
    no_rows(
        "a scenario says what it asks and assumes",
        "title, question, assumptions and source are there",
        f"""
        select {SHOWN}, title, question, assumptions, source from batch
        where least(
            length(trim(coalesce(title, ''))), length(trim(coalesce(question, ''))),
            length(trim(coalesce(assumptions, ''))), length(trim(coalesce(source, '')))
        ) = 0
        """,
    ),
    no_rows(
        "a variant starts where its scenario does",
        "variant_of is a scenario of the same importer and year: only then can the two be compared",
        f"""
        select {SHOWN} from batch
        where variant_of is not null
            and (variant_of, importer_iso3, baseline_year)
            not in (select (scenario_id, importer_iso3, baseline_year) from batch)
        """,
    ),
    no_rows(
        "a scenario is answered or refused",
        "every scenario has results of its importer's year, or a refusal_reason",
        f"""
        select {SHOWN} from batch
        where refusal_reason is null
            and not exists (
                select 1 from marts.scenario_results as results
                where results.scenario_id = batch.scenario_id and results.importer_iso3 = batch.importer_iso3
                    and results.year = batch.baseline_year
            )
        """,
        # trade of that year may not have been ingested; all else is still worth publishing
        severity="warning",
    ),
    no_rows(
        "a refusal names shocks of its scenario",
        "every one of refused_shock_ids is a shock of the scenario, and comes with a refusal_reason",
        f"""
        select {SHOWN}, refusal_reason, refused.shock_id from batch
        cross join unnest(string_split(refused_shock_ids, ' ')) as refused (shock_id)
        where refusal_reason is null
            or (scenario_id, refused.shock_id) not in (select (scenario_id, shock_id) from marts.scenario_shocks)
        """,
    ),
]
