"""Runs: what they publish, what they do when something breaks, and who may run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from flows.sources import discover
from tests.conftest import Refreshed
from tests.small_build import write_small_build
from warehouse import release as releases
from warehouse.database import connect
from warehouse.errors import CheckFailed, NothingPublished, RunInProgress
from warehouse.lock import run_lock
from warehouse.paths import REPOSITORY, DataHome

STEPS_OF_PUBLISHING = [
    "publish export",
    "publish meta",
    "publish copy",
    "publish verify",
    "publish manifest",
    "publish fsync",
    "publish rename",
    "publish swap",
]
STEPS = [
    "land",
    "load",
    "check raw",
    "build staging",
    "check staging",
    "build intermediate",
    "check intermediate",
    "build marts",
    "check marts",
    *STEPS_OF_PUBLISHING,
]


class Injected(Exception):
    """A fault that a test injects."""


def run_once(home: DataHome, *, fail_at: str | None = None) -> releases.Release:
    seen: list[str] = []

    def before(step: str) -> None:
        seen.append(step)
        if step == fail_at:
            raise Injected(step)

    token = steps.before_step.set(before)
    try:
        with steps.begin(home) as run:
            published = refresh(run)
        assert [step for step in seen if step in STEPS] == STEPS
        return published
    finally:
        steps.before_step.reset(token)


def snapshot(home: DataHome) -> dict[str, str]:
    """Everything a reader can see: where `current` points, and every byte of every release."""
    files = {
        str(file.relative_to(home.root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(home.releases.rglob("*"))
        if file.is_file()
    }
    return {**files, "current": str(home.current.readlink())}


def leftovers(home: DataHome) -> list[Path]:
    return [*home.build.iterdir(), *home.releases.glob(".*"), *home.root.glob(".current*")]


def spoil(bundle: Path, folder: Path, statement: str) -> Path:
    """Copy a bundle with its HS92 flows changed by a SQL select over `flows`."""
    folder.mkdir()
    for file in bundle.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    flows = folder / "baci_hs92_2015_2024.parquet"
    with connect() as connection:
        connection.execute(f"create table flows as select * from '{bundle / flows.name}'")
        connection.execute(f"copy ({statement}) to '{flows}' (format parquet)")
    return folder


def test_a_failure_in_any_step_of_publishing_leaves_one_whole_release(tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    build = tmp_path / "build.duckdb"
    write_small_build(build, 1, rows=50)

    def publish(day: int, fail_at: str | None = None) -> list[str]:
        """Publish, and return the steps of it."""
        seen: list[str] = []

        def before(step: str) -> None:
            seen.append(step)
            if step == fail_at:
                raise Injected(step)

        token = steps.before_step.set(before)
        try:
            releases.publish(
                home,
                build,
                checks=[],
                code_version="test",
                controls_as_of=None,
                now=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day),
            )
        finally:
            steps.before_step.reset(token)
        return seen

    publish(0)
    before = snapshot(home)
    all_steps = publish(1)
    releases.swap(home, home.releases / Path(before["current"]).name)
    assert len(all_steps) > 40 and set(STEPS_OF_PUBLISHING) <= set(all_steps)
    for day, step in enumerate(all_steps[: all_steps.index("swap fsync")], start=2):
        with pytest.raises(Injected):
            publish(day, fail_at=step)
        visible = {name: digest for name, digest in snapshot(home).items() if name in before}
        assert visible == before, step
        assert list(home.releases.glob(".*")) == [], step
        assert len(list(home.releases.iterdir())) == 2, step
    # once readers may have seen the new release, it stays
    for day, step in enumerate(all_steps[all_steps.index("swap fsync") :], start=2):
        with pytest.raises(Injected):
            publish(day, fail_at=step)
        assert releases.current_release(home).release_id.startswith(f"202601{1 + day:02d}T"), step
        assert list(home.releases.glob(".*")) == [], step


def test_what_a_killed_run_leaves_is_cleared_by_the_next(small_home: DataHome) -> None:
    (small_home.build / "dead").mkdir(parents=True)
    (small_home.build / "dead" / "build.duckdb.wal").write_text("half")
    half = small_home.releases / ".incoming-dead"
    half.mkdir(parents=True)
    half.chmod(0o555)
    with steps.begin(small_home) as run:
        assert leftovers(small_home) == [run.folder]
    assert leftovers(small_home) == []


def test_a_unit_slip_stops_the_run_and_says_table_check_expected_and_found(
    small_home: DataHome, small_bundle: Path, tmp_path: Path
) -> None:
    for source in discover().values():
        ingest.land_bundled(small_home, source)
    # the publisher's next delivery has kilograms in place of tons, for one year
    slipped = spoil(small_bundle, tmp_path / "slipped", "select * replace (if(t = 2024, q * 1000, q) as q) from flows")
    source = discover()["baci"]
    bundled = source.bundled[0]
    ingest.land_file(small_home, source, slipped / bundled.file_name, bundled.delivery)
    with pytest.raises(CheckFailed) as failure:
        run_once(small_home)
    text = str(failure.value)
    assert "staging: stg_baci__trade_flows: unit value is in the unit of the year before" in text
    assert "expected" in text and "found" in text and "2024" in text and "\n" not in text
    assert not small_home.current.exists()


def test_a_layer_without_any_check_is_not_passed(small_home: DataHome) -> None:
    with steps.begin(small_home) as run, pytest.raises(CheckFailed, match="nothing was evaluated"):
        steps._gate(run, [])


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    home = DataHome(tmp_path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\nfrom warehouse.lock import run_lock\n"
            "from warehouse.paths import DataHome\n"
            f"with run_lock(DataHome(Path({str(tmp_path)!r}))):\n    print('held', flush=True)\n    time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(RunInProgress, match=rf"process {holder.pid}, since \d{{4}}-"), run_lock(home):
            pass
        done = subprocess.run(
            [sys.executable, "-m", "flows", "run", "--no-prefect"],
            env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 5
        assert f"process {holder.pid}" in done.stderr and len(done.stderr.splitlines()) == 1
    finally:
        holder.kill()
        holder.wait()
    with run_lock(home):  # a dead holder's lock is free
        pass


def test_readers_see_nothing_before_the_first_release(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="mineral-risk run"):
        releases.current_release(DataHome(tmp_path))


def test_releases_are_read_only_and_the_manifest_tells_their_bytes(refreshed: Refreshed) -> None:
    folder = refreshed.release.folder
    assert all(file.stat().st_mode & 0o222 == 0 for file in [folder, *folder.rglob("*")])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["database_sha256"] == hashlib.sha256(refreshed.release.database.read_bytes()).hexdigest()
    for table, digest in manifest["parquet_sha256"].items():
        assert hashlib.sha256((folder / "parquet" / f"{table}.parquet").read_bytes()).hexdigest() == digest
    assert refreshed.release.release_id.endswith(f"Z-{refreshed.release.content_hash[:8]}")
    assert not list(folder.glob("*.wal"))


def test_a_release_whose_copy_lost_a_row_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = releases._copy_published

    def lose_a_row(build: Path, database: Path) -> None:
        copy(build, database)
        with connect(database) as connection:
            connection.execute("delete from marts.risk_scores where rowid = 7")

    monkeypatch.setattr(releases, "_copy_published", lose_a_row)
    build = tmp_path / "build.duckdb"
    write_small_build(build, 1)
    home = DataHome(tmp_path / "home")
    with pytest.raises(Exception, match=r"written tables differ from the build: marts\.risk_scores"):
        releases.publish(home, build, checks=[], code_version="test", controls_as_of=None)
    assert not home.current.exists()


def test_old_releases_go_and_the_current_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "KEPT_RELEASES", 2)
    home = DataHome(tmp_path / "home")
    build = tmp_path / "build.duckdb"
    write_small_build(build, 1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        releases.publish(
            home, build, checks=[], code_version="test", controls_as_of=None, now=start + timedelta(days=day)
        ).release_id
        for day in range(3)
    ]
    assert sorted(path.name for path in home.releases.iterdir()) == made[1:]
    assert releases.current_release(home).release_id == made[-1]


def wrapped_command(bundle: Path, *arguments: str) -> list[str]:
    """The command line, landing a small bundle: everything else is the real thing."""
    script = (
        "from pathlib import Path\nfrom flows import ingest\n"
        f"ingest.BUNDLED = Path({str(bundle)!r})\n"
        "from flows.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    file = bundle / "command.py"
    file.write_text(script)
    return [sys.executable, str(file), *arguments]


def test_a_schedule_that_cron_cannot_read_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "schedule", "--cron", "whenever"],
        env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:9/api"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "expected five cron fields" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_python_that_cannot_be_started_again_is_told(tmp_path: Path) -> None:
    script = (
        "import multiprocessing.spawn\nmultiprocessing.spawn.set_executable('/bin/false')\n"
        "from flows.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    file = tmp_path / "command.py"
    file.write_text(script)
    done = subprocess.run(
        [sys.executable, str(file), "run", "--no-prefect"],
        env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    # Python's own warning may come before it
    assert done.stderr.splitlines()[-1].startswith("mineral-risk: dbt: ")


def test_the_flow_can_be_sent_to_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule reads the flow from its file, and then sends it: nothing in it may be tied to this process."""
    import cloudpickle  # type: ignore[import-untyped]
    from prefect.flows import load_flow_from_entrypoint

    monkeypatch.chdir(REPOSITORY)
    flow: object = load_flow_from_entrypoint("flows/refresh.py:refresh_flow")
    assert cloudpickle.loads(cloudpickle.dumps(flow)).name == "refresh"
