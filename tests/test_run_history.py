"""The history of runs: what is kept of a run that ends, fails, is refused or dies, and who is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows import method_settings, notices, schedules
from flows import run as steps
from tests.small_build import numbered_checks, write_small_build
from warehouse import release as releases
from warehouse import run_history
from warehouse.database import connect
from warehouse.errors import InputRejected, RunInProgress, SettingsRejected, WarehouseError
from warehouse.kept_releases import roll_back
from warehouse.lock import run_lock
from warehouse.paths import REPOSITORY, DataHome
from warehouse.run_history import Recorder, RunRecord

START = datetime(2026, 11, 5, 6, 0, tzinfo=UTC)
# what an error text may hold of a hostile file: SQL, JSON, a formula, terminal sequences, a NUL, half a character
HOSTILE = '=1+1\'); drop table meta.runs; --\n{"a": [\u2028}\x1b[2J\r\t\x00 100 % \\ \udcff é 中 </script> | `'
HARMLESS = '=1+1\'); drop table meta.runs; -- {"a": [ } [2J 100 % \\ \\udcff é 中 </script> | `'

GONE = "the process {} was gone without a word, in or after the step build staging: killed, or the machine stopped"


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    return DataHome(tmp_path / "home")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file into which a failure command writes all that it is told."""
    file = tmp_path / "told.txt"
    monkeypatch.setenv(notices.VARIABLE, f"tee -a '{file}'")
    return file


class Clock:
    """Moments ten seconds apart."""

    def __init__(self, start: datetime) -> None:  # noqa: D107
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


def recorder(home: DataHome, started_by: str = "command", start: datetime = START) -> Recorder:
    return Recorder(home, code_version="1.2.3", started_by=started_by, now=Clock(start))


def a_dead_run(home: DataHome) -> RunRecord:
    """What a run that was killed while it built the staging layer leaves behind."""
    begun = recorder(home, start=START - timedelta(hours=1))
    begun.start()
    begun.step("build staging")
    return begun.record


