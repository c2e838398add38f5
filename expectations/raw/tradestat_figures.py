"""What India's DGCI&S promises us about TradeStat; the table is empty where nobody ingested a report."""

from expectations.rules import all_of, every_landed_file_has_rows, exact_columns, file_and_vintage_are_named, no_rows

SHOWN = "source_file, record_number, flow, hs_code, row_kind, country, period_label, value"
DAY_PATTERN = "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"

SUITE = [
    exact_columns(
        "record_number",
        "database",
        "flow",
        "hs_code",
        "commodity",
        "measure",
        "quantity_unit",
        "report_date",
        "row_kind",
        "country",
        "period_label",
        "period_kind",
        "period_start",
        "period_end",
        "is_current_period",
        "status",
        "value",
        "vintage_id",
        "source_file",
    ),
    all_of("record_number", "[1-9][0-9]{0,8}", "digits", SHOWN),
    all_of("database", "meidb|eidb", "meidb or eidb", f"{SHOWN}, database"),
    all_of("flow", "import|export", "import or export", SHOWN),
    all_of("hs_code", "([0-9]{2}){1,4}", "2, 4, 6 or 8 digits", SHOWN),
    all_of("measure", "usd_million|quantity", "usd_million or quantity", f"{SHOWN}, measure"),
    all_of("row_kind", "country|total|india_total|share", "country, total, india_total or share", SHOWN),
    all_of(
        "period_kind",
        "month|calendar_year_to_date|financial_year|financial_year_to_date",
        "a month, a financial year or a year to date",
        f"{SHOWN}, period_kind",
    ),
    all_of("report_date", DAY_PATTERN, "a day as in 2026-01-27", f"{SHOWN}, report_date"),
    all_of("is_current_period", "true|false", "true or false", f"{SHOWN}, is_current_period"),
    no_rows(
        "period is whole months that are over",
        "period_start is the first day of a month, period_end a last day after it and not after the report date",
        f"""
        select {SHOWN}, period_start, period_end, report_date from batch
        where period_start is null or period_end is null
            or not regexp_full_match(period_start, '{DAY_PATTERN}')
            or not regexp_full_match(period_end, '{DAY_PATTERN}')
            or not ends_with(period_start, '-01')
            or not coalesce(last_day(try_cast(period_end as date)) = try_cast(period_end as date), false)
            or period_end <= period_start
            or period_end > report_date
        """,
    ),
    no_rows(
        "status is known",
        "status is revised, provisional, final or blank",
        f"select {SHOWN}, status from batch where coalesce(status, '') not in ('', 'revised', 'provisional', 'final')",
    ),
    no_rows(
        "quantity has a unit",
        "a quantity comes in a unit as in KGS, a value in none",
        f"""
        select {SHOWN}, measure, quantity_unit from batch
        where (measure = 'quantity') != regexp_full_match(coalesce(quantity_unit, ''), '[A-Z]{{1,8}}')
        """,
    ),
    no_rows(
        "value is a number or blank",
        "value is blank, a dash or a number of at most 12 digits and 6 decimals, as in 1,234.56 or 12,34,567",
        f"""
        select {SHOWN} from batch
        where coalesce(trim(value), '') not in ('', '-')
            and not (
                regexp_full_match(
                    value,
                    '(0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(,[0-9]{{3}})+|[1-9][0-9]?(,[0-9]{{2}})+,[0-9]{{3}})([.][0-9]{{1,6}})?'
                )
                and length(replace(split_part(value, '.', 1), ',', '')) <= 12
            )
        """,
    ),
    no_rows(
        "country is known",
        "seed_tradestat_countries has the country of every country row, and no other row has one",
        f"""
        select {SHOWN} from batch
        where (row_kind = 'country') != (coalesce(country, '') != '')
            or (
                row_kind = 'country'
                and country not in (select country_name from seeds.seed_tradestat_countries)
            )
        """,
    ),
    no_rows(
        "figure is there once",
        "a vintage has one figure per measure, row, country and period, and one of it as the year before",
        """
        select any_value(source_file) as source_file, min(record_number) as record_number, flow, hs_code, measure,
            row_kind, country, period_start, period_end, count(*) as times
        from batch
        group by vintage_id, database, flow, hs_code, measure, row_kind, country, period_kind, period_start,
            period_end, is_current_period
        having count(*) > 1
        """,
    ),
    no_rows(
        "record is there once",
        "a file has one figure per record_number",
        """
        select source_file, record_number, count(*) as times
        from batch group by vintage_id, source_file, record_number having count(*) > 1
        """,
    ),
    file_and_vintage_are_named(SHOWN),
    every_landed_file_has_rows("every landed report has rows", "TradeStat", "tradestat", "raw.tradestat_figures"),
]
