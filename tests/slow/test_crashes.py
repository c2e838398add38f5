"""Killed with kill -9 wherever it hurts: readers keep a whole release, and the next run needs no help.

The code says before each of its steps that it begins (`warehouse/steps.py`); there a process kills itself. No test
here waits for a while and hopes to hit something.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.conftest import new_home
from tests.slow.whole_homes import (
    assert_current_is_whole,
    assert_kept_releases_are_whole,
    assert_nothing_lies_about,
    run_command,
)
from tests.small_build import NUMBER_IN_TABLE, numbered_checks, numbered_run, write_small_build
from warehouse import landing, release
from warehouse.database import connect
from warehouse.landing import Arrival
from warehouse.lock import run_lock
from warehouse.paths import DataHome
from warehouse.steps import before_step

SEED = 20261123
KILLED_PUBLISHES = 240
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def crasher() -> ForkServerContext:
    """Starts processes that have loaded everything and share nothing: quick enough for hundreds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def in_a_process(crasher: ForkServerContext, work: Callable[..., None], *arguments: object) -> int:
    """Do something in a process of its own and return how it ended (-9: killed)."""
    process = crasher.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def kill_at(point: int | None, steps_file: Path | None = None) -> None:
    """Kill this process at its `point`th step; note the steps that it begins."""
    seen: list[str] = []

    def hook(step: str) -> None:
        if len(seen) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        seen.append(step)
        if steps_file:
            steps_file.write_text("\n".join(seen))

    before_step.set(hook)


def publish_once(
    root: Path, build: Path, number: int, hour: int, as_of: bool, point: int | None, steps_file: Path | None = None
) -> None:
    """What a run does around publishing, with a private database made by hand; keeps three releases."""
    kill_at(point, steps_file)
    release.KEPT_RELEASES = 3
    home = DataHome(root)
    with run_lock(home):
        release.clear_leftovers(home)
        folder = home.build / f"run{hour}"
        folder.mkdir(parents=True)
        shutil.copyfile(build, folder / "build.duckdb")
        release.publish(
            home,
            folder / "build.duckdb",
            checks=numbered_checks(number),
            code_version=str(number),
            controls_as_of=None,
            as_of=START if as_of else None,
            now=START + timedelta(hours=hour),
            run=numbered_run(number),
        )
        shutil.rmtree(folder)


def number_that_readers_see(home: DataHome) -> int:
    """Return the number that all tables of the current release carry."""
    found = set()
    with connect(home.published_database, read_only=True) as connection:
        for table, reading in NUMBER_IN_TABLE.items():
            found |= set(connection.execute(f"select {reading} from {table}").fetchall()[0])
    (number,) = found
    return int(number)


def test_publishing_killed_at_hundreds_of_points_never_hurts_a_reader_nor_the_next_run(
    crasher: ForkServerContext, tmp_path: Path
) -> None:
    """Each third crash meets what the crash before it left; retention and releases of earlier days are among it."""
    chance = random.Random(SEED)  # noqa: S311 - which points, not a secret
    builds = {number: tmp_path / f"{number}.duckdb" for number in (1, 2)}
    undisturbed = {}
    home = DataHome(tmp_path / "home")
    steps_file = tmp_path / "steps"
    hour = 0
    for number, build in builds.items():
        write_small_build(build, number)
        for as_of in (False, False, True, True, True):
            hour += 1
            assert in_a_process(crasher, publish_once, home.root, build, number, hour, as_of, None, steps_file) == 0
        undisturbed[number] = assert_current_is_whole(home)
    assert undisturbed[1] != undisturbed[2]
    known_steps = steps_file.read_text().splitlines()
    assert {step.split()[0] for step in known_steps} == {"publish", "retire", "clear"}  # an earlier day: no swap
    known_steps += ["swap"] * 3
    points: list[int] = []
    killed = 0
    seen: set[str] = set()
    current = 2
    while killed < KILLED_PUBLISHES:
        if not points:  # every point, in another order each time
            points = chance.sample(range(len(known_steps)), len(known_steps))
        hour += 1
        number, as_of = chance.choice((1, 2)), chance.random() < 0.2
        steps_file.write_text("")
        end = in_a_process(
            crasher, publish_once, home.root, builds[number], number, hour, as_of, points.pop(), steps_file
        )
        assert end in (-signal.SIGKILL, 0)
        killed += end == -signal.SIGKILL
        steps = steps_file.read_text().splitlines()
        seen |= set(steps)
        # readers have the release before it or this one, never something between
        found = assert_current_is_whole(home)
        assert_kept_releases_are_whole(home)
        visible = number_that_readers_see(home)
        # what `current` was swapped to is what readers see, and nothing else is
        swapped = not as_of and ("swap fsync" in steps or end == 0)
        at_the_swap = not as_of and steps[-1:] == ["swap replace"]
        assert visible == number if swapped else visible in ({current, number} if at_the_swap else {current})
        assert found == undisturbed[visible]
        current = visible
        if chance.random() < 0.33:
            continue
        hour += 1
        current = chance.choice((1, 2))
        assert in_a_process(crasher, publish_once, home.root, builds[current], current, hour, False, None) == 0
        assert assert_current_is_whole(home) == undisturbed[current]
        assert number_that_readers_see(home) == current
        assert_nothing_lies_about(home)
        assert len(list(home.releases.iterdir())) <= 6
    hour += 1
    assert in_a_process(crasher, publish_once, home.root, builds[1], 1, hour, False, None) == 0
    assert assert_current_is_whole(home) == undisturbed[1]
    assert_nothing_lies_about(home)
    for kind in ("publish export", "publish copy", "publish fsync", "publish rename", "swap", "retire", "clear"):
        assert any(step.startswith(kind) for step in seen), kind


