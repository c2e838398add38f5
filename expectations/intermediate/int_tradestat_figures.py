"""What must hold of TradeStat's figures once it is said which of them count; empty where nobody ingested any."""

from expectations.rules import all_of, no_rows, one_of

SHOWN = "vintage_id, record_number, flow, hs_code, measure, row_kind, country_name, period_kind, period_end"

SUITE = [
    all_of("hs6_code", "([0-9]{2}){1,3}", "2, 4 or 6 digits", SHOWN),
    one_of(
        "exclusion_reason",
        (
            "control_total",
            "previous_period",
            "declared_by_the_exporter",
            "part_of_a_code_or_several",
            "no_seed_names_the_code",
            "financial_year",
            "superseded_vintage",
            "month_beside_its_year",
            "no_value",
        ),
    ),
    no_rows(
        "countries are resolved",
        "the country of a row has three capitals",
        f"select {SHOWN} from batch where row_kind = 'country' and supplier_iso3 is null",
    ),
    no_rows(
        "what counts is an import of a calendar year",
        "a figure that counts is of imports under a code of six digits, from a country, in this calendar year",
        f"""
        select {SHOWN}, is_current_period from batch
        where exclusion_reason is null
            and (
                flow != 'import' or row_kind != 'country' or not is_current_period or length(hs6_code) != 6
                or period_kind not in ('month', 'calendar_year_to_date') or hs_revision is null
            )
        """,
    ),
    no_rows(
        "one report speaks",
        "of a year and code one report of the year to date counts, or months, each once",
        """
        select year, hs6_code, measure, country_name,
            string_agg(distinct period_kind, ', ' order by period_kind) as period_kinds, count(*) as figures,
            count(distinct period_end) as periods
        from batch
        where exclusion_reason is null
        group by year, hs6_code, measure, country_name
        having count(*) != count(distinct period_end)
            or count(distinct period_kind) > 1
            or (any_value(period_kind) != 'month' and count(distinct period_end) > 1)
        """,
    ),
]
