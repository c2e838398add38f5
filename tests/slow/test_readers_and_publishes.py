"""Readers and publishes at the same time: nobody waits, nobody errs, and a reader sees one whole release."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MadeOnce
from tests.readers_under_load import KINDS, MISTAKEN, Load, ReaderProcess, reading
from tests.release_reader import READS_PER_CONNECTION
from tests.slow.test_old_clients import CLIENTS, python_with
from tests.small_build import NUMBER_IN_TABLE
from warehouse import release as releases
from warehouse.database import connect
from warehouse.paths import DataHome

PUBLISHES = 100


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user of the machine may enter, as pytest's own is not: for the reader without rights."""
    folder = Path(tempfile.mkdtemp(prefix="readers_and_publishes_"))
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def old_client(made_once: MadeOnce) -> Path | None:
    """Python of an environment with the oldest DuckDB that reads releases; None, and a warning, without a network."""
    try:
        return python_with(CLIENTS[0], made_once)
    except pytest.skip.Exception as reason:
        warnings.warn(str(reason), stacklevel=1)
        return None


def report(reader: ReaderProcess) -> dict[str, Any]:
    assert reader.report is not None
    return reader.report


def wrong(readers: list[ReaderProcess]) -> dict[str, list[str]]:
    """Return what readers saw that they must not see."""
    return {
        f"{number} {reader.kind} {sort}": report(reader)[sort][:3]
        for number, reader in enumerate(readers)
        for sort in ("errors", "mixed", "stale")
        if report(reader)[sort]
    }


def test_a_number_stands_in_every_table_of_a_release(folder: Path) -> None:
    """Else a release could be mixed where no reader looks."""
    load = Load(DataHome(folder / "home"), folder / "build.duckdb")
    with connect(load.home.published_database, read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        for table, expression in NUMBER_IN_TABLE.items():
            assert connection.execute(f"select {expression} from {table}").fetchone() == (0, 0), table
    assert {name for (name,) in tables} == set(NUMBER_IN_TABLE)


def test_readers_see_one_whole_release_through_a_hundred_publishes(folder: Path, old_client: Path | None) -> None:
    load = Load(DataHome(folder / "home"), folder / "build.duckdb")
    with reading(load, (*KINDS, MISTAKEN), old_client) as readers:
        for _ in range(PUBLISHES):
            load.publish()
    assert load.number == PUBLISHES
    assert len(readers) >= 10
    assert wrong(readers) == {}
    for reader in readers:
        assert report(reader)["reads"] > READS_PER_CONNECTION, reader.kind
        assert report(reader)["first"] == 0, reader.kind
        # who keeps a connection keeps its release; who opens anew sees the newest
        assert report(reader)["last"] == (0 if reader.kind == "long_lived" else PUBLISHES), reader.kind
    mistaken = [report(reader)["refused"] for reader in readers if reader.kind == MISTAKEN]
    assert len(mistaken) == 1 and mistaken[0] > 0


def stop_in_its_connection(reader: ReaderProcess) -> None:
    """Stop a reader while it holds a release open: between two connections it holds up nothing in any case."""
    process = Path(f"/proc/{reader.process.pid}")
    while True:
        reader.process.send_signal(signal.SIGSTOP)
        while (process / "stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)
        if any(held.readlink().name == "mineral_risk.duckdb" for held in (process / "fd").iterdir()):
            return
        reader.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def test_a_publish_never_waits_for_a_reader_and_who_reconnects_sees_the_newest(folder: Path) -> None:
    """Readers are stopped by a signal in the midst of their connections: a publish that waited would wait for ever."""
    load = Load(DataHome(folder / "home"), folder / "build.duckdb")
    with reading(load, ("long_lived", "long_lived", "reconnects", "reconnects", "short", "attaches")) as readers:
        for reader in readers:
            stop_in_its_connection(reader)
        for _ in range(20):
            load.publish()
        # the release that they hold open is gone from the folder by now
        assert len(list(load.home.releases.iterdir())) == releases.KEPT_RELEASES
        for reader in readers:
            reader.process.send_signal(signal.SIGCONT)
    assert wrong(readers) == {}
    for reader in readers:
        assert report(reader)["last"] == (0 if reader.kind == "long_lived" else 20), reader.kind
        # before it was stopped, and after
        assert report(reader)["reads"] >= 2, reader.kind


# --- the readers would notice -------------------------------------------------------------------------


def swap_in_two_steps(home: DataHome, folder: Path) -> None:
    """A swap that leaves readers without a release for a moment."""
    home.current.unlink(missing_ok=True)
    time.sleep(0.1)
    home.current.symlink_to(folder.relative_to(home.root))


def overwrite_in_place(home: DataHome, build: Path, **facts: Any) -> None:
    """A publish that writes the new release over the files of the one that readers have open."""
    if not home.current.exists():
        releases.publish(home, build, **facts)
        return
    elsewhere = DataHome(home.root / "elsewhere")
    made = releases.publish(elsewhere, build, **facts)
    for file in sorted(made.folder.rglob("*.*")):
        target = home.current / file.relative_to(made.folder)
        if file.is_file():
            target.chmod(0o644)
            with target.open("r+b") as stream:
                stream.write(file.read_bytes())
                stream.truncate()


def publish_an_old_one(home: DataHome, build: Path, **facts: Any) -> None:
    """A publish that says it is over and shows readers what they had before."""
    before = home.current.resolve() if home.current.exists() else None
    releases.publish(home, build, **facts)
    if before is not None:
        releases.swap(home, before)


def noticed(load: Load, publishes: int) -> dict[str, list[str]]:
    with reading(load, KINDS) as readers:
        for _ in range(publishes):
            load.publish()
    return wrong(readers)


def test_a_swap_in_two_steps_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = Load(DataHome(folder / "home"), folder / "build.duckdb")
    monkeypatch.setattr(releases, "swap", swap_in_two_steps)
    found = noticed(load, 20)
    assert any("No such file" in text or "does not exist" in text for texts in found.values() for text in texts), found


def test_a_release_that_is_overwritten_in_place_is_noticed(folder: Path) -> None:
    load = Load(DataHome(folder / "home"), folder / "build.duckdb", overwrite_in_place)
    found = noticed(load, 10)
    assert any(name.endswith(("mixed", "errors")) for name in found), found


def test_a_publish_that_readers_do_not_see_is_noticed(folder: Path) -> None:
    found = noticed(Load(DataHome(folder / "home"), folder / "build.duckdb", publish_an_old_one), 3)
    assert {name.split()[-1] for name in found} == {"stale"}
    # who keeps a connection is not to see the newest
    assert {name.split()[1] for name in found} == set(KINDS) - {"long_lived"}
