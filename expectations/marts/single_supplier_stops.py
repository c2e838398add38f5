"""What would mislead a reader of what is lacking if one supplier stops."""

from expectations.rules import from_restricted_cell, iso3, no_rows, restricted_rows_stay, threshold

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3"

SUITE = [
    iso3("supplier_iso3", SHOWN),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "every supplier's stop is told",
        "each named supplier of the newest finished year has a row, and withdraws at most what marts.supplier_shares"
        " says, all of it where all of the market has a weight",
        f"""
        with suppliers as (
            select * from marts.supplier_shares
            where supplier_iso3 != 'XXX' and year in (select year from intermediate.int_newest_complete_year)
        )
        select {SHOWN}, batch.withdrawn_value_usd, suppliers.import_value_usd
        from suppliers
        inner join marts.supplier_concentration as concentration using ({CELL})
        full join batch using ({SHOWN})
        -- of markets that are published
        where ({CELL}) in (select ({CELL}) from suppliers)
            and not coalesce(
                batch.withdrawn_value_usd <= suppliers.import_value_usd
                and (
                    concentration.weight_coverage_share < 1
                    or batch.withdrawn_value_usd = cast(suppliers.import_value_usd as double)
                ),
                false
            )
        """,
    ),
    no_rows(
        "what is missing has a reason",
        "what is lacking and lost is known where there is no missing_reason, and only there: null is not 0",
        f"""
        select {SHOWN}, missing_reason, unmet_share, unmet_t, value_lost_usd, replacement_bill_usd, loss_rank from batch
        where (missing_reason is null)
            and (unmet_share + unmet_t + value_lost_usd + replacement_bill_usd + loss_rank is null)
            or missing_reason is not null
            and coalesce(unmet_share, unmet_t, value_lost_usd, replacement_bill_usd, loss_rank) is not null
        """,
    ),
    no_rows(
        "nobody lacks more than the supplier sold",
        "0 <= unmet_share <= withdrawn_t / purchased_t <= 1, and value_lost_usd is the same part of what is withdrawn",
        f"""
        select {SHOWN}, unmet_share, unmet_t, withdrawn_t, purchased_t, value_lost_usd, withdrawn_value_usd from batch
        where not coalesce(
                0 <= unmet_t and unmet_t <= withdrawn_t * (1 + 1e-9) and withdrawn_t <= purchased_t * (1 + 1e-9), true
            )
            or abs(unmet_share * purchased_t - unmet_t) > 1e-9 * purchased_t
            or abs(value_lost_usd * withdrawn_t - withdrawn_value_usd * unmet_t)
            > 1e-9 * withdrawn_value_usd * withdrawn_t
        """,
    ),
    no_rows(
        "others turn round their headroom, no more and no less",
        "what is replaced is withdrawn_t, or scenario_headroom_share of substitutes_t where that is less",
        f"""
        select {SHOWN}, withdrawn_t, unmet_t, substitutes_t from batch
        where missing_reason is null
            and not coalesce(
                abs(
                    withdrawn_t - unmet_t
                    - least(withdrawn_t, {threshold("scenario_headroom_share")} * substitutes_t)
                ) <= 1e-9 * (withdrawn_t + unmet_t),
                false
            )
        """,
    ),
    no_rows(
        "a larger loss has a lower rank",
        "an importer's ranks start at 1 and fall as value_lost_usd rises",
        f"""
        select {SHOWN}, value_lost_usd, loss_rank from batch
        where loss_rank is not null
        qualify value_lost_usd > lag(value_lost_usd) over (partition by year, importer_iso3 order by loss_rank)
            or min(loss_rank) over (partition by year, importer_iso3) != 1
        """,
    ),
    no_rows(
        "a stop is the scenario of that stop",
        "where one full cut is all that a scenario of the year asks, both say the same share is lacking",
        f"""
        with sole_stops as (
            select scenarios.scenario_id, scenarios.importer_iso3, scenarios.baseline_year as year,
                any_value(shocks.supplier_iso3) as supplier_iso3
            from marts.scenarios as scenarios
            inner join marts.scenario_shocks as shocks using (scenario_id)
            where scenarios.headroom_share = {threshold("scenario_headroom_share")}
            group by all
            having count(*) = 1 and any_value(shocks.fraction) = 1
        )
        select {SHOWN}, sole_stops.scenario_id as asked_in, batch.unmet_share,
            results.unmet_share as unmet_share_of_scenario
        from sole_stops
        inner join marts.scenario_results as results using (scenario_id, year, importer_iso3)
        inner join batch using ({SHOWN})
        where results.is_shocked and batch.missing_reason is null and results.missing_reason is null
            and abs(batch.unmet_share - results.unmet_share) > 1e-9
        """,
    ),
]
