"""What would mislead a reader of what export measures of a year may cost."""

from expectations.rules import between, from_restricted_source, no_rows, restricted_rows_stay, threshold

KEYS = "year, importer_iso3, mineral_id"
LOSSES = "expected_loss_usd, value_at_risk_95_usd, value_at_risk_99_usd, loss_probability"

SUITE = [
    between("expected_loss_usd", 0, None),
    between("loss_probability", 0, 1),
    restricted_rows_stay(
        KEYS,
        f"""
        exists (
            select 1 from intermediate.int_import_cells as cells
            where cells.year = batch.year and cells.importer_iso3 = batch.importer_iso3
                and batch.mineral_id in (cells.mineral_id, 'all') and {from_restricted_source("cells.source_id")}
        )
        """,
    ),
    no_rows(
        "a rarer loss is no smaller",
        "0 <= value_at_risk_95_usd <= value_at_risk_99_usd, and what 5 % (1 %) of the draws exceed weighs in the mean",
        # the mean may be above both: most draws lose nothing; a quantile is one of the draws
        f"""
        select {KEYS}, {LOSSES} from batch
        where not coalesce(
            0 <= value_at_risk_95_usd
            and value_at_risk_95_usd <= value_at_risk_99_usd
            and (0.05 - 1 / draw_count) * value_at_risk_95_usd <= expected_loss_usd * (1 + 1e-9)
            and (0.01 - 1 / draw_count) * value_at_risk_99_usd <= expected_loss_usd * (1 + 1e-9),
            false
        )
        """,
    ),
    no_rows(
        "what is lost is as probable as it is told",
        "a loss is expected if and only if it has a probability, and a quantile is above 0 if and only if that is above"
        " its part of the draws",
        f"""
        select {KEYS}, {LOSSES} from batch
        where not coalesce(
            (expected_loss_usd > 0) = (loss_probability > 0)
            and if(value_at_risk_95_usd > 0, loss_probability - 0.05, 0.05 - loss_probability) >= -1 / draw_count
            and if(value_at_risk_99_usd > 0, loss_probability - 0.01, 0.01 - loss_probability) >= -1 / draw_count,
            false
        )
        """,
    ),
    no_rows(
        "all is between the largest mineral and their sum",
        "the loss of all is at least that of any mineral, and its mean at most the sum of theirs",
        f"""
        with minerals as (
            select year, importer_iso3, max(expected_loss_usd) as largest_usd, sum(expected_loss_usd) as sum_usd,
                max(value_at_risk_95_usd) as largest_95_usd, max(value_at_risk_99_usd) as largest_99_usd,
                max(loss_probability) as largest_probability
            from batch where mineral_id != 'all' group by all
        ),
        totals as (
            select * from batch where mineral_id = 'all'
        )
        select year, importer_iso3, {LOSSES}, minerals.*
        from minerals
        left join totals using (year, importer_iso3)
        where not coalesce(
            minerals.largest_usd <= totals.expected_loss_usd * (1 + 1e-9)
            and totals.expected_loss_usd <= minerals.sum_usd * (1 + 1e-9)
            and minerals.largest_95_usd <= totals.value_at_risk_95_usd
            and minerals.largest_99_usd <= totals.value_at_risk_99_usd
            and minerals.largest_probability <= totals.loss_probability,
            false
        )
        """,
    ),
    no_rows(
        "no more is lost than is bought",
        "value_at_risk_99_usd of a mineral is at most what the importer buys of it in the year",
        f"""
        with purchases as (
            select {KEYS}, sum(import_value_usd) as import_value_usd from marts.supplier_concentration group by all
        )
        select {KEYS}, batch.value_at_risk_99_usd, purchases.import_value_usd
        from batch
        inner join purchases using ({KEYS})
        where batch.value_at_risk_99_usd > purchases.import_value_usd * (1 + 1e-9)
        """,
    ),
    no_rows(
        "a mineral whose stops are known is told",
        "what the importer would lack without a supplier is known of a mineral: then it has a row here",
        f"""
        select distinct {KEYS} from marts.single_supplier_stops as stops
        where missing_reason is null
            and (year, importer_iso3) in (select (year, importer_iso3) from batch)
            and ({KEYS}) not in (select ({KEYS}) from batch)
        """,
    ),
    no_rows(
        "the draws are as many as the method says",
        "draw_count is stress_draw_count",
        f"select {KEYS}, draw_count from batch where draw_count != {threshold('stress_draw_count')}",
    ),
]
