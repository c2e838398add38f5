"""Queries from outside against one release: answered in a process of its own, which is killed when its time is over."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from warehouse.errors import WarehouseError
from warehouse.paths import REPOSITORY

if TYPE_CHECKING:
    import pyarrow as pa

# What a message of the process begins with.
READY, ROWS, DONE, FAILED = b"r", b"b", b"d", b"f"
START_SECONDS = 60.0
# A message holds two thousand rows: more than this is no table but a way to fill our memory.
LARGEST_MESSAGE = 2**30


class QueryFailed(WarehouseError):
    """A query was refused, is wrong or went over a limit. `detail` is all that the engine said, the place included."""

    def __init__(self, detail: str) -> None:
        """Keep the first line as the message."""
        super().__init__(f"sql: {next(iter(detail.splitlines()), 'the query failed without a reason')}")
        self.detail = detail


@dataclass
class Answer:
    """The rows of a query, in batches as they come.

    `rows` is how many were seen once all batches are read, those beyond the asked-for most included; with `more` there
    may be others.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    rows: int = 0
    more: bool = False


class Sandbox:
    """Answers queries about one published database; a query that was stopped costs a new process and no more."""

    def __init__(self, database: Path, *, memory_limit: str, threads: int) -> None:
        """Say what is asked about and how much a query may take; `memory_limit` is a size such as 2GB."""
        self._command = (str(database), memory_limit, str(threads))
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self._is_ready = self._is_answering = False

    def __enter__(self) -> Sandbox:
        """Start the process, so that it is ready by the first question."""
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the process, whatever it is doing."""
        self.stop()

    def stop(self) -> None:
        """End the process, whatever it is doing; the next question starts another."""
        if self._process is not None and self._channel is not None:
            self._process.kill()
            self._process.wait()
            self._channel.close()
        self._process = self._channel = None
        self._is_ready = self._is_answering = False

    def ask(
        self, text: str, *, seconds: float, most: int | None = None, parameters: dict[str, Any] | None = None
    ) -> Answer:
        """Ask one query; its rows come while it runs.

        Args:
            text: SQL, one query that reads.
            seconds: from the question to the last row; then the query is stopped.
            most: rows that are wanted at most; None for all.
            parameters: values of `$name` in the text.

        Raises:
            QueryFailed: here or while the batches are read: it is refused, wrong, or over a limit.
        """
        if self._is_answering or (self._process is not None and self._process.poll() is not None):
            self.stop()  # the rest of an earlier answer was not wanted, or the process has died since
        self._start()
        import pyarrow  # noqa: F401 — while the process starts, which takes longer

        if not self._is_ready:
            self._receive(time.monotonic() + START_SECONDS, f"not started after {START_SECONDS:g} s")
            self._is_ready = True
        until = time.monotonic() + seconds
        late = f"stopped after {seconds:g} s; ask for less or raise --seconds"
        self._is_answering = True
        self._send(json.dumps({"text": text, "most": most, "parameters": parameters}).encode())
        first = _from_stream(self._receive(until, late)[1:])
        answer = Answer(first.schema, iter(()))
        answer.batches = self._batches(answer, until, late)
        return answer

    def _batches(self, answer: Answer, until: float, late: str) -> Iterator[pa.RecordBatch]:
        try:
            while (message := self._receive(until, late))[:1] == ROWS:
                yield from _from_stream(message[1:])
            told = json.loads(message[1:])
            answer.rows, answer.more = told["rows"], told["more"]
            self._is_answering = False
        finally:
            if self._is_answering:  # nobody reads on
                self.stop()

    def _start(self) -> None:
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "warehouse.sandbox_worker", str(theirs.fileno()), *self._command],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=REPOSITORY,
                # nothing of our environment but what an interpreter may need to start at all
                env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ},
                start_new_session=True,  # Ctrl-C reaches us alone, and we decide
            )
        self._channel = Connection(ours.detach())

    def _send(self, message: bytes) -> None:
        assert self._channel is not None  # noqa: S101 — started by the caller
        try:
            self._channel.send_bytes(message)
        except OSError as error:
            raise self._died() from error

    def _receive(self, until: float, late: str) -> bytes:
        """Return the next message; whatever else happens, Ctrl-C included, ends the process."""
        assert self._channel is not None  # noqa: S101 — started by the caller
        try:
            remaining = until - time.monotonic()
            if remaining <= 0 or not self._channel.poll(remaining):
                raise QueryFailed(late)
            message = self._channel.recv_bytes(LARGEST_MESSAGE)
        except EOFError as error:
            raise self._died() from error
        except OSError as error:
            self.stop()
            raise QueryFailed(f"the rows are too large for one message ({error}); ask for less") from error
        except BaseException:
            self.stop()
            raise
        if message[:1] == FAILED:
            self._is_answering = False
            raise QueryFailed(message[1:].decode())
        return message

    def _died(self) -> QueryFailed:
        assert self._process is not None  # noqa: S101 — started by the caller
        code = self._process.wait()
        self.stop()
        end = f"signal {-code}" if code < 0 else f"exit code {code}"
        return QueryFailed(f"the query broke its process ({end}), most likely for want of memory; ask for less")


def _from_stream(message: bytes) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.ipc.open_stream(message)
