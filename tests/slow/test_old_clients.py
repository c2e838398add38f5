"""Old and new clients read a release: each in a throwaway environment, opened and attached, and as Parquet.

What each of them says of every table, comment and macro is compared with what the client of this project says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import MadeOnce, Refreshed
from tests.test_contract import TABLE_MACRO_CALLS
from tests.test_published import BY_HAND, CALLS, called
from warehouse.contract import load
from warehouse.database import connect

# the oldest that a BI tool may still carry, the last of the first major version's middle age, and the newest
CLIENTS = ("1.1.3", "1.4.0", "2.0.0")
SCALAR_CALLS = [*(called(macro, arguments) for macro, arguments in CALLS.items()), *(call for call, _ in BY_HAND)]

# Runs in the client, which knows nothing of this project. A table's fingerprint is a sum over the MD5 of its rows as
# text: a value that reads otherwise, or in another row, changes it.
ASK = """
import duckdb, json, sys

def opened(*address, **options):
    connection = duckdb.connect(*address, **options)
    connection.execute("set enable_progress_bar = false")  # it would go where the answers go
    return connection

def of_tables(connection, relations):
    said = {}
    for name, relation in relations.items():
        described = connection.execute(f"describe select * from {relation}").fetchall()
        row = ", ".join(f"coalesce({column[0]}::varchar, '<null>')" for column in described)
        said[name] = [
            [column[:2] for column in described],
            connection.execute(
                f"select count(*), coalesce(sum(md5_number_lower(concat_ws('|', {row}))::hugeint), 0)::varchar"
                f" from {relation}"
            ).fetchone(),
        ]
    return said

def of_a_file(connection, calls, table_calls):
    mine = "database_name = current_database() and not internal"
    names = [row[0] for row in connection.execute(
        f"select schema_name || '.' || table_name from duckdb_tables() where {mine} order by 1").fetchall()]
    return {
        "tables": of_tables(connection, {name: name for name in names}),
        "table comments": connection.execute(
            f"select schema_name, table_name, comment from duckdb_tables() where {mine} order by all").fetchall(),
        "column comments": connection.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns()"
            f" where {mine} order by all").fetchall(),
        "scalar macros": {call: connection.execute(f"select {call}").fetchone()[0] for call in calls},
        "table macros": {call: connection.execute(f"from {call}").fetchall() for call in table_calls},
    }

asked = json.load(sys.stdin)
answers = {"version": duckdb.__version__}
connection = opened(asked["database"], read_only=True)
answers["opened"] = of_a_file(connection, asked["calls"], asked["table_calls"])
connection.close()
connection = opened()
connection.execute(f"attach '{asked['database']}' as mineral_risk (read_only)")
answers["by full name"] = connection.execute("select count(*) from mineral_risk.marts.latest_risk").fetchone()[0]
connection.execute("use mineral_risk")
answers["attached"] = of_a_file(connection, asked["calls"], asked["table_calls"])
connection.close()
connection = opened()
answers["parquet"] = of_tables(connection, {name: f"'{file}'" for name, file in asked["parquet"].items()})
print(json.dumps(answers))
"""

# Opens a release, says so, and waits for a word before it asks the same again and closes.
HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
while True:
    print(connection.execute("select count(*) from marts.risk_scores").fetchone()[0], flush=True)
    if not sys.stdin.readline():
        break
"""


