"""Results that are larger than the memory: they go through the shell batch by batch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_sql import publish_small
from warehouse.paths import REPOSITORY, DataHome

# Rows of 10,000 characters; together a gigabyte.
QUERY = "select range, repeat('x', 10000) as words from range(100000)"
DATA_LIMIT = 700_000_000


@pytest.mark.parametrize("style", ["csv", "json", "parquet"])
def test_a_result_larger_than_the_memory_streams(style: str, tmp_path: Path) -> None:
    """A gigabyte of rows goes through two processes, neither of which can have 700 MB of data."""
    home = DataHome(tmp_path / "home")
    publish_small(home, 1)
    command = [sys.executable, "-m", "flows", "sql", "--format", style, "--memory", "300MB", "--seconds", "1200", QUERY]
    with subprocess.Popen(
        ["/usr/bin/prlimit", f"--data={DATA_LIMIT}", *command],
        env={**os.environ, "MINERAL_RISK_HOME": str(home.root)},
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        size, last = 0, b""
        while part := process.stdout.read(2**20):
            size, last = size + len(part), part
        assert process.stderr.read() == b""
    assert process.returncode == 0
    if style == "parquet":
        assert last.endswith(b"PAR1")
    else:
        assert size > 1_000_000_000 and last.rstrip(b']}\n"').endswith(b"xxxx")
