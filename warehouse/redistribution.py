"""What of a release may leave: rows whose source's licence forbids it stay in the database, for its owner's own use.

Parquet files beside the database and every export are made of what this module lets pass, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

# how many importers a source has, and how its value moved, is computed from its rows
COMPUTED_FROM_ROWS = ("newest_year_importer_count", "newest_year_importer_ratio", "newest_year_value_ratio")
WITHHELD = "withheld: a source of the release may not leave"


@dataclass(frozen=True)
class Outgoing:
    """The part of a published table that may leave.

    Attributes:
        schema: marts or meta.
        table: name of the table in it.
        types: its columns, in order, with their DuckDB types.
        selection: select list; a cell that may not leave is replaced in it.
        condition: SQL condition of the rows that may leave.
        withheld_columns: columns of which cells are replaced.
    """

    schema: str
    table: str
    types: Mapping[str, str]
    selection: str = "*"
    condition: str = "true"
    withheld_columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's full name."""
        return f"{self.schema}.{self.table}"

    def query(self, where: str = "true") -> str:
        """Return the SQL of the rows that may leave and meet a condition, in no order yet."""
        return f"select {self.selection} from {self.name} where {self.condition} and {where}"


def outgoing(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> Outgoing:
    """Return what may leave of a published table; `meta.sources` must be there."""
    types = {row[0]: row[1] for row in connection.execute(f"describe {schema}.{table}").fetchall()}
    if schema == "marts":
        condition = "is_redistributable" if "is_redistributable" in types else "true"
        return Outgoing(schema, table, types, condition=condition)
    if not restricted_sources(connection):
        return Outgoing(schema, table, types)
    withheld = {
        # what a check shows is the first row that it warns of
        "checks": {"observed": f"if(status = 'passed', observed, '{WITHHELD}')"},
        "sources": {column: f"if(is_redistributable, {column}, null)" for column in COMPUTED_FROM_ROWS},
        # a run that a check stopped tells what the check showed
        "runs": {"message": f"if(message is null, null, '{WITHHELD}')"},
    }.get(table, {})
    replaced = {column: cell for column, cell in withheld.items() if column in types}
    if table == "tables":
        # a table has the rows that are there to be read
        replaced = {"row_count": _rows_that_may_leave(connection)}
    if not replaced:
        return Outgoing(schema, table, types)
    listed = ", ".join(f"{cell} as {column}" for column, cell in replaced.items())
    return Outgoing(
        schema,
        table,
        types,
        selection=f"* replace ({listed})",
        withheld_columns=tuple(column for column in replaced if column in withheld),
    )


def counted(connection: duckdb.DuckDBPyConnection, table: Outgoing, where: str = "true") -> tuple[int, int]:
    """Return how many rows of a table that meet a condition may leave, and how many are held back."""
    may_leave = f"count(*) filter (where {table.condition})"
    ((rows, held_back),) = connection.execute(
        f"select {may_leave}, count(*) - {may_leave} from {table.name} where {where}"
    ).fetchall()
    return rows, held_back


def _rows_that_may_leave(connection: duckdb.DuckDBPyConnection) -> str:
    tables = connection.execute(
        "select table_name from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'marts' and column_name = 'is_redistributable' order by 1"
    ).fetchall()
    counts = " ".join(
        f"when 'marts.{table}' then (select count(*) from marts.{table} where is_redistributable)"
        for (table,) in tables
    )
    return f"case table_name {counts} else row_count end" if counts else "row_count"


def restricted_sources(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return source_id and licence of every source of the release that may not leave."""
    return connection.execute(
        "select distinct source_id, licence from meta.sources where not is_redistributable order by all"
    ).fetchall()
