"""What the suites of production and reserves share: series, countries and symbols that the seeds name."""

import great_expectations.expectations as gxe

from expectations.rules import no_rows

# A number as the USGS prints it, with separators or without; staging reads the same.
PRINTED_NUMBER = "([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})([.][0-9]{1,6})?"

# Why there is no number.
MISSING_REASONS = (
    "withheld", "not_available", "not_reported", "not_applicable", "only_a_bound", "only_a_word",
    "included_elsewhere", "content_unknown",
)  # fmt: skip

# World output and reserves of a mineral at most doubled in a year so far; a slip of unit is a factor of 1000.
LARGEST_FACTOR = 5


# Of figures that two files both print, fewer say nothing of the size of all.
ENOUGH_FIGURES = 5
# No commodity was ever revised like this; a slip of unit is a factor of 1000.
SLIP_FACTOR = 30


def same_size_as_other_files(keys: str, file: str) -> gxe.UnexpectedRowsExpectation:
    """Expect a commodity's figures to be of the size of those that another file prints of the same country and year.

    `keys` are the columns of the figure that both print alike, `file` is what tells one file (or edition) of a
    vintage from another. Of several series that only words tell apart, the nearest figure is the same.
    """
    return no_rows(
        "figures are of the size of those in other files",
        f"the figures of a commodity that two files print of the same country and year differ, in the median of at"
        f" least {ENOUGH_FIGURES}, by less than a factor of {SLIP_FACTOR}",
        f"""
        with figures as (
            select {keys}, {file} as printed_in, vintage_id, source_file, reported_number
            from batch where reported_number > 0
        ),
        nearest as (
            select figures.commodity, figures.source_file, figures.printed_in,
                others.source_file as other_file, others.printed_in as also_printed_in,
                figures.reported_number, others.reported_number as other_number,
                abs(ln(cast(figures.reported_number as double) / cast(others.reported_number as double))) as distance
            from figures
            inner join figures as others using ({keys})
            where (figures.vintage_id, figures.printed_in) > (others.vintage_id, others.printed_in)
            qualify row_number() over (
                partition by {", ".join(f"figures.{key.strip()}" for key in keys.split(","))}, figures.vintage_id,
                    figures.printed_in, others.vintage_id, others.printed_in, figures.reported_number
                order by distance, others.reported_number
            ) = 1
        )
        select commodity, source_file, printed_in, other_file, also_printed_in, count(*) as figures,
            any_value(reported_number order by reported_number desc) as for_example,
            any_value(other_number order by reported_number desc) as instead_of
        from nearest
        group by commodity, source_file, printed_in, other_file, also_printed_in
        having count(*) >= {ENOUGH_FIGURES} and median(distance) >= ln({SLIP_FACTOR})
        """,
    )


def named_rows(source_id: str, statistic: str, detail: str, edition: str) -> str:
    """Return SQL: the batch's rows of series that are used, beside what the seeds say of country.

    `statistic`, `detail` and `edition` are SQL for what a table may lack.
    """
    return f"""
        select batch.*, countries.country_iso3, countries.kind
        from batch
        inner join seeds.seed_production_series as series
            on series.source_id = '{source_id}'
            and coalesce(series.edition, {edition}) = {edition}
            and series.statistic = {statistic}
            and series.commodity = trim(batch.commodity)
            and coalesce(series.detail, '') = {detail}
            and coalesce(series.unit, '') = coalesce(trim(batch.unit), '')
            and series.left_out_reason is null
        left join seeds.seed_production_countries as countries
            on countries.source_id = '{source_id}' and countries.country_name = trim(batch.country)
    """
