"""Telling somebody that a run failed: a command of the operator's own, with the text on its standard input."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
from contextlib import suppress

from warehouse import run_history
from warehouse.errors import InputRejected
from warehouse.paths import DataHome
from warehouse.redaction import redact, without_secrets
from warehouse.run_history import RunRecord

VARIABLE = "MINERAL_RISK_ON_FAILURE"
SECONDS = 60


def check() -> None:
    """Refuse a failure command that could never be started, before anything else is.

    Raises:
        InputRejected: its quotes do not close, or its program is not there.
    """
    _command()


def tell(home: DataHome, record: RunRecord, unwritten: str | None = None) -> str | None:
    """Start the failure command, if there is one, with what happened; return why it could not tell, else None.

    The command is a program and its arguments as `MINERAL_RISK_ON_FAILURE` (or `--on-failure`) names them. No shell
    reads it, it gets no key, and it is ended after 60 seconds.

    Args:
        home: the data home.
        record: the run that failed or died.
        unwritten: why the history could not be written, if it could not.
    """
    try:
        command = _command()
        if command is None:
            return None
        told = text(home, record, unwritten).encode("utf-8", "backslashreplace")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_secrets(),
            start_new_session=True,
        )
    except (InputRejected, OSError) as error:
        return f"the failure notice was not sent: {run_history.one_line(str(error))}"
    try:
        process.communicate(told, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        # with all that it started: what lives on would be our orphan
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"the failure notice was not sent: its command did not end within {SECONDS} s"
    if process.returncode != 0:
        return f"the failure notice may not have been sent: its command ended with {process.returncode}"
    return None


def text(home: DataHome, record: RunRecord, unwritten: str | None = None) -> str:
    """Return what is told of a run that failed or died: what, where, since when, and what readers see now."""
    if record.release_id is not None:
        seen = f"{record.release_id} was published"
    elif home.published_database.exists():
        seen = f"{home.current.resolve().name} stays, readers see it as before"
    else:
        seen = "none is published yet"
    lines = [
        f"Mineral Risk Warehouse: a run {record.status}",
        f"run: {record.run_id}, begun {record.started_at} by {record.started_by} on {socket.gethostname()}",
        f"step: {record.last_step or 'start'}",
        f"what: {record.message}",
        f"release: {seen}",
        f"data: {home.root}",
        *([f"history: could not be written: {unwritten}"] if unwritten else []),
        "next: mineral-risk doctor",
    ]
    return redact("\n".join(lines) + "\n")


def _command() -> list[str] | None:
    written = os.environ.get(VARIABLE, "").strip()
    if not written:
        return None
    try:
        command = shlex.split(written)
    except ValueError as error:
        raise InputRejected(f"{VARIABLE}: expected a command, found a text that is none ({error})") from error
    if not command or shutil.which(command[0]) is None:
        program = run_history.one_line(command[0]) if command else "nothing"
        raise InputRejected(f"{VARIABLE}: expected a program that can be started, found {program}; give its whole path")
    return command
