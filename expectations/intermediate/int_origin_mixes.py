"""What must hold of the origins of countries' supply before purchases are traced to them."""

from expectations.rules import STAGES, SUM_TOLERANCE, iso3, known_minerals, no_rows, not_empty, one_of, positive

TABLE = "year, mineral_id, stage"
SHOWN = f"{TABLE}, reading, country_iso3, origin_iso3, ends_in, origin_share"
ENDS = ("producer", "unspecified_supplier", "unknown_pool", "empty_pool", "loop_without_producer")

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("reading", ("origin", "via")),
    one_of("ends_in", ENDS),
    iso3("country_iso3", SHOWN),
    iso3("origin_iso3", SHOWN),
    positive("origin_share", 1),
    no_rows(
        "every supply is whole",
        "the mix by first origin of every country with a pool sums to 1",
        f"""
        with sums as (
            select {TABLE}, country_iso3, sum(origin_share) as share_sum
            from batch where reading = 'origin' group by all
        )
        select {TABLE}, country_iso3, sums.share_sum
        from intermediate.int_supply_pools
        full join sums using ({TABLE}, country_iso3)
        where not coalesce(abs(sums.share_sum - 1) <= {SUM_TOLERANCE}, false)
        """,
    ),
    no_rows(
        "no known producer is XXX",
        "the origin is XXX exactly where the supply ends in no producer",
        f"select {SHOWN} from batch where (origin_iso3 = 'XXX') != (ends_in != 'producer')",
    ),
    no_rows(
        "the other reading tells of China alone",
        "reading via has China as its only known origin, and all of China's own supply is China's",
        f"""
        select {SHOWN} from batch
        where reading = 'via'
            and (
                origin_iso3 not in ('CHN', 'XXX')
                or (country_iso3 = 'CHN' and (origin_iso3 != 'CHN' or abs(origin_share - 1) > {SUM_TOLERANCE}))
            )
        """,
    ),
    no_rows(
        "through China is no less than from China",
        "what comes from or through China is at least what was first produced there",
        f"""
        select {TABLE}, country_iso3, origins.origin_share as from_china, via.origin_share as through_china
        from (select * from batch where reading = 'origin' and origin_iso3 = 'CHN') as origins
        left join (select * from batch where reading = 'via' and origin_iso3 = 'CHN') as via
            using ({TABLE}, country_iso3)
        where coalesce(via.origin_share, 0) < origins.origin_share - {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "supply reaches a producer",
        "no countries only supply each other: in the end somebody produces what they pass on",
        # one row, so that every loop is named
        f"""
        with loops as (
            select {TABLE}, string_agg(country_iso3, ' ' order by country_iso3) as countries
            from batch
            where reading = 'origin' and ends_in = 'loop_without_producer' and origin_share > 1 - {SUM_TOLERANCE}
            group by all
        )
        select
            count(*) as loops,
            string_agg(concat_ws(' ', year, mineral_id, stage, countries), '; ' order by year, mineral_id, stage)
                as found
        from loops
        having count(*) > 0
        """,
        severity="warning",
    ),
]
