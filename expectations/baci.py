"""What CEPII promises about every BACI file: years, codes, countries, figures. Both tables' suites use it."""

from __future__ import annotations

from typing import Any

from expectations.rules import (
    HS6_PATTERN,
    PLAIN_DECIMAL,
    YEAR_PATTERN,
    file_and_vintage_are_named,
    no_rows,
    no_year_to_come,
)


def promises(shown: str) -> list[Any]:
    """Return the rules that both BACI tables share; `shown` are the columns by which a user finds a row."""
    return [
        no_rows(
            "hs6 code has six digits",
            "k is an HS code of exactly six digits, its leading zero included",
            f"select {shown} from batch where k is null or not regexp_full_match(k, '{HS6_PATTERN}')",
        ),
        no_rows(
            "year has four digits",
            "t is a year of four digits, 1900 to 2099",
            f"select {shown} from batch where t is null or not regexp_full_match(t, '{YEAR_PATTERN}')",
        ),
        no_year_to_come("t", shown),
        no_rows(
            "year is not before its HS revision",
            "t is not before the first year of the HS revision in which the vintage's codes are (seed_hs_revisions)",
            f"""
            select {shown}, hs_revision, in_force_from_year from batch
            inner join raw.landed_vintages using (vintage_id)
            inner join seeds.seed_hs_revisions using (hs_revision)
            -- text of four digits on both sides; what is no year is told by the check of its digits
            where regexp_full_match(t, '[0-9]{{4}}') and t < cast(in_force_from_year as varchar)
            """,
        ),
        no_rows(
            "year is the file's year",
            "where the name of a file has a year, as in _Y2024_, every row is of that year",
            f"""
            select {shown} from batch
            where regexp_matches(source_file, '_Y[0-9]{{4}}_')
                and t is distinct from regexp_extract(source_file, '_Y([0-9]{{4}})_', 1)
            """,
        ),
        no_rows(
            "value is a positive number",
            "v is a finite number above zero in plain digits (thousand USD), as in 1234.567",
            f"""
            select {shown} from batch
            where v is null
                or not regexp_full_match(trim(v), '{PLAIN_DECIMAL}')
                or coalesce(try_cast(v as decimal(18, 3)), 0) <= 0
            """,
        ),
        no_rows(
            "quantity is a number or missing",
            "q is a finite number in plain digits (metric tons), or NA, or blank",
            f"""
            select {shown} from batch
            where coalesce(trim(q), '') not in ('', 'NA')
                and not regexp_full_match(trim(q), '{PLAIN_DECIMAL}')
            """,
        ),
        file_and_vintage_are_named(shown),
    ]


def known_country(column: str, role: str, shown: str) -> Any:
    """Return the rule that a country code is one that can trade in the year of its row."""
    return no_rows(
        f"{role} is a known country",
        f"{column} is a code of seed_countries that is valid in the year, no alias and not the world total",
        f"""
        with countries as (
            select
                cast(code as varchar) as code,
                coalesce(try_cast(valid_from as integer), 0) as first_year,
                coalesce(try_cast(valid_to as integer), 9999) as last_year
            from seeds.seed_countries
            where not coalesce(try_cast(is_alias as boolean), false)
                and cast(code as varchar) != '0'
                and (try_cast(is_group as boolean) or nullif(trim(cast(iso3 as varchar)), '') is not null)
        )
        select {shown} from batch
        where not exists (
            select 1 from countries
            where countries.code = batch.{column}
                -- a year that is none is another rule's business
                and if(regexp_full_match(batch.t, '{YEAR_PATTERN}'), try_cast(batch.t as integer), countries.first_year)
                    between countries.first_year and countries.last_year
        )
        """,
    )
