"""What must hold of the codes that count for a mineral and stage."""

from expectations.rules import STAGES, hs6, known_minerals, no_rows, not_empty, one_of, positive

SHOWN = "source_id, year, importer_iso3, mineral_id, stage, hs_revision, hs6_code, exclusion_reason"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of(
        "exclusion_reason",
        (
            "parent_mineral",
            "basket_beside_clean_code",
            "contained_in_other_revision",
            "other_source_speaks",
            "fewer_months_than_others",
        ),
    ),
    no_rows(
        "months are those of a year",
        "months_covered is 1 to 12",
        f"select {SHOWN}, months_covered from batch where not coalesce(months_covered between 1 and 12, false)",
    ),
    no_rows(
        "one source speaks",
        "for an importer, year, mineral and stage the codes of one source count, not those of several",
        """
        select year, importer_iso3, mineral_id, stage,
            string_agg(distinct source_id, ', ' order by source_id) as sources
        from batch
        where exclusion_reason is null
        group by year, importer_iso3, mineral_id, stage
        having count(distinct source_id) > 1
        """,
    ),
    no_rows(
        "months that are summed are the same",
        "the codes that count for an importer, year, mineral and stage have the same months",
        """
        select year, importer_iso3, mineral_id, stage,
            min(months_covered) as fewest_months, max(months_covered) as most_months
        from batch
        where exclusion_reason is null
        group by year, importer_iso3, mineral_id, stage
        having min(months_covered) < max(months_covered)
        """,
    ),
    positive("covered_code_share", 1),
    no_rows(
        "coverage of what counts is known",
        "a code that counts has a covered_code_share",
        f"select {SHOWN} from batch where exclusion_reason is null and covered_code_share is null",
    ),
    no_rows(
        "basket does not count beside a clean code",
        "no mineral and stage is summed over a basket code and a clean one",
        """
        select
            year, importer_iso3, mineral_id, stage,
            string_agg(hs_revision || ' ' || hs6_code, ', ' order by hs_revision, hs6_code) as codes
        from batch
        where exclusion_reason is null
        group by year, importer_iso3, mineral_id, stage
        having bool_or(is_basket) and not bool_and(is_basket)
        """,
    ),
    no_rows(
        "a code counts in one revision only",
        "the same digits do not count twice for a mineral and stage",
        """
        select year, importer_iso3, mineral_id, stage, hs6_code, count(*) as times
        from batch
        where exclusion_reason is null
        group by all
        having count(*) > 1
        """,
    ),
]
