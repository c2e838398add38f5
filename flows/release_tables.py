"""What differs between two releases beside scores: rows of every table, the landed inputs, the results of checks.

Rows are matched by the key of the contract. A table whose Parquet hash is the same in both releases holds the same rows
and is not read. Published releases have no failed check, so what a release newly says of its data are mostly warnings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse import contract
from warehouse.database import connect_side_by_side
from warehouse.errors import InputRejected
from warehouse.paths import DataHome
from warehouse.release import Release, named_release, read_manifest

# How a check's result moved, what matters most first. A result that stayed the same is not listed.
MOVES = ("newly failing", "newly warned", "no longer checked", "no longer warned", "new check")

# Unit tests of the SQL run once per state of the project: whether they stand in a release says nothing of its data.
CHECKS = """
    with

    first_checks as (

        select * from first_release.meta.checks where expected != 'the rows worked out by hand'

    ),

    second_checks as (

        select * from second_release.meta.checks where expected != 'the rows worked out by hand'

    )

    select
        layer,
        table_name,
        check_name,
        first_checks.status as first_status,
        second_checks.status as second_status,
        coalesce(second_checks.observed, first_checks.observed) as observed,
        coalesce(second_checks.expected, first_checks.expected) as expected,
        case
            when second_status is null then 'no longer checked'
            when second_status in ('failed', 'errored') then 'newly failing'
            when second_status = 'warned' then 'newly warned'
            when first_status is null then 'new check'
            else 'no longer warned'
        end as move
    from first_checks
    full outer join second_checks using (layer, table_name, check_name)
    where first_status is distinct from second_status
    order by list_position($moves, move), layer, table_name, check_name
"""

# The newest vintage of every dataset, in both releases; a source without rows loaded has no years.
INPUTS = """
    with

    first_inputs as (

        select * from first_release.meta.sources where is_newest

    ),

    second_inputs as (

        select * from second_release.meta.sources where is_newest

    )

    select
        source_id,
        dataset,
        first_inputs.vintage_id as first_vintage_id,
        second_inputs.vintage_id as second_vintage_id,
        first_inputs.newest_period as first_newest_period,
        second_inputs.newest_period as second_newest_period
    from first_inputs
    full outer join second_inputs using (source_id, dataset)
    where first_inputs.sha256 is distinct from second_inputs.sha256
    order by source_id, dataset
"""


@dataclass(frozen=True)
class TableChange:
    """How the rows of a table differ. None is not known, `note` says why."""

    table_name: str
    first_rows: int | None
    second_rows: int | None
    rows_added: int
    rows_removed: int
    rows_changed: int | None
    """Rows of the same key with another value in a column that both releases have; None where there is no key."""
    changed_columns: Mapping[str, int]
    """In how many of the changed rows each column has another value."""
    note: str | None

    @property
    def is_same(self) -> bool:
        """Whether the table holds the same rows and columns in both releases."""
        return not (self.rows_added or self.rows_removed or self.rows_changed or self.note)


@dataclass(frozen=True)
class CheckChange:
    """A check whose result moved; `move` is one of MOVES."""

    layer: str
    table_name: str
    check_name: str
    first_status: str | None
    second_status: str | None
    observed: str
    expected: str
    move: str


@dataclass(frozen=True)
class InputChange:
    """A dataset whose newest landed bytes differ; a vintage is None in the release that does not have the dataset."""

    source_id: str
    dataset: str
    first_vintage_id: str | None
    second_vintage_id: str | None
    first_newest_period: str | None
    second_newest_period: str | None


@dataclass(frozen=True)
class TableComparison:
    """What differs between two releases: every table of `marts`, the checks and inputs that moved."""

    tables: tuple[TableChange, ...]
    checks: tuple[CheckChange, ...]
    inputs: tuple[InputChange, ...] | None
    """None where a release was made before it said which vintage of a dataset is the newest (schema 1.2.0)."""


def compare_tables(home: DataHome, first: str, second: str) -> TableComparison:
    """Compare the rows, checks and inputs of two kept releases.

    Args:
        home: the data home.
        first: id of the release that is compared, or `current`.
        second: id of the release that it is compared with, or `current`.

    Raises:
        InputRejected: a release is not kept, or both are the same.
    """
    releases = named_release(home, first), named_release(home, second)
    if releases[0].release_id == releases[1].release_id:
        raise InputRejected(f"release {releases[0].release_id}: expected two releases, found the same one twice")
    databases = {
        f"{name}_release": release.database for name, release in zip(("first", "second"), releases, strict=True)
    }
    same = _same_by_hash(*releases)
    with connect_side_by_side(databases) as connection:
        columns = [_columns(connection, name) for name in databases]
        keys = {name: table.key for name, table in contract.load().tables.items()}
        tables = tuple(
            TableChange(name, same[name], same[name], 0, 0, 0, {}, None)
            if name in same and columns[0][name] == columns[1][name]
            else _compared(connection, name, columns[0].get(name), columns[1].get(name), keys.get(name, ()))
            for name in sorted(columns[0].keys() | columns[1].keys())
        )
        checks = tuple(CheckChange(**row) for row in _rows(connection, CHECKS, {"moves": list(MOVES)}))
        inputs = None
        if all(("is_newest", "BOOLEAN") in _columns(connection, name, "meta")["meta.sources"] for name in databases):
            inputs = tuple(InputChange(**row) for row in _rows(connection, INPUTS))
    return TableComparison(tables, checks, inputs)


def _same_by_hash(first: Release, second: Release) -> dict[str, int]:
    """Return the row counts of the tables whose Parquet files, written in a total order, have the same bytes."""
    ours, theirs = (read_manifest(release.folder) for release in (first, second))
    hashes = ours.get("parquet_sha256", {}).items() & theirs.get("parquet_sha256", {}).items()
    rows = ours.get("rows", {})
    # a table whose rows the manifest does not tell is compared as if its bytes differed
    return {f"marts.{table}": rows[f"marts.{table}"] for table, _ in hashes if f"marts.{table}" in rows}


def _columns(
    connection: duckdb.DuckDBPyConnection, release: str, schema: str = "marts"
) -> dict[str, list[tuple[str, str]]]:
    """Return the columns of every table of a schema, with their types."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, data_type in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and schema_name = ? order by table_name, column_index",
        [release, schema],
    ).fetchall():
        found.setdefault(table, []).append((column, data_type))
    return found