def land_once(root: Path, file: Path, point: int | None, steps_file: Path) -> None:
    """Land a file of a source that has no bundled ones."""
    kill_at(point, steps_file)
    arrival = Arrival("tradestat", "2024", "DGCI&S", "made by hand", "none", "none", "https://example.org/", False, {})
    landing.land(DataHome(root), arrival, file)


def clear_once(root: Path, point: int | None, steps_file: Path) -> None:
    """What the next run does first."""
    kill_at(point, steps_file)
    home = DataHome(root)
    with run_lock(home):
        release.clear_leftovers(home)


def test_a_landing_killed_at_any_step_leaves_all_or_nothing_and_the_next_run_clears_it(
    crasher: ForkServerContext, tmp_path: Path
) -> None:
    file, steps_file = tmp_path / "file.csv", tmp_path / "steps"
    file.write_text("year,value\n2024,1\n")
    assert in_a_process(crasher, land_once, tmp_path / "undisturbed", file, None, steps_file) == 0
    steps = steps_file.read_text().splitlines()
    assert [step.split()[1] for step in steps] == ["copy", "manifest", "rename"]
    for point in range(len(steps)):
        home = DataHome(tmp_path / f"home{point}")
        home.releases.mkdir(parents=True)
        assert in_a_process(crasher, land_once, home.root, file, point, steps_file) == -signal.SIGKILL
        assert landing.vintages(home, "tradestat") == []
        assert [entry.name[:10] for entry in (home.landing / "tradestat").iterdir()] == [".incoming-"]
        # clearing is killed, too, and begun again
        assert in_a_process(crasher, clear_once, home.root, 0, steps_file) == -signal.SIGKILL
        assert in_a_process(crasher, clear_once, home.root, None, steps_file) == 0
        assert list((home.landing / "tradestat").iterdir()) == []
        assert in_a_process(crasher, land_once, home.root, file, None, steps_file) == 0
        (vintage,) = landing.vintages(home, "tradestat")
        assert landing.verify(home, vintage).read_bytes() == file.read_bytes()
        assert_nothing_lies_about(home)


