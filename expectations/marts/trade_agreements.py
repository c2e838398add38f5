"""What would be implausible to publish as the register of agreements."""

import great_expectations.expectations as gxe

from expectations.rules import iso3, no_rows, not_empty, one_of

SHOWN = "agreement_id, party_iso3, partner_iso3, agreement, status, in_force_from"

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="source"),
    one_of("confidence", ("high", "medium", "low")),
    one_of("in_force_from_precision", ("year", "month", "day")),
    iso3("party_iso3", SHOWN),
    no_rows(
        "nobody agrees with oneself",
        "no partner is the party",
        f"select {SHOWN} from batch where partner_iso3 = party_iso3",
    ),
    no_rows(
        "partner is a country or several",
        "partner_iso3 is a code of three capitals, or MULTI",
        f"""
        select {SHOWN} from batch
        where partner_iso3 is null or not regexp_full_match(partner_iso3, '[A-Z]{{3}}|MULTI')
        """,
    ),
    no_rows(
        "a date is read where one is written",
        "every written date has become a date, in the year that is written",
        f"""
        select {SHOWN}, in_force_from_date from batch
        where left(in_force_from, 4) is distinct from cast(year(in_force_from_date) as varchar)
            or (in_force_from_date is null) != (in_force_from_precision is null)
        """,
    ),
    no_rows(
        "what is not in force has no start",
        "agreements that are only announced or negotiated have no in_force_from",
        f"""
        select {SHOWN} from batch
        where status in ('announced', 'negotiating') and in_force_from is not null
        """,
    ),
]
