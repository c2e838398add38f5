"""What the list of landed vintages must say about each before a row of it is read."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    gxe.ExpectTableColumnsToMatchSet(
        column_set=[
            "source_id",
            "vintage_id",
            "dataset",
            "hs_revision",
            "covers_all_importers",
            "is_newest",
            "is_redistributable",
        ],
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
    no_rows(
        "redistribution is true or false",
        "is_redistributable is true or false: what may not leave stays out of parquet/ and exports",
        """
        select source_id, vintage_id, dataset, licence, is_redistributable from batch
        where coalesce(cast(is_redistributable as varchar), '') not in ('true', 'false')
        """,
    ),
    no_rows(
        "one vintage of a dataset is the newest",
        "a dataset has one newest vintage, and no more than one before it to compare with",
        """
        select source_id, dataset, count(*) as vintages, count(*) filter (where is_newest = 'true') as newest,
            max(vintage_id) as last_vintage_id
        from batch
        group by all
        having count(*) filter (where is_newest = 'true') != 1
            or count(*) filter (where coalesce(is_newest, '') not in ('true', 'false')) > 0
            or count(*) > 2
            or max(vintage_id) != max(vintage_id) filter (where is_newest = 'true')
        """,
    ),
]
