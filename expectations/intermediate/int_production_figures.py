"""What must hold of printed production and reserves before anything is computed from them."""

from expectations.production import LARGEST_FACTOR, MISSING_REASONS
from expectations.rules import STAGES, between, iso3, known_minerals, no_rows, not_empty, one_of

SHOWN = "source_id, row_reference, mineral_id, stage, year, country_name, reported_value, reported_t, quantity_t"
SERIES = "source_id, edition, vintage_id, statistic, mineral_id, stage, series_id"

SUITE = [
    not_empty(),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("statistic", ("production", "reserves")),
    one_of("country_kind", ("country", "rest", "total")),
    one_of("quantity_basis", ("content", "gross")),
    one_of("missing_reason", MISSING_REASONS),
    between("reported_t", 0, None),
    no_rows(
        "what is missing has a reason",
        "quantity_t is known where there is no missing_reason, and only there",
        f"select {SHOWN}, missing_reason from batch where (quantity_t is null) != (missing_reason is not null)",
    ),
    no_rows(
        "content lies between its bounds",
        "0 <= low <= typical <= high <= what is reported",
        f"""
        select {SHOWN}, quantity_low_t, quantity_high_t from batch
        where not (
            0 <= quantity_low_t and quantity_low_t <= quantity_t
            and quantity_t <= quantity_high_t and quantity_high_t <= reported_t
        )
        """,
    ),
    no_rows(
        "one table speaks",
        "one edition and vintage of one source speaks for a statistic, mineral, stage and year",
        """
        select statistic, mineral_id, stage, year,
            string_agg(distinct source_id || ' ' || edition || ' ' || vintage_id, ', ') as speaking
        from batch
        group by statistic, mineral_id, stage, year
        having count(distinct source_id || ' ' || edition || ' ' || vintage_id) filter (where is_speaking) != 1
        """,
    ),
    no_rows(
        "countries add up to the printed total",
        "the rows of a series sum to its printed world total within what rounding allows: every printed number"
        " may be off by half of the place of its last digit that is not 0; a row without a number leaves it short",
        f"""
        select {SERIES}, year,
            sum(reported_t) filter (where country_kind != 'total') as country_sum,
            max(reported_t) filter (where country_kind = 'total') as total,
            sum(rounding_t) as rounding
        from batch
        group by {SERIES}, year
        having sum(reported_t) filter (where country_kind != 'total')
                > max(reported_t) filter (where country_kind = 'total') + sum(rounding_t)
            or (
                count(*) = count(reported_t)
                and sum(reported_t) filter (where country_kind != 'total')
                    < max(reported_t) filter (where country_kind = 'total') - sum(rounding_t)
            )
        """,
    ),
    no_rows(
        "a series keeps its size",
        "what the countries of a series add up to changes by less than a factor of"
        f" {LARGEST_FACTOR} within a year or between editions: else a unit or a content is another",
        f"""
        with sums as (
            select {SERIES}, year, sum(quantity_t) as quantity_t
            from batch where country_kind != 'total'
            group by {SERIES}, year
            having sum(quantity_t) > 0
        )
        select before.source_id, before.statistic, before.series_id,
            before.edition as edition_before, before.year as year_before, before.quantity_t as quantity_before_t,
            now.edition as edition_now, now.year as year_now, now.quantity_t as quantity_now_t
        from sums as before
        inner join sums as now
            on before.source_id = now.source_id
            and before.statistic = now.statistic
            and before.series_id = now.series_id
            and now.year - before.year between 0 and 1
        where greatest(before.quantity_t / now.quantity_t, now.quantity_t / before.quantity_t) >= {LARGEST_FACTOR}
        """,
    ),
]
