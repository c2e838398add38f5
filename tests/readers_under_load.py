"""Many readers of one data home, each a process of its own, while releases are published: for tests and benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import release_reader
from tests.small_build import NUMBER_IN_TABLE, numbered_checks, numbered_run, write_small_build
from warehouse import release as releases
from warehouse.paths import DataHome

# Nine readers, as a team's dashboards and notebooks would be.
KINDS = ("short", "short", "short", "short", "reconnects", "reconnects", "long_lived", "attaches", "parquet")
# the one that makes a mistake has no right to the files of releases
MISTAKEN = "writes_by_mistake"


@dataclass
class ReaderProcess:
    """A reader that runs, and after it was stopped what it reports."""

    kind: str
    process: subprocess.Popen[str]
    file: Path
    report: dict[str, Any] | None = None


class Load:
    """A data home in which small releases are published, the first of which is there from the start."""

    def __init__(self, home: DataHome, build: Path, publish: Callable[..., object] = releases.publish) -> None:
        """Publish number 0; `publish` is another way to publish, for tests of the harness itself."""
        home.root.mkdir(parents=True)
        # the reader without rights must reach the file, through a temporary folder that is ours alone
        for folder in (home.root, *home.root.parents):
            if not folder.stat().st_mode & 0o001:
                folder.chmod(0o755)
        self.home, self.build, self._publish = home, build, publish
        self.number = -1
        self.seconds: list[float] = []
        self.publish()

    def publish(self) -> None:
        """Publish the next number and let the readers know that it is out."""
        self.number += 1
        write_small_build(self.build, self.number)
        began = time.perf_counter()
        self._publish(
            self.home,
            self.build,
            checks=numbered_checks(self.number),
            code_version=str(self.number),
            controls_as_of=None,
            run=numbered_run(self.number),
        )
        self.seconds.append(time.perf_counter() - began)
        told = self.home.root / "published.new"
        told.write_text(str(self.number))
        told.replace(self.home.root / "published")


@contextmanager
def reading(load: Load, kinds: Sequence[str], old_client: Path | None = None) -> Iterator[list[ReaderProcess]]:
    """Start readers, hand them over once each has read for the first time, and stop them; then they have reports.

    Args:
        load: where they read.
        kinds: of release_reader.py; one more, `short` by an old client, if there is one.
        old_client: Python of an environment with an old DuckDB.
    """
    clients = [(sys.executable, kind) for kind in kinds]
    if old_client is not None:
        clients.append((str(old_client), "short"))
    reports = load.build.parent
    readers = []
    try:
        for number, (python, kind) in enumerate(clients):
            file = reports / f"reader_{number}.json"
            told = {"kind": kind, "home": str(load.home.root), "report": str(file), "numbers": NUMBER_IN_TABLE}
            process = subprocess.Popen(
                [python, str(release_reader.__file__), json.dumps(told)], stdout=subprocess.PIPE, text=True
            )
            readers.append(ReaderProcess(kind, process, file))
        for reader in readers:
            assert reader.process.stdout is not None
            assert reader.process.stdout.readline() == "reading\n", f"{reader.kind} did not start to read"
        yield readers
        (load.home.root / "stop").touch()
        for reader in readers:
            assert reader.process.wait(timeout=600) == 0, reader.kind
            reader.report = json.loads(reader.file.read_text())
    finally:
        for reader in readers:
            reader.process.kill()
            reader.process.wait()
