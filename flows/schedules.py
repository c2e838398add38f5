"""The refresh on a schedule: the flow of `flows/refresh.py`, served by Prefect."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from flows import prefect_settings
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome

SERVER_START_SECONDS = 120


def serve(home: DataHome, *, cron: str, time_zone: str) -> None:
    """Serve the refresh flow on a cron schedule until the process is stopped.

    `PREFECT_API_URL` names the Prefect server to use; without it a server of our own is started, with its
    state under the data home.

    Raises:
        InputRejected: the cron text or the time zone is not valid.
        WarehouseError: the server does not start.
    """
    prefect_settings.configure(home, quiet=False)
    with _server(home):
        from prefect.schedules import Cron
        from pydantic import ValidationError

        from flows.refresh import refresh_flow

        try:
            schedule = Cron(cron, timezone=time_zone)
        except (ValidationError, ValueError) as error:
            raise InputRejected(
                f"--cron {cron!r} in {time_zone}: expected five cron fields and a time zone name ({error})"
            ) from error
        print(f"Refreshing on {cron!r} ({time_zone}). Stop with Ctrl-C.", flush=True)
        refresh_flow.serve(name="scheduled", schedule=schedule, print_starting_message=False)


@contextmanager
def _server(home: DataHome) -> Iterator[None]:
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/api"
    home.prefect.mkdir(parents=True, exist_ok=True)
    with (home.prefect / "server.log").open("a", encoding="utf-8") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "prefect",
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--no-ui",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"{address}/health", server, log.name)
            os.environ["PREFECT_API_URL"] = address
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server on this machine
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise WarehouseError(f"schedule: the Prefect server did not start within {SERVER_START_SECONDS} s; see {log}")
