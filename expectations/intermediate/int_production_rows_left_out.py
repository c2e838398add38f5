"""What must hold of the account of rows that no figure of production comes from."""

from expectations.rules import no_rows, one_of, positive

SHOWN = "source_id, edition, statistic, commodity, detail, unit, reason, row_count"

SUITE = [
    one_of("reason", ("no_series_names_it", "series_left_out", "total_of_several_series")),
    positive("row_count"),
    no_rows(
        "a series that is left out says why",
        "rows that a seed names have an explanation, the others none",
        f"select {SHOWN} from batch where (reason = 'no_series_names_it') != (explanation is null)",
    ),
]
