"""What must hold of world shares before leverage and world concentration rest on them."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    WORLD_SHARE_BASES,
    between,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    only_withheld_producers_lack_a_share,
    world_shares_sum_to_at_most_one,
)

TABLE = "year, mineral_id, stage"
SHOWN = f"{TABLE}, country_iso3, world_share, basis_detail"

SUITE = [
    not_empty(),
    between("world_share", 0, 1),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("basis", WORLD_SHARE_BASES),
    world_shares_sum_to_at_most_one(TABLE),
    only_withheld_producers_lack_a_share(SHOWN),
    no_rows(
        "export shares sum to 1",
        "shares that come from exports sum to 1",
        f"""
        select {TABLE}, sum(world_share) as share_sum
        from batch where basis = 'exports' group by {TABLE} having abs(sum(world_share) - 1) > {SUM_TOLERANCE}
        """,
    ),
    no_rows(
        "one table speaks",
        "all shares of one year, mineral and stage come from one table",
        f"""
        select {TABLE}, string_agg(distinct basis_detail, ', ' order by basis_detail) as tables
        from batch group by {TABLE} having count(distinct basis_detail) != 1
        """,
    ),
]
