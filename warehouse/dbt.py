"""The dbt runner: one dbt process per run, one invocation per layer.

Starting dbt (import and parse) costs more than building a layer, and dbt in our own process would keep the
database locked after it returns. So dbt lives in one worker process that parses once, builds layer after
layer and closes its connections in between; when the worker dies, the run fails.

dbt's unit tests hold our SQL against rows worked out by hand: they depend on the code, not on the data. So they
run once per state of the project, and the data home remembers the states in which all of them passed.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.machine_faults import machine_fault
from warehouse.paths import DBT_PROJECT, DataHome
from warehouse.redaction import forget_secrets

SELECTIONS = {
    "seeds": "resource_type:seed",
    "staging": "path:models/staging",
    "intermediate": "path:models/intermediate",
    "metrics": "path:models/metrics",
    "marts": "path:models/marts",
    # what scenarios come from and what is told of them, for a what-if outside of a run; seeds are there already
    "scenarios": "+scenarios +scenario_shocks +scenario_results +scenario_supplier_shares"
    " +reliance_paths +reliance_path_suppliers",
}

KEPT_STATES = 10


@dataclass(frozen=True)
class DbtResult:
    """What dbt did with one node: a seed, a model, a data test or a unit test."""

    name: str
    resource_type: str
    schema: str
    table_name: str
    status: str
    failures: int | None
    message: str
    seconds: float


class DbtSession:
    """A running dbt worker for one private database."""

    def __init__(self, executor: ProcessPoolExecutor, parsing: Future[dict[str, int]], *, unit_tests: bool) -> None:
        """Keep the worker; `parsing` ends when the project is parsed, with the number of unit tests by layer."""
        self._executor = executor
        self._parsing = parsing
        self._unit_tests = unit_tests

    def unit_test_counts(self) -> dict[str, int]:
        """Return how many unit tests the project has, by layer; a layer without any is left out."""
        return self._parsing.result()

    def build(self, layer: str) -> list[DbtResult]:
        """Build one layer, or `scenarios`, with its tests; returns every node, failed ones included.

        Raises:
            WarehouseError: dbt could not run at all (parse error, dead worker).
            MachineFault: a disk or memory failed.
        """
        try:
            self._parsing.result()
            results = self._executor.submit(_build, SELECTIONS[layer], self._unit_tests).result()
        except BrokenProcessPool as error:
            raise WarehouseError(
                f"dbt: its process died while building {layer}: it was killed, by the system if memory ran out;"
                " run again; the last release stays"
            ) from error
        # a model that found no room is no model that is wrong
        for fault in (machine_fault(result.message) for result in results if result.status == "error"):
            if fault is not None:
                raise fault
        return results


@contextmanager
def dbt_session(
    database: Path, scratch: Path, *, variables: Mapping[str, str | None], threads: int = 2, unit_tests: bool = True
) -> Iterator[DbtSession]:
    """Start dbt for one private database and begin to parse; stop it on leaving.

    Args:
        database: the private DuckDB file; nobody else may hold it while `build` runs.
        scratch: folder for dbt's target and logs.
        variables: dbt variables by name.
        threads: models built at once, and DuckDB's threads.
        unit_tests: whether `build` runs the unit tests.

    Raises:
        WarehouseError: this Python cannot be started as a process of its own.
    """
    environment = {
        "MINERAL_RISK_BUILD_DATABASE": str(database),
        "MINERAL_RISK_THREADS": str(threads),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    try:
        _start_tracker_quietly()
        # spawned, not forked: a fork would inherit our threads and open files
        executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(environment, str(DBT_PROJECT), str(scratch), dict(variables)),
        )
    except BrokenPipeError as error:  # which would end a command line without a word
        raise WarehouseError(
            f"dbt: {sys.executable} cannot be started a second time: may this user run it, and is there memory?"
            " Then run again; the last release stays"
        ) from error
    try:
        yield DbtSession(executor, executor.submit(_parse), unit_tests=unit_tests)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _start_tracker_quietly() -> None:
    """Start the process in which Python clears up after workers; of one that was killed it would tell the screen."""
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        resource_tracker.ensure_running()
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)


def project_state() -> str:
    """Return the sha256 of what decides whether a unit test passes: the dbt project and the versions that run it."""
    state = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb", "duckdb", "mineral-risk-warehouse"):
        state.update(f"{package} {version(package)}\n".encode())
    for file in sorted(DBT_PROJECT.rglob("*")):
        name = file.relative_to(DBT_PROJECT)
        if file.is_file() and name.parts[0] not in ("target", "logs") and "__pycache__" not in name.parts:
            state.update(f"{name.as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def unit_tests_passed(home: DataHome, state: str) -> bool:
    """Say whether all unit tests passed in this state before; a marker that is not as we write it is none."""
    try:
        return (home.unit_tests_passed / state).read_bytes() == f"{state}\n".encode()
    except OSError:  # none, or unreadable: the tests run again
        return False


def remember_unit_tests(home: DataHome, state: str) -> None:
    """Note that all unit tests passed in this state, and forget the oldest states."""
    home.unit_tests_passed.mkdir(parents=True, exist_ok=True)
    # one that was cut short says nothing, as whoever reads it compares it to the last byte
    (home.unit_tests_passed / state).write_bytes(f"{state}\n".encode())
    markers = sorted(home.unit_tests_passed.iterdir(), key=lambda marker: marker.stat().st_mtime_ns)
    for marker in markers[:-KEPT_STATES]:
        marker.unlink(missing_ok=True)


# --- what follows runs in the worker ---------------------------------------------------------------

_WORKER: dict[str, Any] = {}


def _start(environment: Mapping[str, str], project: str, scratch: str, variables: Mapping[str, str | None]) -> None:
    forget_secrets()  # dbt needs none, and a model can read the environment
    os.environ.update(environment)
    # what libraries write to stderr (duckdb's list of leaks at exit, loggers) is not for the user's screen
    log = Path(scratch) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 2)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    _WORKER["arguments"] = [
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", f"{scratch}/target", "--log-path", f"{scratch}/logs"),
        *("--vars", repr({name: value for name, value in variables.items() if value is not None})),
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors", "--no-partial-parse"),
    ]


def _end_with_the_run() -> None:
    """End this process at once when the run that started it is gone: a killed run cannot stop its worker."""
    run = multiprocessing.parent_process()
    if run is not None:
        run.join()
        os._exit(1)


def _invoke(command: list[str], manifest: object = None) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    try:
        outcome = dbtRunner(manifest=manifest).invoke([*command, *_WORKER["arguments"]])
    finally:
        DuckDBConnectionManager.close_all_connections()
    if outcome.exception is not None:
        said = f"dbt {command[0]}: {' '.join(str(outcome.exception).split())[:500]}"
        raise machine_fault(said) or WarehouseError(said)
    return outcome.result


def _parse() -> dict[str, int]:
    _WORKER["manifest"] = manifest = _invoke(["parse"])
    # models/<layer>/...
    return Counter(test.original_file_path.split("/")[1] for test in manifest.unit_tests.values())


def _build(selection: str, unit_tests: bool) -> list[DbtResult]:
    # "buildable": a test waits for the layer that completes its parents
    command = ["build", "--select", *selection.split(), "--indirect-selection", "buildable"]
    for left_out in (*(() if unit_tests else ("unit_test",)), *(("seed",) if selection.startswith("+") else ())):
        command += ["--exclude-resource-type", left_out]
    run = _invoke(command, _WORKER["manifest"])
    results = []
    for result in run.results:
        node = result.node
        tested = getattr(node, "attached_node", None) or getattr(node, "tested_node_unique_id", None)
        model = str(tested or getattr(node, "model", "") or node.name).split(".")[-1]
        results.append(
            DbtResult(
                name=node.name,
                resource_type=str(node.resource_type),
                schema=node.schema,
                table_name=model,
                status=str(result.status),
                failures=result.failures,
                message=" ".join(str(result.message or "").split())[:500],
                seconds=result.execution_time,
            )
        )
    return results