def in_a_process(home: DataHome, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env={**os.environ, "MINERAL_RISK_HOME": str(home.root), **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )


# --- the record -------------------------------------------------------------------------------------


def test_a_record_follows_a_run_from_its_start_to_its_end(home: DataHome) -> None:
    run = recorder(home, started_by="prefect")
    assert run_history.recorded(home) == []
    assert run.start() == []
    assert [record.status for record in run_history.recorded(home)] == ["running"]
    run.step("publish copy marts.minerals")
    assert run_history.recorded(home)[0].last_step == "publish copy"
    run.end("failed", message="a table\nis gone")
    run.step("publish verify")
    run.end("published", release_id="another")  # the first end counts
    (record,) = run_history.recorded(home)
    # the clock ticks at the beginning and at the end: ten seconds
    assert record == RunRecord(
        run_id=f"20261105T060010.000000Z-{os.getpid()}",
        started_at="2026-11-05T06:00:10.000000Z",
        ended_at="2026-11-05T06:00:20.000000Z",
        status="failed",
        last_step="publish copy",
        message="a table is gone",
        release_id=None,
        code_version="1.2.3",
        as_of=None,
        process_id=os.getpid(),
        started_by="prefect",
    )
    assert record.seconds == 10.0
    assert replace(record, ended_at="2026-11-05T00:30:20.000000Z").seconds is None  # the clock was set back
    assert [file.name for file in home.runs.iterdir()] == [f"{record.run_id}.json"]


KILLED_AT_EACH_LINE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse import run_history
from warehouse.paths import DataHome

home = DataHome(Path(sys.argv[1]))
def live():
    run = run_history.Recorder(home, code_version="1", started_by="command")
    run.start()
    run.step("load")
    run.end("failed", message="x" * 900)

def killed_at(line):
    count = 0
    def trace(frame, event, argument):
        nonlocal count
        if "run_history" not in frame.f_code.co_filename or frame.f_code.co_name not in FUNCTIONS:
            return None
        if event == "line":
            count += 1
            if count == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    live()
    os._exit(0)

FUNCTIONS = ("start", "step", "end", "mark_dead", "_forget_the_oldest", "_write", "_alone_in")
seen, line = set(), 0
while True:
    line += 1
    child = os.fork()
    if child == 0:
        killed_at(line)
    status = os.waitpid(child, 0)[1]
    records = run_history.recorded(home)
    assert run_history.damaged(home) == [], line
    seen |= {(record.status, record.last_step) for record in records}
    for record in run_history.mark_dead(home):
        assert record.process_id == child, line
    assert "running" not in {record.status for record in run_history.recorded(home)}, line
    run_history.note(home, "rolled_back", message="who writes next clears", release_id="x", code_version="1")
    assert not list(home.runs.glob(".*")), line
    for file in home.runs.iterdir():
        file.unlink()
    if os.WIFEXITED(status):
        break
print(line, sorted(str(state) for state in seen))
"""


def test_killed_at_any_line_the_history_is_whole_and_the_next_run_marks_the_dead(home: DataHome) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_LINE, str(home.root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stderr
    lines, _, states = done.stdout.partition(" ")
    assert int(lines) > 50
    for state in ("('running', None)", "('running', 'load')", "('failed', 'load')"):
        assert state in states


def test_a_run_that_died_is_marked_and_one_that_published_before_it_died_did_publish(
    home: DataHome, tmp_path: Path
) -> None:
    dead = a_dead_run(home)
    published = replace(dead, run_id=f"20261105T070000.000000Z-{os.getpid()}", last_step="publish finish")
    run_history._write(home, published)
    write_small_build(tmp_path / "build.duckdb", 1)
    release = releases.publish(
        home, tmp_path / "build.duckdb", checks=numbered_checks(1), code_version="1", controls_as_of=None, run=published
    )
    marked = run_history.mark_dead(home)
    assert [record.run_id for record in marked] == [dead.run_id]
    second, first = run_history.recorded(home)
    assert (first.status, first.ended_at, first.seconds, first.release_id) == ("died", None, None, None)
    assert first.message is not None and "step build staging" in first.message
    assert (second.status, second.release_id) == ("published", release.release_id)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"failed"', '"excellent"'),
        lambda text: text.replace("2026-11-05T06:00:10.000000Z", "yesterday"),
        lambda text: text.replace('"1.2.3"', "5"),
        lambda text: text.replace("20261105T", "../../20261105T"),
        lambda text: text.replace('"process_id"', '"a_process"'),
        lambda text: text.replace("{", "\udcff{", 1),
    ],
    ids=["half", "empty", "no record", "status", "moment", "type", "traversal", "missing", "no text"],
)
def test_a_file_that_is_no_record_of_ours_is_none(home: DataHome, spoil: object) -> None:
    run = recorder(home)
    run.start()
    run.end("failed", message="it failed")
    (file,) = home.runs.iterdir()
    whole = file.read_text(encoding="utf-8")
    assert len(run_history.recorded(home)) == 1
    assert callable(spoil)
    file.write_text(spoil(whole), encoding="utf-8", errors="surrogateescape")
    assert (run_history.recorded(home), run_history.damaged(home)) == ([], [file])
    # what a newer version adds does no harm
    file.write_text(whole.replace("{", '{"mood": "good",', 1), encoding="utf-8")
    assert len(run_history.recorded(home)) == 1


def test_the_newest_thousand_are_kept(home: DataHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_history, "KEPT_RUNS", 3)
    made = []
    for hour in range(5):
        run = recorder(home, start=START + timedelta(hours=hour))
        run.start()
        run.end("failed", message="it failed")
        made.append(run.record.run_id)
    # the oldest go when a run starts: three are left then, and the run itself is the fourth
    assert [record.run_id for record in run_history.recorded(home)] == made[:0:-1]


# --- hostile content, and what a release tells ------------------------------------------------------


def test_a_hostile_error_text_is_one_line_of_text_in_file_release_and_parquet(home: DataHome, tmp_path: Path) -> None:
    run = recorder(home)
    run.start()
    run.end("failed", message=HOSTILE)
    (file,) = home.runs.iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["message"] == HARMLESS
    dead = a_dead_run(home)
    run_history.mark_dead(home)
    run_history.note(home, "rolled_back", message="by hand", release_id="20261101T060000Z-0a1b2c3d", code_version="1")
    publishing = Recorder(home, code_version="2", started_by="prefect")
    write_small_build(tmp_path / "build.duckdb", 1)
    release = releases.publish(
        home,
        tmp_path / "build.duckdb",
        checks=numbered_checks(1),
        code_version="2",
        controls_as_of=None,
        run=publishing.record,
        earlier_runs=run_history.recorded(home),
    )
    with connect(release.database, read_only=True) as connection:
        found = connection.execute(
            "select status, message, last_step, release_id, seconds is null, ended_at is null, started_at"
            " from meta.runs order by started_at, status"
        ).fetchall()
        in_parquet = connection.execute(
            f"select message from '{release.folder}/parquet/meta/runs.parquet' where message is not null order by 1"
        ).fetchall()
    assert [row[:-1] for row in found] == [
        ("died", GONE.format(os.getpid()), "build staging", None, True, True),
        ("failed", HARMLESS, None, None, False, False),
        ("rolled_back", "by hand", "rolled_back", "20261101T060000Z-0a1b2c3d", False, False),
        ("published", None, "publish", release.release_id, False, False),
    ]  # fmt: skip
    assert found[0][-1] == datetime.fromisoformat(dead.started_at).replace(tzinfo=None)
    assert [row[0] for row in in_parquet if not row[0].startswith("the process")] == [HARMLESS, "by hand"]
    assert json.loads((release.folder / "manifest.json").read_text())["run_id"] == publishing.record.run_id


def test_a_long_message_is_cut(home: DataHome) -> None:
    run = recorder(home)
    run.end("failed", message="long " * 10_000)
    message = run_history.recorded(home)[0].message
    assert message is not None and len(message) == 2000 and message.endswith("…")


# --- what the steps of a run write ------------------------------------------------------------------


def unable_to_build(home: DataHome) -> None:
    """Put a file where runs build: every run fails in its first moment."""
    home.root.mkdir(parents=True, exist_ok=True)
    home.build.write_text("in the way")


def test_a_run_that_fails_is_on_record_and_told(home: DataHome, told: Path) -> None:
    unable_to_build(home)
    with pytest.raises(NotADirectoryError) as failure, steps.begin(home):
        pass
    (record,) = run_history.recorded(home)
    assert (record.status, record.message) == ("failed", f"NotADirectoryError: {failure.value}")
    text = told.read_text()
    assert f"{record.run_id}, begun" in text and f"what: {record.message}" in text and "none is published yet" in text


def test_a_run_that_finds_a_dead_one_tells_of_it(home: DataHome, told: Path) -> None:
    dead = a_dead_run(home)
    unable_to_build(home)
    with pytest.raises(NotADirectoryError), steps.begin(home):
        pass
    assert [record.status for record in run_history.recorded(home)] == ["failed", "died"] or [
        record.status for record in run_history.recorded(home)
    ] == ["died", "failed"]
    assert f"a run died\nrun: {dead.run_id}" in told.read_text()
    with pytest.raises(NotADirectoryError), steps.begin(home):
        pass
    assert told.read_text().count("a run died") == 1


def test_of_a_dead_run_that_a_rollback_found_the_next_run_tells(
    home: DataHome, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small_build(tmp_path / "build.duckdb", 1)
    release = releases.publish(
        home, tmp_path / "build.duckdb", checks=numbered_checks(1), code_version="1", controls_as_of=None
    )
    dead = a_dead_run(home)
    roll_back(home, release.release_id, code_version="1")
    assert [record.status for record in run_history.recorded(home)] == ["died"]
    unable_to_build(home)
    command = os.environ[notices.VARIABLE]
    for variable in ("", "false", command, command):  # nobody to tell, a notice that fails, and then ones that are sent
        monkeypatch.setenv(notices.VARIABLE, variable)
        with pytest.raises(NotADirectoryError), steps.begin(home):
            pass
    assert told.read_text().count("a run died") == 1
    assert f"a run died\nrun: {dead.run_id}" in told.read_text()


def test_of_dead_runs_in_an_older_history_nobody_is_told_again(home: DataHome, told: Path) -> None:
    a_dead_run(home)
    run_history.mark_dead(home)
    (file,) = home.runs.iterdir()
    written = json.loads(file.read_text())
    del written["told"]
    file.write_text(json.dumps(written))
    unable_to_build(home)
    with pytest.raises(NotADirectoryError), steps.begin(home):
        pass
    assert run_history.damaged(home) == []
    assert "a run died" not in told.read_text()


def test_a_run_that_a_signal_stops_is_on_record_and_told_unless_somebody_pressed_ctrl_c(
    home: DataHome, told: Path
) -> None:
    from prefect.exceptions import TerminationSignal

    for stop in (KeyboardInterrupt(), TerminationSignal(signal.SIGTERM)):
        with pytest.raises(type(stop)), steps._on_record(home, recorder(home)):
            raise stop
        (record,) = run_history.recorded(home)
        assert record.status == "failed"
        assert record.message is not None
        assert record.message.startswith(f"stopped by a signal ({type(stop).__name__}")
        assert told.exists() == isinstance(stop, TerminationSignal)
    assert "what: stopped by a signal (TerminationSignal" in told.read_text()


def test_a_signal_while_duckdb_is_busy_is_told_in_one_line(home: DataHome, told: Path) -> None:
    with (
        pytest.raises(WarehouseError, match="^stopped by a signal; the last release stays$"),
        steps._on_record(home, recorder(home)),
    ):
        raise RuntimeError("Query interrupted")  # all that DuckDB leaves of a signal
    assert run_history.recorded(home)[0].message == "stopped by a signal (RuntimeError: Query interrupted)"
    assert told.read_text().count("stopped by a signal") == 1


class HealthyAndNothingElse(BaseHTTPRequestHandler):
    """A Prefect server that says it is well and lets nobody in."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        is_health = self.path.endswith("/health")
        body = b"true" if is_health else b'{"exception_message": "Unauthorized"}'
        self.send_response(200 if is_health else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def test_a_prefect_server_that_lets_nobody_in_is_done_without(home: DataHome, told: Path) -> None:
    unable_to_build(home)  # as far as a run must come to show that it began
    with ThreadingHTTPServer(("127.0.0.1", 0), HealthyAndNothingElse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            done = in_a_process(
                home, "run", PREFECT_API_URL=f"http://127.0.0.1:{server.server_port}/api", COLUMNS="900"
            )
        finally:
            server.shutdown()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and str(home.build) in done.stderr
    assert "note: the Prefect server would not start the run (" in done.stdout and "401" in done.stdout
    assert [record.status for record in run_history.recorded(home)] == ["failed"]
    assert told.read_text().count("a run failed") == 1


@pytest.mark.parametrize(
    ("parameters", "as_of"),
    [
        ({"as_of": "2026-11-20T12:00:00Z"}, "2026-11-20T12:00:00.000000Z"),
        ({"as_of": "2026-11-20T12:00:00+05:30"}, "2026-11-20T06:30:00.000000Z"),
        ({"as_of": "2026-11-20T12:00:00"}, "2026-11-20T12:00:00.000000Z"),
        ({"as_of": "2026-11-20"}, "2026-11-20T23:59:59.999999Z"),
        ({"as_of": datetime(2026, 11, 20, 12, tzinfo=UTC)}, "2026-11-20T12:00:00.000000Z"),
        ({"controls_as_of": "2026-11-20"}, None),
        ({"as_of": "yesterday"}, "as_of 'yesterday': expected a day as 2026-11-22 or a moment"),
        ({"as_of": {"a": 1}}, "as_of {'a': 1}: expected a day as 2026-11-22 or a moment"),
        ({"controls_as_of": "2026-02-30"}, "controls_as_of '2026-02-30': expected a day as 2026-11-22"),
        ({"controls_as_of": "1066-10-14"}, "--controls-as-of 1066-10-14: expected a day from"),
    ],
)
def test_the_parameters_of_a_deployed_run_are_read_or_refused_in_one_line(
    home: DataHome, told: Path, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, object], as_of: str | None
) -> None:
    from flows import refresh

    monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
    monkeypatch.setattr(refresh, "create_table_artifact", lambda *_, **__: None)  # no server here
    unable_to_build(home)
    is_refused = as_of is not None and "expected" in as_of
    with pytest.raises((InputRejected, SettingsRejected) if is_refused else NotADirectoryError):
        refresh.refresh_flow.fn(**parameters)  # type: ignore[arg-type]
    (record,) = run_history.recorded(home)
    assert record.message is not None
    if is_refused:
        assert as_of is not None and record.message.startswith(as_of)
    else:
        assert record.as_of == as_of
    assert told.read_text().count(f"what: {record.message}\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of its own takes root to mount")
def test_a_data_home_that_is_not_writable_is_told_once(home: DataHome, told: Path) -> None:
    home.root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(home.root)], check=True)  # noqa: S607
    try:
        done = in_a_process(home, "run", "--no-prefect")
    finally:
        subprocess.run(["umount", str(home.root)], check=True)  # noqa: S607
    assert done.returncode == 7
    assert told.read_text().count("expected a folder that this user may write") == 1


