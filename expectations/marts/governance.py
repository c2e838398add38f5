"""What would be implausible to publish about governance."""

from expectations.rules import between, iso3, no_rows, not_empty, positive, threshold

SHOWN = "year, country_iso3, governance_code, governance_year, governance_age_years, governance_risk"

# The largest honest move is 0.94 points (Myanmar 2021).
RISK_MOVE = 1.5
SUPPLIED_SHARE = 0.95

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    between("governance_risk", 0, 10),
    positive("governance_risk_standard_error", 10),
    between("political_instability", 0, 1),
    positive("political_instability_standard_error", 1),
    no_rows(
        "estimate is recent",
        "an estimate is of the year or older, and not older than the method allows",
        f"""
        select {SHOWN} from batch
        where governance_age_years is distinct from year - governance_year
            or not governance_age_years between 0 and {threshold("governance_age_years")}
        """,
    ),
    no_rows(
        "a country has both figures",
        "every row has a governance risk and a political instability",
        f"""
        select {SHOWN}, political_instability from batch
        where governance_risk is null or political_instability is null
        """,
    ),
    no_rows(
        "who supplies has an estimate",
        f"at least {SUPPLIED_SHARE:.0%} of a year's imports from named suppliers are from countries with an estimate,"
        " up to the last year that the newest estimates may describe",
        f"""
        select
            shares.year,
            sum(shares.import_value_usd) filter (where batch.country_iso3 is not null) / sum(shares.import_value_usd)
                as estimated_share
        from marts.supplier_shares as shares
        left join batch on shares.year = batch.year and shares.supplier_iso3 = batch.country_iso3
        where shares.supplier_iso3 != 'XXX'
            and shares.year <= (select max(governance_year) from batch) + {threshold("governance_age_years")}
        group by all
        having coalesce(estimated_share, 0) < {SUPPLIED_SHARE}
        """,
    ),
    no_rows(
        "governance risk moves moderately",
        f"a country's governance risk moves by at most {RISK_MOVE} points in a year",
        f"""
        select now.country_iso3, now.year, before.governance_risk as risk_before, now.governance_risk as risk_now
        from batch as now
        inner join batch as before on now.country_iso3 = before.country_iso3 and now.year = before.year + 1
        where abs(now.governance_risk - before.governance_risk) > {RISK_MOVE}
        """,
        severity="warning",
    ),
]