def _compared(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    first: Sequence[tuple[str, str]] | None,
    second: Sequence[tuple[str, str]] | None,
    key: Sequence[str],
) -> TableChange:
    """Compare a table by its key; where it has none in one of the releases, whole rows."""
    if first is None or second is None:
        rows = _count(connection, f"{'second' if first is None else 'first'}_release.{table}")
        return (
            TableChange(table, None, rows, rows, 0, 0, {}, "new table")
            if first is None
            else TableChange(table, rows, None, 0, rows, 0, {}, "no longer published")
        )
    notes = _notes_on_columns(first, second)
    shared = [column for column in first if column in second]
    sides = f"first_release.{table}", f"second_release.{table}"
    before, after = (_count(connection, side) for side in sides)
    names = [_quoted(column) for column, _ in shared]
    if not names:
        notes.append("no column is the same in both: every row counts as one removed or one added")
        return TableChange(table, before, after, after, before, None, {}, "; ".join(notes))
    keys = [_quoted(column) for column in key]
    if not keys or not set(keys) <= set(names) or not all(_is_unique(connection, side, keys) for side in sides):
        columns = ", ".join(names)
        ours, theirs = (f"select {columns} from {side}" for side in sides)
        added, removed = (
            _count(connection, f"({one} except all {other})") for one, other in ((theirs, ours), (ours, theirs))
        )
        if added or removed:
            notes.append("no key in both: a changed row counts as one removed and one added")
        return TableChange(table, before, after, added, removed, None, {}, "; ".join(notes) or None)
    values = [name for name in names if name not in keys]
    differs = [f"ours.{name} is distinct from theirs.{name}" for name in values]
    counted = [
        "ours.is_there is null",
        "theirs.is_there is null",
        f"ours.is_there and theirs.is_there and ({' or '.join(differs) or 'false'})",
        *(f"ours.is_there and theirs.is_there and {difference}" for difference in differs),
    ]
    added, removed, changed, *by_column = _row(
        connection,
        f"select {', '.join(f'count(*) filter (where {condition})' for condition in counted)}"
        f" from (select *, true as is_there from {sides[0]}) as ours"
        f" full outer join (select *, true as is_there from {sides[1]}) as theirs"
        f" on {' and '.join(f'ours.{name} is not distinct from theirs.{name}' for name in keys)}",
    )
    of_column = {
        column: count
        for column, count in zip((name for name, _ in shared if _quoted(name) in values), by_column, strict=True)
        if count
    }
    return TableChange(table, before, after, added, removed, changed, of_column, "; ".join(notes) or None)


def _notes_on_columns(first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]) -> list[str]:
    before, after = dict(first), dict(second)
    notes = [f"new column {name}" for name in after if name not in before]
    notes += [f"column {name} is gone" for name in before if name not in after]
    notes += [
        f"column {name} was {before[name]} and is {after[name]}: not compared"
        for name in before
        if name in after and before[name] != after[name]
    ]
    return notes


def _is_unique(connection: duckdb.DuckDBPyConnection, table: str, keys: Sequence[str]) -> bool:
    columns = ", ".join(keys)
    found = connection.execute(f"select 1 from {table} group by {columns} having count(*) > 1 limit 1").fetchall()
    return not found


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(_row(connection, f"select count(*) from {rows}")[0])


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    (row,) = connection.execute(query).fetchall()
    return [int(cell) for cell in row]


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _quoted(name: str) -> str:
    """Return a column's name as it stands inside SQL."""
    return '"' + name.replace('"', '""') + '"'
