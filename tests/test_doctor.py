"""Doctor: every check is brought into each state that it knows by really causing it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import doctor as doctor_module
from flows.doctor import KEYS, Finding, examine, worst
from tests.small_build import numbered_checks, write_small_build
from warehouse import landing, run_history
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.kept_releases import kept, roll_back
from warehouse.lock import Holder, hold, run_holder, run_lock
from warehouse.paths import DataHome
from warehouse.redaction import SECRETS
from warehouse.release import publish, read_manifest

PUBLISHED = datetime(2026, 11, 20, 6, tzinfo=UTC)
NOW = PUBLISHED + timedelta(days=2)
UNPRIVILEGED = 65534


def publish_at(home: DataHome, moment: datetime, edit: str = "", as_of: datetime | None = None) -> str:
    """Publish a small release whose figures are those of the year 2025."""
    build = home.root / "build.duckdb"
    write_small_build(build, 1, 200)
    with connect(build) as connection:
        connection.execute(
            "update intermediate.int_vintages set newest_period = '2025', newest_period_end = date '2025-12-31';" + edit
        )
    release = publish(
        home, build, checks=numbered_checks(1), code_version="1", controls_as_of=None, as_of=as_of, now=moment
    )
    build.unlink()
    return release.release_id


@pytest.fixture(scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    home = DataHome(tmp_path_factory.mktemp("doctor"))
    publish_at(home, PUBLISHED - timedelta(days=30))
    publish_at(home, PUBLISHED)
    return home


@pytest.fixture
def home(_home: DataHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataHome:
    """A data home with two releases, of which readers see the newest."""
    for name in (*SECRETS, "MINERAL_RISK_OLD_CLIENT"):
        monkeypatch.delenv(name, raising=False)
    return DataHome(Path(shutil.copytree(_home.root, tmp_path / "home", symlinks=True)))


def finding(home: DataHome, check: str, now: datetime = NOW, **options: object) -> Finding:
    """Return what one check finds."""
    found = [one for one in examine(home, now=now, **options) if one.check == check]  # type: ignore[arg-type]
    assert len(found) == 1, found
    assert (found[0].what_to_do is None) == (found[0].level == "ok")
    return found[0]


def level_and(text: str, found: Finding) -> str:
    """Return the level of a finding after seeing that it says something."""
    assert text in found.found, found
    return found.level


def database(home: DataHome) -> Path:
    """Return the current release's database, made writable."""
    folder = home.current.resolve()
    folder.chmod(0o755)
    for file in folder.glob("*.*"):
        file.chmod(0o644)
    return folder / "mineral_risk.duckdb"


# --- what readers see ---------------------------------------------------------------------------------------


def test_current(home: DataHome, tmp_path: Path) -> None:
    assert level_and("readers see the newest release", finding(home, "current")) == "ok"
    older = sorted(path.name for path in home.releases.iterdir())[0]
    newest = roll_back(home, older, code_version="1").before
    assert level_and(f"an older one than {newest}: it was rolled back to", finding(home, "current")) == "warning"
    rebuilt = publish_at(home, NOW, as_of=PUBLISHED)
    assert level_and("rolled back", finding(home, "current")) == "warning"  # a rebuilt one is no newest
    roll_back(home, rebuilt, code_version="1")
    assert level_and("rebuilt as of 2026-11-20", finding(home, "current")) == "warning"
    (home.releases / rebuilt).chmod(0o755)
    shutil.rmtree(home.releases / rebuilt)
    assert level_and("leads to no release", finding(home, "current")) == "critical"
    assert level_and("no release in", finding(DataHome(tmp_path / "nowhere"), "current")) == "critical"


def test_release(home: DataHome) -> None:
    assert level_and("hashed again, database agrees with manifest", finding(home, "release")) == "ok"
    manifest = database(home).with_name("manifest.json")
    whole = manifest.read_text()
    # a release of before: its database says 1.3.0, too
    with connect(database(home)) as connection:
        connection.execute("update meta.release set schema_version = '1.3.0'")
    facts = json.loads(whole) | {"schema_version": "1.3.0", "database_sha256": sha256(database(home))}
    manifest.write_text(json.dumps({name: value for name, value in facts.items() if name != "files_sha256"}))
    assert level_and("Parquet files were not tested", finding(home, "release")) == "warning"
    manifest.write_text(whole)
    assert level_and("not the bytes that were published", finding(home, "release")) == "critical"


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_one_flipped_byte_is_critical(home: DataHome) -> None:
    file = database(home)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    assert level_and("mineral_risk.duckdb: not the bytes", finding(home, "release")) == "critical"


