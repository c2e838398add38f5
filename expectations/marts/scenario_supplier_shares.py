"""What would mislead a reader of a scenario's suppliers; empty where the seeds ask none."""

from expectations.rules import from_restricted_cell, iso3, no_rows, positive, restricted_rows_stay

CELL = "year, importer_iso3, mineral_id, stage"
MARKET = f"scenario_id, {CELL}"
SHOWN = f"{MARKET}, supplier_iso3"
SHARES = ("value_share_before", "value_share_after", "weight_share_before", "weight_share_after")
# Suppliers that step in with less than a tenth of a cent have no row.
CENTS = "1e-6"

SUITE = [
    iso3("supplier_iso3", SHOWN),
    positive("purchase_usd_per_t"),
    positive("exports_elsewhere_usd_per_t"),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "shares of a market sum to 1",
        "each of the four shares of one market sums to 1 over its suppliers, or to 0 where nothing is delivered",
        " union all by name ".join(
            f"""
            select {MARKET}, '{share}' as share, sum({share}) as share_sum
            from batch
            group by {MARKET}
            having min({share}) < 0 or (abs(sum({share}) - 1) > 1e-9 and {share_may_be_nothing})
            """
            for share, share_may_be_nothing in (
                (share, "true" if share.endswith("before") else f"sum({share}) != 0") for share in SHARES
            )
        ),
    ),
    no_rows(
        "before is what is published of the year",
        "the suppliers before the shocks are those of marts.supplier_shares, with the same value and shares",
        f"""
        with published as (
            select scenarios.scenario_id, shares.*
            from marts.scenarios as scenarios
            inner join marts.supplier_shares as shares
                on scenarios.importer_iso3 = shares.importer_iso3 and scenarios.baseline_year = shares.year
            where scenarios.refusal_reason is null
        )
        select {SHOWN}, batch.import_value_usd_before, published.import_value_usd,
            batch.value_share_before, published.value_share
        from published
        full join batch using ({SHOWN})
        -- of markets that are published
        where ({MARKET}) in (select ({MARKET}) from published)
            and (
                coalesce(batch.import_value_usd_before, 0)
                is distinct from cast(coalesce(published.import_value_usd, 0) as double)
                or coalesce(batch.value_share_before, 0) is distinct from coalesce(published.value_share, 0)
                or (published.supplier_iso3 is not null and batch.supplier_iso3 is null)
                or (
                    published.supplier_iso3 is not null
                    and batch.weight_share_before is distinct from published.weight_share
                )
            )
        """,
    ),
    no_rows(
        "suppliers add up to the market",
        "tonnes and value of the suppliers sum to those of marts.scenario_results",
        f"""
        with sums as (
            select {MARKET},
                sum(import_value_usd_before) as before_usd, sum(import_value_usd_after) as after_usd,
                sum(baseline_t) as baseline_t, sum(withdrawn_t) as withdrawn_t, sum(refilled_t) as refilled_t,
                sum(delivered_t) as delivered_t
            from batch group by all
        )
        select {MARKET}, sums.*, results.import_value_usd_after, results.baseline_t as market_baseline_t,
            results.withdrawn_t as market_withdrawn_t, results.refilled_t as market_refilled_t,
            results.delivered_t as market_delivered_t
        from sums
        inner join marts.scenario_results as results using ({MARKET})
        where abs(sums.before_usd - results.import_value_usd_before) > {CENTS} * results.import_value_usd_before
            or abs(sums.after_usd - results.import_value_usd_after) > {CENTS} * results.import_value_usd_after
            or abs(sums.baseline_t - results.baseline_t) > {CENTS} * results.baseline_t
            or abs(sums.withdrawn_t - results.withdrawn_t) > {CENTS} * results.baseline_t
            or abs(sums.refilled_t - results.refilled_t) > {CENTS} * results.baseline_t
            or abs(sums.delivered_t - results.delivered_t) > {CENTS} * results.baseline_t
        """,
    ),
    no_rows(
        "the bill is what others pay for the same goods",
        "refilled_t at exports_elsewhere_usd_per_t sums to the replacement bill, and no supplier is paid less than that"
        " for what is additional",
        f"""
        with sums as (
            select {MARKET}, sum(refilled_t * exports_elsewhere_usd_per_t) as bill_usd,
                min(import_value_usd_after - additional_t * exports_elsewhere_usd_per_t) as least_rest_usd
            from batch group by all
        )
        select {MARKET}, bill_usd, results.replacement_bill_usd, least_rest_usd
        from sums
        inner join marts.scenario_results as results using ({MARKET})
        where abs(bill_usd - results.replacement_bill_usd) > 0.01 + {CENTS} * results.replacement_bill_usd
            or least_rest_usd < -0.01 - {CENTS} * results.import_value_usd_after
        """,
    ),
    no_rows(
        "a cut takes what its shock says",
        "who is cut delivers its orders less the fraction of marts.scenario_shocks, and stands in for nobody",
        f"""
        with shocked as (
            select batch.*, max(shocks.fraction) as fraction
            from batch
            inner join seeds.seed_minerals as minerals using (mineral_id)
            inner join marts.scenario_shocks as shocks
                on batch.scenario_id = shocks.scenario_id and batch.supplier_iso3 = shocks.supplier_iso3
                and shocks.stage in (batch.stage, 'all')
                and shocks.mineral_id in (batch.mineral_id, 'all', coalesce(minerals.parent_mineral_id, ''))
            where shocks.shock_type = 'supply_cut'
            group by all
        )
        select {SHOWN}, fraction, ordered_t, withdrawn_t, refilled_t, import_value_usd_after from shocked
        where abs(withdrawn_t - fraction * ordered_t) > 1e-9 * ordered_t
            or (fraction > 0 and refilled_t > 0)
            or (fraction = 1 and import_value_usd_after > 0)
        """,
    ),
    no_rows(
        "who steps in turns round no more than its headroom",
        "refilled_t is at most headroom_share of what the supplier sells to others",
        f"""
        select {SHOWN}, refilled_t, exports_elsewhere_t, scenarios.headroom_share
        from batch
        inner join marts.scenarios as scenarios using (scenario_id, importer_iso3)
        where refilled_t > 0
            and not coalesce(refilled_t <= scenarios.headroom_share * exports_elsewhere_t * (1 + 1e-9), false)
        """,
    ),
    no_rows(
        "exports elsewhere are those of the options",
        "in the newest finished year exports_elsewhere_t is that of marts.supply_options; what is unknown is not 0",
        f"""
        select {SHOWN}, batch.exports_elsewhere_t, options.exports_elsewhere_t as option_t
        from batch
        inner join marts.supply_options as options using ({CELL}, supplier_iso3)
        where batch.baseline_t is not null and batch.exports_elsewhere_t is distinct from options.exports_elsewhere_t
        """,
    ),
    no_rows(
        "an agreement is kept",
        "a supplier delivers what is agreed, which is at most what the shock says (gross, or as content)",
        f"""
        with agreed as (
            select batch.*, max(shocks.quantity) as quantity
            from batch
            inner join marts.scenario_shocks as shocks using (scenario_id, supplier_iso3, mineral_id, stage)
            where shocks.shock_type = 'fixed_quantity' and ordered_t is not null
            group by all
        )
        select {SHOWN}, quantity, agreed_t, delivered_t from agreed
        where not coalesce(
            0 < agreed_t and agreed_t <= quantity * (1 + 1e-9) and delivered_t >= agreed_t * (1 - 1e-9), false
        )
        """,
    ),
    no_rows(
        "an agreement is of what there is",
        "agreed_t is at most what the supplier sells to all: more is a unit, or a mine that is not there yet",
        f"""
        select {SHOWN}, agreed_t, baseline_t, exports_elsewhere_t from batch
        where agreed_t > baseline_t + exports_elsewhere_t
        """,
        severity="warning",
    ),
]
