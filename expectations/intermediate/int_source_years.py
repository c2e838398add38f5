"""What would make the account of how whole the sources' years are implausible."""

import great_expectations.expectations as gxe

from expectations.rules import between, iso3, no_rows, not_empty, positive

SHOWN = "source_id, importer_iso3, year, importer_count, months_covered, is_provisional"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    between("months_covered", 1, 12),
    gxe.ExpectColumnValuesToNotBeNull(column="months_covered"),
    positive("importer_count", 300),
    positive("importer_share"),
    positive("value_share"),
    no_rows(
        "an unfinished year is provisional",
        "the newest year of a source and importer is provisional where months of it are missing",
        f"""
        select {SHOWN} from batch
        where months_covered < 12 and not coalesce(is_provisional, false)
            and year = (
                select max(year) from batch as others
                where others.source_id = batch.source_id and others.importer_iso3 = batch.importer_iso3
            )
        """,
    ),
    no_rows(
        "it is known whether the newest year is whole",
        "the newest year of a source is whole or not: there is a year before to compare it with",
        # an extract for one importer may be of one year
        f"select {SHOWN} from batch where is_provisional is null and importer_iso3 = 'WLD'",
        severity="warning",
    ),
]
