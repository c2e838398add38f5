"""Releases that code of an older schema published: today's commands read them, or refuse them in one clear line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import MadeOnce, Refreshed
from warehouse.contract import Contract, load
from warehouse.database import connect
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import Check, Release, named_release, publish

VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
# what a manifest has said since which version
MANIFEST_SINCE = {
    "as_of": "1.2.0",
    "statistics_hash": "1.3.0",
    "register_hash": "1.3.0",
    "method_hash": "1.3.0",
    "files_sha256": "1.4.0",
    "run_id": "1.4.0",
}
CHECK = Check("marts", "risk_scores", "has rows", "gx", "passed", "many", "at least one row")


@dataclass(frozen=True)
class Kept:
    """A home with a release of every older schema, and one of today's code."""

    home: DataHome
    older: Mapping[str, Release]
    present: Release


def is_newer(version: str, than: str) -> bool:
    return tuple(map(int, version.split("."))) > tuple(map(int, than.split(".")))


@pytest.fixture(scope="session")
def kept(several_sources: Refreshed, made_once: MadeOnce) -> Kept:
    contract = load()

    def make(folder: Path) -> None:
        home = DataHome(folder / "home")
        made = {}
        for month, version in enumerate((*VERSIONS, contract.schema_version), start=1):
            build = folder / "build.duckdb"
            shutil.copyfile(several_sources.build, build)
            _take_out_what_is_newer(build, contract, version, "marts")
            release = publish(
                home,
                build,
                checks=[CHECK],
                code_version="test",
                controls_as_of=None,
                now=datetime(2026, month, 1, tzinfo=UTC),
            )
            if version != contract.schema_version:
                _make_older(release, contract, version)
            made[version] = release.release_id
        (folder / "made.json").write_text(json.dumps(made), encoding="utf-8")

    folder = made_once("older_releases", make)
    home = DataHome(folder / "home")
    made = json.loads((folder / "made.json").read_text(encoding="utf-8"))
    older = {version: named_release(home, made[version]) for version in VERSIONS}
    return Kept(home, older, named_release(home, made[contract.schema_version]))


def _take_out_what_is_newer(database: Path, contract: Contract, version: str, schema: str) -> None:
    with connect(database) as connection:
        for name, table in contract.tables.items():
            if not name.startswith(f"{schema}."):
                continue
            if is_newer(table.since, version):
                connection.execute(f"drop table {name}")
                continue
            for column, promise in table.columns.items():
                if is_newer(promise.since, version):
                    connection.execute(f"alter table {name} drop column {column}")


