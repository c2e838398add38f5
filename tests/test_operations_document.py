"""docs/operations.md promises nothing without a test that is there, and tells every exit code."""

from __future__ import annotations

import ast
import re

import pytest

from flows import cli, doctor
from flows.diversify_screen import NO_MIX
from warehouse import errors
from warehouse.paths import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
PROMISES = DOCUMENT.split("## What is promised")[1].split("\n## ")[0]
NAMED = re.findall(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", PROMISES)


@pytest.mark.parametrize(("file", "names"), NAMED)
def test_every_test_that_holds_a_promise_is_there(file: str, names: str) -> None:
    defined = {
        node.name
        for node in ast.walk(ast.parse((REPOSITORY / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(re.findall(r"test_\w+", names)) <= defined


def test_every_promise_names_a_test_and_every_long_harness_holds_one() -> None:
    rows = [line for line in PROMISES.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20 and all(re.search(r"`tests/[\w/]+\.py`: `test_", row) for row in rows)
    # nothing is named that the test above did not look for
    assert sum(len(re.findall(r"test_\w+", names)) for _, names in NAMED) == len(re.findall(r"`test_\w+`", PROMISES))
    harnesses = {file.relative_to(REPOSITORY).as_posix() for file in (REPOSITORY / "tests" / "slow").glob("test_*.py")}
    assert harnesses <= {file for file, _ in NAMED}


def test_every_exit_code_is_told() -> None:
    raised = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.WarehouseError)
    }
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCUMENT, re.MULTILINE)}
    assert told == raised | set(doctor.EXIT_CODES.values()) | {0, 2, NO_MIX}
    assert {int(code) for code in re.findall(r"(\d+) [a-z]", cli.EXIT_CODES)} >= told
