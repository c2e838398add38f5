"""What would be implausible to publish as the register of export measures."""

import great_expectations.expectations as gxe

from expectations.rules import between, iso3, known_minerals, no_rows, not_empty, one_of

SHOWN = "control_id, iso3, mineral_id, stage, measure, status, effective_from"

SUITE = [
    not_empty(),
    iso3("iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("measure", ("ban", "quota", "licensing", "tax")),
    gxe.ExpectColumnValuesToNotBeNull(column="source"),
    between("severity", 0, 1),
    no_rows(
        "a measure that can act has a start and a severity",
        "a row with can_act says from when it acts and how much",
        f"""
        select {SHOWN}, effective_from_date, severity from batch
        where can_act is null
            or (can_act and (effective_from_date is null or severity is null))
        """,
    ),
    no_rows(
        "a date is read where one is written",
        "every written date has become a date, in the year that is written",
        f"""
        select {SHOWN}, effective_from_date, effective_to, effective_to_date,
            suspended_from, suspended_from_date, suspended_to, suspended_to_date
        from batch
        where left(effective_from, 4) is distinct from cast(year(effective_from_date) as varchar)
            or left(effective_to, 4) is distinct from cast(year(effective_to_date) as varchar)
            or left(suspended_from, 4) is distinct from cast(year(suspended_from_date) as varchar)
            or left(suspended_to, 4) is distinct from cast(year(suspended_to_date) as varchar)
        """,
    ),
    no_rows(
        "targets are countries",
        "target_countries is all, a group in words, or codes of three capitals",
        f"""
        select {SHOWN}, target_countries from batch
        where target_countries is null
            or not regexp_full_match(target_countries, 'all|non-OECD|[A-Z]{{3}}(;[A-Z]{{3}})*')
        """,
    ),
]
