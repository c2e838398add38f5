"""What would be implausible to publish as shares of world supply."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    WORLD_SHARE_BASES,
    between,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    only_withheld_producers_lack_a_share,
    production_shares_sum_to_one,
    world_shares_sum_to_at_most_one,
)

TABLE = "year, mineral_id, stage"
SHOWN = f"{TABLE}, country_iso3, world_share, basis_detail"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("basis", WORLD_SHARE_BASES),
    between("world_share", 0, 1),
    world_shares_sum_to_at_most_one(TABLE),
    production_shares_sum_to_one(TABLE),
    only_withheld_producers_lack_a_share(SHOWN),
    gxe.ExpectColumnValuesToNotBeNull(column="is_redistributable"),
    no_rows(
        "China's world share moves moderately",
        "China's share of world supply moves by less than 0.5 in a year while its basis stays the same",
        """
        select now.mineral_id, now.stage, now.year, now.basis_detail,
            before.world_share as share_before, now.world_share as share_now
        from batch as now
        inner join batch as before
            on now.mineral_id = before.mineral_id
            and now.stage = before.stage
            and now.country_iso3 = before.country_iso3
            and now.basis_detail = before.basis_detail
            and now.year = before.year + 1
        where now.country_iso3 = 'CHN' and abs(now.world_share - before.world_share) >= 0.5
        """,
        severity="warning",
    ),
]