def _make_older(release: Release, contract: Contract, version: str) -> None:
    """Make what today's code wrote beside the marts what code of an older schema would have written."""
    for path in (release.folder, *release.folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    _take_out_what_is_newer(release.database, contract, version, "meta")
    with connect(release.database) as connection:
        connection.execute("update meta.release set schema_version = ?", [version])
        connection.execute(
            "delete from meta.columns where not exists (select 1 from duckdb_columns() as found"
            " where not found.internal and found.schema_name || '.' || found.table_name = columns.table_name"
            " and found.column_name = columns.column_name)"
        )
        connection.execute("checkpoint")
        row_counts = {
            name: connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name, table in contract.tables.items()
            if not is_newer(table.since, version)
        }
        for name, table in contract.tables.items():
            file = release.folder / "parquet" / f"{name.removeprefix('marts.').replace('.', '/')}.parquet"
            if is_newer(table.since, version):
                file.unlink(missing_ok=True)
            elif name.startswith("meta."):
                connection.execute(f"copy (from {name} order by all) to '{file}' (format parquet)")
    (release.folder / "datapackage.json").unlink()  # since 1.4.0
    written = release.folder / "manifest.json"
    manifest = json.loads(written.read_text(encoding="utf-8"))
    manifest = {
        key: value for key, value in manifest.items() if not is_newer(MANIFEST_SINCE.get(key, version), version)
    }
    manifest["schema_version"] = version
    manifest["rows"] = {name: row_counts[name] for name in manifest["rows"] if name in row_counts}
    manifest["database_sha256"] = hashlib.sha256(release.database.read_bytes()).hexdigest()
    written.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in (*release.folder.rglob("*"), release.folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def command(home: DataHome, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "MINERAL_RISK_HOME": str(home.root), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def told(home: DataHome, *arguments: str) -> str:
    """Return what a command prints that must succeed and complain of nothing."""
    done = command(home, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stderr)
    return done.stdout


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_older_release_is_one_of_its_schema(kept: Kept) -> None:
    """What the other tests rest on."""
    contract = load()
    for version, release in kept.older.items():
        with connect(release.database, read_only=True) as connection:
            found = {
                (f"{schema}.{table}", column)
                for schema, table, column in connection.execute(
                    "select schema_name, table_name, column_name from duckdb_columns() where not internal"
                ).fetchall()
            }
            assert connection.execute("select schema_version from meta.release").fetchall() == [(version,)]
        assert found == {
            (name, column)
            for name, table in contract.tables.items()
            for column, promise in table.columns.items()
            if not is_newer(promise.since, version)
        }


def test_kept_releases_of_every_schema_are_listed(kept: Kept) -> None:
    listed = json.loads(told(kept.home, "releases", "--format", "json"))
    assert [(row["release_id"], row["schema_version"]) for row in listed] == [
        (kept.present.release_id, load().schema_version),
        *((kept.older[version].release_id, version) for version in reversed(VERSIONS)),
    ]
    assert kept.older["1.0.0"].release_id in told(kept.home, "releases")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_release_is_compared_with_the_present_one(version: str, kept: Kept) -> None:
    older = kept.older[version].release_id
    for first, second in ((older, kept.present.release_id), (kept.present.release_id, older)):
        shown = told(kept.home, "diff", first, second)
        assert first in shown and second in shown
        # the same statistics, the same method: no score moved
        minerals = json.loads(told(kept.home, "diff", first, second, "--format", "json"))
        assert len(minerals) > 30
        assert {mineral["score_change"] for mineral in minerals} <= {0, None}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_release_that_is_rolled_back_to_is_read_as_before(version: str, kept: Kept, tmp_path: Path) -> None:
    older, home = kept.older[version], kept.home
    asked = ("scores", "--importer", "IND", "--year", "2024", "--format", "csv")
    counted = ("sql", "select count(*) as rows from marts.risk_scores", "--format", "csv")
    at_present = rows(told(home, *asked)), rows(told(home, *counted))
    try:
        assert older.release_id in told(home, "rollback", older.release_id)
        if is_newer("1.2.0", version):  # how new sources are is told since then
            status = command(home, "status")
            assert status.returncode == 1 and status.stdout == ""
            assert "of an older schema" in status.stderr and len(status.stderr.splitlines()) == 1
        else:
            assert older.release_id in told(home, "status", "--format", "json")
            assert older.release_id in told(home, "status")
        counted_before = rows(told(home, *counted))
        assert counted_before == at_present[1] and int(counted_before[0]["rows"]) > 100
        if is_newer("1.2.0", version):
            refused = command(home, *asked)
            assert refused.returncode == 1 and refused.stdout == ""
            assert f"has schema {version}" in refused.stderr and len(refused.stderr.splitlines()) == 1
            before = at_present[0]
        else:
            before = rows(told(home, *asked))
        assert [row["mineral"] for row in before] == [row["mineral"] for row in at_present[0]]
        for now, then in zip(at_present[0], before, strict=True):
            # the figures are those of the same build; what the older schema did not say is left out or empty
            assert {name: value for name, value in then.items() if value} == {
                name: now[name] for name, value in then.items() if value
            }
            assert then["risk_score"] == now["risk_score"]
        why = command(home, "why", "copper")
        if is_newer("1.3.0", version):
            assert why.returncode == 1 and why.stdout == ""
            assert "published since 1.3.0" in why.stderr and len(why.stderr.splitlines()) == 1
        else:
            assert (why.returncode, why.stderr) == (0, "")
        exported = command(home, "export", str(tmp_path / "exported"), "--table", "risk_scores")
        if is_newer("1.2.0", version):
            assert exported.returncode == 3 and not (tmp_path / "exported").exists()
            assert "older than 1.2.0" in exported.stderr and len(exported.stderr.splitlines()) == 1
        else:
            assert (exported.returncode, exported.stderr) == (0, "")
        doctor = command(home, "doctor", "--format", "json", "--max-age-days", "1000")
        assert doctor.returncode in (0, 8), doctor.stdout  # nothing critical about an older release
        assert "Traceback" not in doctor.stderr
    finally:
        told(home, "rollback", kept.present.release_id)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_follows_upon_an_older_release(
    version: str, kept: Kept, several_sources: Refreshed, tmp_path: Path
) -> None:
    """The upgrade: the release that is current was published by older code, the next one by today's."""
    home = DataHome(tmp_path / "home")
    home.releases.mkdir(parents=True)
    shutil.copytree(kept.older[version].folder, home.releases / kept.older[version].release_id)
    home.current.symlink_to(Path("releases") / kept.older[version].release_id)
    build = tmp_path / "build.duckdb"
    shutil.copyfile(several_sources.build, build)
    release = publish(home, build, checks=[CHECK], code_version="test", controls_as_of=None)
    assert home.current.resolve() == release.folder
    status = json.loads(told(home, "status", "--format", "json"))
    assert release.release_id in json.dumps(status)
    assert kept.older[version].release_id in told(home, "releases")
