"""One run at a time: a file lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from warehouse.errors import RunInProgress
from warehouse.paths import DataHome


@contextmanager
def run_lock(home: DataHome) -> Iterator[None]:
    """Hold the run lock of a data home.

    Raises:
        RunInProgress: another process holds it; the text names the process and since when.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    # appended to, not truncated: the holder's name must survive our attempt
    with home.lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "an unknown process"
            raise RunInProgress(f"a run is under way in {home.root}: {holder}; wait for it to end") from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
        yield
