"""Whole runs: broken off before each step, repeated elsewhere and through Prefect."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from flows import run as steps
from flows.refresh import refresh
from tests.conftest import Refreshed, new_home
from tests.test_run import STEPS, Injected, leftovers, run_once, snapshot, spoil, wrapped_command
from warehouse import release as releases
from warehouse.database import connect
from warehouse.errors import CheckFailed
from warehouse.paths import REPOSITORY, DataHome


def test_a_failure_before_any_step_leaves_the_last_release_and_the_next_run_succeeds(small_home: DataHome) -> None:
    first = run_once(small_home)
    before = snapshot(small_home)
    for step in [step for step in STEPS if not step.startswith("publish")]:
        with pytest.raises(Injected):
            run_once(small_home, fail_at=step)
        assert snapshot(small_home) == before, step
        assert leftovers(small_home) == [], step
    second = run_once(small_home)
    assert second.content_hash == first.content_hash
    assert releases.current_release(small_home).release_id == second.release_id != first.release_id


@pytest.mark.parametrize(
    ("step", "statement", "words"),
    [
        (
            "build marts",
            "insert into intermediate.int_import_cells select * from intermediate.int_import_cells limit 1",
            ["unique", "failed", "found 1 rows"],
        ),
        (
            "build staging",
            "alter table raw.baci_trade drop column q",
            ["stg_baci__trade_flows", "errored", "q"],
        ),
        (
            "check intermediate",
            "drop table intermediate.int_governance",
            ["int_governance", "errored", "does not exist"],
        ),
    ],
    ids=["a dbt test fails", "a model cannot be built", "a table is missing"],
)
def test_what_breaks_between_the_steps_stops_the_run(
    step: str, statement: str, words: list[str], small_home: DataHome
) -> None:
    def damage(now: str) -> None:
        if now == step:
            (database,) = small_home.build.glob("*/build.duckdb")
            with connect(database) as connection:
                connection.execute(statement)

    token = steps.before_step.set(damage)
    try:
        with pytest.raises(CheckFailed) as failure, steps.begin(small_home) as run:
            refresh(run)
    finally:
        steps.before_step.reset(token)
    for word in words:
        assert word in str(failure.value)
    assert not small_home.current.exists()


def test_the_same_inputs_give_the_same_bytes_whatever_the_threads_and_the_time_zone(
    refreshed: Refreshed, unit_tests_passed: Path, tmp_path: Path
) -> None:
    # not even that unit tests were run here and are remembered there moves a byte
    home = new_home(tmp_path / "home", unit_tests_passed)
    script = (
        "from pathlib import Path\nfrom flows import run as steps\nfrom flows.refresh import refresh\n"
        "from warehouse.paths import DataHome\n"
        "if __name__ == '__main__':\n"
        f"    with steps.begin(DataHome(Path({str(home.root)!r})), threads=8) as run:\n"
        "        print(refresh(run).folder)\n"
    )
    file = tmp_path / "again.py"
    file.write_text(script)
    environment = {**os.environ, "TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, str(file)], env=environment, capture_output=True, text=True, check=True)
    again = Path(done.stdout.splitlines()[-1])
    first = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (refreshed.release.folder / "parquet").glob("*")
        if file.is_file()
    }
    second = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (again / "parquet").glob("*")
        if file.is_file()
    }
    assert len(first) >= 15
    assert first == second
    with connect(again / "mineral_risk.duckdb", read_only=True) as connection:
        remembered = connection.execute("select layer from meta.checks where check_name = 'unit_tests'").fetchall()
    assert {layer for (layer,) in remembered} == {"staging", "intermediate", "metrics", "marts"}


def test_a_run_goes_through_prefect_and_a_failed_check_is_a_failed_flow_run(
    small_home: DataHome, small_bundle: Path, tmp_path: Path
) -> None:
    # a test in this process may have left settings of another home
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment["MINERAL_RISK_HOME"] = str(small_home.root)
    done = subprocess.run(
        wrapped_command(small_bundle, "run"), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "note:" not in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert lines[-1].startswith("Next: ") and lines[-1].endswith("mineral-risk scores")
    assert "mineral_risk.duckdb" in lines[-2]
    assert done.stderr == ""

    broken = spoil(small_bundle, tmp_path / "broken", "select * replace (-v as v) from flows")
    failed = subprocess.run(
        wrapped_command(broken, "run"), env=environment, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 4
    assert "raw: baci_trade: value is a positive number: failed" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    with sqlite3.connect(small_home.prefect / "prefect.db") as database:
        states = [row[0] for row in database.execute("select state_type from flow_run order by created")]
    assert states == ["COMPLETED", "FAILED"]


@pytest.fixture(scope="module")
def run_without_a_server(
    small_bundle: Path, unit_tests_passed: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[DataHome, str]:
    """A run for a day of 2022 where no Prefect server answers: its home, and what it printed."""
    home = new_home(tmp_path_factory.mktemp("home"), unit_tests_passed)
    environment = {
        **os.environ,
        "MINERAL_RISK_HOME": str(home.root),
        "PREFECT_API_URL": "http://127.0.0.1:9/api",  # the discard port: nobody answers
    }
    command = wrapped_command(small_bundle, "run", "--controls-as-of", "2022-06-01")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return home, done.stdout


def test_a_run_without_any_server_says_so_and_succeeds(run_without_a_server: tuple[DataHome, str]) -> None:
    home, printed = run_without_a_server
    assert "note: no Prefect server" in printed
    assert home.published_database.exists()


def test_current_controls_are_read_on_the_day_that_is_asked_for(run_without_a_server: tuple[DataHome, str]) -> None:
    home, _ = run_without_a_server
    with connect(home.published_database, read_only=True) as connection:
        assert connection.execute("select controls_as_of from meta.release").fetchone() == (date(2022, 6, 1),)
        # China's licences on rare-earth metals began in April 2025: in 2022 nothing was in force
        assert connection.execute(
            "select max(china_control_severity_current) from marts.china_dependence where mineral_id = 'rare_earths'"
        ).fetchone() == (0.0,)
