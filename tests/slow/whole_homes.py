"""What holds of a data home whatever was done to it, and the command line as a process that can be broken."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from warehouse.database import connect
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import RELEASE_ID, UNFINISHED

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

# Everything that a home may hold between runs.
STATE = {
    "landing", "build", "releases", "current", "run.lock", "schedule.lock", "runs", "unit_tests_passed", "prefect",
    "sql_history",
}  # fmt: skip


def assert_current_is_whole(home: DataHome) -> str:
    """Assert that what readers see opens and equals exactly one complete release; return its content hash."""
    folder = home.current.resolve(strict=True)
    assert folder.parent == home.releases.resolve()
    assert RELEASE_ID.fullmatch(folder.name)
    assert_release_is_whole(folder)
    with connect(home.published_database, read_only=True) as connection:
        told = connection.execute("select release_id, content_hash from meta.release").fetchall()
    content_hash = json.loads((folder / "manifest.json").read_text())["content_hash"]
    assert told == [(folder.name, content_hash)]
    return str(content_hash)


def assert_release_is_whole(folder: Path) -> None:
    """Assert that the files of a release are those of its manifest, byte for byte, and that nobody may write them."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["release_id"] == folder.name
    files = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "manifest.json"
    }
    assert files == manifest["files_sha256"]
    assert {file.stat().st_mode & 0o777 for file in folder.rglob("*") if file.is_file()} == {0o444}
    assert {file.stat().st_mode & 0o777 for file in [folder, *folder.rglob("*")] if file.is_dir()} == {0o555}


def assert_kept_releases_are_whole(home: DataHome) -> None:
    """Assert that whatever can be named as a release is one, also right after a crash."""
    for folder in home.releases.iterdir():
        unseen = (home.releases / f"{UNFINISHED}{folder.name}").exists()
        if RELEASE_ID.fullmatch(folder.name) and not unseen:
            assert_release_is_whole(folder)


def assert_nothing_lies_about(home: DataHome) -> None:
    """Assert that the home holds whole releases, whole vintages and records, and nothing of a run that died."""
    assert {entry.name for entry in home.root.iterdir()} <= STATE
    assert not home.build.exists() or list(home.build.iterdir()) == []
    for folder in home.releases.iterdir():
        assert RELEASE_ID.fullmatch(folder.name), folder
        assert_release_is_whole(folder)
    for vintage in home.landing.glob("*/*"):
        assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}", vintage.name), vintage
        assert len(list(vintage.iterdir())) == 2 and (vintage / "manifest.json").stat().st_size > 0
    for record in home.root.glob("runs/*"):
        assert json.loads(record.read_text())["status"] != "running", record
        assert not record.name.startswith("."), record


def pythons_for_nobody() -> list[str]:
    """Return the Pythons of our version that a user who owns nothing can start: ours may be in somebody's home."""
    named = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys.executable, *(f"{folder}/{named}" for folder in ("/usr/local/bin", "/usr/bin"))]
    # by a shell: what we start ourselves may still be let through
    starting = [*AS_NOBODY, "sh", "-c", '"$0" -c ""']
    return [
        python
        for python in candidates
        if subprocess.run([*starting, python], capture_output=True, check=False).returncode == 0
    ]


def run_command(
    home: DataHome,
    bundle: Path,
    *arguments: str,
    hook: str = "def hook(step): pass",
    environment: dict[str, str] | None = None,
    as_nobody: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, on a small bundle, with code that is called before each step.

    Args:
        home: the data home.
        bundle: folder of the bundled files.
        arguments: of the command line.
        hook: Python code that defines `hook(step)`; it may kill its process, or break the machine.
        environment: variables beside those of this process.
        as_nobody: whether to run as a user who owns nothing, by one of `pythons_for_nobody()`.
    """
    script = (
        f"from pathlib import Path\nfrom flows import ingest\ningest.BUNDLED = Path({str(bundle)!r})\n{hook}\n"
        "from flows import progress\n"
        "told = progress.Screen.step\n"
        "def step(self, name):\n    hook(name)\n    told(self, name)\n"
        "progress.Screen.step = step\n"
        "from flows.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    # the workers of a run start from the same file: it has to be one, and not on the home's disk, which may be full
    file = bundle.parent / f"command_{os.getpid()}.py"
    file.write_text(script)
    command = [pythons_for_nobody()[0] if as_nobody else sys.executable, "-B", str(file), *arguments]
    if as_nobody:
        command = [*AS_NOBODY, *command]
    return subprocess.run(
        command,
        env={
            **os.environ,
            "MINERAL_RISK_HOME": str(home.root),
            "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{sysconfig.get_path('purelib')}",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
