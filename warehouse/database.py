"""The only place that opens a DuckDB database."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.errors import InputRejected

MEMORY_LIMIT = "MINERAL_RISK_MEMORY_LIMIT"
SIZE = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B")

# Extensions are downloads and downloads are not wanted: what the wheel carries must do.
NO_EXTENSION_DOWNLOADS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def quoted(text: Path | str) -> str:
    """Return a path or a text as it stands inside a SQL string."""
    return str(text).replace("'", "''")


@contextmanager
def connect(
    path: Path | None = None, *, read_only: bool = False, threads: int | None = None, spill: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database (in memory without a path), hand it over, close it.

    The session's time zone is UTC, so that the machine's own never reaches a result.

    Args:
        path: the database file; None for one in memory.
        read_only: whether it is only read.
        threads: DuckDB's threads; None for one a core.
        spill: folder for what does not fit into memory. Without it a database that is written spills beside its file,
            and no other one does: a release is no place for it, nor is the folder where somebody works.

    Raises:
        InputRejected: MINERAL_RISK_MEMORY_LIMIT is no size.
    """
    config: dict[str, str | bool | int | float | list[str]] = {**NO_EXTENSION_DOWNLOADS}
    limit = memory_limit()
    if limit is not None:
        config["memory_limit"] = limit
    if spill is not None or read_only or path is None:
        config["temp_directory"] = str(spill or "")
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def memory_limit() -> str | None:
    """Return how much memory DuckDB may take, as `2GB`; None (four fifths of the machine's) if nothing is set.

    Raises:
        InputRejected: MINERAL_RISK_MEMORY_LIMIT is no size.
    """
    limit = os.environ.get(MEMORY_LIMIT)
    if not limit:
        return None
    if not SIZE.fullmatch(limit):
        raise InputRejected(f"{MEMORY_LIMIT}={limit}: expected a size such as 500MB or 2GB")
    return limit


@contextmanager
def connect_sandboxed(
    path: Path, *, memory_limit: str = "2GB", threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published database for SQL from outside.

    It cannot write, read or write a file, attach a database, load an extension, change a setting or see a variable of
    ours: `read_only` alone would still let a query read any file and write CSVs. `warehouse.sandbox` says what it may
    be asked, and for how long.
    """
    with connect(path, read_only=True, threads=threads) as connection:
        connection.execute("set search_path = 'main,marts,meta'")
        connection.execute("set python_enable_replacements = false")  # a name in SQL is never a Python variable
        connection.execute("set memory_limit = $limit", {"limit": memory_limit})
        connection.execute("set temp_directory = ''")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


@contextmanager
def connect_side_by_side(databases: Mapping[str, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach several databases read-only, each under its name, to one connection that writes nothing."""
    with connect() as connection:
        for name, path in databases.items():
            connection.execute(f"attach '{quoted(path)}' as {name} (read_only)")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
