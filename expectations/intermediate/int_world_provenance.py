"""What must hold of what the world's supply rests on."""

import great_expectations.expectations as gxe

from expectations.rules import STAGES, known_minerals, not_empty, one_of

SUITE = [
    not_empty(),
    known_minerals("year, mineral_id, stage"),
    one_of("stage", STAGES),
    gxe.ExpectColumnValuesToNotBeNull(column="is_redistributable"),
]
