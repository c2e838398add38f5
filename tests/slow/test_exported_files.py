"""Exports on broken machines and in old clients: full and read-only disks, no permission, a kill at any moment."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flows.exports import Style, export
from tests.conftest import Refreshed
from tests.slow.test_broken_machines import fill, read_only, small_disk
from tests.slow.test_old_clients import client as client  # the fixture: each version of DuckDB in turn
from tests.test_exports import STYLES, files_of, hand_made_home, package_of
from warehouse.paths import REPOSITORY, DataHome

SEED = 20261123
NOBODY = 65534

# Runs in a client that knows nothing of this project: of each relation its columns, its rows and a sum over their MD5.
FINGERPRINTS = """
import duckdb, json, sys

asked = json.load(sys.stdin)
connection = duckdb.connect(*asked["database"], **({"read_only": True} if asked["database"] else {}))
connection.execute("set enable_progress_bar = false")
said = {}
for name, relation in asked["relations"].items():
    described = connection.execute(f"describe select * from {relation}").fetchall()
    row = ", ".join(f"coalesce({column[0]}::varchar, '<null>')" for column in described)
    said[name] = [
        [list(column[:2]) for column in described],
        connection.execute(
            f"select count(*), coalesce(sum(md5_number_lower(concat_ws('|', {row}))::hugeint), 0)::varchar"
            f" from {relation}"
        ).fetchall(),
    ]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    return hand_made_home(tmp_path_factory.mktemp("exports") / "made", restricted=False)


def run_export(home: DataHome, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, sys.executable, "-m", "flows", "export", *arguments],
        cwd=REPOSITORY,
        env={"MINERAL_RISK_HOME": str(home.root), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("mineral-risk: export: ") and "nothing was left there" in line
    for word in words:
        assert word in line


def test_every_client_reads_exported_parquet_as_it_stands_in_the_database(
    several_sources: Refreshed, client: Path, tmp_path: Path
) -> None:
    export(several_sources.home, tmp_path / "out", style="parquet")
    files, tables = {}, {}
    for resource in package_of(tmp_path / "out")["resources"]:
        name = resource["name"]
        if name.startswith("meta."):  # some of their cells may not leave
            continue
        files[name] = f"'{tmp_path / 'out' / resource['path']}'"
        may_leave = any(field["name"] == "is_redistributable" for field in resource["schema"]["fields"])
        tables[name] = f"(from marts.{name}{' where is_redistributable' if may_leave else ''})"
    assert len(files) > 30
    read = ask(client, [], files)
    assert read == ask(Path(sys.executable), [str(several_sources.release.database)], tables)


def ask(python: Path, database: list[str], relations: dict[str, str]) -> Any:
    asked = json.dumps({"database": database, "relations": relations})
    done = subprocess.run([python, "-c", FINGERPRINTS], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("left", [0, 20_000, 60_000])
def test_a_full_disk_is_one_line_and_the_next_export_is_fine(
    home: DataHome, tmp_path: Path, style: Style, left: int
) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        ballast = fill(disk, left)
        assert_one_line(run_export(home, str(disk / "out"), "--format", style), "No space left on device", str(disk))
        assert list(disk.iterdir()) == [ballast]
        ballast.unlink()
        assert run_export(home, str(disk / "out"), "--format", style).returncode == 0
        export(home, tmp_path / "elsewhere", style=style)
        assert files_of(disk / "out") == files_of(tmp_path / "elsewhere")


def test_a_read_only_disk_is_one_line(home: DataHome, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"):
        assert_one_line(run_export(home, str(tmp_path / "disk" / "out")), "Read-only file system")
    assert list((tmp_path / "disk").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_folder_of_somebody_else_is_one_line(home: DataHome, tmp_path: Path) -> None:
    nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    let_in(home.root, tmp_path)
    assert_one_line(run_export(home, str(tmp_path / "out"), prefix=nobody), "Permission denied")
    assert list(tmp_path.iterdir()) == []
    # who may read the release and write the folder needs no more
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    let_in(home.root, tmp_path)  # again: another session of tests may have closed the folder of them all meanwhile
    done = run_export(home, str(tmp_path / "theirs" / "out"), "--format", "xlsx", prefix=nobody)
    assert done.returncode == 0, done.stderr


def let_in(*folders: Path) -> None:
    """Let everybody into temporary folders, which are their owner's alone."""
    for each in {parent for folder in folders for parent in (folder, *folder.parents)} - {Path("/")}:
        each.chmod(each.stat().st_mode | 0o055)


@pytest.mark.parametrize("style", STYLES)
def test_killed_at_any_moment_the_target_is_not_there_or_whole(
    several_sources: Refreshed, tmp_path: Path, style: Style
) -> None:
    chosen = ("--importer", "IND", "--format", style)
    start = time.monotonic()
    assert run_export(several_sources.home, str(tmp_path / "whole"), *chosen).returncode == 0
    seconds = time.monotonic() - start
    draws = random.Random(SEED)  # noqa: S311 - points of time, not secrets
    died = 0
    for number in range(8):
        target = tmp_path / "killed"
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", "export", str(target), *chosen],
            cwd=REPOSITORY,
            env={"MINERAL_RISK_HOME": str(several_sources.home.root), "PATH": ""},
            stdout=subprocess.DEVNULL,
        )
        time.sleep(draws.random() * seconds * 1.2)
        process.kill()
        died += process.wait() != 0
        if target.exists():
            assert files_of(target) == files_of(tmp_path / "whole"), number
            target.rename(tmp_path / f"done {number}")
    assert died > 0
    assert run_export(several_sources.home, str(tmp_path / "killed"), *chosen).returncode == 0
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
