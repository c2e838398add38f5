"""What would be implausible to publish about the measures that bind a supplier."""

from expectations.rules import from_restricted_cell, no_rows, not_empty, restricted_rows_stay

KEYS = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{KEYS}, supplier_iso3, control_id"

SUITE = [
    not_empty(),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "a severity has a measure",
        "a supplier whose measures are severe in a year has a measure here, and only suppliers have",
        f"""
        select {KEYS}, supplier_iso3, shares.control_severity, batch.control_id
        from marts.supplier_shares as shares
        full outer join batch using ({KEYS}, supplier_iso3)
        where (batch.control_id is null and shares.control_severity > 0) or shares.year is null
        """,
    ),
    no_rows(
        "a measure is the supplier's own",
        "every measure is in the register, as one of the supplier",
        f"""
        select {SHOWN} from batch
        where not exists (
            select 1 from marts.export_controls as controls
            where controls.control_id = batch.control_id and controls.iso3 = batch.supplier_iso3
        )
        """,
    ),
]
