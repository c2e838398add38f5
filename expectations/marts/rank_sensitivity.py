"""What would be implausible to publish about what a rank rests on."""

import great_expectations.expectations as gxe

from expectations.rules import (
    SUM_TOLERANCE,
    between,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    restricted_rows_stay,
)

KEYS = "year, importer_iso3, mineral_id"

SUITE = [
    iso3("importer_iso3", KEYS),
    known_minerals(KEYS),
    gxe.ExpectColumnValuesToNotBeNull(column="score_standard_deviation"),
    gxe.ExpectColumnValuesToNotBeNull(column="rank_standard_deviation"),
    gxe.ExpectColumnValuesToNotBeNull(column="is_largest"),
    # of numbers from 0 to 100 no standard deviation is larger than half of that
    between("score_standard_deviation", 0, 50),
    between("rank_standard_deviation", 0, None),
    between("score_standard_deviation_of_all", 0, 50),
    between("rank_standard_deviation_of_all", 0, None),
    between("score_variance_share", 0, 1),
    between("rank_variance_share", 0, 1),
    restricted_rows_stay(KEYS, from_restricted_cell(stage="")),
    no_rows(
        "every uncertainty is told once",
        "a mineral has one row for each row of seed_rank_uncertainties",
        f"""
        select {KEYS}, count(*) as rows_found from batch group by all
        having count(distinct uncertainty_id) != count(*)
            or count(*) != (select count(*) from seeds.seed_rank_uncertainties)
        """,
    ),
    no_rows(
        "variance shares sum to 1",
        "the shares of a mineral sum to 1, or none is known where nothing moves it",
        f"""
        select {KEYS}, sum(score_variance_share) as score_shares, sum(rank_variance_share) as rank_shares,
            max(score_standard_deviation) as score_moves, max(rank_standard_deviation) as rank_moves
        from batch group by all
        having not coalesce(abs(sum(score_variance_share) - 1) <= {SUM_TOLERANCE}, max(score_standard_deviation) = 0)
            or not coalesce(abs(sum(rank_variance_share) - 1) <= {SUM_TOLERANCE}, max(rank_standard_deviation) = 0)
        """,
    ),
    no_rows(
        "one uncertainty is the largest",
        "what moves a mineral has one largest cause, and no other moves its rank more",
        f"""
        select {KEYS}, count(*) filter (where is_largest) as largest
        from batch group by all
        having count(*) filter (where is_largest)
            != if(max(greatest(score_standard_deviation, rank_standard_deviation)) > 0, 1, 0)
            or max(rank_standard_deviation) filter (where is_largest) < max(rank_standard_deviation)
        """,
    ),
    no_rows(
        "what has a score is told",
        "the minerals are those for which marts.mineral_risk has an interval",
        f"""
        with intervals as (select * from marts.mineral_risk where rank_p05 is not null),
        told as (select distinct {KEYS}, true as is_told from batch)
        select {KEYS}, intervals.rank_p05, told.is_told
        from intervals
        full join told using ({KEYS})
        where intervals.rank_p05 is null or told.is_told is null
        """,
    ),
    no_rows(
        "an assumption matters",
        "in every year of an importer with five scores or more some assumption moves a rank",
        """
        select year, importer_iso3, count(distinct mineral_id) as minerals
        from batch group by all
        having count(distinct mineral_id) >= 5 and max(rank_standard_deviation) = 0
        """,
    ),
]
