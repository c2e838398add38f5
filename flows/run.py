"""The steps of a run, as plain functions: `flows/refresh.py` puts them in order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import expectations
from flows import ingest, method_settings, notices
from flows.sources import Source, discover
from warehouse import landing, release, run_history
from warehouse.database import connect, memory_limit
from warehouse.dbt import (
    DbtResult,
    DbtSession,
    dbt_session,
    project_state,
    remember_unit_tests,
    unit_tests_passed,
)
from warehouse.errors import CheckFailed, RunInProgress, WarehouseError
from warehouse.lock import run_lock
from warehouse.machine_faults import machine_fault, told_plainly
from warehouse.paths import REPOSITORY, DataHome
from warehouse.redaction import redact
from warehouse.release import Check, Release
from warehouse.steps import at
from warehouse.steps import before_step as before_step

# Called when a flow begins: a context variable, since a flow's parameters must be plain data, and in this module, for
# Prefect sends the flow's own to another process, where such a variable cannot go.
at_begin: ContextVar[Callable[[], None]] = ContextVar("at_begin", default=lambda: None)

# dbt's layers in a layer of checks: what is checked together once it is built
BUILT_FOR = {"staging": ("staging",), "intermediate": ("intermediate",), "marts": ("metrics", "marts")}
PASSED = ("passed", "warned")
STOPPED = "stopped by a signal"
# what DuckDB makes of any signal that comes while it is busy: the error of the signal itself is lost
INTERRUPTED = "Query interrupted"


@dataclass
class Run:
    """A run under way: where it works, and what it has found so far."""

    home: DataHome
    folder: Path
    dbt: DbtSession
    sources: dict[str, Source]
    controls_as_of: date | None
    as_of: datetime | None
    project_state: str
    has_known_unit_tests: bool
    recorder: run_history.Recorder
    unit_tests_passed: int = 0
    checks: list[Check] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The private database of the run."""
        return self.folder / "build.duckdb"


@contextmanager
def begin(
    home: DataHome,
    *,
    controls_as_of: date | None = None,
    as_of: datetime | None = None,
    threads: int = 2,
    started_by: str = "command",
) -> Iterator[Run]:
    """Take the run lock, clear what dead runs left, start dbt, and remove the private build at the end.

    How the run goes is written into the history of runs; a run that fails is told by the failure notice, and so is one
    that died before and of which nobody was told yet. A run that is refused because another one is under way is told
    and not written: it is no run.

    Args:
        home: the data home.
        controls_as_of: day on which current controls are read; None for the register's newest evidence.
        as_of: moment whose knowledge is rebuilt: of each dataset the newest vintage retrieved by then; None
            for the newest of all.
        threads: threads of dbt and DuckDB.
        started_by: who began it, for the history: `command` or `prefect`.

    Raises:
        SettingsRejected: weights, goalposts or thresholds of the method contradict themselves.
        InputRejected: MINERAL_RISK_MEMORY_LIMIT is no size.
        RunInProgress: another run holds the lock.
        MachineFault: a disk or memory failed.
        WarehouseError: a signal stopped it while DuckDB was busy.
    """
    recorder = run_history.Recorder(home, code_version=code_version(), as_of=as_of, started_by=started_by)
    with _on_record(home, recorder), told_plainly():
        method_settings.check()
        memory_limit()  # refused before anything is started
        with run_lock(home):
            for stuck in release.clear_leftovers(home):
                note(
                    f"{stuck.filename}: {stuck.strerror}: left by an earlier run, it could not be removed;"
                    " make it removable, the next run tries again"
                )
            _tell_of_deaths(home, recorder.start())
            with _steps_on_record(recorder):
                folder = home.build / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
                folder.mkdir(parents=True)
                state = project_state()
                known = unit_tests_passed(home, state)
                variables = {"controls_as_of": controls_as_of.isoformat() if controls_as_of else None}
                try:
                    with dbt_session(
                        folder / "build.duckdb",
                        folder / "dbt",
                        variables=variables,
                        threads=threads,
                        unit_tests=not known,
                    ) as dbt:
                        yield Run(home, folder, dbt, discover(), controls_as_of, as_of, state, known, recorder)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def before_begin(home: DataHome, *, as_of: datetime | None = None, started_by: str = "command") -> Iterator[None]:
    """Record and tell what refuses a run before `begin` is reached; the error itself goes on.

    Raises:
        MachineFault: a disk or memory failed.
    """
    try:
        with told_plainly():
            yield
    except Exception as error:
        recorder = run_history.Recorder(home, code_version=code_version(), as_of=as_of, started_by=started_by)
        _tell_failure(home, recorder, error)
        raise


