"""The project says of itself what is so: documents, seeds, structure."""

from __future__ import annotations

import ast
import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app
from warehouse.paths import DBT_PROJECT, REPOSITORY

TRACKED = [
    REPOSITORY / name
    for name in subprocess.run(
        ["git", "-C", str(REPOSITORY), "ls-files"],  # noqa: S607 - git of the checkout
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
]
SEEDS = sorted((DBT_PROJECT / "seeds").glob("*.csv"))
# what each room may import of ours, as the tree promises
MAY_IMPORT = {
    "warehouse": {"warehouse"},
    "expectations": {"expectations"},
    "flows": {"flows", "warehouse", "expectations"},
}
ROOMS = set(MAY_IMPORT) | {"tests"}


def python_files(room: str) -> list[Path]:
    return sorted((REPOSITORY / room).rglob("*.py"))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for file in python_files(room):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            ours = {name.split(".")[0] for name in names} & ROOMS
            assert ours <= MAY_IMPORT[room], file


def test_only_one_module_opens_duckdb() -> None:
    openers = {
        str(file.relative_to(REPOSITORY))
        for room in MAY_IMPORT
        for file in python_files(room)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        # a script that doctor hands to an old client is a text, and opens nothing here
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "duckdb.connect"
    }
    assert openers == {"warehouse/database.py"}


def test_no_code_of_ours_uses_pandas() -> None:
    for room in (*MAY_IMPORT, "tests"):
        for file in python_files(room):
            assert not re.search(r"^\s*(import|from) pandas", file.read_text(encoding="utf-8"), re.MULTILINE), file


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom flows.cli import app\n"
        "heavy = {'duckdb', 'dbt', 'prefect', 'great_expectations', 'polars', 'pandas'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_has_help_with_an_example_and_stands_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None and command.callback.__doc__
        assert command.epilog and command.epilog.startswith("Example: mineral-risk ")
        assert f"mineral-risk {command.callback.__name__}" in readme


def test_the_recipes_name_files_that_exist() -> None:
    recipes = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name for name in re.findall(r"`([a-z_./<>]+)`", recipes) if "/" in name and "<" not in name]
    assert len(named) > 8
    for name in named:
        assert (REPOSITORY / name).exists(), name


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_every_fact_has_a_source(seed: Path) -> None:
    with seed.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    column = "url" if seed.stem == "seed_source_pages" else "source"
    assert [row for row in rows if not row[column].strip()] == []


def test_the_lock_has_hashes_and_no_address() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    requirements = re.split(r"\n(?=\S)", lock.strip())
    assert all("==" in text and "--hash=sha256:" in text for text in requirements)
    assert re.search(r"^sqlalchemy\[asyncio\]==2\.0\.", lock, re.MULTILINE)  # with 2.1 schedules never fire


def test_no_tracked_file_names_one_machine() -> None:
    for file in TRACKED:
        if file.suffix in {".parquet", ".lock"} or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(^|[^\w.])/(work|farm|root|home)/[a-z]", text), file


def test_the_licences_travel_with_the_data() -> None:
    notice = (REPOSITORY / "warehouse" / "bundled" / "NOTICE.md").read_text(encoding="utf-8")
    for file in (REPOSITORY / "warehouse" / "bundled").glob("*.[cp]*"):
        assert file.name in notice
    assert "Etalab" in notice and "CC BY 4.0" in notice
    assert "Apache License" in (REPOSITORY / "LICENSE").read_text(encoding="utf-8")


def test_make_says_in_one_line_what_a_python_without_venv_lacks(tmp_path: Path) -> None:
    """A stand-in for Debian's Python: right version, no ensurepip."""
    python = tmp_path / "python3"
    python.write_text(
        '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; *) exec ' + sys.executable + ' "$@";; esac\n', encoding="utf-8"
    )
    python.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text((REPOSITORY / name).read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        ["make", "--silent", "install", f"PYTHON={python}"],  # noqa: S607 - make of the machine
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        # The tests may themselves run under `make test`: this make must not think it is a part of that one.
        env={name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))},
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1 and "python3-venv" in said[0]
