"""What would make the map from HS codes to minerals implausible."""

from expectations.rules import STAGES, hs6, known_minerals, no_rows, not_empty, one_of, positive

SHOWN = "hs_revision, hs6_code, mineral_id, stage"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("hs_revision", ("HS92", "HS17", "HS22")),
    positive("content_fraction", 1),
    no_rows(
        "content lies between its bounds",
        "content_low <= content_fraction <= content_high",
        f"""
        select {SHOWN}, content_low, content_fraction, content_high from batch
        where not (content_low <= content_fraction and content_fraction <= content_high)
        """,
    ),
    no_rows(
        "every mineral has a code",
        "every mineral that is no parent of others has at least one HS code",
        """
        select minerals.mineral_id from seeds.seed_minerals as minerals
        where minerals.mineral_id not in (select mineral_id from batch)
            and minerals.mineral_id not in (
                select parent_mineral_id from seeds.seed_minerals where parent_mineral_id is not null
            )
        """,
    ),
]