@contextmanager
def _on_record(home: DataHome, recorder: run_history.Recorder) -> Iterator[None]:
    """Write how a run ends, and tell of its failure; the run's own error goes on."""
    try:
        yield
    except BaseException as error:
        _tell_failure(home, recorder, error)
        if _is_interrupted(error):
            raise WarehouseError(f"{STOPPED}; the last release stays") from error
        raise
    if not recorder.has_ended:
        recorder.end("failed", message="it ended before it published")
    if recorder.unwritten:
        note(f"the history of runs could not be written: {recorder.unwritten}")


def _tell_failure(home: DataHome, recorder: run_history.Recorder, error: BaseException) -> None:
    said = str(error) if isinstance(error, WarehouseError) else f"{type(error).__name__}: {error}".removesuffix(": ")
    if _is_interrupted(error) or not isinstance(error, Exception):
        said = f"{STOPPED} ({said})"
    if isinstance(error, RunInProgress):
        refused = replace(recorder.record, status="was refused", message=run_history.one_line(said))
        note(notices.tell(home, refused))
        return
    recorder.fail(said)
    # who presses Ctrl-C knows it; any other signal may come from a machine
    if not isinstance(error, KeyboardInterrupt):
        note(notices.tell(home, recorder.record, recorder.unwritten))