def test_a_file_that_old_clients_cannot_read_is_critical(home: DataHome) -> None:
    """The database of the newest storage format, under hashes that fit it."""
    file = database(home)
    newer = file.with_name("newer.duckdb")
    with connect() as connection:
        connection.execute(f"attach '{file}' as old (read_only); attach '{newer}' as new (storage_version 'v1.2.0')")
        connection.execute("copy from database old to new")
    newer.replace(file)
    manifest = file.with_name("manifest.json")
    facts = json.loads(manifest.read_text())
    facts["database_sha256"] = facts["files_sha256"]["mineral_risk.duckdb"] = sha256(file)
    manifest.write_text(json.dumps(facts))
    assert level_and("storage version v1.2.0; expected v1.0.0", finding(home, "release")) == "critical"


def test_age(home: DataHome) -> None:
    limit = timedelta(days=35)
    assert level_and("2 days ago", finding(home, "age")) == "ok"
    assert finding(home, "age", PUBLISHED + limit).level == "ok"
    assert finding(home, "age", PUBLISHED + limit + timedelta(seconds=1)).level == "warning"
    assert finding(home, "age", PUBLISHED + 2 * limit).level == "warning"
    assert finding(home, "age", PUBLISHED + 2 * limit + timedelta(seconds=1)).level == "critical"
    assert finding(home, "age", PUBLISHED + limit, max_age_days=17).level == "critical"
    assert level_and("in the future", finding(home, "age", PUBLISHED - timedelta(seconds=1))) == "warning"


@pytest.mark.parametrize(
    ("period", "ended_on", "limits"),
    [("2025", "2025-12-31", (1_200, 1_565)), ("202511", "2025-11-30", (200, 400))],
    ids=["yearly", "monthly"],
)
def test_freshness(period: str, ended_on: str, limits: tuple[int, int], home: DataHome) -> None:
    publish_at(
        home,
        NOW,
        f"update intermediate.int_vintages set newest_period = '{period}', newest_period_end = date '{ended_on}'",
    )
    ended = datetime.fromisoformat(f"{ended_on}T23:00:00+00:00")
    assert level_and(f"newest period {period}", finding(home, "freshness baci", ended + timedelta(days=9))) == "ok"
    levels = [
        finding(home, "freshness baci", ended + timedelta(days=days)).level
        for limit in limits
        for days in (limit, limit + 1)
    ]
    assert levels == ["ok", "warning", "warning", "critical"]


def test_only_the_newest_files_count_for_freshness_and_a_source_may_have_no_period(home: DataHome) -> None:
    publish_at(
        home,
        NOW,
        "insert into intermediate.int_vintages by name select * replace ('wgi' as source_id, null as newest_period,"
        " null as newest_period_end) from intermediate.int_vintages;"
        "insert into intermediate.int_vintages by name select * replace (false as is_newest, 'x' as vintage_id,"
        " '2030' as newest_period, date '2030-12-31' as newest_period_end) from intermediate.int_vintages"
        " where source_id = 'baci'",
    )
    assert level_and("newest period 2025", finding(home, "freshness baci")) == "ok"
    assert level_and("has no period; last landed 2026-01-01", finding(home, "freshness wgi")) == "ok"


@pytest.fixture
def old_client(tmp_path: Path) -> Callable[[str], str]:
    """Return a Python that does what a script says in place of an old duckdb."""

    def write(script: str) -> str:
        program = tmp_path / "old client"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(program)

    return write


