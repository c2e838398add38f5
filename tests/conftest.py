"""The warehouses that the tests look at: one whole run on the bundled data, and a small one that is quick to run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from tests.several_sources import land_several_sources
from warehouse.database import connect
from warehouse.paths import BUNDLED, DataHome
from warehouse.release import Release

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Refreshed:
    """A data home after one run, with a copy of the run's private database."""

    home: DataHome
    release: Release
    build: Path


@pytest.fixture(scope="session")
def unit_tests_passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the homes of the session remember in common: dbt's unit tests run once and not in each of them."""
    return tmp_path_factory.mktemp("unit_tests_passed")


def new_home(root: Path, unit_tests_passed: Path) -> DataHome:
    """Make an empty data home that shares what is remembered of dbt's unit tests."""
    home = DataHome(root)
    root.mkdir(exist_ok=True)
    home.unit_tests_passed.symlink_to(unit_tests_passed)
    return home


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory, unit_tests_passed: Path) -> Refreshed:
    """One whole run on the bundled data, without Prefect: the one that always runs dbt's unit tests."""
    home = DataHome(tmp_path_factory.mktemp("home"))
    made = _run(home, tmp_path_factory)
    shutil.copytree(home.unit_tests_passed, unit_tests_passed, dirs_exist_ok=True)
    return made


@pytest.fixture(scope="session")
def several_sources(small_bundle: Path, unit_tests_passed: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """One whole run on the small bundle and what tests/several_sources.py lands beside it."""
    home = new_home(tmp_path_factory.mktemp("home"), unit_tests_passed)
    land_several_sources(home, tmp_path_factory.mktemp("files"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
        return _run(home, tmp_path_factory)


def _run(home: DataHome, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    build = tmp_path_factory.mktemp("build") / "build.duckdb"
    with steps.begin(home) as run:
        release = refresh(run)
        shutil.copyfile(run.database, build)
    return Refreshed(home, release, build)


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
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled files cut down to four importers and two years: the same shapes, quick to run."""
    folder = tmp_path_factory.mktemp("bundle")
    for file in BUNDLED.glob("*.csv"):
        shutil.copyfile(file, folder / file.name)
    name = "baci_hs92_2015_2024.parquet"
    with connect() as connection:
        connection.execute(
            f"copy (select * from '{BUNDLED / name}' where t >= 2023 and j in (699, 156, 276, 842) order by all)"
            f" to '{folder / name}' (format parquet)"
        )
    return folder


@pytest.fixture
def small_home(
    tmp_path: Path, small_bundle: Path, unit_tests_passed: Path, monkeypatch: pytest.MonkeyPatch
) -> DataHome:
    """An empty data home whose runs land the small bundle."""
    monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
    return new_home(tmp_path / "a user's home", unit_tests_passed)
