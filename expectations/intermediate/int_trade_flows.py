"""What must hold of what happened beside what scenarios make of it; each is guarded in a table of its own."""

from expectations.rules import no_rows, not_empty

AMOUNTS = "trade_value_usd, weighed_value_usd, net_weight_kg, content_low_kg, content_kg, content_high_kg"
SUMS = ", ".join(f"sum({amount}) as {amount}" for amount in AMOUNTS.split(", "))

SUITE = [
    not_empty(),
    no_rows(
        "what happened and scenarios are told whole",
        "the flows of scenario_id baseline are those of int_baseline_flows, all others those of int_scenario_flows,"
        " to the last cent and gram",
        f"""
        with meant as (
            select 'baseline' as scenario_id, year, importer_iso3, count(*) as flows, {SUMS}
            from intermediate.int_baseline_flows group by all
            union all
            select scenario_id, year, importer_iso3, count(*) as flows, {SUMS}
            from intermediate.int_scenario_flows group by all
        ),
        told as (
            select scenario_id, year, importer_iso3, count(*) as flows, {SUMS} from batch group by all
        )
        select 'told, not meant' as difference, * from (from told except from meant)
        union all
        select 'meant, not told' as difference, * from (from meant except from told)
        """,
    ),
]
