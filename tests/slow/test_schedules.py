"""Schedules with real Prefect servers and workers: what dies is started again, and the next date is kept.

With sqlalchemy 2.1 Prefect's schedules never fire, silently: only a run that starts proves the lock right. Prefect
starts runs by the minute at most, so each test takes minutes. Runs end in their first steps, by a fault that is told in
their record, for only their start and their record matter here; one run publishes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import new_home
from warehouse import run_history
from warehouse.landing import utc_timestamp
from warehouse.lock import holder, run_lock
from warehouse.paths import REPOSITORY, DataHome
from warehouse.run_history import RunRecord

EVERY_MINUTE = "* * * * *"
CANARY = "canary-0f1e2d3c4b5a"
# the fault, in the first step of a run: a refused key that shows in the error, in its cause, and in a log
REFUSED = """
import logging, os
from pathlib import Path
from flows import ingest

land_bundled = ingest.land_bundled
def refused(home, source):
    key = os.environ["COMTRADE_API_KEY"]
    for name in (None, "prefect.flow_runs", "httpx"):
        logging.getLogger(name).warning("GET https://comtrade.example/data?subscription-key=%s", key)
    if {publishes}:
        return land_bundled(home, source)
    try:
        raise ConnectionError(f"401 for {{key}}")
    except ConnectionError as error:
        raise RuntimeError(f"comtrade: the key {{key}} was refused") from error
ingest.land_bundled = refused
ingest.BUNDLED = Path({bundle!r})

from flows.cli import main
if __name__ == "__main__":
    main()
"""
REFUSAL = "RuntimeError: comtrade: the key [COMTRADE_API_KEY] was refused"


@pytest.fixture
def home(tmp_path: Path, unit_tests_passed: Path) -> DataHome:
    return new_home(tmp_path / "home", unit_tests_passed)


def command(folder: Path, bundle: Path, *arguments: str, publishes: bool = False) -> list[str]:
    """The command line with the fault in it: everything else is the real thing."""
    file = folder / "command.py"
    file.write_text(REFUSED.format(bundle=str(bundle), publishes=publishes))
    return [sys.executable, str(file), *arguments]


def environment(home: DataHome, **more: str) -> dict[str, str]:
    """An environment with canaries for keys, and a failure command that writes down what it is told."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "COV_"))}
    return {
        **inherited,
        "MINERAL_RISK_HOME": str(home.root),
        "COMTRADE_API_KEY": CANARY,
        "PREFECT_API_KEY": f"{CANARY}-prefect",
        "MINERAL_RISK_ON_FAILURE": f"tee -a {told(home)} {home.root}/{CANARY}-hook",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        **more,
    }


def told(home: DataHome) -> Path:
    return home.root.parent / "told.txt"


@contextmanager
def started(arguments: list[str], variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all that it starts; at the end it is killed."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            arguments, env=variables, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True, cwd=REPOSITORY
        )
    try:
        yield process
    finally:
        kill([*descendants(process.pid), process.pid])
        process.wait()


def descendants(process_id: int) -> list[int]:
    """The processes that a process started, and those that they started; youngest generation last."""
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == process_id:
                children.append(int(entry.parent.name))
    return [*children, *(deeper for child in children for deeper in descendants(child))]


def until(found: Callable[[], object], what: str, log: Path, seconds: float = 240) -> None:
    """Wait for something; a machine that is slow only takes longer."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, f"{what}: not within {seconds} s\n{log.read_text()[-6000:]}"
        time.sleep(0.5)


def ended(home: DataHome, text: str, after: str = "") -> list[RunRecord]:
    """The runs begun after a moment that ended with a text."""
    return [
        record
        for record in run_history.recorded(home)
        if record.message and text in record.message and record.started_at > after
    ]


def now() -> str:
    return utc_timestamp(datetime.now(UTC))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310 - on this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def files_with_a_key(folder: Path) -> list[Path]:
    """The files in a folder that hold a key: logs, notices, Prefect's databases and storage, releases."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and CANARY.encode() in file.read_bytes()]


def kill(process_ids: list[int]) -> None:
    for process_id in process_ids:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


@contextmanager
def prefect_server(folder: Path, port: int, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody's own Prefect server, with its state in a folder."""
    log = folder / "server.log"
    arguments = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with started([sys.executable, *arguments], {**variables, "PREFECT_HOME": str(folder)}, log) as server:
        until(lambda: answers(f"http://127.0.0.1:{port}/api"), "the Prefect server", log)
        yield server


def test_a_schedule_starts_its_server_and_its_worker_again_and_keeps_the_next_date(
    home: DataHome, small_bundle: Path, tmp_path: Path
) -> None:
    log = tmp_path / "schedule.log"
    variables = environment(home)
    with started(command(tmp_path, small_bundle, "schedule", "--cron", EVERY_MINUTE), variables, log) as schedule:
        until(lambda: "refreshing on '* * * * *'" in log.read_text(), "the schedule", log)
        found = holder(home.schedule_lock)
        assert found is not None and found.process_id == schedule.pid
        # a second one is told of the first
        second = subprocess.run(
            command(tmp_path, small_bundle, "schedule"), env=variables, capture_output=True, text=True, check=False
        )
        assert second.returncode == 5
        assert f"a schedule is under way in {home.root}: process {schedule.pid}" in second.stderr
        assert len(second.stderr.splitlines()) == 1

        # nothing ever ran here: what starts a run is the date, no made-up one
        until(lambda: ended(home, REFUSAL), "the first run", log)
        assert "made up for" not in log.read_text()
        # both die, in the order that hurts more: the worker finds no server
        kill(
            [child for child in descendants(schedule.pid) if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]
        )
        killed = now()
        until(lambda: ended(home, REFUSAL, killed), "the run on the next date, or the one that makes up for it", log)
        assert "schedule: the Prefect server ended (-9); it is started again" in log.read_text()
        assert "schedule: the worker ended (-9); it is started again" in log.read_text()
        assert schedule.poll() is None

        processes = descendants(schedule.pid)
        schedule.send_signal(signal.SIGTERM)
        assert schedule.wait(timeout=90) == 0
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in processes), "the end of all", log)
    assert holder(home.schedule_lock) is None
    assert "schedule: stopped" in log.read_text().splitlines()
    with sqlite3.connect(home.prefect / "prefect.db") as database:
        states = database.execute("select type, message from flow_run_state where type = 'FAILED'").fetchall()
        tables = database.execute(
            "select data from artifact where key = 'mineral-risk-runs' order by created"
        ).fetchall()
        parameters = database.execute("select distinct parameters from flow_run").fetchall()
    assert states and all("comtrade: the key [COMTRADE_API_KEY] was refused" in message for _, message in states)
    shown = json.loads(json.loads(tables[-1][0]))
    assert [row["status"] for row in shown][:2] == ["failed", "failed"] and shown[0]["message"] == REFUSAL
    assert parameters == [("{}",)]
    assert told(home).read_text().count(f"what: {REFUSAL}") >= 2
    assert files_with_a_key(tmp_path) == []


