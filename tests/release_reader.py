"""A process that reads releases again and again while others are published, and tells at the end what it saw.

It is run by its path and needs DuckDB alone, so that any old client can be such a reader:

    python release_reader.py '{"kind": "short", "home": "...", "report": "...", "numbers": {"marts.minerals": "..."}}'

Every table of a release carries the number of its publish (tests/small_build.py): a read whose tables do not all have
the same number saw a mixed release; a number below the one that was published before the read began is a stale one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import duckdb

NOBODY = 65_534
READS_PER_CONNECTION = 10
# a dashboard asks, draws, and asks again; without a pause this would only measure how readers starve each other
PAUSE_SECONDS = 0.2
ONE_THREAD: dict[str, Any] = {"threads": 1}


class Reader:
    """What one reader is told, and what it saw."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Begin with nothing seen."""
        self.home = Path(told["home"])
        self.numbers: dict[str, str] = told["numbers"]
        self.reads, self.refused = 0, 0
        self.first: int | None = None
        self.last = -1
        self.milliseconds: list[float] = []
        self.errors: list[str] = []
        self.mixed: list[str] = []
        self.stale: list[str] = []

    @property
    def database(self) -> str:
        """The path that readers open."""
        return str(self.home / "current" / "mineral_risk.duckdb")

    def published(self) -> int:
        """Return the number of the last publish that is over."""
        return int((self.home / "published").read_text())

    def query(self, table: Callable[[str], str]) -> str:
        """Return the query for the numbers of all tables, each named by `table`."""
        return " union all ".join(
            f"select '{name}' as name, * from (select {expression} from {table(name)}) as found (most, least)"
            for name, expression in self.numbers.items()
        )

    def saw(self, rows: list[tuple[Any, ...]], began: float, at_least: int) -> int:
        """Count a read, and say what is wrong with it; `at_least` is the oldest number that is not stale."""
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        self.reads += 1
        found = {number for _, most, least in rows for number in (most, least)}
        if len(found) != 1 or None in found or len(rows) != len(self.numbers):
            self.mixed.append(str(sorted(rows)))
            return -1
        (number,) = found
        if number < max(at_least, self.last):
            self.stale.append(f"{number} after {max(at_least, self.last)}")
        self.first = number if self.first is None else self.first
        self.last = number
        return int(number)


def short(reader: Reader) -> None:
    """Open, ask, close."""
    began, at_least = time.perf_counter(), reader.published()
    with duckdb.connect(reader.database, read_only=True, config=ONE_THREAD) as connection:
        reader.saw(connection.execute(reader.query(str)).fetchall(), began, at_least)


def reconnects(reader: Reader) -> None:
    """Open, ask several times, which must not change the answer, close."""
    began, at_least = time.perf_counter(), reader.published()
    with duckdb.connect(reader.database, read_only=True, config=ONE_THREAD) as connection:
        numbers = set()
        for _ in range(READS_PER_CONNECTION):
            numbers.add(reader.saw(connection.execute(reader.query(str)).fetchall(), began, at_least))
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
    if len(numbers) != 1:
        reader.mixed.append(f"{sorted(numbers)} in one connection")


def attaches(reader: Reader) -> None:
    """Attach the file to a database of one's own, ask, detach."""
    began, at_least = time.perf_counter(), reader.published()
    with duckdb.connect(config=ONE_THREAD) as connection:
        connection.execute(f"attach '{reader.database}' as risk_file (read_only)")
        rows = connection.execute(reader.query(lambda name: f"risk_file.{name}")).fetchall()
        connection.execute("detach risk_file")
        reader.saw(rows, began, at_least)


def parquet(reader: Reader) -> None:
    """Resolve `current` once, then read the Parquet files of that release, one by one."""
    began, at_least = time.perf_counter(), reader.published()
    folder = (reader.home / "current").resolve() / "parquet"

    def file(name: str) -> str:
        schema, _, table = name.partition(".")
        return f"'{folder / ('' if schema == 'marts' else schema) / table}.parquet'"

    with duckdb.connect(config=ONE_THREAD) as connection:
        reader.saw(connection.execute(reader.query(file)).fetchall(), began, at_least)


def writes_by_mistake(reader: Reader) -> None:
    """Open for writing, which must be refused, then as one should."""
    try:
        with duckdb.connect(reader.database, config=ONE_THREAD) as connection:
            connection.execute("create table main.mine as select 1 as one")
        reader.errors.append("the file of a release could be opened for writing, and written to")
    except duckdb.IOException as error:
        if "ermission denied" not in str(error):
            reader.errors.append(f"refused for another reason: {error}")
        reader.refused += 1
    short(reader)


def long_lived(reader: Reader) -> Generator[None, None, None]:
    """Open once and ask for ever: the answer must never change."""
    at_least = reader.published()
    with duckdb.connect(reader.database, read_only=True, config=ONE_THREAD) as connection:
        while True:
            began = time.perf_counter()
            reader.saw(connection.execute(reader.query(str)).fetchall(), began, at_least)
            if reader.last != reader.first:
                reader.mixed.append(f"{reader.last} after {reader.first} in one connection")
            yield


ONCE: dict[str, Callable[[Reader], None]] = {
    "short": short,
    "reconnects": reconnects,
    "attaches": attaches,
    "parquet": parquet,
    "writes_by_mistake": writes_by_mistake,
}


def read_until_told(told: dict[str, Any]) -> None:
    """Read until the home has a file `stop`, then once more, and write the report."""
    reader = Reader(told)
    report = Path(told["report"]).open("w", encoding="utf-8")  # noqa: SIM115 - opened before the rights are given up
    if told["kind"] == "writes_by_mistake" and os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    held, told_that_it_reads, told_to_stop = long_lived(reader), False, False
    while not told_to_stop:
        # once more after that: the last publish is over by then, and is to be seen
        told_to_stop = (reader.home / "stop").exists()
        try:
            if told["kind"] == "long_lived":
                next(held)
            else:
                ONCE[told["kind"]](reader)
        except (duckdb.Error, OSError, StopIteration) as error:
            reader.errors.append(f"{type(error).__name__}: {error}")
        if reader.reads and not told_that_it_reads:
            told_that_it_reads = True
            # how the others know that this one is reading; a reader that dies before has told why on its screen
            print("reading", flush=True)  # noqa: T201
        time.sleep(PAUSE_SECONDS)
    held.close()
    found = {name: value for name, value in vars(reader).items() if name not in ("home", "numbers")}
    with report:
        json.dump({"client": duckdb.__version__, **found}, report)


if __name__ == "__main__":
    read_until_told(json.loads(sys.argv[1]))
