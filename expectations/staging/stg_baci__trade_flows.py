"""What would make typed BACI flows implausible: slips of unit, files that lost rows."""

from expectations.rules import not_empty
from expectations.year_on_year import moves

SUITE = [
    not_empty(),
    *moves(),
]
