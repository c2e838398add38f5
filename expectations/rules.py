"""How a suite says what it expects: rules in SQL, and the few forms that recur."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe

# Terms of the warehouse that no seed lists.
STAGES = ("ore", "intermediate", "compound", "refined", "product", "scrap")
# free on board; with freight and insurance; what several rows that differ in it sum to
VALUATIONS = ("fob", "cif", "mixed")
WORLD_SHARE_BASES = ("production", "published", "exports")

# A number as publishers print it: no sign, no exponent, no thousands separator. At most twelve digits before
# the point, because staging multiplies by 1000 and keeps a DECIMAL(18,3).
PLAIN_DECIMAL = "[0-9]{1,12}([.][0-9]+)?"

HS6_PATTERN = "[0-9]{6}"
# UN Comtrade and TradeStat give totals of chapters and headings beside the codes of six digits.
AGGREGATE_PATTERN = "TOTAL|AG[0-9]|[0-9]{2}|[0-9]{4}"
ISO3_PATTERN = "[A-Z]{3}"
YEAR_PATTERN = "(19|20)[0-9]{2}"

# Years that a source covers for all importers: in others only some speak, and nothing can be said of how many do.
COVERED_YEARS = "(select year from intermediate.int_code_coverage where importer_iso3 = 'WLD')"

# A scenario that the data contradict is told of in a table of its own; of its numbers nothing is expected.
NOT_REFUSED = "scenario_id not in (select scenario_id from intermediate.int_scenario_refusals)"

# Sums of shares and of contributions, exact but for the last digits of a double.
SUM_TOLERANCE = "1e-9"


def no_rows(
    name: str, expected: str, sql: str, severity: str = "critical", order_by: str = "all"
) -> gxe.UnexpectedRowsExpectation:
    """Expect that `sql` finds nothing. In it, `batch` is the table that the suite guards.

    The columns that it selects are what a user gets to see of the first row: enough to find it in the source;
    `order_by` says which row comes first. With severity `warning` what is found is told and stops nothing.
    """
    # braces would be read as placeholders, and only {batch} is one
    literal_sql = sql.strip().replace("{", "{{").replace("}", "}}")
    return gxe.UnexpectedRowsExpectation(
        unexpected_rows_query=(
            f"with batch as (select * from {{batch}}) select * from ({literal_sql}) order by {order_by}"
        ),
        severity=severity,
        meta={"name": name, "expected": expected},
    )


def not_empty() -> gxe.ExpectTableRowCountToBeBetween:
    """Expect at least one row."""
    return gxe.ExpectTableRowCountToBeBetween(min_value=1)


def exact_columns(*columns: str) -> gxe.ExpectTableColumnsToMatchSet:
    """Expect these columns and no other, in any order."""
    return gxe.ExpectTableColumnsToMatchSet(column_set=list(columns), exact_match=True)


def between(column: str, low: float | None, high: float | None) -> gxe.ExpectColumnValuesToBeBetween:
    """Expect every value that is known to lie in a range, the ends included."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high)


def positive(column: str, high: float | None = None) -> gxe.ExpectColumnValuesToBeBetween:
    """Expect every value that is known to be above zero, and not above `high`."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=0, strict_min=True, max_value=high)


def one_of(column: str, values: tuple[str, ...]) -> gxe.ExpectColumnValuesToBeInSet:
    """Expect every value that is known to be one of these."""
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values))


def all_of(column: str, pattern: str, words: str, shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect every text of a column to match a pattern; the columns `shown` tell where it stands."""
    return no_rows(
        f"{column} has {words}",
        f"every {column} has {words}",
        f"select {shown} from batch where {column} is null or not regexp_full_match({column}, '{pattern}')",
    )


def hs6(shown: str, column: str = "hs6_code") -> gxe.UnexpectedRowsExpectation:
    """Expect HS codes of six digits."""
    return all_of(column, HS6_PATTERN, "six digits", shown)


