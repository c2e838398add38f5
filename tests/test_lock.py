"""Locks: one at a time, the holder named, and nothing left of a holder that died. All holders are real processes."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warehouse import lock
from warehouse.errors import RunInProgress
from warehouse.lock import hold, holder, run_holder, run_lock
from warehouse.paths import REPOSITORY, DataHome

Starter = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start a Python process; it has said `ready` when this returns, and is gone at the end of the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(script: str) -> subprocess.Popen[str]:
        file = tmp_path / f"process_{len(processes)}.py"
        file.write_text(textwrap.dedent(script))
        process = subprocess.Popen(
            [sys.executable, str(file)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MINERAL_RISK_HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


HOLDS = """
    import time
    from warehouse.lock import run_lock
    from warehouse.paths import data_home
    with run_lock(data_home(), "a rollback"):
        print("ready", flush=True)
        time.sleep(600)
"""


def test_a_live_holder_is_named_with_what_it_does_and_since_when_and_lives_on(tmp_path: Path, start: Starter) -> None:
    home = DataHome(tmp_path)
    assert holder(home.lock) is None
    before = datetime.now(UTC) - timedelta(seconds=1)
    process = start(HOLDS)
    found = holder(home.lock)
    assert found is not None
    assert (found.process_id, found.what) == (process.pid, "a rollback")
    assert found.since is not None and before <= found.since <= datetime.now(UTC)
    for _ in range(3):  # being refused changes nothing for the next one
        with pytest.raises(RunInProgress) as refused, run_lock(home):
            pass
        assert re.fullmatch(
            rf"a rollback is under way in .*: process {process.pid}, since {found.since:%Y-%m-%d %H:%M:%S} UTC;"
            " wait for it to end",
            str(refused.value),
        )
    assert process.poll() is None


def test_the_lock_of_a_holder_killed_with_9_is_free_and_its_name_misleads_nobody(
    tmp_path: Path, start: Starter
) -> None:
    home = DataHome(tmp_path)
    process = start(HOLDS)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert f"process {process.pid}," in home.lock.read_text()
    assert holder(home.lock) is None
    with run_lock(home):
        found = holder(home.lock)
        assert found is not None and (found.process_id, found.what) == (os.getpid(), "a run")
    assert holder(home.lock) is None


def test_a_holder_that_has_not_written_its_name_yet_is_not_told_as_the_dead_one_before_it(
    tmp_path: Path, start: Starter
) -> None:
    home = DataHome(tmp_path)
    dead = start(HOLDS)
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    # a holder that is stopped for a moment between taking the lock and writing its name
    alive = start(
        """
        import fcntl, os, time
        from warehouse.paths import data_home
        file = data_home().lock.open("r+")
        fcntl.flock(file, fcntl.LOCK_EX)
        print("ready", flush=True)
        time.sleep(0.7)
        file.truncate(0)
        file.write(f"process {os.getpid()}, since 2026-01-02 03:04:05 UTC: a run\\n")
        file.flush()
        time.sleep(600)
        """
    )
    found = holder(home.lock)
    assert found is not None
    assert (found.process_id, found.since) == (alive.pid, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_a_lock_whose_text_says_nothing_is_held_by_an_unknown_process(
    tmp_path: Path, start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "SECONDS_TO_WRITE_THE_TEXT", 0.1)
    home = DataHome(tmp_path)
    start(
        """
        import fcntl, time
        from warehouse.paths import data_home
        file = data_home().lock.open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(b"\\xff process of my own")
        file.flush()
        print("ready", flush=True)
        time.sleep(600)
        """
    )
    found = holder(home.lock)
    assert found is not None and found.process_id is None and str(found) == "an unknown process"


def test_a_run_whose_lock_file_is_removed_still_keeps_others_out(tmp_path: Path, start: Starter) -> None:
    home = DataHome(tmp_path)
    process = start(HOLDS)
    home.lock.unlink()
    for _ in range(2):  # the first refused one leaves a lock file of its own
        found = run_holder(home)
        assert found is not None and found.process_id is None
        with pytest.raises(RunInProgress, match=r"a run is under way in .* whose run.lock was removed"), run_lock(home):
            pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run_holder(home) is None
    with run_lock(home):
        found = run_holder(home)
        assert found is not None and found.process_id == os.getpid()
    assert run_holder(home) is None and run_holder(DataHome(tmp_path / "nowhere")) is None


def test_whoever_only_looks_never_keeps_a_run_from_starting(tmp_path: Path, start: Starter) -> None:
    home = DataHome(tmp_path)
    with run_lock(home):
        pass
    for _ in range(3):
        start(
            """
            from warehouse.lock import run_holder
            from warehouse.paths import data_home
            print("ready", flush=True)
            while True:
                run_holder(data_home())
            """
        )
    for _ in range(500):
        with run_lock(home):
            pass


def test_a_worker_that_outlives_its_run_does_not_keep_the_lock(tmp_path: Path, start: Starter) -> None:
    home = DataHome(tmp_path)
    process = start(
        """
        import multiprocessing, os, subprocess, sys, time
        from warehouse.lock import run_lock
        from warehouse.paths import data_home

        def work(name):
            (data_home().root / name).write_text(str(os.getpid()))
            time.sleep(600)

        if __name__ == "__main__":
            with run_lock(data_home()):
                for way in ("spawn", "fork"):
                    multiprocessing.get_context(way).Process(target=work, args=(way,)).start()
                subprocess.Popen(["sleep", "600"], close_fds=False)
                while not all((data_home().root / name).exists() for name in ("spawn", "fork")):
                    time.sleep(0.02)
                print("ready", flush=True)
                time.sleep(600)
        """
    )
    with pytest.raises(RunInProgress), run_lock(home):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    workers = [int((tmp_path / way).read_text()) for way in ("spawn", "fork")]
    for worker in workers:
        os.kill(worker, 0)  # they live
    with run_lock(home):
        pass
    for worker in workers:
        os.kill(worker, 0)


def test_a_forked_child_that_ends_does_not_free_the_lock_of_its_parent(tmp_path: Path) -> None:
    home = DataHome(tmp_path)
    with run_lock(home):
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,))
        child.start()
        child.join()
        found = holder(home.lock)
        assert found is not None and found.process_id == os.getpid()


def test_the_lock_of_a_file_is_free_after_the_block_whatever_happened_in_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "schedule.lock", "a schedule"):
        _ = 1 / 0
    assert holder(tmp_path / "schedule.lock") is None
