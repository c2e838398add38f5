"""What would make the register of export measures implausible once its dates are whole."""

import great_expectations.expectations as gxe

from expectations.rules import between, iso3, known_minerals, no_rows, not_empty, one_of

SHOWN = "control_id, iso3, mineral_id, stage, measure, status"

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="severity"),
    between("severity", 0, 1),
    iso3("iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", ("all", "ore", "intermediate", "compound", "refined", "product", "scrap", "technology")),
    no_rows(
        "periods run forwards",
        "no measure ends before it starts, no suspension before it begins",
        f"""
        select {SHOWN}, effective_from, effective_to, suspended_from, suspended_to from batch
        where effective_from_date > effective_to_date or suspended_from_date > suspended_to_date
        """,
    ),
    no_rows(
        "measures that were never taken do not act",
        "announced, considered and dropped measures cannot act",
        f"select {SHOWN} from batch where can_act and status in ('announced', 'considered', 'dropped')",
    ),
    no_rows(
        "current controls are of one day",
        "controls_as_of is one day for all measures",
        """
        select min(controls_as_of) as first_day, max(controls_as_of) as last_day
        from batch
        having count(distinct controls_as_of) != 1 or count(controls_as_of) != count(*)
        """,
    ),
]