def hs6_or_aggregate(shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect HS codes of six digits, or what publishers sum over several of these, of which nothing is used."""
    return no_rows(
        "hs6_code has six digits",
        "every hs6_code has six digits, or fewer (or is TOTAL) where it is a sum that is not used",
        f"""
        select {shown} from batch
        where hs6_code is null
            or not regexp_full_match(
                hs6_code,
                if(source_id = 'baci' or disposition = 'used', '{HS6_PATTERN}', '{HS6_PATTERN}|{AGGREGATE_PATTERN}')
            )
        """,
    )


def iso3(column: str, shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect ISO 3166-1 alpha-3 codes."""
    return all_of(column, ISO3_PATTERN, "three capitals", shown)


def shares_sum_to_one(share: str, keys: str) -> gxe.UnexpectedRowsExpectation:
    """Expect the shares of one whole to sum to 1, where they are known."""
    return no_rows(
        f"{share} sums to 1",
        f"the {share} of one {keys} sum to 1",
        f"""
        select {keys}, sum({share}) as share_sum, count(*) as row_count
        from batch
        group by all
        having abs(sum({share}) - 1) > {SUM_TOLERANCE}
        """,
    )


def band_fits_score(keys: str) -> gxe.UnexpectedRowsExpectation:
    """Expect the band of every score to be the seed's; a missing score has no band."""
    return no_rows(
        "band fits the score",
        "the band is the one of seed_risk_bands in which the score lies",
        f"""
        select {keys}, batch.risk_score, batch.risk_band, bands.risk_band as fitting_band
        from batch
        left join seeds.seed_risk_bands as bands
            on batch.risk_score >= cast(bands.score_from as double)
            and batch.risk_score < cast(bands.score_below as double)
        where batch.risk_band is distinct from bands.risk_band
        """,
    )


def intervals_hold(keys: str) -> gxe.UnexpectedRowsExpectation:
    """Expect intervals of scores and ranks to run upwards, and to be known where they are drawn and nowhere else."""
    return no_rows(
        "intervals run from low to high",
        "0 <= score_p05 <= score_p95 <= 100 and 1 <= rank_p05 <= rank_p95; known, with a probability of its band, for"
        " every score of the newest finished year, null without a score, and ranks without a rank",
        f"""
        select {keys}, risk_score, risk_rank, rank_p05, rank_p95, score_p05, score_p95, risk_band_probability
        from batch
        where not coalesce(0 <= score_p05 and score_p05 <= score_p95 and score_p95 <= 100, true)
            or not coalesce(1 <= rank_p05 and rank_p05 <= rank_p95, true)
            or not coalesce(risk_band_probability between 0 and 1, true)
            or (score_p05 is null) != (score_p95 is null)
            or (score_p05 is null) != (risk_band_probability is null)
            or (rank_p05 is null) != (rank_p95 is null)
            or (rank_p05 is null) != (score_p05 is null or risk_rank is null)
            or (risk_score is null and score_p05 is not null)
            or (
                risk_score is not null and score_p05 is null
                and year in (select year from intermediate.int_newest_complete_year)
            )
        """,
    )


def world_shares_sum_to_at_most_one(keys: str) -> gxe.UnexpectedRowsExpectation:
    """Expect the world shares of one table to be parts of a whole; published figures are rounded."""
    return no_rows(
        "world shares sum to at most 1",
        "the shares of one year, mineral and stage sum to at most 1 (+ 1e-6: published figures are rounded)",
        f"""
        select {keys}, any_value(basis_detail) as basis_detail, sum(world_share) as share_sum
        from batch group by {keys} having sum(world_share) > 1 + 1e-6
        """,
    )


def file_and_vintage_are_named(shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect every raw row to name its file, and a vintage that was landed."""
    return no_rows(
        "file and vintage are named",
        "every row says from which file it came, and its vintage is one that was landed",
        f"""
        select {shown}, vintage_id from batch
        where coalesce(trim(source_file), '') = ''
            or vintage_id is null
            or vintage_id not in (select vintage_id from raw.landed_vintages where vintage_id is not null)
        """,
    )


def no_year_to_come(year: str, shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect every year (or period, or day: four digits, then the rest) to be one that had begun at retrieval."""
    return no_rows(
        f"{year} is no year to come",
        f"{year} is not after the year in which the file was retrieved",
        f"""
        select {shown}, left(landed_vintages.retrieved_at, 4) as retrieved_in
        from batch
        inner join raw.landed_vintages using (vintage_id)
        -- a year that is none is another rule's business
        where try_cast(left(batch.{year}, 4) as integer) > try_cast(left(landed_vintages.retrieved_at, 4) as integer)
        """,
    )


def every_landed_file_has_rows(
    name: str, whose: str, source_id: str, table: str, other_table: str | None = None
) -> gxe.UnexpectedRowsExpectation:
    """Expect every landed vintage of a source to have left rows in its raw table, or in the other one it has."""
    elsewhere = (
        f"and vintage_id not in (select vintage_id from {other_table} where vintage_id is not null)"
        if other_table
        else ""
    )
    return no_rows(
        name,
        f"each landed vintage of {whose} left rows in {table}" + (f" or {other_table}" if other_table else ""),
        f"""
        select vintage_id, dataset from raw.landed_vintages
        where source_id = '{source_id}'
            and vintage_id not in (select vintage_id from batch where vintage_id is not null)
            {elsewhere}
        """,
    )


def production_shares_sum_to_one(keys: str) -> gxe.UnexpectedRowsExpectation:
    """Expect the known shares of a table of producers to be the whole of what is listed."""
    return no_rows(
        "production shares sum to 1",
        "shares that come from production sum to 1 over the producers whose figure is known",
        f"""
        select {keys}, any_value(basis_detail) as basis_detail, sum(world_share) as share_sum
        from batch where basis = 'production' group by {keys}
        having coalesce(abs(sum(world_share) - 1) > {SUM_TOLERANCE}, true)
        """,
    )


def only_withheld_producers_lack_a_share(shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect a share to be missing only beside a producer whose figure the table withholds, and that it is named."""
    return no_rows(
        "a missing share is a withheld figure",
        "a share is missing only for a producer that basis_detail names as withheld, or for the unspecified rest",
        f"""
        select {shown} from batch
        where world_share is null
            and not (basis = 'production' and (country_iso3 = 'XXX' or contains(basis_detail, country_iso3)))
        """,
    )


def low_to_high(low: str, middle: str, high: str, shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect a figure to lie within its range, and all three to be known or none."""
    return no_rows(
        f"{middle} lies within its range",
        f"{low} <= {middle} <= {high}, all three known or none",
        f"""
        select {shown}, {low}, {middle}, {high} from batch
        where not coalesce({low} <= {middle} and {middle} <= {high}, true)
            or ({low} is null) != ({middle} is null)
            or ({high} is null) != ({middle} is null)
        """,
    )


def group_trades_no_more_than_its_members(
    column: str, keys: str, country: str = "country_iso3", where: str = "true"
) -> gxe.UnexpectedRowsExpectation:
    """Expect a group's trade with others to be no more than its members' trade with everybody.

    `where` is SQL that leaves out rows whose members are not told of.
    """
    return no_rows(
        f"a group's {column} is within its members'",
        f"{column} of a group of countries is at most the sum of its members', where all of them are known",
        f"""
        with members as (
            select {keys}, group_iso3, sum({column}) as members_{column},
                count(*) - count({column}) as unknown_members
            from batch
            inner join seeds.seed_country_groups as country_groups on batch.{country} = country_groups.member_iso3
            where {where}
            group by {keys}, group_iso3
        ),
        totals as (
            select {keys}, {country} as group_iso3, sum({column}) as group_{column} from batch
            where {country} in (select group_iso3 from seeds.seed_country_groups) and {where}
            group by {keys}, {country}
        )
        select {keys}, group_iso3, totals.group_{column}, members.members_{column}
        from totals
        left join members using ({keys}, group_iso3)
        where coalesce(members.unknown_members, 0) = 0
            -- sums of doubles differ in their last digits
            and totals.group_{column} > coalesce(members.members_{column}, 0) * (1 + {SUM_TOLERANCE})
        """,
    )


def suppliers_are_others(shown: str) -> gxe.UnexpectedRowsExpectation:
    """Expect suppliers other than the importer and, of a group of countries, other than its members."""
    return no_rows(
        "suppliers are others",
        "no supplier is the importer, or a member of the group of countries that imports",
        f"""
        select {shown} from batch
        where supplier_iso3 = importer_iso3
            or exists (
                select 1 from seeds.seed_country_groups as country_groups
                where country_groups.group_iso3 = batch.importer_iso3
                    and country_groups.member_iso3 = batch.supplier_iso3
            )
        """,
    )


def known_minerals(shown: str, column: str = "mineral_id") -> gxe.UnexpectedRowsExpectation:
    """Expect minerals that the seed names."""
    return no_rows(
        f"{column} is a known mineral",
        f"every {column} is a row of seed_minerals",
        f"""
        select {shown} from batch
        where {column} is null or {column} not in (select mineral_id from seeds.seed_minerals)
        """,
    )


def restricted_rows_stay(shown: str, rests_on_restricted: str) -> gxe.UnexpectedRowsExpectation:
    """Expect what rests on rows that may not leave to be marked; `rests_on_restricted` is SQL that says of a row if so.

    `from_restricted_source` and `from_restricted_cell` give that SQL.
    """
    return no_rows(
        "restricted rows stay",
        "is_redistributable is true or false, and false for what a source gave whose rows may not leave",
        f"""
        select {shown}, is_redistributable from batch
        where is_redistributable is null or (is_redistributable and ({rests_on_restricted}))
        """,
    )


def from_restricted_source(column: str = "source_id") -> str:
    """Return SQL that says whether a column names a source whose rows may not leave."""
    return (
        f"coalesce({column}, '') in"
        " (select source_id from staging.stg_landing__vintages where not coalesce(is_redistributable, false))"
    )


def from_restricted_cell(
    importer: str = "importer_iso3", stage: str = "and cells.stage = batch.stage", year: str = "batch.year"
) -> str:
    """Return SQL that says whether imports of a row's mineral and stage are of a source whose rows may not leave."""
    return f"""
        exists (
            select 1 from intermediate.int_import_cells as cells
            where cells.year = {year} and cells.importer_iso3 = batch.{importer}
                and cells.mineral_id = batch.mineral_id {stage}
                and {from_restricted_source("cells.source_id")}
        )
    """


def threshold(threshold_id: str) -> str:
    """Return SQL for a threshold of the method; a name that the seed lacks is an error, not a null."""
    return (
        "(select coalesce(max(cast(value as double)), error('seed_thresholds lacks "
        f"{threshold_id}')) from seeds.seed_thresholds where threshold_id = '{threshold_id}')"
    )


def check_name(expectation: Any) -> str:
    """Return the short, stable name of a check."""
    named = (expectation.meta or {}).get("name")
    if named:
        return str(named)
    if isinstance(expectation, gxe.ExpectTableRowCountToBeBetween):
        return "table has rows"
    if isinstance(expectation, gxe.ExpectTableColumnsToMatchSet):
        return "table has its columns"
    if isinstance(expectation, gxe.ExpectColumnValuesToBeBetween):
        return f"{expectation.column} is in range"
    if isinstance(expectation, gxe.ExpectColumnValuesToBeInSet):
        return f"{expectation.column} is a known value"
    if isinstance(expectation, gxe.ExpectColumnValuesToNotBeNull):
        return f"{expectation.column} is there"
    words = expectation.expectation_type.removeprefix("expect_").replace("_", " ")
    column = getattr(expectation, "column", None)
    return f"{column}: {words}" if column else words


def in_words(expectation: Any) -> str:
    """Return what a check expects, as a sentence for a reader."""
    worded = (expectation.meta or {}).get("expected")
    if worded:
        return str(worded)
    if isinstance(expectation, gxe.ExpectTableRowCountToBeBetween):
        return "rows: " + _range(expectation)
    if isinstance(expectation, gxe.ExpectTableColumnsToMatchSet):
        wanted = ", ".join(expectation.column_set or [])
        return f"columns {wanted}" + (" and no other" if expectation.exact_match else " among others")
    if isinstance(expectation, gxe.ExpectColumnValuesToBeBetween):
        return f"every {expectation.column} that is known is {_range(expectation)}"
    if isinstance(expectation, gxe.ExpectColumnValuesToBeInSet):
        return f"every {expectation.column} that is known is one of " + ", ".join(
            str(value) for value in expectation.value_set or []
        )
    if isinstance(expectation, gxe.ExpectColumnValuesToNotBeNull):
        return f"{expectation.column} is never null"
    return check_name(expectation)


def _range(expectation: Any) -> str:
    low, high = expectation.min_value, expectation.max_value
    low_words = f"{'above' if getattr(expectation, 'strict_min', False) else 'at least'} {low}"
    high_words = f"{'below' if getattr(expectation, 'strict_max', False) else 'at most'} {high}"
    return " and ".join(words for words, end in ((low_words, low), (high_words, high)) if end is not None)
