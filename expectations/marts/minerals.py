"""What would be implausible to publish as the list of minerals."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="mineral_name"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_india_critical"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_eu_critical"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_us_critical"),
    no_rows(
        "mineral_id can stand in a file name",
        "mineral_id is lower-case words joined by underscores",
        """
        select mineral_id, mineral_name from batch
        where not regexp_full_match(mineral_id, '[a-z]+(_[a-z]+)*')
        """,
    ),
    no_rows(
        "a parent has no parent",
        "parent_mineral_id is a mineral that has no parent itself",
        """
        select mineral_id, parent_mineral_id from batch
        where parent_mineral_id is not null
            and parent_mineral_id not in (select mineral_id from batch where parent_mineral_id is null)
        """,
    ),
    no_rows(
        "somebody calls a mineral critical",
        "every mineral is on at least one list of critical minerals, or a part of one that is",
        """
        select mineral_id, mineral_name, parent_mineral_id from batch
        where not (is_india_critical or is_eu_critical or is_us_critical) and parent_mineral_id is null
        """,
    ),
]
