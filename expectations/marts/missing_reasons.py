"""What would be implausible to publish as reasons in words."""

from expectations.rules import no_rows, not_empty

SUITE = [
    not_empty(),
    no_rows(
        "a reason is a sentence",
        "every code has an explanation of several words",
        "select reason_code, explanation from batch where coalesce(trim(explanation), '') not like '% % %'",
    ),
]
