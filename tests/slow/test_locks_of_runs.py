"""The lock of a run, whichever way it was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.test_lock import Starter
from tests.test_lock import start as start
from warehouse.lock import run_lock
from warehouse.paths import DataHome


def test_a_run_through_prefect_and_a_direct_one_keep_each_other_out(tmp_path: Path, start: Starter) -> None:
    """A flow run holds the lock that a direct run asks for, and the other way round."""
    directly = """
        import time
        from flows import run as steps
        from warehouse.paths import data_home
        if __name__ == "__main__":
            with steps.begin(data_home()):
                print("ready", flush=True)
                time.sleep(600)
        """
    # the flow of a schedule, stopped at its first step; its engine talks to a server of its own
    through_prefect = """
        import time
        from warehouse.paths import data_home
        from flows import prefect_settings
        if __name__ == "__main__":
            prefect_settings.configure(data_home(), quiet=True)
            from flows import refresh
            from warehouse.steps import before_step
            def stop(step):
                print("ready", flush=True)
                time.sleep(600)
            before_step.set(stop)
            refresh.refresh_flow()
        """
    for first, second in ((directly, "--prefect"), (through_prefect, "--no-prefect")):
        process = start(first)
        done = subprocess.run(
            [sys.executable, "-m", "flows", "run", second],
            env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 5
        assert f"a run is under way in {tmp_path}: process {process.pid}, since 20" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with run_lock(DataHome(tmp_path)):
            pass
