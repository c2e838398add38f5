"""What must be known of a vintage before flows are read through it."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    gxe.ExpectColumnValuesToNotBeNull(column="covers_all_importers"),
    no_rows(
        "vintage of flows has a revision",
        "a vintage with trade says in which HS revision its codes are",
        """
        select batch.vintage_id, batch.dataset from batch
        where batch.hs_revision is null
            and batch.vintage_id in (
                select vintage_id from staging.stg_baci__trade_flows
                union
                select vintage_id from staging.stg_baci__world_exports
            )
        """,
    ),
]
