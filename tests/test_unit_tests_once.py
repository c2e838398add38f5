"""dbt's unit tests run once per state of the project: what is remembered, and what never is."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from flows import run as steps
from warehouse import dbt
from warehouse.errors import CheckFailed
from warehouse.paths import DBT_PROJECT, DataHome
from warehouse.release import Check

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


def build(home: DataHome) -> list[Check]:
    """Build every layer of the project and return the rows about unit tests."""
    with steps.begin(home) as run:
        for layer in steps.BUILT_FOR:
            steps.build(run, layer)
    return [check for check in run.checks if check.expected == EXPECTED]


def ran(checks: list[Check]) -> list[str]:
    return [check.check_name for check in checks if check.check_name != "unit_tests"]


def markers(home: DataHome) -> list[Path]:
    return sorted(home.unit_tests_passed.glob("*"))


ALL = [f"{layer}_of_3000_kg_are_3_tons" for layer in LAYERS]


def test_unit_tests_run_once_and_again_when_a_model_changes(project: Path, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    assert ran(build(home)) == ALL
    (marker,) = markers(home)

    # what the other runs of this home leave behind and clear away does not touch what is remembered
    again = build(home)
    assert ran(again) == []
    assert [(check.layer, check.table_name, check.status, check.observed) for check in again] == [
        (layer, "every table", "passed", f"1 passed before in this state of the project (sha256 {marker.name})")
        for layer in LAYERS
    ]

    # a formula that means the same is another state all the same
    model = project / "models" / "metrics" / "metrics_tons.sql"
    model.write_text(model.read_text().replace("weight_kg / 1000", "weight_kg * 0.001"))
    assert ran(build(home)) == ALL
    assert len(markers(home)) == 2


def test_a_failed_unit_test_stops_the_run_and_is_never_remembered(project: Path, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    # the last layer: all others have passed by then
    model = project / "models" / "marts" / "marts_tons.sql"
    right = model.read_text()
    model.write_text(right.replace("1000", "100"))
    with pytest.raises(CheckFailed, match=r"marts_tons: marts_of_3000_kg_are_3_tons: failed; expected the rows"):
        build(home)
    assert markers(home) == []
    model.write_text(right)
    assert ran(build(home)) == ALL
    assert len(markers(home)) == 1


def test_a_project_that_changes_under_way_is_not_remembered(project: Path, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")

    def edit(step: str) -> None:
        if step == "build marts":
            (project / "models" / "staging" / "staging_tons.sql").write_text("select 1 as weight_t")

    token = steps.before_step.set(edit)
    try:
        assert ran(build(home)) == ALL
    finally:
        steps.before_step.reset(token)
    assert markers(home) == []


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