def test_a_day_of_controls_that_is_refused_is_on_record_and_told_once(home: DataHome, told: Path) -> None:
    done = in_a_process(home, "run", "--no-prefect", "--controls-as-of", "1066-10-14")
    assert done.returncode == 7
    assert told.read_text().count("a run failed") == 1
    assert len(run_history.recorded(home)) == 1


def test_a_refused_run_is_told_and_not_on_record_and_the_holder_goes_on(home: DataHome, told: Path) -> None:
    holding = recorder(home)
    with run_lock(home):
        holding.start()
        with pytest.raises(RunInProgress), steps.begin(home, started_by="prefect"):
            pass
        done = in_a_process(home, "run", "--no-prefect")
        assert done.returncode == 5
        assert len(done.stderr.splitlines()) == 1
    holding.end("published", release_id="20261105T060000Z-0a1b2c3d")
    statuses = [(record.status, record.started_by) for record in run_history.recorded(home)]
    assert statuses == [("published", "command")]
    assert told.read_text().count(f"a run is under way in {home.root}: process {os.getpid()}") == 2
    assert told.read_text().count("Mineral Risk Warehouse: a run was refused\n") == 2


def test_settings_that_contradict_themselves_are_on_record_and_told(
    home: DataHome, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradiction() -> None:
        raise SettingsRejected("seed_risk_weights.csv: line 3: weights sum to 1.2")

    monkeypatch.setattr(method_settings, "check", contradiction)
    with pytest.raises(SettingsRejected), steps.begin(home, started_by="prefect"):
        pass
    with pytest.raises(SettingsRejected), steps.before_begin(home):
        method_settings.check()
    assert [record.status for record in run_history.recorded(home)] == ["failed", "failed"]
    assert told.read_text().count("weights sum to 1.2") == 2


def test_a_run_is_not_stopped_by_a_history_that_cannot_be_written_and_its_own_error_is_the_one_told(
    home: DataHome, told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.root.mkdir()
    home.runs.write_text("in the way")
    run = recorder(home)
    with steps._on_record(home, run):
        run.start()
        run.end("published", release_id="20261105T060000Z-0a1b2c3d")
    assert "note: the history of runs could not be written" in capsys.readouterr().err
    assert not told.exists()
    unable_to_build(home)
    done = in_a_process(home, "run", "--no-prefect")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "build" in done.stderr
    assert "history: could not be written" in told.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of its own takes root to mount")
def test_a_full_disk_keeps_the_last_whole_record(home: DataHome) -> None:
    home.runs.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(home.runs)], check=True)  # noqa: S607
    try:
        run = recorder(home)
        run.start()
        (home.runs / "ballast").write_bytes(b"x" * 12288)
        run.end("failed", message="it failed " * 190)
        assert run.unwritten is not None and "No space left" in run.unwritten
        assert [record.status for record in run_history.recorded(home)] == ["running"]
        assert not list(home.runs.glob(".incoming-*"))
        (home.runs / "ballast").unlink()
        assert [record.status for record in run_history.mark_dead(home)] == ["died"]
    finally:
        subprocess.run(["umount", str(home.runs)], check=True)  # noqa: S607


