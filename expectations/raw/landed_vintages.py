"""What the list of landed vintages must say about each before a row of it is read."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    gxe.ExpectTableColumnsToMatchSet(
        column_set=["source_id", "vintage_id", "dataset", "hs_revision", "covers_all_importers"],
        exact_match=False,
    ),
    no_rows(
        "vintage is named",
        "source_id, vintage_id and dataset are never blank",
        """
        select source_id, vintage_id, dataset from batch
        where coalesce(trim(source_id), '') = ''
            or coalesce(trim(vintage_id), '') = ''
            or coalesce(trim(dataset), '') = ''
        """,
    ),
    no_rows(
        "vintage is there once",
        "one row per vintage",
        """
        select vintage_id, count(*) as times, min(source_id) as source_id, min(dataset) as dataset
        from batch group by vintage_id having count(*) > 1
        """,
    ),
    no_rows(
        "HS revision is known",
        "hs_revision is blank or a row of seed_hs_revisions",
        """
        select source_id, vintage_id, dataset, hs_revision from batch
        where coalesce(trim(hs_revision), '') != ''
            and hs_revision not in (select hs_revision from seeds.seed_hs_revisions)
        """,
    ),
    no_rows(
        "coverage is true or false",
        "covers_all_importers is true or false: only a vintage that covers all importers gives a world share",
        """
        select source_id, vintage_id, dataset, covers_all_importers from batch
        where coalesce(cast(covers_all_importers as varchar), '') not in ('true', 'false')
        """,
    ),
]
