"""What would mislead a reader of a path to a later year; empty where no scenario has one."""

from expectations.rules import between, from_restricted_cell, no_rows, restricted_rows_stay, threshold

MARKET = "scenario_id, importer_iso3, mineral_id, stage"
SHOWN = f"{MARKET}, case_id, year"
BASELINE_YEAR = "(select baseline_year from marts.scenarios as asked where asked.scenario_id = batch.scenario_id)"

SUITE = [
    between("net_import_reliance", 0, 1),
    between("content_fraction", 0, 1),
    restricted_rows_stay(SHOWN, from_restricted_cell(year=BASELINE_YEAR)),
    no_rows(
        "a published figure is met",
        "in the case `published` net_import_reliance is the published figure of the year, to 1e-6",
        f"""
        select {SHOWN}, net_import_reliance, published_net_import_reliance from batch
        where case_id = 'published' and abs(net_import_reliance - published_net_import_reliance) > 1e-6
        """,
    ),
    no_rows(
        "reliance is net imports over consumption",
        "consumption_t = home_supply_t + imports_t - exports_t, demand_t = consumption_t + unmet_t, and reliance is the"
        " part of consumption_t that is not made at home",
        f"""
        select {SHOWN}, home_supply_t, imports_t, exports_t, consumption_t, unmet_t, demand_t, net_import_reliance
        from batch
        where abs(home_supply_t + imports_t - exports_t - consumption_t) > 1e-9 * (home_supply_t + imports_t)
            or abs(consumption_t + unmet_t - demand_t) > 1e-9 * (home_supply_t + imports_t + unmet_t)
            or abs(net_import_reliance * consumption_t - greatest(imports_t - exports_t, 0))
            > 1e-9 * (home_supply_t + imports_t)
        """,
    ),
    no_rows(
        "what is missing has a reason",
        "net_import_reliance and imports_t are known where there is no missing_reason, and only there",
        f"""
        select {SHOWN}, net_import_reliance, imports_t, missing_reason from batch
        where (net_import_reliance is null) != (missing_reason is not null)
            or (imports_t is null) != (missing_reason is not null)
        """,
    ),
    no_rows(
        "a path has every year",
        "every case of a market has one row for each year from baseline_year to the last, which is that of all cases",
        f"""
        with spans as (
            select {MARKET}, case_id, min(year) as first_year, max(year) as last_year, count(*) as year_count
            from batch group by all
        )
        select {MARKET}, case_id, first_year, last_year, year_count, scenarios.baseline_year
        from spans
        inner join marts.scenarios as scenarios using (scenario_id, importer_iso3)
        qualify first_year != scenarios.baseline_year
            or year_count != last_year - first_year + 1
            or last_year != max(last_year) over (partition by {MARKET})
        """,
    ),
    no_rows(
        "low cases lie below high ones",
        "of one year demand_t rises from `demand low` to `demand high`, content_fraction from `content low` to high",
        f"""
        with cases as (
            select {MARKET}, year,
                max(demand_t) filter (where case_id = 'demand low') as demand_low_t,
                max(demand_t) filter (where case_id = 'published') as demand_t,
                max(demand_t) filter (where case_id = 'demand high') as demand_high_t,
                max(content_fraction) filter (where case_id = 'content low') as content_low,
                max(content_fraction) filter (where case_id = 'content typical') as content_typical,
                max(content_fraction) filter (where case_id = 'content high') as content_high
            from batch group by all
        )
        select * from cases
        where not coalesce(demand_low_t <= coalesce(demand_t, demand_high_t), true)
            or not coalesce(coalesce(demand_t, demand_low_t) <= demand_high_t, true)
            or not coalesce(content_low <= content_typical, true)
            or not coalesce(content_typical <= content_high, true)
        """,
    ),
    no_rows(
        "the largest supplier is part of the imports",
        "what it delivers is at most imports_t, and is_within_single_country_cap says if it is at most the cap",
        f"""
        select {SHOWN}, top_supplier_iso3, top_supplier_ratio, consumption_t, imports_t, is_within_single_country_cap
        from batch
        where not coalesce(top_supplier_ratio * consumption_t <= imports_t * (1 + 1e-9), true)
            or is_within_single_country_cap is distinct from
            (top_supplier_ratio <= {threshold("single_country_cap_share")})
        """,
    ),
    no_rows(
        "an agreement is kept on the way",
        "imports_t are at least what is agreed",
        f"select {SHOWN}, agreed_t, imports_t from batch where agreed_t > imports_t * (1 + 1e-9)",
    ),
]
