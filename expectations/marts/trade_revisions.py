"""What would be implausible to publish as what publishers changed; empty until a file is landed a second time."""

from expectations.rules import from_restricted_source, hs6, iso3, no_rows, one_of, restricted_rows_stay

SHOWN = "source_id, dataset, period, importer_iso3, supplier_iso3, hs_revision, hs6_code, change_type"

SUITE = [
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    one_of("change_type", ("added", "revised", "deleted")),
    restricted_rows_stay(SHOWN, from_restricted_source()),
    no_rows(
        "a vintage that added and deleted is known",
        "both vintages are published in meta.sources",
        f"""
        select {SHOWN}, previous_vintage_id, vintage_id from batch
        where previous_vintage_id not in (select vintage_id from intermediate.int_vintages)
            or vintage_id not in (select vintage_id from intermediate.int_vintages)
        """,
    ),
]
