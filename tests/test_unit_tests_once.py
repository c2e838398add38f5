"""dbt's unit tests run once per state of the project: what is remembered, and what never is."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from warehouse import dbt
from warehouse.paths import DBT_PROJECT, DataHome

LAYERS = ("staging", "intermediate", "metrics", "marts")
EXPECTED = "the rows worked out by hand"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project with a model and a unit test in every layer: a kilogram is a thousandth of a ton."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copyfile(DBT_PROJECT / name, folder / name)
    shutil.copytree(DBT_PROJECT / "macros", folder / "macros")
    given = "select 2000 as weight_kg"
    for layer in LAYERS:
        models = folder / "models" / layer
        models.mkdir(parents=True)
        (models / f"{layer}_given.sql").write_text(given)
        (models / f"{layer}_tons.sql").write_text(
            f"select weight_kg / 1000 as weight_t from {{{{ ref('{layer}_given') }}}}"
        )
        contract = "{contract: {enforced: false}}"
        (models / f"{layer}.yml").write_text(
            f"models:\n- {{name: {layer}_given, config: {contract}}}\n- {{name: {layer}_tons, config: {contract}}}\n"
            f"unit_tests:\n- name: {layer}_of_3000_kg_are_3_tons\n  model: {layer}_tons\n"
            f"  given: [{{input: ref('{layer}_given'), rows: [{{weight_kg: 3000}}]}}]\n"
            "  expect: {rows: [{weight_t: 3}]}\n"
        )
    monkeypatch.setattr(dbt, "DBT_PROJECT", folder)
    return folder


def markers(home: DataHome) -> list[Path]:
    return sorted(home.unit_tests_passed.glob("*"))


@pytest.mark.parametrize(
    "content", [b"", b"passed\n", b"\xff\xfe", None], ids=["empty", "other words", "no text", "a folder"]
)
def test_an_odd_marker_is_none(content: bytes | None, tmp_path: Path) -> None:
    home = DataHome(tmp_path)
    state = dbt.project_state()
    assert not dbt.unit_tests_passed(home, state)
    dbt.remember_unit_tests(home, state)
    assert dbt.unit_tests_passed(home, state)
    marker = home.unit_tests_passed / state
    # the marker of one state, under the name of another
    other = marker.rename(home.unit_tests_passed / "0123")
    assert not dbt.unit_tests_passed(home, other.name)
    if content is None:
        marker.mkdir()
    else:
        marker.write_bytes(content)
    assert not dbt.unit_tests_passed(home, state)


def test_old_states_are_forgotten(tmp_path: Path) -> None:
    home = DataHome(tmp_path)
    states = [f"{number:064x}" for number in range(dbt.KEPT_STATES + 2)]
    for state in states:
        dbt.remember_unit_tests(home, state)
    assert [marker.name for marker in markers(home)] == states[2:]


@pytest.mark.parametrize(
    "change",
    [
        "models/staging/staging_tons.sql",
        "models/marts/marts.yml",
        "macros/new.sql",
        "seeds/new.csv",
        "tests/new.sql",
    ],
)
def test_every_file_of_the_project_is_part_of_its_state(project: Path, change: str) -> None:
    before = dbt.project_state()
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}")
    assert dbt.project_state() == before
    file = project / change
    file.parent.mkdir(exist_ok=True)
    with file.open("a") as end:
        end.write("\n")
    assert dbt.project_state() != before


@pytest.mark.parametrize("package", ["dbt-core", "dbt-duckdb", "duckdb", "mineral-risk-warehouse"])
def test_another_version_is_another_state(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dbt.project_state()
    monkeypatch.setattr("warehouse.dbt.version", lambda name: "99" if name == package else version(name))
    assert dbt.project_state() != before


def test_a_first_run_publishes_every_unit_test_of_the_project(published: duckdb.DuckDBPyConnection) -> None:
    declared = [
        test["name"]
        for file in DBT_PROJECT.glob("models/**/*.yml")
        for test in yaml.safe_load(file.read_text(encoding="utf-8")).get("unit_tests", [])
    ]
    found = published.execute(
        "select check_name from meta.checks where tool = 'dbt' and expected = ? and status = 'passed'", [EXPECTED]
    ).fetchall()
    assert sorted(declared) == sorted(name for (name,) in found)
    assert len(declared) > 200