def python_with(version: str, made_once: MadeOnce) -> Path:
    """Return the Python of a throwaway environment that has this version of DuckDB and nothing else of ours."""

    def make(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--retries", "1"]
        installed = subprocess.run(
            [*pip, "install", "--quiet", "--only-binary", ":all:", f"duckdb=={version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode != 0:
            said = installed.stderr.strip().splitlines() or ["pip said nothing"]
            pytest.skip(f"DuckDB {version} cannot be installed here, so it was NOT tested: {said[-1]}")

    return made_once(f"client-{version}", make) / "bin" / "python"


@pytest.fixture(scope="session", params=CLIENTS)
def client(request: pytest.FixtureRequest, made_once: MadeOnce) -> Path:
    return python_with(request.param, made_once)


@pytest.fixture(scope="session", params=["refreshed", "several_sources"])
def release_to_read(request: pytest.FixtureRequest) -> Refreshed:
    """The release of the bundled data, and the small one of several sources, of which some rows may not leave."""
    made = request.getfixturevalue(request.param)
    assert isinstance(made, Refreshed)
    return made


def parquet_files(folder: Path) -> dict[str, str]:
    """Return the Parquet files of a release by the name of their table."""
    return {
        name: str(folder / "parquet" / f"{name.removeprefix('marts.').replace('.', '/')}.parquet")
        for name in load().tables
    }


def ask(python: Path, made: Refreshed) -> dict[str, Any]:
    """Return all that a client says of a release."""
    asked = {
        "database": str(made.release.database),
        "parquet": parquet_files(made.release.folder),
        "calls": SCALAR_CALLS,
        "table_calls": list(TABLE_MACRO_CALLS.values()),
    }
    done = subprocess.run([python, "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="session")
def present_answers(release_to_read: Refreshed) -> dict[str, Any]:
    return ask(Path(sys.executable), release_to_read)


def test_every_client_reads_the_same(
    client: Path, release_to_read: Refreshed, present_answers: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    answers = ask(client, release_to_read)
    assert answers.pop("version") == request.node.callspec.params["client"]
    assert sorted(answers) == ["attached", "by full name", "opened", "parquet"]
    for way in ("opened", "attached"):
        for what, said in answers[way].items():
            assert said == present_answers[way][what], f"{what}, {way}"
    assert answers["parquet"] == present_answers["parquet"]


def test_what_the_present_client_says_is_what_was_published(
    release_to_read: Refreshed, present_answers: dict[str, Any]
) -> None:
    """The answers that the others are compared with, held against the contract and against sums by hand."""
    assert present_answers["version"] == duckdb.__version__
    contract = load()
    with connect(release_to_read.release.database, read_only=True) as connection:
        rows = dict(connection.execute("select table_name, row_count from meta.tables").fetchall())
    for way in ("opened", "attached"):
        said = present_answers[way]
        assert {name: [tuple(column) for column in columns] for name, (columns, _) in said["tables"].items()} == {
            name: [(column, promise.type) for column, promise in table.columns.items()]
            for name, table in contract.tables.items()
        }
        assert {name: counted for name, (_, (counted, _)) in said["tables"].items()} == rows
        assert {row[-1] for row in said["table comments"] + said["column comments"]}.isdisjoint({None, ""})
        assert len(said["table comments"]) == len(contract.tables)
        for call, expected in BY_HAND:
            assert said["scalar macros"][call] == pytest.approx(expected, abs=5e-7), call
        for call in TABLE_MACRO_CALLS.values():
            assert said["table macros"][call] != []
    assert present_answers["by full name"] == rows["marts.latest_risk"] == 41 - 1  # every mineral but the parent
    # a row that may not leave is in the file and not in Parquet; nothing else differs
    assert {name for name, table in present_answers["parquet"].items() if table[1][0] > rows[name]} == set()


@contextmanager
def held_open(python: Path, database: Path) -> Iterator[subprocess.Popen[str]]:
    """Let a client hold a file open, and end it by telling it that there is nothing more to ask."""
    process = subprocess.Popen(
        [python, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def asked_again(process: subprocess.Popen[str]) -> int:
    """Return what a client that holds a file open counts now."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("again\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_old_and_present_clients_have_it_open_at_once(client: Path, several_sources: Refreshed) -> None:
    database, present = several_sources.release.database, Path(sys.executable)
    with connect(database, read_only=True) as connection:
        counted = len(connection.execute("select 1 from marts.risk_scores").fetchall())
    assert counted > 100
    for first, second in ((present, client), (client, present)):
        with held_open(first, database) as holding:
            assert holding.stdout is not None and int(holding.stdout.readline()) == counted
            with held_open(second, database) as coming:
                assert coming.stdout is not None and int(coming.stdout.readline()) == counted
                assert asked_again(holding) == asked_again(coming) == counted
            assert asked_again(holding) == counted
            assert holding.poll() is None
        assert holding.returncode == coming.returncode == 0
