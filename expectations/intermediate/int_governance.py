"""What would make governance risk implausible."""

from expectations.rules import between, iso3, no_rows, not_empty, positive, threshold

SHOWN = "year, iso3, governance_code, governance_year, governance_age_years, governance_risk"

SUITE = [
    not_empty(),
    between("governance_risk", 0, 10),
    positive("governance_risk_standard_error", 10),
    between("political_instability", 0, 1),
    positive("political_instability_standard_error", 1),
    iso3("iso3", SHOWN),
    no_rows(
        "estimate is recent",
        "an estimate is of the year or older, and not older than the method allows",
        f"""
        select {SHOWN} from batch
        where governance_age_years != year - governance_year
            or not governance_age_years between 0 and {threshold("governance_age_years")}
        """,
    ),
    no_rows(
        "number of countries holds",
        "a year keeps at least 90 % of the countries of the year before",
        """
        with years as (select year, count(*) as countries from batch group by all)
        select years.year, before.countries as countries_before, years.countries as countries_now
        from years
        inner join years as before on years.year = before.year + 1
        where before.countries >= 30 and years.countries < 0.9 * before.countries
        """,
    ),
]