def _is_interrupted(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and str(error) == INTERRUPTED


def _tell_of_deaths(home: DataHome, untold: list[run_history.RunRecord]) -> None:
    """Tell of runs that died, and write that it was told; without a failure command that is left to a later run."""
    if not os.environ.get(notices.VARIABLE, "").strip():
        return
    for died in untold:
        failure = notices.tell(home, died)
        if failure is None:
            try:
                run_history.mark_told(home, died)
            except OSError as error:
                failure = f"the history of runs could not be written: {error}"
        if failure is not None:  # the next run tries again
            note(failure)
            return


@contextmanager
def _steps_on_record(recorder: run_history.Recorder) -> Iterator[None]:
    seen_by = before_step.get()

    def record(step: str) -> None:
        # what removes old releases after publishing, a record per file, says nothing of how far the run came
        if not step.startswith(("retire ", "clear ")):
            recorder.step(step)
        seen_by(step)

    token = before_step.set(record)
    try:
        yield
    finally:
        before_step.reset(token)


def note(text: str | None) -> None:
    """Say something beside the outcome of a run, which it does not change."""
    if text is not None:
        print(f"mineral-risk: note: {redact(text)}", file=sys.stderr, flush=True)


def land(run: Run) -> None:
    """Land the bundled files of every source; what is landed already stays."""
    at("land")
    for source in run.sources.values():
        ingest.land_bundled(run.home, source)


def load(run: Run) -> None:
    """Load the newest vintage of every dataset into raw, of trade the one before it to compare with, and the seeds.

    Raises:
        WarehouseError: nothing was landed by the day that `as_of` names.
    """
    at("load")
    _refuse_before_the_first_vintage(run)
    load_raw(run.home, run.database, run.sources, run.as_of)
    _build(run, "seeds")


def load_raw(home: DataHome, database: Path, sources: dict[str, Source], as_of: datetime | None) -> None:
    """Load the newest vintage of every dataset, as known at `as_of`, and of trade the one before it, into a database.

    Args:
        home: the data home that they were landed in.
        database: the private database; its folder holds what is unpacked on the way.
        sources: the sources by id.
        as_of: moment by which a vintage must have been retrieved; None for all.
    """
    with connect(database) as connection:
        ingest.create_raw_tables(connection, sources)
        for source in sources.values():
            history = landing.history_by_dataset(home, source.source_id, as_of)
            for *earlier, newest in history.values():
                for vintage in (*(earlier[-1:] if source.has_trade_flows else []), newest):
                    ingest.load_landed(connection, home, source, vintage, database.parent, is_newest=vintage is newest)


def _refuse_before_the_first_vintage(run: Run) -> None:
    known = [vintage for name in run.sources for vintage in landing.vintages(run.home, name)]
    if run.as_of and known and not any(landing.newest_by_dataset(run.home, name, run.as_of) for name in run.sources):
        first = min(vintage.retrieved_at for vintage in known)
        raise WarehouseError(
            f"--as-of {landing.utc_timestamp(run.as_of)}: nothing had been landed by then;"
            f" the first vintage is of {first}; name a later day"
        )


def build(run: Run, layer: str) -> None:
    """Build a layer with dbt, data tests included.

    Raises:
        CheckFailed: a model or a test failed.
    """
    at(f"build {layer}")
    for dbt_layer in BUILT_FOR[layer]:
        _build(run, dbt_layer)


def check(run: Run, layer: str) -> None:
    """Hold a layer against its expectations.

    Raises:
        CheckFailed: an expectation failed or could not be evaluated.
        MachineFault: a disk or memory failed.
    """
    at(f"check {layer}")
    results = [
        Check(
            found.layer,
            found.table_name,
            found.check_name,
            found.tool,
            found.status,
            found.observed,
            found.expected,
        )
        for found in expectations.validate(run.database, layer, memory_limit=memory_limit())
    ]
    _gate(run, results)


def publish(run: Run) -> Release:
    """Publish the marts as a new release."""
    record = run.recorder.record
    published = release.publish(
        run.home,
        run.database,
        checks=run.checks,
        code_version=record.code_version,
        controls_as_of=run.controls_as_of.isoformat() if run.controls_as_of else None,
        as_of=run.as_of,
        run=record,
        # with the one that publishes they are as many as the history keeps
        earlier_runs=[known for known in run_history.recorded(run.home) if known.run_id != record.run_id][
            : run_history.KEPT_RUNS - 1
        ],
    )
    run.recorder.end("published", release_id=published.release_id)
    return published


def code_version() -> str:
    """Return the version of the project, with the commit where the code is a git checkout."""
    package = version("mineral-risk-warehouse")
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        return package
    described = subprocess.run(
        [git, "-C", str(REPOSITORY), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{package}+{described.stdout.strip()}" if described.returncode == 0 else package


def _build(run: Run, dbt_layer: str) -> None:
    results = run.dbt.build(dbt_layer)
    checks = [_as_check(dbt_layer, result) for result in results]
    counts = run.dbt.unit_test_counts()
    if run.has_known_unit_tests and dbt_layer in counts:
        observed = f"{counts[dbt_layer]} passed before in this state of the project (sha256 {run.project_state})"
        checks.append(
            Check(dbt_layer, "every table", "unit_tests", "dbt", "passed", observed, "the rows worked out by hand")
        )
    _gate(run, checks)
    # past the gate nothing has failed: counted is what passed
    run.unit_tests_passed += sum(result.resource_type == "unit_test" for result in results)
    # files that changed while the run was under way may be tested or not: such a state is not known
    if run.unit_tests_passed == sum(counts.values()) > 0 and project_state() == run.project_state:
        remember_unit_tests(run.home, run.project_state)


def refuse_failed(layer: str, results: Sequence[DbtResult]) -> None:
    """Refuse what dbt built outside of a run, if a model or a test failed.

    Raises:
        CheckFailed: with the first that failed.
    """
    failed = [check for check in (_as_check(layer, result) for result in results) if check.status not in PASSED]
    if failed:
        raise CheckFailed(f"{describe(failed[0])}. Nothing was published, the last release stays.")


def _as_check(layer: str, result: DbtResult) -> Check:
    statuses = {"success": "passed", "pass": "passed", "warn": "warned", "fail": "failed"}
    if result.resource_type in ("test", "unit_test"):
        observed = "" if result.failures is None else f"{result.failures} rows"
        expected = "no rows" if result.resource_type == "test" else "the rows worked out by hand"
    else:
        observed, expected = "", f"{result.resource_type} builds"
    status = statuses.get(result.status, "errored")
    if status not in PASSED:
        observed = f"{observed} {result.message}".strip()
    return Check(layer, result.table_name, result.name, "dbt", status, observed, expected)


def _gate(run: Run, checks: list[Check]) -> None:
    """Record checks and stop the run at the first that failed or could not be evaluated."""
    if not checks:
        raise CheckFailed("checks: nothing was evaluated; a layer without a check is not passed")
    run.checks.extend(checks)
    broken = [check for check in checks if check.status in ("failed", "errored")]
    if broken:
        # a check that could not be evaluated for want of room says nothing of the data
        for fault in (machine_fault(check.observed) for check in broken if check.status == "errored"):
            if fault is not None:
                raise fault
        raise CheckFailed(
            "; ".join(describe(check) for check in broken[:3])
            + (f"; and {len(broken) - 3} more" if len(broken) > 3 else "")
            + ". Nothing was published, the last release stays."
        )


def describe(check: Check) -> str:
    """Say in one line what a check found: table, check, expected, found."""
    observed = " ".join(check.observed.split())[:400]
    return (
        f"{check.layer}: {check.table_name}: {check.check_name}: {check.status};"
        f" expected {check.expected}, found {observed or 'nothing'}"
    )