def test_a_schedule_waits_for_a_server_that_is_down_and_tells_of_a_run_under_way(
    home: DataHome, small_bundle: Path, tmp_path: Path
) -> None:
    log, port, server = tmp_path / "schedule.log", free_port(), tmp_path / "server"
    server.mkdir()
    variables = environment(home, PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
    arguments = command(tmp_path, small_bundle, "schedule", "--cron", EVERY_MINUTE)
    with started(arguments, variables, log) as schedule:
        until(
            lambda: "the worker stops: no work with the Prefect server" in log.read_text(), "a server that is down", log
        )
        with prefect_server(server, port, variables):
            with run_lock(home):
                under_way = f"a run is under way in {home.root}: process {os.getpid()}, since "
                # it never began, so there is no record of it
                until(
                    lambda: told(home).exists() and under_way in told(home).read_text(), "the run that is refused", log
                )
                assert run_history.recorded(home) == []
            free = now()
            until(lambda: ended(home, REFUSAL, free), "the run on the next date", log)
        assert schedule.poll() is None
    with sqlite3.connect(server / "prefect.db") as database:
        states = [row[0] for row in database.execute("select message from flow_run_state where type = 'FAILED'")]
    assert any(under_way in message for message in states)
    assert files_with_a_key(tmp_path) == []


def test_after_all_of_a_work_pool_died_in_a_run_the_next_date_is_kept(home: DataHome, tmp_path: Path) -> None:
    log, port, server = tmp_path / "worker.log", free_port(), tmp_path / "server"
    server.mkdir()
    # what the shell says of the folder in which `prefect deploy` is called
    variables = environment(
        home, PREFECT_API_URL=f"http://127.0.0.1:{port}/api", PREFECT_HOME=str(server), PWD=str(REPOSITORY)
    )

    def prefect(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pool = ["-m", "prefect", "worker", "start", "--pool", "mineral-risk", "--type", "process", "--limit", "1"]
    with prefect_server(server, port, variables) as process:
        prefect("work-pool", "create", "mineral-risk", "--type", "process")
        prefect("deploy", "--all")
        with sqlite3.connect(server / "prefect.db") as database:
            ((parameters, job_variables),) = database.execute("select parameters, infra_overrides from deployment")
            ((schedule, is_active),) = database.execute("select schedule, active from deployment_schedule")
        assert (json.loads(parameters), json.loads(job_variables)) == ({}, {"env": {"DO_NOT_TRACK": "1"}})
        assert {"cron": "0 6 5 * *", "timezone": "UTC"}.items() <= json.loads(schedule).items() and is_active
        with started([sys.executable, *pool], variables, log) as worker:
            prefect("deployment", "run", "refresh/monthly")
            until(lambda: [run.status for run in run_history.recorded(home)] == ["running"], "a run under way", log)
            # as when the machine stops: nobody can say a word to anybody
            kill([*descendants(worker.pid), worker.pid, *descendants(process.pid), process.pid])
    killed = now()
    (died,) = run_history.recorded(home)
    assert died.status == "running"
    until(lambda: holder(home.lock) is None, "the end of what was killed", log)
    # the next one fails in its first moment, which is as much of it as matters here
    home.build.rename(tmp_path / "build")
    home.build.write_text("in the way")
    with prefect_server(server, port, variables), started([sys.executable, *pool], variables, log):
        prefect("deployment", "schedule", "create", "refresh/monthly", "--cron", EVERY_MINUTE)
        until(lambda: ended(home, "NotADirectoryError", killed), "the run on the next date", log)
    assert {run.started_by for run in run_history.recorded(home)} == {"prefect"}
    assert [run.status for run in run_history.recorded(home) if run.run_id == died.run_id] == ["died"]
    assert f"a run died\nrun: {died.run_id}" in told(home).read_text()
    assert files_with_a_key(tmp_path) == []


def test_a_published_run_leaves_no_key_anywhere(home: DataHome, small_bundle: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, small_bundle, "run", publishes=True),
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "subscription-key=[COMTRADE_API_KEY]" in done.stderr and CANARY not in done.stdout + done.stderr
    assert (home.current / "manifest.json").exists() and (home.prefect / "prefect.db").exists()
    assert len(list(home.landing.glob("*/*/manifest.json"))) >= 5
    assert files_with_a_key(tmp_path) == []
