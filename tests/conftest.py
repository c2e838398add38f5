"""The warehouses that the tests look at: one whole run on the bundled data, and a small one that is quick to run."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from tests.several_sources import FIRST_LANDING, SECOND_LANDING, land_several_sources
from warehouse.database import connect
from warehouse.paths import BUNDLED, DataHome
from warehouse.release import Release, current_release, named_release

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# The files that take longest begin, so that no worker is left alone with one at the end. The very first makes the run
# on the bundled data, which most others look at; the second can do without it for a while.
LONGEST_FILES = (
    "test_published.py",
    "test_unit_tests_once.py",
    "test_expectations.py",
    "test_sql.py",
    "test_vintages.py",
    "test_bad_input.py",
    "test_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file, and among the others, the order stays."""
    place = {name: number for number, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@dataclass(frozen=True)
class Refreshed:
    """A data home after one run, with a copy of the run's private database."""

    home: DataHome
    release: Release
    build: Path


class MadeOnce:
    """What is made once in a session, however many workers it has, each thing in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Keep the things in a folder that all workers see."""
        self._folder = folder

    def __call__(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return the folder that `make` filled: here and now, or before in this or another worker."""
        folder, made = self._folder / name, self._folder / f"{name}.made"
        with self._alone(name):
            if not made.exists():
                # a worker that failed half-way does not spoil it for the other
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    def wait_for(self, name: str) -> None:
        """Return once nobody is making a thing."""
        with self._alone(name):
            pass

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Make things that are dear, and that nobody writes to, once for all workers of the session."""
    folder = tmp_path_factory.getbasetemp()
    # each worker has a temporary folder of its own, inside the session's
    return MadeOnce(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def unit_tests_passed(made_once: MadeOnce) -> Path:
    """What the homes of the session remember in common: dbt's unit tests run once and not in each of them."""
    folder = made_once("unit_tests_passed", lambda folder: None)
    made_once.wait_for("refreshed")
    return folder


def new_home(root: Path, unit_tests_passed: Path) -> DataHome:
    """Make an empty data home that shares what is remembered of dbt's unit tests."""
    home = DataHome(root)
    root.mkdir(exist_ok=True)
    home.unit_tests_passed.symlink_to(unit_tests_passed)
    return home


@pytest.fixture(scope="session")
def refreshed(made_once: MadeOnce) -> Refreshed:
    """One whole run on the bundled data, without Prefect: the one that always runs dbt's unit tests."""
    remembered = made_once("unit_tests_passed", lambda folder: None)

    def make(folder: Path) -> None:
        home = DataHome(folder / "home")
        run_in(folder, home)
        shutil.copytree(home.unit_tests_passed, remembered, dirs_exist_ok=True)

    return made_in(made_once("refreshed", make))


@pytest.fixture(scope="session")
def several_sources(small_bundle: Path, unit_tests_passed: Path, made_once: MadeOnce) -> Refreshed:
    """One whole run on the small bundle and what tests/several_sources.py lands beside it."""
    return made_in(made_once("several_sources", _make_several_sources(small_bundle, unit_tests_passed)))


@pytest.fixture(scope="session")
def known_at_first(small_bundle: Path, unit_tests_passed: Path, made_once: MadeOnce) -> Refreshed:
    """As several sources, but run after the first landing and before the second."""
    make = _make_several_sources(small_bundle, unit_tests_passed, until=FIRST_LANDING)
    return made_in(made_once("known_at_first", make))


@dataclass(frozen=True)
class Rebuilt:
    """A data home of several sources whose second run, after the one that is current, was as of the first landing."""

    home: DataHome
    rebuilt: Release
    current: Release


@pytest.fixture(scope="session")
def rebuilt(several_sources: Refreshed, small_bundle: Path, made_once: MadeOnce) -> Rebuilt:
    """Several sources, rebuilt as of the first landing."""

    def make(folder: Path) -> None:
        home = DataHome(folder / "home")
        shutil.copytree(several_sources.home.root, home.root, symlinks=True)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
            with steps.begin(home, as_of=FIRST_LANDING) as run:
                (folder / "release_id").write_text(refresh(run).release_id)

    folder = made_once("rebuilt", make)
    home = DataHome(folder / "home")
    made = named_release(home, (folder / "release_id").read_text())
    return Rebuilt(home, made, named_release(home, several_sources.release.release_id))


def _make_several_sources(
    bundle: Path, unit_tests_passed: Path, until: datetime = SECOND_LANDING
) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        home = new_home(folder / "home", unit_tests_passed)
        (folder / "files").mkdir()
        land_several_sources(home, folder / "files", until=until)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(ingest, "BUNDLED", bundle)
            run_in(folder, home)

    return make


def run_in(folder: Path, home: DataHome) -> None:
    """Run once, and keep the run's private database in the folder, where `made_in` finds it."""
    with steps.begin(home) as run:
        refresh(run)
        shutil.copyfile(run.database, folder / "build.duckdb")


def made_in(folder: Path) -> Refreshed:
    """Return what `run_in` left in a folder."""
    home = DataHome(folder / "home")
    return Refreshed(home, current_release(home), folder / "build.duckdb")


@pytest.fixture(scope="session")
def built_database(refreshed: Refreshed) -> Path:
    """The private database of the run on the bundled data."""
    return refreshed.build


@pytest.fixture
def published(refreshed: Refreshed) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader's connection to the published file."""
    with connect(refreshed.release.database, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def small_bundle(made_once: MadeOnce) -> Path:
    """The bundled files cut down to four importers and two years: the same shapes, quick to run."""
    return made_once("bundle", _cut_down_bundle)


def _cut_down_bundle(folder: Path) -> None:
    for file in BUNDLED.glob("*.csv"):
        shutil.copyfile(file, folder / file.name)
    name = "baci_hs92_2015_2024.parquet"
    with connect() as connection:
        connection.execute(
            f"copy (select * from '{BUNDLED / name}' where t >= 2023 and j in (699, 156, 276, 842) order by all)"
            f" to '{folder / name}' (format parquet)"
        )


@pytest.fixture
def small_home(
    tmp_path: Path, small_bundle: Path, unit_tests_passed: Path, monkeypatch: pytest.MonkeyPatch
) -> DataHome:
    """An empty data home whose runs land the small bundle."""
    monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
    return new_home(tmp_path / "a user's home", unit_tests_passed)
