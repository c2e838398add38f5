"""What would be implausible to publish as the uses of minerals."""

from expectations.rules import between, known_minerals, no_rows, not_empty

SHOWN = "mineral_id, sub_material, sector, application, region, use_share"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    between("use_share", 0, 1),
    no_rows(
        "uses of a mineral sum to about 1",
        "the shares of one mineral, region and year sum to 0.8 to 1.05: studies round and drop small uses",
        """
        select mineral_id, sub_material, region, reference_year, sum(use_share) as share_sum
        from batch
        group by all
        having sum(use_share) not between 0.8 and 1.05
        """,
    ),
]
