"""What would make the codes that sources cover implausible."""

from expectations.rules import hs6, iso3, no_rows, not_empty

SUITE = [
    not_empty(),
    hs6("year, importer_iso3, hs_revision, hs6_code"),
    iso3("importer_iso3", "year, importer_iso3, hs_revision, hs6_code"),
    no_rows(
        "codes covered for the world hold",
        "of the codes a revision covers for all importers at least half are still covered a year later",
        """
        with years as (
            select hs_revision, year, count(*) as codes from batch where importer_iso3 = 'WLD' group by all
        )
        select years.hs_revision, years.year, before.codes as codes_before, years.codes as codes_now
        from years
        inner join years as before on years.hs_revision = before.hs_revision and years.year = before.year + 1
        where before.codes >= 10 and years.codes < 0.5 * before.codes
        """,
    ),
]
