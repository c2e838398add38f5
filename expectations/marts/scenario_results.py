"""What would mislead a reader of a scenario's results; empty where the seeds ask none."""

from expectations.rules import between, from_restricted_cell, no_rows, restricted_rows_stay

CELL = "year, importer_iso3, mineral_id, stage"
KEYS = f"scenario_id, {CELL}"
AMOUNTS = ("unmet_share", "value_lost_usd", "unmet_t", "replacement_bill_usd", "replacement_extra_cost_usd")
FIGURES = (
    "import_value_usd", "hhi_value", "top1_share", "china_value_share", "china_weight_share", "china_via_share",
    "risk_score", "risk_rank",
)  # fmt: skip
# A market's figures are sums over suppliers: their last digits are noise.
NOISE = "1e-9"

SUITE = [
    between("unmet_share", 0, 1),
    between("risk_score_after", 0, 100),
    restricted_rows_stay(KEYS, from_restricted_cell()),
    no_rows(
        "ranges run from low to high",
        "low <= typical <= high of every amount; both ends are known or none",
        " union all by name ".join(
            f"""
            select {KEYS}, '{amount}' as amount, {amount}_low as low, {amount} as typical, {amount}_high as high
            from batch
            where not coalesce({amount}_low <= {amount} and {amount} <= {amount}_high, true)
                or ({amount}_low is null) != ({amount}_high is null)
            """
            for amount in AMOUNTS
        ),
    ),
    no_rows(
        "what cannot be worked out is null, not 0",
        "without a missing_reason what is lacking is told; with one neither it nor any figure after the shocks,"
        " and no score is told without unmet_share; only where nothing is delivered is the loss still known, and the"
        " purchases are 0",
        f"""
        select {KEYS}, missing_reason, unmet_share, value_lost_usd, import_value_usd_after, risk_score_after from batch
        where (missing_reason is null and (import_value_usd_after is null or unmet_share is null))
            or (
                missing_reason = 'nothing_delivered'
                and (
                    import_value_usd_after is distinct from 0
                    or hhi_value_after is not null
                    or risk_score_after is not null
                    or unmet_share is null
                )
            )
            or (
                missing_reason != 'nothing_delivered'
                and coalesce({", ".join(f"{amount}_low, {amount}, {amount}_high" for amount in AMOUNTS)},
                    withdrawn_t, withdrawn_value_usd, refilled_t, delivered_t, demand_change_t, home_used_t,
                    {", ".join(f"{figure}_after" for figure in FIGURES)}) is not null
            )
            or (unmet_share is null) != (value_lost_usd is null)
            or (unmet_share is null) != (unmet_t is null)
        """,
    ),
    no_rows(
        "a refused scenario says nothing",
        "the results of a scenario that the data contradict have its refusal_reason as their missing_reason",
        f"""
        select {KEYS}, scenarios.refusal_reason, batch.missing_reason
        from batch
        inner join marts.scenarios as scenarios using (scenario_id, importer_iso3)
        where scenarios.refusal_reason is not null and batch.missing_reason is distinct from scenarios.refusal_reason
        """,
    ),
    no_rows(
        "nothing is created or lost",
        "withdrawn_t = refilled_t + unmet_t, baseline_t + demand_change_t = delivered_t + home_used_t + unmet_t",
        f"""
        select {KEYS}, withdrawn_t, refilled_t, unmet_t, baseline_t, demand_change_t, delivered_t, home_used_t
        from batch
        where abs(withdrawn_t - refilled_t - unmet_t) > {NOISE} * withdrawn_t
            or abs(baseline_t + demand_change_t - delivered_t - home_used_t - unmet_t)
            > {NOISE} * (baseline_t + demand_change_t)
        """,
    ),
    no_rows(
        "unmet_share is unmet_t of what is wanted",
        "unmet_share = unmet_t / (baseline_t + demand_change_t)",
        f"""
        select {KEYS}, unmet_share, unmet_t, baseline_t, demand_change_t from batch
        where abs(unmet_share * (baseline_t + demand_change_t) - unmet_t) > {NOISE} * (baseline_t + demand_change_t)
        """,
    ),
    no_rows(
        "what is lost is the lacking part of what is withdrawn",
        "value_lost_usd / withdrawn_value_usd = unmet_t / withdrawn_t: no more is lost than is withdrawn",
        f"""
        select {KEYS}, value_lost_usd, withdrawn_value_usd, unmet_t, withdrawn_t from batch
        where abs(value_lost_usd * withdrawn_t - withdrawn_value_usd * unmet_t)
            > {NOISE} * withdrawn_value_usd * withdrawn_t
            or value_lost_usd > withdrawn_value_usd * (1 + {NOISE})
        """,
    ),
    no_rows(
        "the extra cost is the bill less what was paid before",
        "replacement_extra_cost_usd = replacement_bill_usd - (withdrawn_value_usd - value_lost_usd)",
        f"""
        select {KEYS}, replacement_extra_cost_usd, replacement_bill_usd, withdrawn_value_usd, value_lost_usd from batch
        where abs(replacement_bill_usd - withdrawn_value_usd + value_lost_usd - replacement_extra_cost_usd)
            > {NOISE} * (replacement_bill_usd + withdrawn_value_usd)
        """,
    ),
    no_rows(
        "before is what is published of the year",
        "the figures before the shocks are those of risk_scores, supplier_concentration and china_dependence",
        f"""
        select {KEYS}, import_value_usd_before, concentration.import_value_usd, risk_score_before, scores.risk_score,
            risk_rank_before, scores.risk_rank, hhi_value_before, concentration.hhi_value
        from batch
        inner join marts.supplier_concentration as concentration using ({CELL})
        left join marts.risk_scores as scores using ({CELL})
        left join marts.china_dependence as dependence using ({CELL})
        where import_value_usd_before is distinct from cast(concentration.import_value_usd as double)
            or batch.has_basket_code is distinct from concentration.has_basket_code
            or hhi_value_before is distinct from concentration.hhi_value
            or top1_share_before is distinct from concentration.top1_share
            or top_supplier_iso3_before is distinct from concentration.top_supplier_iso3
            or china_value_share_before is distinct from dependence.china_value_share
            or china_weight_share_before is distinct from dependence.china_weight_share
            or china_via_share_before is distinct from dependence.china_via_share
            or risk_score_before is distinct from scores.risk_score
            or risk_rank_before is distinct from scores.risk_rank
        """,
    ),
    no_rows(
        "every market of the importer is told",
        "each scenario tells of everything that its importer buys in the starting year",
        f"""
        with markets as (
            select scenarios.scenario_id, concentration.*
            from marts.scenarios as scenarios
            inner join marts.supplier_concentration as concentration
                on scenarios.importer_iso3 = concentration.importer_iso3
                and scenarios.baseline_year = concentration.year
        )
        select {KEYS}, markets.import_value_usd from markets
        anti join batch using ({KEYS})
        """,
    ),
    no_rows(
        "change is after less before",
        "a change is the difference of the two figures, and null where one of them is",
        " union all by name ".join(
            f"""
            select {KEYS}, '{figure}' as figure, {figure}_before as before, {figure}_after as after,
                {figure}_change as change
            from batch
            where {figure}_change is distinct from {figure}_after - {figure}_before
            """
            for figure in FIGURES
        ),
    ),
    no_rows(
        "what no shock meets stays as it is",
        "without a shock nothing is withdrawn or lacking, and the suppliers are those before",
        f"""
        select {KEYS}, unmet_share, value_lost_usd, import_value_usd_change, hhi_value_change from batch
        where not is_shocked and missing_reason is null
            and (
                unmet_share != 0 or value_lost_usd != 0 or withdrawn_t != 0 or demand_change_t != 0
                or import_value_usd_after is distinct from import_value_usd_before
                or hhi_value_after is distinct from hhi_value_before
                or top_supplier_iso3_after is distinct from top_supplier_iso3_before
            )
        """,
    ),
    no_rows(
        "a higher score has a lower rank",
        "ranks after the shocks fall as scores rise, from 1, and only a score has one",
        f"""
        select {KEYS}, risk_score_after, risk_rank_after from batch
        where risk_rank_after is not null
        qualify risk_score_after is null
            or risk_score_after > lag(risk_score_after) over (partition by scenario_id order by risk_rank_after)
            or min(risk_rank_after) over (partition by scenario_id) != 1
        """,
    ),
]