# --- the dates of a schedule ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "time_zone", "said"),
    [
        ("whenever", "UTC", "Invalid cron string"),
        ("", "UTC", "Invalid cron string"),
        ("0 6 5 13 *", "UTC", "Invalid cron string"),
        ("0 0 0 6 5 *", "UTC", "expected five fields"),
        ("@monthly", "UTC", "expected five fields"),
        ("0 6 31 2 *", "UTC", "found none in the next 50 years"),
        ("0 6 5 * *", "Mars/Olympus", "Invalid timezone"),
    ],
)
def test_a_schedule_that_nobody_could_keep_is_refused(cron: str, time_zone: str, said: str) -> None:
    with pytest.raises(InputRejected, match=said) as refused:
        schedules.check(cron, time_zone)
    assert "\n" not in str(refused.value)


def test_the_default_schedule_is_monthly(home: DataHome) -> None:
    schedules.check("0 6 5 * *", "UTC")
    assert schedules._next("0 6 5 * *", "UTC", START) == datetime(2026, 12, 5, 6, tzinfo=UTC)
    # six in the morning of Kolkata is half past midnight UTC
    assert schedules._next("0 6 5 * *", "Asia/Kolkata", START) == datetime(2026, 12, 5, 0, 30, tzinfo=UTC)


