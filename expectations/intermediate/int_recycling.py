"""What would make recycling and substitution implausible."""

import great_expectations.expectations as gxe

from expectations.rules import (
    STAGES,
    between,
    known_minerals,
    not_empty,
    one_of,
    positive,
)

SHOWN = "mineral_id, stage, study_year, eol_rir, si_sr"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    # the first study is of 2011
    between("study_year", 2011, 2099),
    gxe.ExpectColumnValuesToNotBeNull(column="study_year"),
    # nothing is recycled whole, and no substitute takes all of the risk away
    between("eol_rir", 0, 1),
    positive("si_sr", 1),
    gxe.ExpectColumnValuesToNotBeNull(column="eol_rir"),
    gxe.ExpectColumnValuesToNotBeNull(column="si_sr"),
    gxe.ExpectColumnValuesToNotBeNull(column="source"),
]
