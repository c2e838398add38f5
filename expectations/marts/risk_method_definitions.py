"""What would be implausible to publish as the definitions of methods."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SHOWN = "method_id, method_name, definition, unit, source"

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="higher_is_riskier"),
    no_rows(
        "a method says what it is",
        "every method has a name, a formula, a unit and a source",
        f"""
        select {SHOWN} from batch
        where least(
            length(coalesce(trim(method_name), '')), length(coalesce(trim(definition), '')),
            length(coalesce(trim(unit), '')), length(coalesce(trim(source), ''))
        ) = 0
        """,
    ),
    no_rows(
        "a method has values",
        "every method has at least one value in marts.risk_methods",
        f"""
        select {SHOWN} from batch
        where method_id is null
            or method_id not in (select method_id from marts.risk_methods where value is not null)
        """,
    ),
]
