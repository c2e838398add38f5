"""dbt's unit tests run once per state of the project: real runs of dbt over a project of eight models."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import run as steps
from tests.test_unit_tests_once import EXPECTED, LAYERS, markers
from tests.test_unit_tests_once import project as project
from warehouse.errors import CheckFailed
from warehouse.paths import DataHome
from warehouse.release import Check


def build(home: DataHome) -> list[Check]:
    """Build every layer of the project and return the rows about unit tests."""
    with steps.begin(home) as run:
        for layer in steps.BUILT_FOR:
            steps.build(run, layer)
    return [check for check in run.checks if check.expected == EXPECTED]


def ran(checks: list[Check]) -> list[str]:
    return [check.check_name for check in checks if check.check_name != "unit_tests"]


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
