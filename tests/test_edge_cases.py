"""Cases at the edge, through every model: made-up flows of one year, the real production, governance and registers.

Great Expectations is left out, since it rightly finds such a world implausible; dbt's own tests are not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flows import ingest
from flows import run as steps
from tests.conftest import new_home
from warehouse.database import connect
from warehouse.paths import BUNDLED

# year, exporter, importer, HS92 code, thousand US dollars, tonnes. 260300 copper ore (27 % copper), 811230 germanium
FLOWS = """
    (2024, 152, 242, '260300', 500.0, 100.0),     -- Fiji buys from Chile alone
    (2024, 899, 524, '260300', 300.0, 50.0),      -- Nepal's origin is unspecified
    (2024, 152, 156, '260300', 5000.0, 1000.0),   -- China is the importer
    (2024, 36, 598, '260300', 200.0, 40.0),       -- Papua New Guinea buys 40 t
    (2024, 598, 156, '260300', 1000.0, 200.0),    -- and sells 200 t
    (2024, 10, 64, '260300', 400.0, 80.0),        -- Bhutan buys from Antarctica, of whose governance nothing is known
    (2024, 152, 144, '260300', 450.0, null),      -- Sri Lanka's purchase is not weighed
    (2024, 894, 156, '260300', 900.0, 180.0),     -- Zambia only sells
    (2024, 156, 699, '260300', 600.0, 120.0)      -- India buys from China
