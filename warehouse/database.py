"""The only place that opens a DuckDB database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

# Extensions are downloads and downloads are not wanted: what the wheel carries must do.
NO_EXTENSION_DOWNLOADS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextmanager
def connect(
    path: Path | None = None, *, read_only: bool = False, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database (in memory without a path), hand it over, close it.

    The session's time zone is UTC, so that the machine's own never reaches a result.
    """
    config: dict[str, str | bool | int | float | list[str]] = {**NO_EXTENSION_DOWNLOADS}
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_sandboxed(
    path: Path, *, memory_limit: str = "2GB", threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published database for SQL from outside.

    It cannot write, read or write a file, attach a database, load an extension or change a setting:
    `read_only` alone would still let a query read any file and write CSVs.
    """
    with connect(path, read_only=True, threads=threads) as connection:
        connection.execute("set search_path = 'main,marts,meta'")
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
            quoted = str(path).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {name} (read_only)")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
