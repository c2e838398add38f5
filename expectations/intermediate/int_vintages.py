"""What must be known of every landed vintage of a release."""

from expectations.rules import between, no_rows, not_empty, positive

SHOWN = "source_id, dataset, vintage_id"

SUITE = [
    not_empty(),
    between("newest_year_months", 1, 12),
    positive("rows_loaded"),
    no_rows(
        "a vintage says its terms",
        "publisher, title, licence, credit, address, day and hash are there, and whether its rows may leave",
        f"""
        select {SHOWN} from batch
        where is_redistributable is null or is_newest is null or retrieved_at is null
            or len(list_filter(
                [publisher, title, licence, credit, url, sha256], lambda said: coalesce(trim(said), '') = ''
            )) > 0
        """,
    ),
    no_rows(
        "every landed vintage is there",
        "the vintages are those that were loaded, each once",
        """
        select vintage_id, count(batch.vintage_id) as times
        from raw.landed_vintages
        full join batch using (vintage_id)
        group by vintage_id
        having count(batch.vintage_id) != 1 or count(landed_vintages.source_id) != 1
        """,
    ),
    no_rows(
        "the newest period had begun",
        "the newest year of a vintage had begun when it was retrieved",
        f"select {SHOWN}, years, retrieved_at from batch where year(newest_period_end) > year(retrieved_at)",
        severity="warning",
    ),
]
