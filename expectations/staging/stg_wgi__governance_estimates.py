"""What would make governance estimates implausible: another scale, a release that lost economies."""

from expectations.rules import no_rows, not_empty

DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")

# Standard normal units: -3.3 to 2.5 in all years so far.
WIDEST_ESTIMATE = 4

SUITE = [
    not_empty(),
    no_rows(
        "estimate is in standard units",
        f"every estimate is between -{WIDEST_ESTIMATE} and {WIDEST_ESTIMATE}",
        f"""
        select governance_code, year, dimension, estimate
        from (
            unpivot batch on {", ".join(f"{name}_estimate" for name in DIMENSIONS)}
            into name dimension value estimate
        )
        where not estimate between -{WIDEST_ESTIMATE} and {WIDEST_ESTIMATE}
        """,
    ),
    no_rows(
        "standard error is positive",
        f"every standard error is above 0 and below {WIDEST_ESTIMATE}",
        f"""
        select governance_code, year, dimension, standard_error
        from (
            unpivot batch on {", ".join(f"{name}_stderr" for name in DIMENSIONS)}
            into name dimension value standard_error
        )
        where not (standard_error > 0 and standard_error < {WIDEST_ESTIMATE})
        """,
    ),
    no_rows(
        "number of economies holds",
        "a year keeps at least 90 % of the economies of the year before",
        """
        with years as (
            select vintage_id, year, count(*) as economies
            from batch where va_estimate is not null group by all
        )
        select years.vintage_id, years.year, before.economies as economies_before, years.economies
        from years
        inner join years as before on years.vintage_id = before.vintage_id and years.year = before.year + 1
        where before.economies >= 30 and years.economies < 0.9 * before.economies
        """,
    ),
]
