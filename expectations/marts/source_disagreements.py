"""What would be implausible to publish as disagreements of sources; empty while one source speaks alone."""

from expectations.rules import from_restricted_source, hs6, iso3, one_of, positive, restricted_rows_stay

SHOWN = "year, importer_iso3, supplier_iso3, hs_revision, hs6_code, comparison, first_source_id, second_source_id"

SUITE = [
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    one_of("comparison", ("two_sources", "mirror")),
    positive("difference_share", 1),
    restricted_rows_stay(
        SHOWN, f"{from_restricted_source('first_source_id')} or {from_restricted_source('second_source_id')}"
    ),
]
