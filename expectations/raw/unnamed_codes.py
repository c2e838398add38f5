"""What the list of codes that no seed names must say. It may be empty: then the seeds name every code."""

from expectations.rules import AGGREGATE_PATTERN, HS6_PATTERN, exact_columns, no_rows

SUITE = [
    exact_columns("source_id", "vintage_id", "source_file", "hs_revision", "hs6_code", "row_count"),
    # a code without its leading zero is named by no seed, so it is here that it turns up
    no_rows(
        "hs6 code has six digits",
        "a code in a landed file has exactly six digits, its leading zero included (of UN Comtrade: or is a total)",
        f"""
        select source_file, hs6_code, row_count from batch
        where hs6_code is null
            or not (
                regexp_full_match(hs6_code, '{HS6_PATTERN}')
                or (source_id = 'comtrade' and regexp_full_match(hs6_code, '{AGGREGATE_PATTERN}'))
            )
        """,
    ),
    no_rows(
        "row count is a count",
        "row_count is a whole number above zero",
        """
        select source_file, hs6_code, row_count from batch
        where coalesce(try_cast(row_count as bigint), 0) < 1
        """,
    ),
    no_rows(
        "vintage was landed",
        "every code comes from a vintage that was landed",
        """
        select source_file, hs6_code, vintage_id from batch
        where vintage_id is null
            or vintage_id not in (select vintage_id from raw.landed_vintages where vintage_id is not null)
        """,
    ),
]
