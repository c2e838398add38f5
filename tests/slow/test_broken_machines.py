"""Broken machines: disks that are full or read-only, no permission, damaged files, too little memory.

After each: one clear line, an exit code that is not 0, the current release whole; once the cause is gone the next run
succeeds, and nothing lies about. The faults are real: small file systems, mounts, users, flipped bytes.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import duckdb
import pytest

from tests.conftest import new_home
from tests.slow.whole_homes import (
    assert_current_is_whole,
    assert_nothing_lies_about,
    pythons_for_nobody,
    run_command,
)
from tests.small_build import numbered_checks, write_small_build
from warehouse import release
from warehouse.errors import MachineFault, WarehouseError
from warehouse.machine_faults import told_plainly
from warehouse.paths import DataHome
from warehouse.steps import before_step

SEED = 20261123
START = datetime(2026, 1, 1, tzinfo=UTC)
MEGABYTES = 400
MOUNT, UNMOUNT = "/bin/mount", "/bin/umount"


def mount(*arguments: str) -> None:
    """Mount, or skip the test where that is not allowed."""
    done = subprocess.run([MOUNT, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mount {' '.join(arguments)}: {done.stderr.strip()}")


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own in a folder."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))
    try:
        yield folder
    finally:
        subprocess.run([UNMOUNT, "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder as a file system that is mounted for reading only."""
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        subprocess.run([UNMOUNT, "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int = 0) -> Path:
    """Fill a disk up to `left` bytes, as somebody else's file would; returns the file."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - left
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free, 1))
    return ballast


def assert_one_line(error: BaseException | str, *words: str) -> None:
    text = str(error).strip()
    assert "\n" not in text
    for word in words:
        assert word in text, text


class Publisher:
    """Publishes a private database made by hand into a home, again and again, each time a new release."""

    def __init__(self, home: DataHome, scratch: Path) -> None:
        """Publish the first, which the others must equal."""
        self.home, self.scratch = home, scratch
        self.build = scratch / "pristine.duckdb"
        write_small_build(self.build, 1)
        self.steps: list[str] = []
        self.hours = 0
        self.undisturbed = self.publish().content_hash

    def publish(
        self, *, hook: Callable[[str], None] | None = None, damage: Callable[[Path], None] | None = None
    ) -> release.Release:
        """What a run does around publishing; `damage` is done to the private database after the last check."""
        self.hours += 1
        self.steps = []

        def at(step: str) -> None:
            self.steps.append(step)
            if hook:
                hook(step)

        token = before_step.set(at)
        try:
            with told_plainly():
                release.clear_leftovers(self.home)
                folder = self.home.build / f"run{self.hours}"
                folder.mkdir(parents=True)
                database = folder / "build.duckdb"
                try:
                    shutil.copyfile(self.build, database)
                    if damage:
                        damage(database)
                    return release.publish(
                        self.home,
                        database,
                        checks=numbered_checks(1),
                        code_version="1",
                        controls_as_of=None,
                        now=START + timedelta(hours=self.hours),
                    )
                finally:
                    shutil.rmtree(folder)
        finally:
            before_step.reset(token)

    def assert_readers_are_fine(self) -> None:
        assert assert_current_is_whole(self.home) == self.undisturbed

    def assert_next_run_succeeds(self) -> None:
        before = self.home.current.resolve()
        self.publish()
        assert self.home.current.resolve() != before
        self.assert_readers_are_fine()
        assert_nothing_lies_about(self.home)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """Publishes on an ordinary disk."""
    return Publisher(DataHome(tmp_path / "home"), tmp_path)


def test_a_disk_that_fills_up_while_publishing(tmp_path: Path) -> None:
    """At every third step, with nothing left, 60 kB or 1.5 MB."""
    with small_disk(tmp_path / "disk", 64) as disk:
        publisher = Publisher(DataHome(disk / "home"), tmp_path)
        failed = 0
        points = [step for step in publisher.steps if not step.startswith("publish fsync parquet")][::3]
        for point, left in zip(points, cycle((0, 60_000, 1_500_000)), strict=False):
            ballast: list[Path] = []

            def fill_up(step: str, point: str = point, left: int = left, ballast: list[Path] = ballast) -> None:
                if step == point:
                    ballast.append(fill(disk, left))

            try:
                publisher.publish(hook=fill_up)
            except MachineFault as error:
                failed += 1
                assert_one_line(error, "the disk is full", "make room, then run again", "the last release stays")
            publisher.assert_readers_are_fine()
            ballast[0].unlink()
            publisher.assert_next_run_succeeds()
        # what has been written by then needs no more room
        assert 5 <= failed < len(points)


def test_a_disk_that_becomes_read_only_while_publishing(publisher: Publisher) -> None:
    # between steps nobody writes, so that the file system can become read-only; while DuckDB copies it could not
    points = [step for step in publisher.steps if not step.startswith(("publish copy ", "swap", "publish finish"))]
    assert len(points) > 30
    for point in points[::3]:
        with ExitStack() as mounted, pytest.raises(MachineFault) as told:

            def protect(step: str, point: str = point, mounted: ExitStack = mounted) -> None:
                if step == point:
                    mounted.enter_context(read_only(publisher.home.releases))

            publisher.publish(hook=protect)
        assert_one_line(told.value, "the file system is read-only", str(publisher.home.releases))
        publisher.assert_readers_are_fine()
        publisher.assert_next_run_succeeds()


def test_an_old_release_that_cannot_be_removed_does_not_hide_that_the_new_one_is_published(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "KEPT_RELEASES", 1)
    oldest = publisher.home.current.resolve()
    # something is mounted there: nobody can remove it
    with read_only(oldest):
        with pytest.raises(WarehouseError) as told:
            publisher.publish()
        assert publisher.home.current.resolve() != oldest
        published = publisher.home.current.resolve().name
        assert_one_line(told.value, f"release {published} is published, but an older one could not be removed")
        publisher.assert_readers_are_fine()
    publisher.assert_next_run_succeeds()
    assert len(list(publisher.home.releases.iterdir())) == 1


def test_a_byte_flipped_in_the_private_file_is_found_or_harmless(publisher: Publisher) -> None:
    """One of 100 places of the file, between the last check and publishing."""
    chance = random.Random(SEED)  # noqa: S311 - which bytes, not a secret
    size = publisher.build.stat().st_size
    found = 0
    # the headers and the list of blocks are small: chance alone would hardly meet them
    for offset in [*range(0, 20_000, 1_000), *(chance.randrange(size) for _ in range(80))]:

        def flip(database: Path, offset: int = offset) -> None:
            with database.open("r+b") as file:
                file.seek(offset)
                (byte,) = file.read(1)
                file.seek(offset)
                file.write(bytes([byte ^ 1 << chance.randrange(8)]))

        try:
            published = publisher.publish(damage=flip)
        except WarehouseError as error:
            found += 1
            assert_one_line(error, "build.duckdb: the private database is damaged", "run again; the last release stays")
        else:
            assert published.content_hash == publisher.undisturbed
        publisher.assert_readers_are_fine()
    assert found > 50
    publisher.assert_next_run_succeeds()


def test_a_private_file_that_was_cut_short_is_found(publisher: Publisher) -> None:
    size = publisher.build.stat().st_size
    for length in (0, 1, 4_096, 12_288, size // 2, size - 4_096, size - 1):

        def cut(database: Path, length: int = length) -> None:
            os.truncate(database, length)

        with pytest.raises(WarehouseError) as told:
            publisher.publish(damage=cut)
        assert_one_line(told.value, "build.duckdb", "run again; the last release stays")
        publisher.assert_readers_are_fine()
    publisher.assert_next_run_succeeds()


@pytest.mark.parametrize("log", ["as it was written", "cut short", "a byte flipped", "other bytes"])
def test_a_log_beside_the_private_file_is_never_published(log: str, publisher: Publisher) -> None:
    """What a log holds was not checked; DuckDB would take what it can read of it and leave the rest out."""

    def leave_log(database: Path) -> None:
        # a process that dies before its database was closed
        child = os.fork()
        if child == 0:
            connection = duckdb.connect(str(database))
            connection.execute("set checkpoint_threshold = '1GB'")
            connection.execute("update marts.minerals set mineral_name = 'not checked'")
            connection.execute("delete from marts.risk_scores")
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        file = database.with_name("build.duckdb.wal")
        data = bytearray(file.read_bytes())
        assert len(data) > 100
        if log == "cut short":
            data = data[: len(data) // 2]
        elif log == "a byte flipped":
            data[len(data) // 2] ^= 1
        elif log == "other bytes":
            data = bytearray(random.Random(SEED).randbytes(500))  # noqa: S311
        file.write_bytes(data)

    with pytest.raises(WarehouseError) as told:
        publisher.publish(damage=leave_log)
    assert_one_line(told.value, "build.duckdb", "found a write-ahead log", "run again; the last release stays")
    publisher.assert_readers_are_fine()
    publisher.assert_next_run_succeeds()


def test_publishing_with_little_memory_is_told_or_gives_the_same_release(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = 0
    limits = (1, 2, 3, 4, 6, 9, 14, 40)
    for megabytes in limits:
        monkeypatch.setenv("MINERAL_RISK_MEMORY_LIMIT", f"{megabytes}MB")
        try:
            published = publisher.publish()
        except MachineFault as error:
            failed += 1
            assert_one_line(error, "memory ran out", "raise MINERAL_RISK_MEMORY_LIMIT", "the last release stays")
        else:
            assert published.content_hash == publisher.undisturbed
        monkeypatch.delenv("MINERAL_RISK_MEMORY_LIMIT")
        publisher.assert_readers_are_fine()
    assert 0 < failed < len(limits)
    publisher.assert_next_run_succeeds()


def test_a_reader_who_opens_a_release_for_writing_by_mistake_is_refused_and_changes_nothing(
    publisher: Publisher,
) -> None:
    database = publisher.home.published_database
    if os.geteuid() == 0:
        for folder in [publisher.home.root, *publisher.home.root.parents]:
            folder.chmod(folder.stat().st_mode | 0o055)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        prefix = []
    opened = subprocess.run(
        [
            *prefix,
            sys.executable,
            "-c",
            f"import duckdb; duckdb.connect({str(database)!r}).execute('create table t (i int)')",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert opened.returncode != 0
    assert "Permission denied" in opened.stderr or "read-only" in opened.stderr.lower()
    publisher.assert_readers_are_fine()
    publisher.assert_next_run_succeeds()


# --- whole runs, on the small bundle ------------------------------------------------------------------------------

# Fills the disk of the home at a step; `left` bytes stay free.
FILL_AT_STEP = """
import os
def hook(step):
    if step.startswith({step!r}):
        disk = Path(os.environ["MINERAL_RISK_HOME"]).parent
        ballast = disk / "ballast"
        if not ballast.exists():
            state = os.statvfs(disk)
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - {left})
"""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk of its own."""
    with small_disk(tmp_path_factory.mktemp("machine") / "disk", MEGABYTES) as folder:
        yield folder


@pytest.fixture(scope="module")
def ran(disk: Path, small_bundle: Path, unit_tests_passed: Path) -> tuple[DataHome, str]:
    """A home on that disk after one undisturbed run, and the content hash of its release."""
    home = new_home(disk / "home", unit_tests_passed)
    done = run_command(home, small_bundle, "run", "--no-prefect")
    assert done.returncode == 0, done.stderr
    return home, assert_current_is_whole(home)


def assert_failed_in_one_line(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("mineral-risk: ")
    assert_one_line(done.stderr, *words)


def test_a_disk_that_is_full_in_landing_building_and_publishing(
    ran: tuple[DataHome, str], disk: Path, small_bundle: Path
) -> None:
    """Each run gets past the point where the one before it failed; the last one succeeds."""
    home, content_hash = ran
    shutil.rmtree(home.landing / "wgi")  # so that there is something to land
    for step, left in (("land copy wgi", 0), ("load", 0), ("build intermediate", 2_000_000), ("publish copy", 100_000)):
        failed = run_command(home, small_bundle, "run", "--no-prefect", hook=FILL_AT_STEP.format(step=step, left=left))
        (disk / "ballast").unlink()
        # the history, on the same disk, may say that it could not be written
        lines = [line for line in failed.stderr.splitlines() if not line.startswith("mineral-risk: note: ")]
        assert failed.returncode == 1, (step, failed.stdout, failed.stderr)
        assert len(lines) == 1, failed.stderr
        assert_one_line(lines[0], "mineral-risk: ", "the disk", "make room, then run again; the last release stays")
        assert assert_current_is_whole(home) == content_hash
    done = run_command(home, small_bundle, "run", "--no-prefect")
    assert done.returncode == 0, done.stderr
    assert assert_current_is_whole(home) == content_hash
    assert_nothing_lies_about(home)


def test_an_ingest_onto_a_full_disk_lands_nothing(ran: tuple[DataHome, str], disk: Path, small_bundle: Path) -> None:
    home, content_hash = ran
    shutil.rmtree(home.landing / "wgi")
    ballast = fill(disk)
    failed = run_command(home, small_bundle, "ingest", "wgi")
    ballast.unlink()
    assert_failed_in_one_line(failed, "the disk is full", "make room")
    assert list(home.landing.glob("wgi/*")) == []
    assert run_command(home, small_bundle, "ingest", "wgi").returncode == 0
    assert assert_current_is_whole(home) == content_hash


def test_a_home_that_is_read_only(ran: tuple[DataHome, str], small_bundle: Path) -> None:
    home, content_hash = ran
    with read_only(home.root):
        refused = run_command(home, small_bundle, "run", "--no-prefect", hook=LAND_ONLY)
    assert_failed_in_one_line(refused, f"{home.root} may not be written", code=7)
    assert assert_current_is_whole(home) == content_hash
    home.build.mkdir(exist_ok=True)
    with read_only(home.build):
        failed = run_command(home, small_bundle, "run", "--no-prefect", hook=LAND_ONLY)
    assert_failed_in_one_line(failed, f"{home.build}/", "the file system is read-only", "mount it for writing")
    assert assert_current_is_whole(home) == content_hash
    # the cause is gone: it gets past all that writes first, where this test ends it
    done = run_command(home, small_bundle, "run", "--no-prefect", hook=LAND_ONLY)
    assert done.returncode == 99, done.stderr


# ends a run early whose fault should have shown before
LAND_ONLY = """
import os
def hook(step):
    if step == "load":
        os._exit(99)
"""


def test_a_user_without_permission(ran: tuple[DataHome, str], disk: Path, small_bundle: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if not pythons_for_nobody():
        pytest.skip("no Python of this version is everybody's")
    home, content_hash = ran
    for folder in [small_bundle, *small_bundle.parents, *disk.parents]:
        folder.chmod(folder.stat().st_mode | 0o055)
    failed = run_command(home, small_bundle, "run", "--no-prefect", hook=LAND_ONLY, as_nobody=True)
    assert_failed_in_one_line(failed, f"{home.root} may not be written; give this user the right", code=7)
    assert assert_current_is_whole(home) == content_hash
    # who owns the home but not its folder of builds is told of that one
    other = DataHome(disk / "other")
    other.build.mkdir(parents=True)
    os.chown(other.root, 65534, 65534)
    failed = run_command(other, small_bundle, "run", "--no-prefect", hook=LAND_ONLY, as_nobody=True)
    assert_failed_in_one_line(failed, f"{other.build}/", "this user (65534) has no permission")
    os.chown(other.build, 65534, 65534)
    done = run_command(other, small_bundle, "run", "--no-prefect", hook=LAND_ONLY, as_nobody=True)
    assert done.returncode == 99, done.stderr
    shutil.rmtree(other.root)


SHORT_OF_MEMORY = """
import os
def hook(step):
    if step == "check raw":
        os.environ["MINERAL_RISK_MEMORY_LIMIT"] = "1MB"
"""


def test_too_little_memory(ran: tuple[DataHome, str], small_bundle: Path) -> None:
    home, content_hash = ran
    failed = run_command(home, small_bundle, "run", "--no-prefect", environment={"MINERAL_RISK_MEMORY_LIMIT": "1MB"})
    # too little for the check of the seeds, with which a run begins: what earlier ones left is not touched yet
    assert_failed_in_one_line(failed, "mineral-risk: memory ran out", "raise MINERAL_RISK_MEMORY_LIMIT")
    assert assert_current_is_whole(home) == content_hash
    # it runs out while the run is under way: what the run made is gone with it
    failed = run_command(home, small_bundle, "run", "--no-prefect", hook=SHORT_OF_MEMORY)
    assert_failed_in_one_line(failed, "memory ran out", "raise MINERAL_RISK_MEMORY_LIMIT")
    assert assert_current_is_whole(home) == content_hash
    assert_nothing_lies_about(home)
    # little, but enough: what does not fit spills into the private build
    done = run_command(home, small_bundle, "run", "--no-prefect", environment={"MINERAL_RISK_MEMORY_LIMIT": "100MB"})
    assert done.returncode == 0, done.stderr
    assert assert_current_is_whole(home) == content_hash
    assert_nothing_lies_about(home)


@pytest.mark.parametrize("limit", ["much", "2 elephants", "-1GB", "2GB; drop table", "80%"])
def test_a_memory_limit_that_is_no_size_is_refused_before_anything_starts(
    limit: str, tmp_path: Path, small_bundle: Path
) -> None:
    home = DataHome(tmp_path / "home")
    refused = run_command(home, small_bundle, "run", "--no-prefect", environment={"MINERAL_RISK_MEMORY_LIMIT": limit})
    assert_failed_in_one_line(refused, f"MINERAL_RISK_MEMORY_LIMIT={limit}: expected a size such as", code=3)
    assert not home.lock.exists()
