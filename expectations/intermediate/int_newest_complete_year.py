"""What would make the newest finished year implausible."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows

SUITE = [
    gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=1),
    no_rows(
        "a finished year is a year of trade",
        "the newest finished year is one that a source of all importers covers",
        """
        select year from batch
        where year is not null
            and year not in (select year from intermediate.int_code_coverage where importer_iso3 = 'WLD')
        """,
    ),
]
