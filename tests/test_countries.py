"""Country codes mean what they meant in their year; nobody joins on the ISO number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.database import connect
from warehouse.paths import DBT_PROJECT, REPOSITORY

# UN Comtrade's lists of reporters and partners: code, year, country; None where the code means nothing in that year.
MEANINGS = [
    ("58", 1998, "BEL"),  # Belgium-Luxembourg, which cannot be told apart
    ("58", 1999, None),
    ("56", 1998, None),
    ("56", 1999, "BEL"),
    ("442", 1998, None),
    ("442", 1999, "LUX"),
    ("891", 2005, "SCG"),  # Serbia and Montenegro
    ("891", 2006, None),
    ("688", 2005, None),
    ("688", 2006, "SRB"),
    ("499", 2006, "MNE"),
    ("736", 2011, "SDN"),  # Sudan with what is South Sudan today
    ("736", 2012, None),
    ("729", 2012, "SDN"),
    ("728", 2012, "SSD"),
    ("711", 1999, "ZAF"),  # Southern African Customs Union
    ("711", 2000, None),
    ("710", 1999, None),
    ("710", 2000, "ZAF"),
    ("72", 1999, None),
    ("72", 2000, "BWA"),
    ("490", 2024, "TWN"),  # Other Asia, not elsewhere specified
    ("158", 2024, None),  # Taiwan's ISO number, under which no trade is published
    ("699", 2024, "IND"),
    ("356", 1974, "IND"),  # India's ISO number, which UN Comtrade used until 1974
    ("356", 1975, None),
    ("757", 2024, "CHE"),
    ("756", 2024, None),
    ("251", 2024, "FRA"),
    ("250", 2024, None),
    ("842", 2024, "USA"),
    ("840", 2024, None),
    ("626", 1999, None),  # nothing before
    ("626", 2000, "TLS"),  # in BACI since 2000, two years before the state
    ("899", 2024, "XXX"),  # areas not elsewhere specified
    ("97", 2024, "XXX"),  # the European Union as a reporter: never added to its members
    ("0", 2024, None),  # World is a control, not a partner
    ("9999", 2024, None),
]


@pytest.mark.parametrize(("code", "year", "iso3"), MEANINGS)
def test_a_code_means_what_it_meant_in_its_year(built_database: Path, code: str, year: int, iso3: str | None) -> None:
    with connect(built_database, read_only=True) as connection:
        found = connection.execute(
            "select iso3 from intermediate.int_country_codes"
            " where country_code = ? and ? between valid_from_year and valid_to_year",
            [code, year],
        ).fetchall()
    assert found == ([] if iso3 is None else [(iso3,)])


def test_two_codes_of_one_country_are_never_valid_in_the_same_year(built_database: Path) -> None:
    """But for codes that merge several: nobody could say which of them a figure belongs to."""
    with connect(built_database, read_only=True) as connection:
        found = connection.execute(
            """
            select one.iso3, one.country_code, other.country_code
            from intermediate.int_country_codes as one
            inner join intermediate.int_country_codes as other
                on one.iso3 = other.iso3 and one.country_code < other.country_code
                and one.valid_from_year <= other.valid_to_year and other.valid_from_year <= one.valid_to_year
            where one.iso3 != 'XXX'
            order by all
            """
        ).fetchall()
    assert found == []


def test_no_code_joins_on_the_iso_number() -> None:
    files = [
        *DBT_PROJECT.rglob("*.sql"),
        *(REPOSITORY / "flows").rglob("*.py"),
        *(REPOSITORY / "expectations").rglob("*.py"),
    ]
    assert len(files) > 100
    assert [file for file in files if re.search(r"iso_numeric|iso2", file.read_text(encoding="utf-8"))] == []
