"""What the suites of production and reserves share: series, countries and symbols that the seeds name."""

# A number as the USGS prints it, with separators or without; staging reads the same.
PRINTED_NUMBER = "([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})([.][0-9]{1,6})?"

# Why there is no number.
MISSING_REASONS = (
    "withheld", "not_available", "not_reported", "not_applicable", "only_a_bound", "only_a_word",
    "included_elsewhere", "content_unknown",
)  # fmt: skip

# World output and reserves of a mineral at most doubled in a year so far; a slip of unit is a factor of 1000.
LARGEST_FACTOR = 5


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
