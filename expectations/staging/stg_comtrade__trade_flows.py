"""What would make typed records of UN Comtrade implausible: slips of unit. Empty where nobody ingested them."""

from expectations.rules import between, no_rows

# A slip of unit is a factor of 1000; one country's median moves more than the world's (expectations/year_on_year.py).
UNIT_VALUE_FACTOR = 100
# Medians of fewer flows move by themselves.
ENOUGH_FLOWS = 30

SUITE = [
    between("trade_value_usd", 0, None),
    between("month", 1, 12),
    no_rows(
        "value per kilogram keeps its size",
        f"a reporter's median value per kilogram of a code moves at most by a factor of {UNIT_VALUE_FACTOR} in a year",
        f"""
        with years as (
            select
                vintage_id, source_file, frequency, reporter_code, flow_code, classification_code, hs6_code, year,
                count(*) as flow_count,
                median(cast(trade_value_usd as double) / cast(net_weight_kg as double)) as usd_per_kg
            from batch
            where is_total_of_breakdown and partner_code != '0' and trade_value_usd > 0 and net_weight_kg > 0
            group by all
            having count(*) >= {ENOUGH_FLOWS}
        )
        select
            years.source_file, years.frequency, years.reporter_code, years.flow_code, years.hs6_code, years.year,
            before.usd_per_kg as usd_per_kg_before, years.usd_per_kg
        from years
        inner join years as before
            on years.vintage_id = before.vintage_id
            and years.frequency = before.frequency
            and years.reporter_code = before.reporter_code
            and years.flow_code = before.flow_code
            and years.classification_code = before.classification_code
            and years.hs6_code = before.hs6_code
            and years.year = before.year + 1
        where greatest(years.usd_per_kg / before.usd_per_kg, before.usd_per_kg / years.usd_per_kg)
            > {UNIT_VALUE_FACTOR}
        """,
    ),
    no_rows(
        "value per kilogram is that of other files",
        "two files' median value per kilogram of a reporter's flows of a code in a year differ at most by a factor of"
        f" {UNIT_VALUE_FACTOR}",
        f"""
        with of_files as (
            select
                flows.vintage_id, flows.frequency, flows.reporter_code, flows.flow_code, flows.hs6_code, flows.year,
                any_value(flows.source_file) as source_file,
                median(cast(flows.trade_value_usd as double) / cast(flows.net_weight_kg as double)) as usd_per_kg
            from batch as flows
            inner join staging.stg_landing__vintages as vintages on flows.vintage_id = vintages.vintage_id
            where vintages.is_newest and flows.is_total_of_breakdown and flows.partner_code != '0'
                and flows.trade_value_usd > 0 and flows.net_weight_kg > 0
            group by all
            having count(*) >= {ENOUGH_FLOWS}
        )
        select
            low.reporter_code, low.flow_code, low.hs6_code, low.year, low.source_file, low.usd_per_kg,
            high.source_file as other_file, high.usd_per_kg as other_usd_per_kg
        from of_files as low
        inner join of_files as high
            on low.frequency = high.frequency and low.reporter_code = high.reporter_code
            and low.flow_code = high.flow_code and low.hs6_code = high.hs6_code and low.year = high.year
        where high.usd_per_kg > {UNIT_VALUE_FACTOR} * low.usd_per_kg
        """,
    ),
]
