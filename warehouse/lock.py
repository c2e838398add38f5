"""One at a time: a file lock that the kernel gives back when its holder dies, whatever way it dies.

The text of the lock file only names the holder; whether anybody holds it, the kernel alone says. So what a dead
holder wrote there misleads nobody, and the file itself stays.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from warehouse.errors import RunInProgress
from warehouse.paths import DataHome

TEXT = re.compile(r"process (?P<process_id>\d+), since (?P<since>[-\d]+ [:\d]+) UTC: (?P<what>[^\n]+)\n")
# Between taking a lock and writing its text lie microseconds; a disk that stalls is given this long.
SECONDS_TO_WRITE_THE_TEXT = 2.0

_held: set[int] = set()


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: its process, since when (UTC), and what it does. None where the lock's text does not say."""

    process_id: int | None
    since: datetime | None
    what: str

    def __str__(self) -> str:
        """Say it as it stands in messages."""
        if self.since is None:
            return "an unknown process"
        return f"process {self.process_id}, since {self.since:%Y-%m-%d %H:%M:%S} UTC"


@contextmanager
def run_lock(home: DataHome, what: str = "a run") -> Iterator[None]:
    """Hold the run lock of a data home; `what` says for what (`a run`, `a rollback`).

    Raises:
        RunInProgress: another process holds it; the text names the process and since when.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with hold(home.lock, what):
        # the folder, too: whoever removes the lock file of a run must not let another one clear what the first works in
        descriptor = os.open(home.root, os.O_RDONLY)
        try:
            if not _take(descriptor):
                raise RunInProgress(
                    f"a run is under way in {home.root} whose {home.lock.name} was removed; wait for it to end"
                )
            _held.add(descriptor)
            yield
        finally:
            _held.discard(descriptor)
            os.close(descriptor)


@contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold the lock of a file, which is made if it is not there; `what` says for what.

    Child processes do not inherit it: it is free as soon as this block or this process ends.

    Raises:
        RunInProgress: another process holds it; the text names the process and since when.
    """
    _keep_it_from_children()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _take(descriptor):
            found = _read(descriptor)
            raise RunInProgress(f"{found.what} is under way in {path.parent}: {found}; wait for it to end")
        _held.add(descriptor)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()}, since {datetime.now(UTC):%F %T} UTC: {what}\n".encode())
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Return who holds the lock of a file, None if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        # taken for a moment to see whether it can be; who wants to hold it tells this from a holder
        return None if _try(descriptor, fcntl.LOCK_SH) else _read(descriptor)
    finally:
        os.close(descriptor)


def run_holder(home: DataHome) -> Holder | None:
    """Return who holds the run lock of a data home, also where its file was removed meanwhile; None if nobody does."""
    found = holder(home.lock)
    if found is not None:
        return found
    try:
        descriptor = os.open(home.root, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _try(descriptor, fcntl.LOCK_SH):
            return None
    finally:
        os.close(descriptor)
    # who took it since we looked at the file is named there
    return holder(home.lock) or Holder(None, None, "a run")


def _take(descriptor: int) -> bool:
    """Take a lock; return whether it could be: who only looks, as holder() does, is told from who holds it."""
    while not _try(descriptor, fcntl.LOCK_EX):
        if not _try(descriptor, fcntl.LOCK_SH):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def _try(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Holder:
    """Read the name of the holder; that of a dead one stands there until the holder has written its own."""
    until = time.monotonic() + SECONDS_TO_WRITE_THE_TEXT
    while True:
        found = TEXT.fullmatch(os.pread(descriptor, 1000, 0).decode(errors="replace"))
        if (found and _is_alive(int(found["process_id"]))) or time.monotonic() > until:
            break
        time.sleep(0.01)
    if found is None:
        return Holder(None, None, "a run or a schedule")
    since = datetime.strptime(found["since"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return Holder(int(found["process_id"]), since, found["what"])


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and another user's
        return True
    return True


@cache
def _keep_it_from_children() -> None:
    """See to it that a process forked from this one gives up its copy of what is locked, once and for all."""

    def give_up() -> None:
        for descriptor in _held:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)

    # programs that are started do not inherit it anyway: Python's descriptors close on exec
    os.register_at_fork(after_in_child=give_up)