def test_what_a_landing_under_way_copies_is_not_cleared_away(crasher: ForkServerContext, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    file = tmp_path / "file.csv"
    file.write_text("year,value\n2024,1\n")
    fifo = tmp_path / "go on"
    os.mkfifo(fifo)
    process = crasher.Process(target=land_and_wait, args=(home.root, file, fifo))
    process.start()
    with fifo.open("w") as gate:  # opens when the landing has come to its second step
        assert in_a_process(crasher, clear_once, home.root, None, tmp_path / "steps") == 0
        gate.write("go on")
    process.join()
    assert process.exitcode == 0
    assert len(landing.vintages(home, "tradestat")) == 1


def land_and_wait(root: Path, file: Path, fifo: Path) -> None:
    """Land a file, and wait before its manifest is written until somebody has written into the fifo."""

    def wait(step: str) -> None:
        if step.startswith("land manifest"):
            assert fifo.read_text() == "go on"

    before_step.set(wait)
    arrival = Arrival("tradestat", "2024", "DGCI&S", "made by hand", "none", "none", "https://example.org/", False, {})
    landing.land(DataHome(root), arrival, file)


# --- whole runs, on the small bundle ------------------------------------------------------------------------------


class WholeRuns:
    """A data home after one undisturbed run, in which runs are killed."""

    def __init__(self, home: DataHome, bundle: Path) -> None:
        """Run once, undisturbed."""
        self.home, self.bundle = home, bundle
        note = (
            f"def hook(step):\n    with open({str(home.root.parent / 'steps')!r}, 'a') as file: print(step, file=file)"
        )
        first = run_command(home, bundle, "run", "--no-prefect", hook=note)
        assert first.returncode == 0, first.stderr
        self.steps = (home.root.parent / "steps").read_text().splitlines()
        self.content_hash = assert_current_is_whole(home)

    def kill(self, hook: str) -> None:
        """Run until the hook kills the run; readers keep what they had."""
        before = self.home.current.resolve()
        killed = run_command(self.home, self.bundle, "run", "--no-prefect", hook=hook)
        assert killed.returncode == -signal.SIGKILL, (killed.returncode, killed.stdout, killed.stderr)
        assert assert_current_is_whole(self.home) == self.content_hash
        assert self.home.current.resolve() == before or "swap" in hook

    def run_again(self) -> None:
        """Run with no help; the result is that of the undisturbed run."""
        done = run_command(self.home, self.bundle, "run", "--no-prefect")
        assert done.returncode == 0, done.stderr
        assert assert_current_is_whole(self.home) == self.content_hash
        assert_nothing_lies_about(self.home)


@pytest.fixture(scope="module")
def whole_runs(
    small_bundle: Path, unit_tests_passed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeRuns]:
    """A home whose runs are killed, one after the other."""
    yield WholeRuns(new_home(tmp_path_factory.mktemp("runs") / "home", unit_tests_passed), small_bundle)


KILL_AT_STEP = """
import os, signal
def hook(step):
    if step == {step!r}:
        os.kill(os.getpid(), signal.SIGKILL)
"""
# Kills `victim` while dbt builds a model: its log says that the model was begun and not that it was done.
KILL_DURING_DBT = """
import multiprocessing, os, signal, threading
from pathlib import Path
def hook(step):
    if step == "build intermediate":
        threading.Thread(target=watch, daemon=True).start()
def watch():
    build = Path(os.environ["MINERAL_RISK_HOME"]) / "build"
    begun = b"START sql table model intermediate"
    while not any(begun in log.read_bytes() for log in build.glob("*/dbt/logs/dbt.log")):
        pass
    (worker,) = multiprocessing.active_children()
    (build.parent.parent / "worker").write_text(str(worker.pid))
    os.kill({victim}, signal.SIGKILL)
"""
KILL_DURING_CHECKS = """
import os, signal
import expectations
evaluate, evaluated = expectations._run_suite, []
def kill_at_the_third(*arguments):
    evaluated.append(arguments)
    if len(evaluated) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return evaluate(*arguments)
def hook(step):
    if step == "check intermediate":
        expectations._run_suite = kill_at_the_third
"""


@pytest.mark.parametrize("part", ["land", "load", "build", "check", "publish"])
def test_a_whole_run_killed_at_one_point_of_each_part(part: str, whole_runs: WholeRuns) -> None:
    steps = [step for step in whole_runs.steps if step.split()[0] == part]
    step = random.Random(f"{SEED} {part}").choice(steps)  # noqa: S311 - which point, not a secret
    whole_runs.kill(KILL_AT_STEP.format(step=step))
    whole_runs.run_again()


def test_a_run_killed_between_its_two_halves_of_the_swap(whole_runs: WholeRuns) -> None:
    whole_runs.kill(KILL_AT_STEP.format(step="swap fsync"))
    whole_runs.run_again()


def test_a_run_killed_while_dbt_builds_takes_its_worker_with_it(whole_runs: WholeRuns) -> None:
    whole_runs.kill(KILL_DURING_DBT.format(victim="os.getpid()"))
    # no wait: the next run may meet the worker still at work
    whole_runs.run_again()
    worker = int((whole_runs.home.root.parent / "worker").read_text())
    until = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists() and Path(f"/proc/{worker}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < until, "the worker of a killed run is alive"
        time.sleep(0.1)


def test_a_dbt_worker_that_is_killed_fails_the_run_in_one_line(whole_runs: WholeRuns) -> None:
    before = whole_runs.home.current.resolve()
    failed = run_command(
        whole_runs.home, whole_runs.bundle, "run", "--no-prefect", hook=KILL_DURING_DBT.format(victim="worker.pid")
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("mineral-risk: dbt: its process died while building intermediate")
    assert len(failed.stderr.splitlines()) == 1, failed.stderr
    assert whole_runs.home.current.resolve() == before
    assert assert_current_is_whole(whole_runs.home) == whole_runs.content_hash
    assert_nothing_lies_about(whole_runs.home)
    whole_runs.run_again()


def test_a_run_killed_during_the_checks(whole_runs: WholeRuns) -> None:
    whole_runs.kill(KILL_DURING_CHECKS)
    whole_runs.run_again()


def test_a_run_killed_during_the_export(whole_runs: WholeRuns) -> None:
    exports = [step for step in whole_runs.steps if step.startswith("publish export marts.")]
    assert len(exports) > 10
    whole_runs.kill(KILL_AT_STEP.format(step=exports[len(exports) // 2]))
    whole_runs.run_again()


def test_the_history_tells_which_runs_died(whole_runs: WholeRuns) -> None:
    """Comes last in this file: what was killed above stands in the history as died, but for the one that swapped."""
    records = [json.loads(file.read_text()) for file in (whole_runs.home.root / "runs").glob("*.json")]
    statuses = [record["status"] for record in records]
    assert "running" not in statuses
    assert statuses.count("died") <= 8 and statuses.count("published") >= 1
