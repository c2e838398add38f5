"""A scenario that the data contradict is told and stops nothing: its data may have changed, and all others stand."""

from expectations.rules import no_rows

SUITE = [
    no_rows(
        "no scenario is refused",
        "no scenario is contradicted by the data; change the shock or the path that is named, or the baseline_year",
        "select scenario_id, shock_id, reason, found_t, allowed_t from batch",
        severity="warning",
    ),
]