"""
COPPER_ORE_2024 = "mineral_id = 'copper' and stage = 'ore' and year = 2024"


@pytest.fixture(scope="module")
def built(unit_tests_passed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    bundle = tmp_path_factory.mktemp("bundle")
    for file in BUNDLED.glob("*.csv"):
        shutil.copyfile(file, bundle / file.name)
    with connect() as connection:
        connection.execute(
            f"copy (select t, i, j, k, v, q from (values {FLOWS}) flows(t, i, j, k, v, q))"
            f" to '{bundle / 'baci_hs92_2015_2024.parquet'}' (format parquet)"
        )
    database = tmp_path_factory.mktemp("build") / "build.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "BUNDLED", bundle)
        with steps.begin(new_home(tmp_path_factory.mktemp("home"), unit_tests_passed)) as run:
            steps.land(run)
            steps.load(run)
            for layer in ("staging", "intermediate", "marts"):
                steps.build(run, layer)
            shutil.copyfile(run.database, database)
    with connect(database, read_only=True) as connection:
        yield connection


def row(connection: duckdb.DuckDBPyConnection, columns: str, table: str, where: str) -> tuple[object, ...]:
    found = connection.execute(f"select {columns} from marts.{table} where {where}").fetchall()
    assert len(found) == 1, (table, where, found)
    return tuple(found[0])


def copper(connection: duckdb.DuckDBPyConnection, columns: str, table: str, importer: str) -> tuple[object, ...]:
    country = "country_iso3" if table == "import_reliance" else "importer_iso3"
    return row(connection, columns, table, f"{country} = '{importer}' and {COPPER_ORE_2024}")


def methods(connection: duckdb.DuckDBPyConnection, importer: str) -> dict[str, tuple[object, object]]:
    found = connection.execute(
        f"select method_id, value, missing_inputs from marts.risk_methods"
        f" where importer_iso3 = '{importer}' and {COPPER_ORE_2024}"
    ).fetchall()
    return {method: (value, missing) for method, value, missing in found}


def test_one_supplier_is_the_highest_concentration(built: duckdb.DuckDBPyConnection) -> None:
    assert copper(built, "hhi_value, effective_suppliers, supplier_count", "supplier_concentration", "FJI") == (1, 1, 1)
    value, missing = methods(built, "FJI")["cdi_1"]
    assert (value, missing) == (1, None)


def test_an_unspecified_origin_leaves_no_score(built: duckdb.DuckDBPyConnection) -> None:
    assert copper(built, "hhi_value, unspecified_share", "supplier_concentration", "NPL") == (None, 1)
    score, missing = copper(built, "risk_score, missing_components", "risk_scores", "NPL")
    assert score is None and "supplier_concentration: suppliers_unspecified" in str(missing)
    for method in (
        "hhi_governance",
        "geopolrisk",
        "eu_supply_risk",
        "eu_supply_risk_import",
        "cdi_1",
        "geodep",
        "crma_65",
    ):
        value, why = methods(built, "NPL")[method]
        assert value is None and why, method


def test_china_has_no_dependence_on_china(built: duckdb.DuckDBPyConnection) -> None:
    assert copper(built, "china_dependence_score, missing_reason", "china_dependence", "CHN") == (
        None,
        "importer_is_china",
    )
    score, completeness = copper(built, "risk_score, completeness", "risk_scores", "CHN")
    assert score is not None and completeness == 1


def test_a_net_exporter_relies_on_nobody_whatever_it_produces(built: duckdb.DuckDBPyConnection) -> None:
    """Papua New Guinea's mines are among the table's other countries, which are 12 % of the world."""
    found = copper(
        built, "production_t, imports_t, exports_t, is_net_exporter, net_import_reliance", "import_reliance", "PNG"
    )
    assert found == (None, pytest.approx(40 * 0.27), pytest.approx(200 * 0.27), True, 0)
    value, why = methods(built, "PNG")["geopolrisk"]
    assert value is None and "domestic_production" in str(why)


def test_a_country_in_no_table_is_unknown_not_average(built: duckdb.DuckDBPyConnection) -> None:
    assert copper(built, "net_import_reliance, missing_reason", "import_reliance", "BTN") == (
        None,
        "country_not_listed",
    )
    found = built.execute(
        "select component_id, raw_value, missing_reason from marts.risk_components"
        f" where importer_iso3 = 'BTN' and {COPPER_ORE_2024}"
        " and component_id in ('supplier_governance', 'import_reliance')"
    ).fetchall()
    assert sorted(found) == [
        ("import_reliance", None, "country_not_listed"),
        ("supplier_governance", None, "governance_of_suppliers_unknown"),
    ]
    assert methods(built, "BTN")["hhi_governance"] == (None, "governance_of_suppliers")


def test_what_is_bought_but_not_weighed_is_not_zero_tonnes(built: duckdb.DuckDBPyConnection) -> None:
    imports, reliance, why = copper(built, "imports_t, net_import_reliance, missing_reason", "import_reliance", "LKA")
    assert imports is None and reliance is None and "imports_not_weighed" in str(why)
    assert copper(built, "hhi_value, hhi_weight", "supplier_concentration", "LKA") == (1, None)
    for method in ("geopolrisk", "crma_65"):
        value, missing = methods(built, "LKA")[method]
        assert value is None and "import_weights" in str(missing), method


def test_a_country_that_buys_nothing_has_no_cell_but_a_reliance(built: duckdb.DuckDBPyConnection) -> None:
    found = copper(built, "imports_t, exports_t, is_net_exporter, net_import_reliance", "import_reliance", "ZMB")
    assert found == (0, pytest.approx(180 * 0.27), True, 0)
    (cells,) = row(built, "count(*)", "risk_scores", f"importer_iso3 = 'ZMB' and {COPPER_ORE_2024}")
    assert cells == 0
    stages = row(
        built,
        "stages_scored, stages_without_imports",
        "mineral_risk",
        "importer_iso3 = 'ZMB' and mineral_id = 'copper'",
    )
    assert stages == (None, "ore")


def test_a_mineral_with_only_a_basket_code_says_so(built: duckdb.DuckDBPyConnection) -> None:
    gallium = "mineral_id = 'gallium' and stage = 'refined' and year = 2024"
    assert row(built, "has_basket_code", "import_reliance", f"country_iso3 = 'IND' and {gallium}") == (True,)
    assert row(built, "has_basket_code", "supplier_concentration", f"importer_iso3 = 'IND' and {gallium}") == (True,)


def test_the_eu_is_no_importer_where_no_member_buys(built: duckdb.DuckDBPyConnection) -> None:
    (cells,) = row(built, "count(*)", "risk_scores", "importer_iso3 = 'EUU'")
    assert cells == 0
