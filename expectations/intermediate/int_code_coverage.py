"""What would make the codes that sources cover implausible."""

import great_expectations.expectations as gxe

from expectations.rules import between, hs6, iso3, no_rows, not_empty

SHOWN = "source_id, year, importer_iso3, hs_revision, hs6_code"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    between("months_covered", 1, 12),
    gxe.ExpectColumnValuesToNotBeNull(column="months_covered"),
    no_rows(
        "codes covered for the world hold",
        "of the codes a source covers in a revision for all importers at least half are still covered a year later",
        """
        with years as (
            select source_id, hs_revision, year, count(*) as codes from batch where importer_iso3 = 'WLD' group by all
        )
        select years.source_id, years.hs_revision, years.year, before.codes as codes_before, years.codes as codes_now
        from years
        inner join years as before
            on years.source_id = before.source_id
            and years.hs_revision = before.hs_revision
            and years.year = before.year + 1
        where before.codes >= 10 and years.codes < 0.5 * before.codes
        """,
    ),
]