def test_a_date_is_missed_if_no_run_began_since(home: DataHome) -> None:
    monthly = ("0 6 5 * *", "UTC")
    long_after = START + timedelta(days=90)
    assert not schedules.is_missed(home, *monthly, long_after)  # nothing ever ran: nothing to go on with
    run_history.note(home, "rolled_back", message="by hand", release_id="x", code_version="1")
    assert not schedules.is_missed(home, *monthly, long_after)  # no run either
    run = recorder(home)  # ten seconds past six on the fifth of November
    run.start()
    run.end("failed", message="it failed")
    assert not schedules.is_missed(home, *monthly, datetime(2026, 12, 5, 5, 59, tzinfo=UTC))
    assert schedules.is_missed(home, *monthly, datetime(2026, 12, 5, 6, 1, tzinfo=UTC))
    recorder(home, start=START + timedelta(days=3000)).start()  # the clock was wrong then
    assert schedules.is_missed(home, *monthly, datetime(2026, 12, 5, 6, 1, tzinfo=UTC))


# --- the failure command ----------------------------------------------------------------------------


@pytest.fixture
def failed(home: DataHome) -> Iterator[RunRecord]:
    run = recorder(home)
    run.step("check raw")
    run.end("failed", message="raw: baci_trade: v is positive: failed; expected v > 0, found 3 rows")
    yield run.record


