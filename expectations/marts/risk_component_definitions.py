"""What would be implausible to publish as the definitions of components."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty, positive

SHOWN = "component_id, component_name, raw_value_meaning, raw_value_unit, description"

SUITE = [
    not_empty(),
    positive("weight"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_required"),
    no_rows(
        "a component says what it is",
        "every component has a name, a raw value with a meaning and a unit, and a reason",
        f"""
        select {SHOWN} from batch
        where least(
            length(coalesce(trim(component_name), '')), length(coalesce(trim(raw_value_meaning), '')),
            length(coalesce(trim(raw_value_unit), '')), length(coalesce(trim(description), ''))
        ) = 0
        """,
    ),
]
