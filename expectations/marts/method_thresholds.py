"""What would be implausible to publish as the thresholds of the method."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="value"),
    no_rows(
        "a threshold says what it is",
        "every threshold has a unit, a reason and a source",
        """
        select threshold_id, unit, reason, source from batch
        where least(
            length(coalesce(trim(unit), '')), length(coalesce(trim(reason), '')), length(coalesce(trim(source), ''))
        ) = 0
        """,
    ),
]
