"""What must hold of what each supplier delivers: nothing is created, lost or promised by nobody."""

from expectations.rules import NOT_REFUSED, SUM_TOLERANCE, no_rows

CELL = "scenario_id, case_group, case_id, year, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3"

# empty where no market can be worked out
SUITE = [
    no_rows(
        "who sells is asked to deliver",
        "the suppliers of a market are those of int_scenario_supplies, none more and none less",
        f"""
        select {SHOWN}, 'is not asked' as fault
        from intermediate.int_scenario_supplies anti join batch using ({SHOWN})
        union all
        select {SHOWN}, 'sells nothing' as fault
        from batch anti join intermediate.int_scenario_supplies using ({SHOWN})
        """,
    ),
    no_rows(
        "no quantity is negative",
        "every quantity is known and 0 or more, from step to step, and what others had until now is part of what is"
        " delivered",
        f"""
        select {SHOWN}, demand_t, home_used_t, baseline_t, contracted_t, ordered_t, withdrawn_t, refilled_t,
            delivered_t, additional_t, cell_unmet_t
        from batch
        where {NOT_REFUSED}
            and (
                demand_t + home_used_t + baseline_t + contracted_t + ordered_t + withdrawn_t + refilled_t
                    + delivered_t + additional_t + cell_unmet_t is null
                or least(
                    demand_t, home_used_t, baseline_t, contracted_t, ordered_t, withdrawn_t, refilled_t, delivered_t,
                    additional_t, cell_unmet_t
                ) < 0
                or additional_t > delivered_t * (1 + {SUM_TOLERANCE})
            )
        """,
    ),
    no_rows(
        "nothing is created or lost",
        "what the market asks for is ordered abroad or made at home, and then delivered, made at home or unmet",
        f"""
        with sums as (
            select {CELL}, sum(ordered_t) as ordered_t, sum(delivered_t) as delivered_t,
                max(home_used_t) as home_used_t, max(cell_unmet_t) as unmet_t
            from batch group by all
        )
        select {CELL}, baseline_t + demand_change_t as asked_t, ordered_t, delivered_t, home_used_t, unmet_t
        from sums
        inner join intermediate.int_scenario_cells using ({CELL})
        where {NOT_REFUSED}
            and not coalesce(
                abs(asked_t - ordered_t - home_used_t) <= {SUM_TOLERANCE} * asked_t
                and abs(asked_t - delivered_t - home_used_t - unmet_t) <= {SUM_TOLERANCE} * asked_t,
                false
            )
        """,
    ),
    no_rows(
        "who is cut delivers what the cut leaves",
        "a cut supplier delivers 1 - cut_share of what is ordered of it, and stands in for nobody",
        f"""
        select {SHOWN}, cut_share, ordered_t, refilled_t, delivered_t from batch
        where cut_share > 0
            and (abs(delivered_t - ordered_t * (1 - cut_share)) > {SUM_TOLERANCE} * ordered_t or refilled_t != 0)
        """,
    ),
    no_rows(
        "who stands in stays within its headroom",
        "nobody refills more than the market's headroom of what it sells to others",
        f"""
        select {SHOWN}, refilled_t, elsewhere_t, headroom_share
        from batch
        inner join intermediate.int_scenario_cells using ({CELL})
        where refilled_t > headroom_share * coalesce(elsewhere_t, 0) * (1 + {SUM_TOLERANCE})
        """,
    ),
    no_rows(
        "what is agreed is ordered",
        "of a supplier with an agreement at least the agreed quantity is ordered",
        f"""
        select {SHOWN}, agreed_t, ordered_t from batch where ordered_t < agreed_t * (1 - {SUM_TOLERANCE})
        """,
    ),
]