def test_old_client(home: DataHome, old_client: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    def with_client(python: str) -> Finding:
        monkeypatch.setenv("MINERAL_RISK_OLD_CLIENT", python)
        return finding(home, "old client")

    assert level_and("not tested", finding(home, "old client")) == "ok"
    assert level_and("could not be started", with_client("/nowhere/python")) == "warning"
    assert level_and("which is ours", with_client(sys.executable)) == "warning"
    assert level_and("No module named 'duckdb'", with_client(without_duckdb())) == "warning"
    release_id = home.current.resolve().name
    assert level_and("duckdb 1.0.0 opens", with_client(old_client(f"echo 1.0.0 {release_id}"))) == "ok"
    assert level_and("cannot read the release", with_client(old_client("echo 1.0.0 another"))) == "critical"
    assert level_and("Old: no", with_client(old_client("echo 'Old: no' >&2; exit 1"))) == "critical"
    # the real library on a file that is none
    database(home).write_bytes(b"nothing")
    assert level_and("cannot read the release", with_client(sys.executable)) == "critical"


def without_duckdb() -> str:
    """Return the Python that our environment was made with, which has no libraries of ours."""
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert base.exists()
    return str(base)


def test_an_old_client_gets_no_key(
    home: DataHome, old_client: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", "canary-0f3a")
    monkeypatch.setenv("MINERAL_RISK_OLD_CLIENT", old_client("env >&2; exit 1"))
    found = subprocess.run([os.environ["MINERAL_RISK_OLD_CLIENT"]], capture_output=True, text=True, check=False)
    assert "canary-0f3a" in found.stderr  # the program would tell
    monkeypatch.setenv("MINERAL_RISK_OLD_CLIENT", old_client('test -z "$COMTRADE_API_KEY" && echo clean >&2; exit 1'))
    assert level_and("clean", finding(home, "old client")) == "critical"


# --- whether the next run would work ----------------------------------------------------------------------------


def test_run_lock(home: DataHome) -> None:
    assert level_and("free", finding(home, "run lock", datetime.now(UTC))) == "ok"
    with hold(home.lock, "a run"):
        started = datetime.now(UTC)
        found = finding(home, "run lock", started + timedelta(hours=5))
        assert level_and("a run is under way", found) == "ok" and f"process {os.getpid()}" in found.found
        assert level_and("7 hours", finding(home, "run lock", started + timedelta(hours=7))) == "warning"
        assert level_and("25 hours", finding(home, "run lock", started + timedelta(hours=25))) == "critical"
    # the text of a holder that is gone misleads nobody
    assert home.lock.read_text() != ""
    assert level_and("free", finding(home, "run lock", started + timedelta(hours=25))) == "ok"


def recorded(home: DataHome, *statuses: str) -> None:
    """Write a history of runs, oldest first, one an hour."""
    for number, status in enumerate(statuses):
        moment = NOW - timedelta(hours=len(statuses) - number)
        recorder = run_history.Recorder(home, code_version="1", started_by="command", now=lambda at=moment: at)  # type: ignore[misc]
        if status == "died":
            recorder.start()
            run_history.mark_dead(home)
            continue
        recorder.step("check raw")
        recorder.end(status, message="raw.baci_trade: odd price", release_id="R" if status == "published" else None)


@pytest.mark.parametrize(
    ("statuses", "level", "told"),
    [
        ((), "ok", "none is recorded"),
        (("failed", "published"), "ok", "published R at 2026-11-22 05:00 UTC"),
        (("published", "failed"), "warning", "failed at 2026-11-22 05:00 UTC, step check raw: raw.baci_trade: odd"),
        (("published", "failed"), "warning", "last published 2026-11-22 04:00 UTC"),
        (("failed", "failed"), "warning", "no run that published is recorded"),
        (("published", "died"), "warning", "died at 2026-11-22 05:00 UTC"),
        (("published", "failed", "died"), "warning", "died"),
        (("published", "failed", "died", "failed"), "critical", "3 in a row: failed"),
        (("failed", "failed", "failed", "published"), "ok", "published R"),
        # that somebody rolled back does not make a failed run a good one
        (("published", "failed", "rolled_back"), "warning", "failed"),
    ],
)  # fmt: skip
def test_last_run(statuses: tuple[str, ...], level: str, told: str, home: DataHome) -> None:
    recorded(home, *statuses)
    assert level_and(told, finding(home, "last run")) == level


def test_a_run_under_way_is_no_dead_one(home: DataHome) -> None:
    recorded(home, "published")
    recorder = run_history.Recorder(home, code_version="1", started_by="command", now=lambda: NOW)
    with hold(home.lock, "a run"):
        recorder.start()
        recorder.step("build marts")
        assert level_and("under way since 2026-11-22 06:00 UTC, at build marts", finding(home, "last run")) == "ok"
    assert level_and("died", finding(home, "last run")) == "warning"


def test_a_run_that_was_killed_died(home: DataHome) -> None:
    """A process that held the lock and is gone, before the next run could say so."""
    script = (
        "import os, sys; from pathlib import Path; from warehouse import run_history, lock; from warehouse.paths import"
        " DataHome; home = DataHome(Path(sys.argv[1])); held = lock.hold(home.lock, 'a run'); held.__enter__();"
        " run_history.Recorder(home, code_version='1', started_by='command').start();"
        " (home.build / 'left').mkdir(parents=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(home.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert level_and("died", finding(home, "last run", datetime.now(UTC))) == "warning"
    assert finding(home, "run lock").level == "ok"
    assert level_and("build/left", finding(home, "leftovers")) == "warning"


def test_a_record_that_cannot_be_read_is_told(home: DataHome) -> None:
    recorded(home, "published")
    (home.runs / "20260101T000000.000000Z-1.json").write_text("{")
    assert level_and("20260101T000000.000000Z-1.json", finding(home, "run history")) == "warning"
    assert finding(home, "last run").level == "ok"


def test_schedule(home: DataHome) -> None:
    assert level_and("none of ours", finding(home, "schedule")) == "ok"
    with hold(home.schedule_lock, "a schedule"):
        assert level_and(f"alive: process {os.getpid()}", finding(home, "schedule")) == "ok"
    assert level_and("ran here and is gone", finding(home, "schedule")) == "warning"


@pytest.mark.parametrize(
    "left",
    [
        "build/20261122T000000000000/build.duckdb",
        "releases/.incoming-x/manifest.json",
        "releases/.removing-20260101T000000Z-00000000/manifest.json",
        "releases/.unfinished-x",
        ".current-99",
        "runs/.incoming-x",
        "landing/baci/.incoming-x/file.csv",
    ],
)
def test_leftovers(left: str, home: DataHome) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    assert level_and("none", finding(home, "leftovers", later)) == "ok"
    file = home.root / left
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    found = finding(home, "leftovers", later)
    assert found.what_to_do == "the next run clears them; if they stay, remove them by hand"
    assert level_and("of a run that died", found) == "warning" and left.startswith(found.found.split(": ")[1])
    with hold(home.lock, "a run"):
        # what a run writes is no leftover; a landing takes no run lock, but none lasts for hours
        assert finding(home, "leftovers", later).level == ("warning" if left.startswith("landing") else "ok")
    if left.startswith("landing"):
        assert finding(home, "leftovers", datetime.now(UTC)).level == "ok"


def test_a_run_that_ends_while_doctor_looks_neither_died_nor_left_anything(
    home: DataHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends in the moment between what it wrote and its lock are looked at: there it is made to."""
    recorder = run_history.Recorder(home, code_version="1", started_by="command", now=lambda: NOW)
    recorder.start()
    left = home.build / "20261122T060000"
    left.mkdir(parents=True)

    def ends(of: DataHome) -> Holder | None:
        recorder.end("published", release_id="R")
        shutil.rmtree(left, ignore_errors=True)
        return run_holder(of)

    monkeypatch.setattr(doctor_module, "run_holder", ends)
    patient = doctor_module.Patient(home, NOW, 35, doctor_module.LOCK_FILE, None, ())
    assert level_and("published R", next(doctor_module._last_run(patient))) == "ok"
    left.mkdir(parents=True)
    assert level_and("none", next(doctor_module._leftovers(patient))) == "ok"


def test_a_run_whose_lock_file_was_removed_is_told_as_under_way(home: DataHome) -> None:
    recorder = run_history.Recorder(home, code_version="1", started_by="command", now=lambda: NOW)
    with run_lock(home):
        recorder.start()
        (home.build / "20261122T060000").mkdir(parents=True)
        home.lock.unlink()
        assert level_and("a run is under way: an unknown process", finding(home, "run lock")) == "ok"
        assert level_and("under way since", finding(home, "last run")) == "ok"
        assert level_and("a run works in them", finding(home, "leftovers")) == "ok"


def test_what_a_clock_that_was_ahead_left_is_told_and_is_not_the_newest(home: DataHome) -> None:
    assert level_and("no release and no record", finding(home, "clock")) == "ok"
    recorded(home, "failed")
    readers_see = home.current.readlink()
    ahead = NOW + timedelta(days=3_000)
    later = publish_at(home, ahead)
    home.current.unlink()
    home.current.symlink_to(readers_see)
    recorder = run_history.Recorder(home, code_version="1", started_by="command", now=lambda: ahead)
    recorder.end("published", release_id=later)
    assert level_and(f"1 releases, 1 records of runs, as {later}", finding(home, "clock")) == "warning"
    assert level_and("failed at 2026-11-22 05:00 UTC", finding(home, "last run")) == "warning"
    assert level_and("readers see the newest release", finding(home, "current")) == "ok"


def test_a_release_of_before_sources_told_their_newest_period_is_warned_of(home: DataHome) -> None:
    with connect(database(home)) as connection:
        connection.execute("alter table meta.sources drop column newest_period_end")
    manifest = home.current / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": "1.1.0"}))
    assert level_and("schema 1.1.0 does not say how new its sources are", finding(home, "freshness")) == "warning"


def administer(program: str, *arguments: str) -> None:
    """Call a program of the system."""
    found = shutil.which(program)
    assert found is not None, program
    subprocess.run([found, *arguments], check=True)


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[None]:
    """Mount a small file system on a folder."""
    administer("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder))
    try:
        yield
    finally:
        administer("umount", str(folder))


may_mount = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


@may_mount
@pytest.mark.parametrize(("free", "level"), [(2.5, "ok"), (1.5, "warning"), (0.9, "critical")])
def test_disk(free: float, level: str, home: DataHome, tmp_path: Path) -> None:
    """Free space as a multiple of what a run needs: 1.3 times the release and the database that it was made from."""
    files = [file for file in home.current.resolve().rglob("*") if file.is_file()]
    release_bytes = sum(file.stat().st_size for file in files)
    facts = json.loads((home.current / "manifest.json").read_text())
    assert facts["build_bytes"] > release_bytes / 10
    needed = 1.3 * (release_bytes + facts["build_bytes"])
    held = sum(-(-file.stat().st_size // 4096) * 4096 for file in home.root.rglob("*") if file.is_file())
    small = tmp_path / "small"
    small.mkdir()
    with small_disk(small, int(held + free * needed) + 200_000):
        shutil.copytree(home.root, small / "home", symlinks=True)
        found = finding(DataHome(small / "home"), "disk")
        assert level_and(f"needs {needed / 1e6:,.0f} MB with its build", found) == level


@may_mount
def test_a_disk_that_is_read_only_is_critical(home: DataHome, tmp_path: Path) -> None:
    assert finding(home, "user").level == "warning"  # root
    small = tmp_path / "small"
    small.mkdir()
    with small_disk(small, 50_000_000):
        other = DataHome(small / "home")
        shutil.copytree(home.root, other.root, symlinks=True)
        administer("mount", "-o", "remount,ro", str(small))
        assert level_and("read-only file system or no permission", finding(other, "user")) == "critical"
        # and the rest of the examination needs to write nothing
        assert finding(other, "release").level == "ok"
        assert finding(other, "run lock").level == "ok"


@may_mount
@pytest.mark.parametrize(
    "name", ["releases", "landing", "landing/baci", "build", "runs", "prefect", "prefect/prefect.db", "run.lock"]
)
def test_what_the_owner_may_not_write_is_critical(name: str, home: DataHome) -> None:
    """As after a run that somebody started as root; looked at by root, who may write all."""
    path = home.root / name
    if "." in name:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    else:
        path.mkdir(parents=True, exist_ok=True)
    administer("chown", "-R", "-h", f"{UNPRIVILEGED}:{UNPRIVILEGED}", str(home.root))
    assert level_and("running as root", finding(home, "user")) == "warning"
    os.chown(path, 0, 0)
    path.chmod(0o755 if path.is_dir() else 0o644)
    told = f"{path} belongs to user 0, and user {UNPRIVILEGED}, who runs, may not write it"
    assert level_and(told, finding(home, "user")) == "critical"
    path.chmod(0o777)
    assert level_and("running as root", finding(home, "user")) == "warning"


@may_mount
def test_what_the_user_who_runs_may_not_write_is_critical(users_home: tuple[DataHome, int | None]) -> None:
    home, owner = users_home
    os.chown(home.releases, 0, 0)
    home.releases.chmod(0o755)
    stopped = doctor(home, user=owner)
    assert stopped.returncode == 9, stopped.stdout
    assert f"{home.releases} belongs to user 0, and user {owner}, who runs, may not write it" in stopped.stdout
    assert doctor(home, user=1234).returncode == 0  # who only looks


@pytest.mark.parametrize("name", ["runs", "build", "landing", "prefect"])
def test_a_file_where_a_folder_belongs_is_critical(name: str, home: DataHome) -> None:
    (home.root / name).write_text("")
    assert level_and(f"{home.root / name} is no folder", finding(home, "user")) == "critical"


def fake_library(folder: Path, name: str, version: str) -> str:
    """Install a library of another version before ours, as far as its metadata say."""
    (folder / f"{name}-{version}.dist-info").mkdir(parents=True)
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    return str(folder)


def test_versions(home: DataHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert level_and("libraries as locked", finding(home, "versions")) == "ok"
    monkeypatch.syspath_prepend(fake_library(tmp_path / "libraries", "rich", "0.0.1"))
    assert level_and("rich is 0.0.1, locked ==", finding(home, "versions")) == "warning"
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "# a comment\nno-such-library==1.0 \\\n    --hash=sha256:00\n"
        "not-on-this-platform==1.0 ; sys_platform == 'nowhere' \\\n    --hash=sha256:00\n"
    )
    found = finding(home, "versions", lock_file=lock)
    assert level_and("not installed: no-such-library", found) == "critical"
    assert "not-on-this-platform" not in found.found
    assert level_and("is not there", finding(home, "versions", lock_file=tmp_path / "none")) == "warning"


def test_keys(home: DataHome, monkeypatch: pytest.MonkeyPatch) -> None:
    assert level_and("set: none; not set: COMTRADE_API_KEY", finding(home, "keys")) == "ok"
    monkeypatch.setenv("COMTRADE_API_KEY", "canary-0f3a")
    assert level_and("set: COMTRADE_API_KEY; not set: PREFECT_API_KEY", finding(home, "keys")) == "ok"
    for odd in ("canary-0f3a\n", " canary-0f3a", ""):
        monkeypatch.setenv("PREFECT_API_KEY", odd)
        assert level_and("blanks around it, or empty: PREFECT_API_KEY", finding(home, "keys")) == "warning"


@pytest.mark.parametrize("command", ["no-such-program --to somebody", "mail 'somebody"])
def test_a_failure_command_that_lets_no_run_start_is_critical(
    command: str, home: DataHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERAL_RISK_ON_FAILURE", command)
    assert level_and("MINERAL_RISK_ON_FAILURE: expected", finding(home, "keys")) == "critical"
    monkeypatch.setenv("MINERAL_RISK_ON_FAILURE", f"{sys.executable} -c pass")
    assert finding(home, "keys").level == "ok"


def test_landing(home: DataHome, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a,b\n1,2\n")
    arrival = landing.Arrival("baci", "hand_made", "CEPII", "t", "l", "c", "https://example.org/", True, {})
    vintage, _ = landing.land(home, arrival, file)
    assert level_and("1 landed files hashed again", finding(home, "landing", with_landing=True)) == "ok"
    landed = vintage.file(home)
    landed.chmod(0o644)
    landed.write_text("a,b\n1,3\n")
    assert level_and("landed file was changed", finding(home, "landing", with_landing=True)) == "critical"
    landed.unlink()
    assert level_and("missing", finding(home, "landing", with_landing=True)) == "critical"
    manifest = landed.with_name("manifest.json")
    manifest.chmod(0o644)
    manifest.write_text("{")
    assert level_and("expected a landing manifest", finding(home, "landing", with_landing=True)) == "critical"
    assert "landing" not in {found.check for found in examine(home)}  # it is only looked at when asked for


# --- on the command line ------------------------------------------------------------------------------------------


# Our Python may lie where only root may read. So that another user can start it, it may read all, and write no more.
MAY_READ_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


def doctor(
    home: DataHome,
    *options: str,
    user: int | None = None,
    may: Sequence[str] = MAY_READ_ALL,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Call the command, as another user if one is given."""
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *may, "--"] if user else []
    plain = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.run(
        [*as_user, sys.executable, "-m", "flows", "doctor", *options],
        env=plain
        | {"MINERAL_RISK_HOME": str(home.root), "HOME": str(home.root), "COLUMNS": "40"}
        | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def users_home() -> Iterator[tuple[DataHome, int | None]]:
    """A data home with a release of this moment, of a user who is not root; None for whoever runs the tests."""
    # pytest's own folders are for its user alone
    root = Path(tempfile.mkdtemp(prefix="mineral-risk-doctor-"))
    root.chmod(0o755)
    home = DataHome(root)
    publish_at(home, datetime.now(UTC), "update intermediate.int_vintages set newest_period_end = current_date")
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user:
        administer("chown", "-R", "-h", f"{user}:{user}", str(root))
    yield home, user
    administer("chmod", "-R", "u+w", str(root))
    shutil.rmtree(root)


def test_exit_codes(users_home: tuple[DataHome, int | None], tmp_path: Path) -> None:
    home, user = users_home
    well = doctor(home, user=user)
    assert (well.returncode, well.stderr) == (0, ""), well.stdout
    lines = well.stdout.splitlines()
    assert all(line.startswith("ok  ") for line in lines)  # one line per check, however narrow the screen
    assert len(lines) == 14
    home.schedule_lock.touch()  # a schedule that is gone
    warned = doctor(home, user=user)
    assert warned.returncode == 8
    assert [line for line in warned.stdout.splitlines() if not line.startswith("ok")] == [
        "warning   schedule        a schedule ran here and is gone; to do: start mineral-risk schedule again; where"
        f" something else starts runs: rm {home.schedule_lock}"
    ]
    file = database(home)
    file.write_bytes(file.read_bytes()[:-1])
    broken = doctor(home, "--format", "json", user=user)
    assert broken.returncode == 9
    told = json.loads(broken.stdout)
    assert {row["level"] for row in told} == {"ok", "warning", "critical"}
    assert {tuple(row) for row in told} == {("check", "level", "found", "what_to_do")}
    nothing = doctor(DataHome(tmp_path / "nowhere"))
    assert nothing.returncode == 9 and "mineral-risk run" in nothing.stdout
    assert not (tmp_path / "nowhere").exists()
    assert doctor(home, "--max-age-days", "0").returncode == 2


@may_mount
def test_root_is_warned_and_a_user_who_only_looks_is_not(users_home: tuple[DataHome, int | None]) -> None:
    home, owner = users_home
    root = doctor(home)
    assert root.returncode == 8 and "running as root" in root.stdout
    looking = doctor(home, user=1234)
    assert looking.returncode == 0, looking.stdout
    assert f"user 1234; the data home belongs to user {owner}" in looking.stdout
    # the owner who may not write is stopped, whoever looks is not
    home.root.chmod(0o555)
    stopped = doctor(home, user=owner)
    assert stopped.returncode == 9 and "no run can publish" in stopped.stdout
    assert doctor(home, user=1234).returncode == 0
    home.root.chmod(0o700)
    shut_out = doctor(home, user=1234, may=())
    assert shut_out.returncode == 9 and f"{home.root} cannot be read" in shut_out.stdout, shut_out.stdout
    home.root.chmod(0o755)


def test_a_library_of_another_version_is_warned_of(users_home: tuple[DataHome, int | None]) -> None:
    home, user = users_home
    library = fake_library(home.root / "libraries", "typer", "0.0.1")
    done = doctor(home, user=user, environment={"PYTHONPATH": library})
    assert done.returncode == 8 and "typer is 0.0.1, locked ==" in done.stdout


def test_no_secret_is_ever_printed(home: DataHome) -> None:
    """Not from the environment, nor from the record of a run whose message held it before it was a secret."""
    secrets = {name: f"canary-{number}-0f3a" for number, name in enumerate(SECRETS)}
    secrets["MINERAL_RISK_ON_FAILURE"] = "curl https://example.org/canary-0f3a"
    assert set(KEYS) <= set(SECRETS)
    recorder = run_history.Recorder(home, code_version="1", started_by="command")
    recorder.end("failed", message=f"the server said: {' '.join(secrets.values())} is no key")
    record = next(home.runs.glob("*.json"))
    assert "canary" in record.read_text()
    for style in ("table", "json"):
        done = doctor(home, "--format", style, environment=secrets)
        assert "is no key" in done.stdout and "[COMTRADE_API_KEY]" in done.stdout
        assert "canary" not in done.stdout + done.stderr


def test_doctor_changes_nothing(home: DataHome) -> None:
    recorded(home, "published", "failed")
    (home.build / "left").mkdir(parents=True)

    def state() -> list[tuple[str, int, int, int]]:
        return sorted(
            (str(path), path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size)
            for path in (home.root, *home.root.rglob("*"))
        )

    before = state()
    doctor(home, "--landing")
    assert state() == before


def test_what_cannot_be_looked_at_is_critical(home: DataHome) -> None:
    """One check that breaks hides none of the others."""
    shutil.rmtree(home.runs, ignore_errors=True)
    home.runs.write_text("a file where a folder should be")
    home.lock.mkdir()
    database(home).with_name("manifest.json").write_text("[]")
    found = {one.check: one for one in examine(home, now=NOW)}
    assert found["release"].level == "critical" and "expected release_id" in found["release"].found
    assert found["run lock"].level in ("ok", "critical")
    assert found["versions"].level == "ok" and worst(list(found.values())) == "critical"


ODD = [
    {"parquet_sha256": None},
    {"files_sha256": ["a"]},
    {"build_bytes": "5"},
    {"build_bytes": None},
    {"rows": {"marts.minerals": "1"}},
    {"rows": None},
    {"as_of": 5},
    {"created_at": 5},
    {"release_id": None},
    {"database_sha256": {}},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_manifest_of_other_types_is_refused_in_one_line(odd: dict[str, object], home: DataHome) -> None:
    manifest = database(home).with_name("manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | odd))
    with pytest.raises(WarehouseError, match=f"{next(iter(odd))}: found .*, which is of another type") as refused:
        read_manifest(manifest.parent)
    assert "\n" not in str(refused.value)
    assert level_and("another type", finding(home, "release")) == "critical"
    assert kept(home)[0].facts is None
    with pytest.raises(WarehouseError):
        roll_back(home, manifest.parent.resolve().name, code_version="1")


def test_a_moment_before_the_year_1_is_none(home: DataHome) -> None:
    manifest = database(home).with_name("manifest.json")
    facts = json.loads(manifest.read_text()) | {"created_at": "0001-01-01T00:00:00+14:00"}
    manifest.write_text(json.dumps(facts))
    assert level_and("does not say when it was published", finding(home, "age")) == "critical"
    assert level_and("meta.release says created_at", finding(home, "release")) == "critical"


def test_a_current_that_leads_in_a_circle_is_critical_and_can_be_left(home: DataHome) -> None:
    newest = home.current.resolve().name
    home.current.unlink()
    home.current.symlink_to("current")
    assert level_and("leads to no release", finding(home, "current")) == "critical"
    assert roll_back(home, newest, code_version="1").now.release_id == newest
    assert home.current.resolve().name == newest


@pytest.mark.parametrize("what", ["_age", "kept"])
def test_a_bug_of_ours_is_no_all_clear(what: str, home: DataHome, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: object) -> None:
        raise KeyError("rows")

    monkeypatch.setattr(doctor_module, what, breaks)
    found = examine(home, now=NOW)
    assert [one.level for one in found if "KeyError" in one.found] == ["critical"]
    assert "versions" in {one.check for one in found}
