"""What would make the markets that a scenario starts from implausible."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    between,
    known_minerals,
    low_to_high,
    no_rows,
    one_of,
    positive,
    threshold,
)

MARKET = "scenario_id, mineral_id, stage"
SHOWN = f"{MARKET}, content_reading"

REASONS = (
    "weights_missing", "supplier_weight_missing", "content_unknown", "none_contained", "exports_of_others_unknown",
    "home_production_unknown", "own_exports_unknown",
)  # fmt: skip

# empty where no shock meets a market
SUITE = [
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("missing_reason", REASONS),
    positive("purchased_value_usd"),
    positive("published_content_scale"),
    between("content_value_share", 0, 1),
    between("exports_t", 0, None),
    between("production_t", 0, None),
    low_to_high("bought_low_t", "bought_typical_t", "bought_high_t", SHOWN),
    no_rows(
        "what is worked out can be counted",
        "a market without missing_reason has tonnes above 0 over enough of its value; one that is cut knows what others"
        " sell, and one whose demand grows with consumption what is made at home and sold abroad",
        f"""
        select {SHOWN}, purchased_t, content_value_share, has_cut, exports_are_known, grows_with_consumption,
            production_t, exports_t
        from batch
        where missing_reason is null
            and not coalesce(
                purchased_t > 0
                and content_value_share >= {threshold("weight_coverage_share")} - 1e-12
                and (exports_are_known or not has_cut)
                and (not grows_with_consumption or production_t + exports_t is not null),
                false
            )
        """,
    ),
    no_rows(
        "what a shock meets is read in three ways",
        "every market that a shock meets is there with low, typical and high content, and no other market is",
        f"""
        with met as (
            select distinct {MARKET}, unnest(['low', 'typical', 'high']) as content_reading
            from intermediate.int_scenario_shocks
        )
        select {SHOWN}, 'meets no shock' as fault from batch anti join met using ({SHOWN})
        union all
        select {SHOWN}, 'is not told' as fault from met anti join batch using ({SHOWN})
        """,
    ),
    no_rows(
        "purchases are those of the importer",
        "in dollars, and in tonnes where they are known, a market is what int_contained_trade says of the importer's"
        " year",
        f"""
        with trade as (
            select year as baseline_year, country_iso3 as importer_iso3, mineral_id, stage, import_value_usd, imports_t
            from intermediate.int_contained_trade where scenario_id = 'baseline'
        )
        select {SHOWN}, importer_iso3, baseline_year, purchased_value_usd, import_value_usd, bought_typical_t, imports_t
        from batch
        inner join trade using (importer_iso3, baseline_year, mineral_id, stage)
        where abs(purchased_value_usd - import_value_usd) > {SUM_TOLERANCE} * import_value_usd
            or abs(bought_typical_t - imports_t) > {SUM_TOLERANCE} * imports_t
        """,
    ),
    no_rows(
        "the published reliance is met",
        "with published_content_scale net imports are the published part of net imports and home production",
        f"""
        select {SHOWN}, published_content_scale * (purchased_t - exports_t) as net_imports_t, production_t,
            published_baseline_reliance
        from batch
        where content_reading = 'typical' and published_baseline_reliance is not null and missing_reason is null
            and not coalesce(
                abs(net_imports_t / (production_t + net_imports_t) - published_baseline_reliance) <= {SUM_TOLERANCE},
                false
            )
        """,
    ),
    no_rows(
        "the solved content is one that the goods can have",
        "the content that gives the published reliance lies between the low and the high content of the purchases",
        f"""
        select {SHOWN}, bought_low_t, published_content_scale * bought_typical_t as solved_t, bought_high_t
        from batch
        where content_reading = 'typical' and solved_t not between bought_low_t and bought_high_t
        """,
        severity="warning",
    ),
]
