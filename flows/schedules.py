"""The refresh on a schedule: the flow of `flows/refresh.py`, served by Prefect.

`serve` only watches over two processes of its own: Prefect's server (where nobody named another one) and a worker that
starts the runs. Either is started again when it dies. They end when the watcher does, however it ends; a run that is
under way then goes on, for it holds the run lock and needs nobody.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from flows import prefect_settings
from warehouse import redaction, run_history
from warehouse.errors import InputRejected, WarehouseError
from warehouse.lock import hold
from warehouse.paths import DataHome, data_home

if TYPE_CHECKING:
    from uuid import UUID

SERVER_START_SECONDS = 120
STOP_SECONDS = 30
# The wait before something that died is started again; it doubles, up to the longest, while it goes on dying.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=1)
LIVED_WELL = timedelta(minutes=5)


def serve(home: DataHome, *, cron: str, time_zone: str) -> None:
    """Serve the refresh flow on a cron schedule until the process is stopped.

    `PREFECT_API_URL` names the Prefect server to use; without it a server of our own is started, with its
    state under the data home. A date that passed while nothing ran is made up for by one run at the start.

    Raises:
        InputRejected: the cron text or the time zone is not valid.
        RunInProgress: another schedule serves this data home.
        WarehouseError: the server does not start.
    """
    prefect_settings.configure(home, quiet=False)
    check(cron, time_zone)
    with hold(home.schedule_lock, "a schedule"):
        signal.signal(signal.SIGTERM, _stop)
        server = _Watched("the Prefect server", _serve_api, (home.prefect / "server.log",))
        worker = _Watched("the worker", _work, (cron, time_zone))
        children = [worker]
        try:
            if not os.environ.get("PREFECT_API_URL"):
                children.insert(0, server)
                _start_server(server)
            worker.start()
            _say(f"refreshing on {cron!r} ({time_zone}), next at {_next(cron, time_zone, datetime.now(UTC)):%F %R %Z}")
            while True:
                _watch(children)
        except KeyboardInterrupt:
            pass  # how it is meant to end
        finally:
            for child in reversed(children):
                child.stop()
    _say("stopped")


def check(cron: str, time_zone: str) -> None:
    """Refuse a schedule that nobody could keep, before anything is started.

    Raises:
        InputRejected: the cron text or the time zone is not valid, or there is no such date.
    """
    from prefect.client.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    try:
        CronSchedule(cron=cron, timezone=time_zone)
    except ValidationError as error:
        wrong = "; ".join(str(problem["msg"]) for problem in error.errors())
        raise InputRejected(
            f"--cron {cron!r} in {time_zone}: expected five cron fields and a time zone name, found: {wrong}"
        ) from error
    if len(cron.split()) != 5:
        raise InputRejected(f"--cron {cron!r}: expected five fields (minute hour day month weekday), as in '0 6 5 * *'")
    try:
        _next(cron, time_zone, datetime.now(UTC))
    except ValueError as error:
        raise InputRejected(f"--cron {cron!r}: expected dates that come, found none in the next 50 years") from error


def is_missed(home: DataHome, cron: str, time_zone: str, now: datetime) -> bool:
    """Say whether the last date of a schedule passed without a run: its machine, worker or server was down.

    Of a data home in which nothing ever ran, no date was missed. A run that begins later than now says nothing: the
    clock was wrong then.
    """
    begun = [
        datetime.fromisoformat(record.started_at)
        for record in run_history.recorded(home)
        if record.status != "rolled_back"
    ]
    newest = max((moment for moment in begun if moment <= now), default=None)
    return newest is not None and _next(cron, time_zone, newest) <= now


def _next(cron: str, time_zone: str, after: datetime) -> datetime:
    """Return the first moment of a schedule after another one; ValueError if there is none."""
    # the reader of cron texts that Prefect itself schedules with
    from prefect._vendor.croniter.croniter import croniter

    dates = croniter(cron, after.astimezone(ZoneInfo(time_zone)))  # type: ignore[no-untyped-call]
    found: datetime = dates.get_next(datetime)  # type: ignore[no-untyped-call]
    return found


@dataclass
class _Watched:
    """A process of ours that is started again when it dies."""

    name: str
    target: Callable[..., None]
    arguments: tuple[object, ...]
    process: SpawnProcess | None = None
    started: datetime = datetime.min.replace(tzinfo=UTC)
    pause: timedelta = FIRST_WAIT

    def start(self) -> None:
        # spawned, not forked: Prefect has threads
        self.process = multiprocessing.get_context("spawn").Process(
            target=_run_under, args=(os.getpid(), self.target, self.arguments)
        )
        self.started = datetime.now(UTC)
        self.process.start()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def again(self) -> None:
        """Start it again, later and later while it lives only for moments."""
        pause = FIRST_WAIT if datetime.now(UTC) - self.started > LIVED_WELL else self.pause
        self.pause = min(pause * 2, LONGEST_WAIT)
        ended = self.process.exitcode if self.process else None
        _say(f"{self.name} ended ({ended}); it is started again in {pause.seconds} s")
        time.sleep(pause.total_seconds())
        self.start()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        self.process.join(STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _watch(children: list[_Watched]) -> None:
    wait([child.process.sentinel for child in children if child.process])
    for child in children:
        if not child.is_alive():
            child.again()


def _start_server(server: _Watched) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (log,) = server.arguments
    server.arguments = (log, port)  # the same one whenever it is started again
    server.start()
    address = f"http://127.0.0.1:{port}/api"
    until = time.monotonic() + SERVER_START_SECONDS
    while not _answers(f"{address}/health"):
        if not server.is_alive() or time.monotonic() > until:
            raise WarehouseError(f"schedule: the Prefect server did not start; {log} says why")
        time.sleep(0.3)
    os.environ["PREFECT_API_URL"] = address


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server on this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"schedule: {redaction.redact(text)}", flush=True)


# --- what follows runs in the processes that are watched --------------------------------------------


def _run_under(watcher: int, target: Callable[..., None], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the watcher's, which then ends us in order
    threading.Thread(target=_end_with, args=(watcher,), daemon=True).start()
    redaction.install()
    target(*arguments)


def _end_with(watcher: int) -> None:
    """End this process when its watcher is gone: a killed one cannot stop us."""
    while os.getppid() == watcher:
        time.sleep(1)
    os._exit(1)


def _serve_api(log: Path, port: int) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _work(cron: str, time_zone: str) -> None:
    from httpx import HTTPError
    from prefect import get_client
    from prefect.exceptions import PrefectException, TerminationSignal
    from prefect.runner import Runner
    from prefect.schedules import Cron

    from flows.refresh import refresh_flow

    try:
        # one run at a time: what else is due waits its turn
        runner = Runner(name="scheduled", limit=1)
        # outside of an event loop it is no coroutine
        deployment = cast(
            "UUID", runner.add_flow(refresh_flow, name="scheduled", schedule=Cron(cron, timezone=time_zone))
        )
        if is_missed(data_home(), cron, time_zone, datetime.now(UTC)):
            _say("a date passed without a run; it is made up for now")
            with get_client(sync_client=True) as client:
                client.create_flow_run_from_deployment(deployment)
        asyncio.run(runner.start())
    except (KeyboardInterrupt, TerminationSignal):
        return
    except (HTTPError, PrefectException, OSError, RuntimeError, ExceptionGroup) as error:
        _say(f"the worker stops: no work with the Prefect server ({type(error).__name__}: {error})")
        sys.exit(1)
