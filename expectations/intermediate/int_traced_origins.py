"""What must hold of the origins of an importer's purchases before China's part of them is told."""

from expectations.rules import STAGES, SUM_TOLERANCE, iso3, known_minerals, no_rows, not_empty, one_of, positive

CELL = "scenario_id, year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, reading, origin_iso3, traced_share, is_estimated"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("reading", ("origin", "via")),
    iso3("importer_iso3", SHOWN),
    iso3("origin_iso3", SHOWN),
    positive("traced_share", 1),
    no_rows(
        "every purchase is whole",
        "the first origins of whatever has a weight sum to 1",
        f"""
        with sums as (
            select {CELL}, sum(traced_share) as share_sum from batch where reading = 'origin' group by all
        ),
        weighed as (
            select distinct {CELL} from intermediate.int_supplier_shares where weight_share is not null
        )
        select {CELL}, sums.share_sum
        from weighed
        full join sums using ({CELL})
        where not coalesce(abs(sums.share_sum - 1) <= {SUM_TOLERANCE}, false)
        """,
    ),
    no_rows(
        "the other reading tells of China alone",
        "reading via has China as its only origin",
        f"select {SHOWN} from batch where reading = 'via' and origin_iso3 != 'CHN'",
    ),
    no_rows(
        "every origin says whether it is estimated",
        "a first origin is estimated or not, and XXX is neither",
        f"""
        select {SHOWN} from batch
        where reading = 'origin' and (origin_iso3 = 'XXX') != (is_estimated is null)
        """,
    ),
]
