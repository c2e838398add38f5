"""What would be implausible to publish as the map from HS codes to minerals."""

import great_expectations.expectations as gxe

from expectations.rules import STAGES, hs6, known_minerals, no_rows, not_empty, one_of, positive

SHOWN = "hs_revision, hs6_code, mineral_id, stage"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("confidence", ("high", "medium", "low")),
    positive("content_fraction", 1),
    gxe.ExpectColumnValuesToNotBeNull(column="source"),
    no_rows(
        "content lies between its bounds",
        "content_low <= content_fraction <= content_high",
        f"""
        select {SHOWN}, content_low, content_fraction, content_high from batch
        where not (content_low <= content_fraction and content_fraction <= content_high)
        """,
    ),
]
