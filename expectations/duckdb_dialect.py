"""A SQLAlchemy dialect through which Great Expectations reads DuckDB.

In duckdb-engine a cursor is the connection itself, and Great Expectations fetches a result after it gave its
connection back: the next statement has then replaced the result. Here every cursor is one of its own.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine


class _Connection(duckdb_engine.ConnectionWrapper):  # type: ignore[misc]
    """A connection that hands out a fresh DuckDB cursor each time, and closes them all when it closes."""

    def cursor(self) -> Any:
        """Return a cursor with a result of its own."""
        # to duckdb, cursor() and duplicate() are the same; only this name gets past the wrapper
        return duckdb_engine.CursorWrapper(self.duplicate(), self)


class Dialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """`duckdb+gx`: duckdb-engine with cursors that do not share a result."""

    # the base class says so too; SQLAlchemy asks each dialect to say it itself, and warns
    supports_statement_cache = False

    def connect(self, *cargs: Any, **cparams: Any) -> _Connection:
        """Open the database."""
        return _Connection(super().connect(*cargs, **cparams).duplicate())
