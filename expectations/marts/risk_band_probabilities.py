"""What would be implausible to publish about how probable a band is."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    between,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    one_of,
    restricted_rows_stay,
    shares_sum_to_one,
)

KEYS = "year, importer_iso3, mineral_id, stage"

SUITE = [
    iso3("importer_iso3", KEYS),
    known_minerals(KEYS),
    one_of("stage", STAGES),
    gxe.ExpectColumnValuesToNotBeNull(column="probability"),
    between("probability", 0, 1),
    shares_sum_to_one("probability", KEYS),
    restricted_rows_stay(KEYS, from_restricted_cell()),
    no_rows(
        "every band is told once",
        "a cell has one row for each band of seed_risk_bands, one of which is its own",
        f"""
        select {KEYS}, string_agg(risk_band, ' ' order by risk_band) as bands,
            count(*) filter (where is_own_band) as own
        from batch group by all
        having bands is distinct from (select string_agg(risk_band, ' ' order by risk_band) from seeds.seed_risk_bands)
            or own != 1
        """,
    ),
    no_rows(
        "the own band is as probable as elsewhere",
        "marts.risk_scores has the same probability for the band of its score, for the same cells",
        f"""
        with own as (select * from batch where is_own_band),
        scores as (select * from marts.risk_scores where risk_band_probability is not null)
        select {KEYS}, own.risk_band, own.probability, scores.risk_band_probability
        from own
        full join scores using ({KEYS})
        where scores.risk_band_probability is distinct from own.probability
        """,
    ),
]