def test_the_notice_says_run_step_check_and_what_stays(
    home: DataHome, failed: RunRecord, told: Path, tmp_path: Path
) -> None:
    write_small_build(tmp_path / "build.duckdb", 1)
    release = releases.publish(
        home, tmp_path / "build.duckdb", checks=numbered_checks(1), code_version="1", controls_as_of=None
    )
    assert notices.tell(home, failed) is None
    lines = told.read_text().splitlines()
    assert lines[0] == "Mineral Risk Warehouse: a run failed"
    assert lines[1].startswith(f"run: {failed.run_id}, begun 2026-11-05T06:00:10.000000Z by command on ")
    assert lines[2:4] == ["step: check raw", f"what: {failed.message}"]
    assert lines[4] == f"release: {release.release_id} stays, readers see it as before"


def test_no_shell_reads_the_failure_command(
    home: DataHome, failed: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a shell would make two files of these two words, and a third of what follows the semicolon
    name = f"{tmp_path}/$HOME *; touch {tmp_path.name}"
    (tmp_path / f"$HOME *; touch {tmp_path.name}").touch()
    monkeypatch.chdir(tmp_path)  # where a shell's * would find its files
    monkeypatch.setenv(notices.VARIABLE, f"tee '{name}'")
    assert notices.tell(home, failed) is None
    assert failed.run_id in Path(name).read_text()
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"$HOME *; touch {tmp_path.name}", "home"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "ended with 1"),
        ("/nowhere/at/all --now", "expected a program that can be started, found /nowhere/at/all"),
        ("tee 'half", "expected a command"),
    ],
)
def test_a_failure_command_that_fails_is_one_line_and_changes_no_exit_code(
    home: DataHome, failed: RunRecord, command: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.VARIABLE, command)
    found = notices.tell(home, failed)
    assert found is not None and said in found and "\n" not in found


def test_a_failure_command_changes_no_exit_code(home: DataHome) -> None:
    with run_lock(home):
        done = in_a_process(home, "run", "--no-prefect", "--on-failure", "false")
    assert done.returncode == 5
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "note",
        f"a run is under way in {home.root}",
    ]


def test_a_failure_command_that_cannot_be_started_is_refused_before_anything_is(home: DataHome) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(notices.VARIABLE, "nowhere-to-be-found")
        with pytest.raises(InputRejected, match="nowhere-to-be-found"):
            notices.check()
    done = in_a_process(home, "run", "--on-failure", "nowhere-to-be-found --loud")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1 and "MINERAL_RISK_ON_FAILURE" in done.stderr
    assert not home.root.exists()


def test_a_failure_command_that_does_not_end_is_ended_with_all_that_it_started(
    home: DataHome, failed: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "SECONDS", 1)
    monkeypatch.setenv(notices.VARIABLE, f"sh -c 'sleep 600 & echo $! > {tmp_path}/child; wait'")
    found = notices.tell(home, failed)
    assert found is not None and "did not end within 1 s" in found
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("what the command started lives on")


def test_a_failure_command_that_reads_nothing_is_no_failure(
    home: DataHome, failed: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.VARIABLE, "true")
    assert notices.tell(home, replace(failed, message="x" * 1_000_000)) is None
