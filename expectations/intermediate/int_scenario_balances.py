"""What would make the outcome of a scenario implausible; that it adds up is a test of the model."""

from expectations.rules import SUM_TOLERANCE, between, no_rows

CELL = "scenario_id, case_group, case_id, year, mineral_id, stage"

# empty where no shock meets a market
SUITE = [
    between("unmet_share", 0, 1),
    between("replacement_bill_usd", 0, None),
    no_rows(
        "every market has its balance or a reason",
        "the balances are those of the cells; all of an outcome is known where missing_reason is null, else nothing",
        f"""
        select {CELL}, batch.missing_reason, cells.missing_reason as reason_of_the_cell,
            delivered_t, home_used_t, unmet_t, unmet_share, value_lost_usd
        from batch
        full join intermediate.int_scenario_cells as cells using ({CELL})
        where batch.importer_iso3 is null
            or cells.importer_iso3 is null
            or batch.missing_reason is distinct from cells.missing_reason
            or (
                batch.missing_reason is null
                and delivered_t + home_used_t + unmet_t + unmet_share + value_lost_usd is null
            )
            or (
                batch.missing_reason is not null
                and coalesce(delivered_t, home_used_t, unmet_t, unmet_share, value_lost_usd) is not null
            )
        """,
    ),
    no_rows(
        "more headroom leaves no more unmet",
        "at the start of a scenario, with the same content, more headroom never leaves more unmet",
        f"""
        with read as (
            select {CELL}, content_reading, batch.headroom_share, batch.unmet_t
            from batch
            inner join intermediate.int_scenario_cells using ({CELL})
            where case_group = 'start'
        )
        select {CELL}, content_reading, headroom_share, unmet_t,
            lag(headroom_share) over market as less_headroom_share, lag(unmet_t) over market as unmet_with_less_t
        from read
        window market as (
            partition by scenario_id, year, mineral_id, stage, content_reading order by headroom_share
        )
        qualify unmet_t > unmet_with_less_t * (1 + {SUM_TOLERANCE})
        """,
    ),
    no_rows(
        "what is lost is worth what was cut",
        "value_lost_usd a tonne lies within what the importer pays the suppliers that are cut",
        f"""
        with prices as (
            select {CELL},
                min(purchase_usd_per_t) as lowest_usd_per_t, max(purchase_usd_per_t) as highest_usd_per_t
            from intermediate.int_scenario_deliveries where withdrawn_t > 0 group by all
        )
        select {CELL}, unmet_t, value_lost_usd, lowest_usd_per_t, highest_usd_per_t
        from batch
        left join prices using ({CELL})
        where missing_reason is null
            and not coalesce(
                value_lost_usd between unmet_t * lowest_usd_per_t * (1 - {SUM_TOLERANCE})
                    and unmet_t * highest_usd_per_t * (1 + {SUM_TOLERANCE}),
                unmet_t = 0 and value_lost_usd = 0
            )
        """,
    ),
]
