"""Exports: published tables as Parquet, CSV or an Excel workbook, with a data package, licences and credits.

An export is written whole or not at all, is the same to the last byte for the same release, and holds nothing that
may not leave. CSV is RFC 4180 with UTF-8 and line feeds; a text that a spreadsheet would run gets an apostrophe.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from flows.row_writers import FORMULA_STARTS
from warehouse import datapackage
from warehouse.database import connect, memory_limit, quoted
from warehouse.datapackage import Format, WrittenTable
from warehouse.errors import InputRejected, MachineFault, WarehouseError
from warehouse.landing import fsync
from warehouse.machine_faults import machine_fault
from warehouse.paths import BUNDLED, SEEDS, DataHome
from warehouse.redistribution import Outgoing, counted, outgoing
from warehouse.release import DAMAGED, PUBLISHED_SCHEMAS, Release, named_release
from warehouse.steps import at

Style = Literal["parquet", "csv", "xlsx"]
COUNTRY = re.compile("[A-Z]{3}")
TABLE = re.compile("[a-z][a-z0-9_]*")
NOTICES = {"NOTICE-bundled-data.md": BUNDLED / "NOTICE.md", "NOTICE-reference-data.md": SEEDS / "NOTICE.md"}
WORKBOOK = "mineral_risk.xlsx"
ROWS_AT_ONCE = 10_000
# Sorting the largest table in one thread takes a fraction of it; beyond it DuckDB spills beside the target.
MEMORY_LIMIT = "1GB"
FORMATS: dict[Style, Format] = {
    "parquet": datapackage.PARQUET,
    "csv": Format(
        "csv",
        "text/csv",
        note="RFC 4180, UTF-8, line feeds; a text that a spreadsheet would run as a formula has an apostrophe in"
        " front; an empty text is not told from a missing one.",
        encoding="utf-8",
        dialect={"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
    ),
    "xlsx": Format(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        note="One sheet per table; numbers have 16 digits; an empty text looks like a missing one.",
    ),
}


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    release: Release
    folder: Path
    tables: Sequence[WrittenTable]


def export(
    home: DataHome,
    folder: Path,
    *,
    style: Style,
    tables: Sequence[str] = (),
    importer: str | None = None,
    year: int | None = None,
    release: str = "current",
) -> Exported:
    """Write published tables to a folder that is not there yet, or is empty.

    Args:
        home: the data home.
        folder: where to.
        style: the format.
        tables: which ones (`risk_scores` or `meta.sources`); none names all.
        importer: keep only rows of this importer_iso3, of the tables that have the column.
        year: keep only rows of this year, of the tables that have the column.
        release: id of a kept release, or current.

    Raises:
        NothingPublished: there is no release yet.
        InputRejected: the folder holds something, a table, importer or year is not in the release, a table does
            not fit into a sheet of Excel, or the release is too old to say what may leave.
        MachineFault: the folder cannot be written.
        WarehouseError: the release is damaged.
    """
    target = _free_target(folder)
    source = named_release(home, release)
    with _told(source), connect(source.database, read_only=True, threads=1) as connection:
        if memory_limit() is None:
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        _refuse_older(connection, source)
        chosen = _chosen(connection, source, tables)
        narrowed = _narrowed(connection, source, chosen, importer, year)
        written = [_counted(connection, table, filters, style) for table, filters in narrowed]
        if (importer is not None or year is not None) and not any(
            table.rows + table.held_back for table, _ in written if table.filters
        ):
            raise InputRejected(f"export: no table has a row of importer {importer} in year {year}; widen one of them")
        if style == "xlsx":
            _refuse_what_excel_cannot_hold(connection, written)
        with _written_whole(target) as (incoming, scratch):
            connection.execute("set temp_directory = $scratch", {"scratch": str(scratch)})
            if style == "xlsx":
                _write_workbook(connection, incoming / WORKBOOK, scratch, source, written)
            else:
                for table, query in written:
                    at(f"export {table.outgoing.name}")
                    _write_file(connection, incoming / table.path, table.outgoing, query, style)
            at("export datapackage")
            for name, notice in NOTICES.items():
                shutil.copyfile(notice, incoming / name)
            datapackage.write(connection, incoming, [table for table, _ in written], FORMATS[style])
    return Exported(source, target, [table for table, _ in written])


def _refuse_older(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    says = "select 1 from duckdb_columns() where schema_name = 'meta' and column_name = 'is_redistributable'"
    if not connection.execute(says).fetchall():
        raise InputRejected(
            f"release {release.release_id}: its schema is older than 1.2.0, so it does not say which rows may leave;"
            " export another one of: mineral-risk releases"
        )


def told(exported: Exported, style: Style) -> list[str]:
    """Return what a user is to know of an export, line by line."""
    rows = sum(table.rows for table in exported.tables)
    count = len(exported.tables)
    lines = [
        f"Release {exported.release.release_id}: {count} {'table' if count == 1 else 'tables'}, {rows:,} rows,"
        f" as {style} in {exported.folder}"
    ]
    narrowed = [table for table in exported.tables if table.filters]
    if whole := [table.resource for table in exported.tables if narrowed and not table.filters]:
        lines.append(f"Whole, for nothing in them says importer or year: {', '.join(whole)}.")
    if held_back := [f"{table.resource} {table.held_back:,}" for table in exported.tables if table.held_back]:
        lines.append(f"Rows held back, for their licence does not let them leave: {', '.join(held_back)}.")
    lines.append(f"Types, units, licences and whom to cite: {datapackage.FILE_NAME}, {', '.join(NOTICES)}")
    return lines


def _free_target(folder: Path) -> Path:
    target = folder.expanduser().resolve()
    if target == Path.cwd():
        raise InputRejected(f"export: {target} is the folder you are in; name a new one")
    if target.exists() and not target.is_dir():
        raise InputRejected(f"export: {target} is a file; name a new folder")
    if target.is_dir() and any(target.iterdir()):
        raise InputRejected(f"export: {target} is not empty; name a new folder, or an empty one")
    if not target.parent.is_dir():
        raise InputRejected(f"export: there is no folder {target.parent}; make it, or name another")
    return target


@contextmanager
def _told(source: Release) -> Iterator[None]:
    """Say in one line that a release could not be read."""
    try:
        yield
    except duckdb.Error as error:
        raise machine_fault(error) or WarehouseError(
            f"{source.database} could not be read ({str(error).splitlines()[0]}): {DAMAGED}"
        ) from error


@contextmanager
def _written_whole(target: Path) -> Iterator[tuple[Path, Path]]:
    """Hand over a folder beside the target, and one for scratch; the first becomes the target when all went well.

    What an export that was killed left there is removed: its lock went with it.
    """
    start = f".{target.name}.export-"
    incoming = target.with_name(f"{start}{os.getpid()}")
    scratch = incoming / "scratch"
    try:
        for leftover in sorted(target.parent.iterdir()):
            if leftover.name.startswith(start) and leftover.is_dir() and not leftover.is_symlink():
                with suppress(BlockingIOError), _locked(leftover):
                    shutil.rmtree(leftover)
        incoming.mkdir()
        with _locked(incoming):
            try:
                scratch.mkdir()
                yield incoming, scratch
                shutil.rmtree(scratch)
                for path in (*incoming.rglob("*"), incoming):
                    fsync(path)
                at("export rename")
                incoming.rename(target)
                fsync(target.parent)
            except BaseException:
                shutil.rmtree(incoming, ignore_errors=True)  # what stays is removed by the next export
                raise
    except (OSError, duckdb.Error) as error:
        fault = machine_fault(error)
        if fault is None and isinstance(error, duckdb.Error):
            raise  # it is the release that could not be read
        reason = fault or f"{getattr(error, 'strerror', None) or error}: name another folder"
        raise MachineFault(f"export: {target} could not be written: {reason}; nothing was left there") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _chosen(connection: duckdb.DuckDBPyConnection, source: Release, names: Sequence[str]) -> list[Outgoing]:
    known = {
        f"{schema}.{table}": (schema, table)
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
        ).fetchall()
        if schema in PUBLISHED_SCHEMAS
    }
    for _, table in known.values():
        if not TABLE.fullmatch(table):  # it becomes the name of a file
            raise WarehouseError(f"release {source.release_id}: {table!r} is no name of a table; nothing was exported")
    asked = {name: name if "." in name else f"marts.{name}" for name in names}
    for name, full_name in asked.items():
        if full_name not in known:
            listed = ", ".join(full.removeprefix("marts.") for full in known)
            raise InputRejected(f"--table {name}: not in release {source.release_id}; it has {listed}")
    return [
        outgoing(connection, schema, table)
        for full_name, (schema, table) in known.items()
        if not asked or full_name in asked.values()
    ]


def _narrowed(
    connection: duckdb.DuckDBPyConnection,
    source: Release,
    chosen: Sequence[Outgoing],
    importer: str | None,
    year: int | None,
) -> list[tuple[Outgoing, dict[str, str]]]:
    """Return each table with its conditions as SQL, by how they are told; one without the column is left whole."""
    if importer is not None and not COUNTRY.fullmatch(importer):
        raise InputRejected(f"--importer {importer!r}: expected an ISO 3166-1 alpha-3 code, as IND")
    narrowed: list[tuple[Outgoing, dict[str, str]]] = [(table, {}) for table in chosen]
    for option, column, value, literal in (
        ("--importer", "importer_iso3", importer, f"'{importer}'"),
        ("--year", "year", year, f"{year}"),
    ):
        if value is None:
            continue
        having = [(table, filters) for table, filters in narrowed if column in table.types]
        if not having:
            names = ", ".join(table.name for table in chosen)
            raise InputRejected(f"{option} {value}: no {column} in {names}; leave it out")
        distinct = " union ".join(f"select {column} from {table.name}" for table, _ in having)
        found = [row[0] for row in connection.execute(f"select * from ({distinct}) order by 1 nulls last").fetchall()]
        if value not in found:
            shown = ", ".join(str(known) for known in found[:12]) + (" …" if len(found) > 12 else "")
            raise InputRejected(f"{option} {value}: not in release {source.release_id}; it has {shown or 'none'}")
        for _, filters in having:
            filters[f"{column} = {value}"] = f"{column} = {literal}"
    return narrowed


def _counted(
    connection: duckdb.DuckDBPyConnection, table: Outgoing, filters: dict[str, str], style: Style
) -> tuple[WrittenTable, str]:
    """Return what will be written of a table, and the SQL that gives it."""
    where = " and ".join(filters.values()) or "true"
    rows, held_back = counted(connection, table, where)
    folder = "" if table.schema == "marts" else f"{table.schema}/"
    path = WORKBOOK if style == "xlsx" else f"{folder}{table.table}.{style}"
    sheet = (table.table if table.schema == "marts" else table.name) if style == "xlsx" else None
    return WrittenTable(table, path, rows, held_back, tuple(filters), sheet), table.query(where)


def _write_file(connection: duckdb.DuckDBPyConnection, file: Path, table: Outgoing, query: str, style: Style) -> None:
    file.parent.mkdir(exist_ok=True)
    listed, options = "*", "format parquet, compression zstd"
    if style == "csv":
        listed = ", ".join(_as_csv(name, data_type) for name, data_type in table.types.items())
        options = "format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr ''"
    # by what stands in the database, not by what is written of it: the same order in every format
    order = ", ".join(f"rows.{name}" for name in table.types)
    connection.execute(
        f"copy (select {listed} from ({query}) as rows order by {order}) to '{quoted(file)}' ({options})"
    )


def _as_csv(column: str, data_type: str) -> str:
    if data_type == "VARCHAR":
        starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
        return f"if({column}[1] in ({starts}), '''' || {column}, {column}) as {column}"
    if data_type == "TIMESTAMP":
        return f"replace({column}::varchar, ' ', 'T') || 'Z' as {column}"
    return column


def _refuse_what_excel_cannot_hold(
    connection: duckdb.DuckDBPyConnection, written: Sequence[tuple[WrittenTable, str]]
) -> None:
    from flows import workbook

    instead = "name other tables with --table, or choose --format csv or parquet"
    for table, query in written:
        place = f"export: {table.outgoing.name}"
        if table.rows >= workbook.ROWS:
            raise InputRejected(
                f"{place} has {table.rows:,} rows, and a sheet of Excel holds {workbook.ROWS - 1:,} below its header:"
                f" narrow it with --year or --importer, {instead}"
            )
        if len(table.resource) > workbook.SHEET_NAME_CHARACTERS:
            raise InputRejected(
                f"{place}: expected at most the {workbook.SHEET_NAME_CHARACTERS} characters of the name of a sheet of"
                f" Excel: {instead}"
            )
        faults = {
            name: workbook.CELL_FAULTS[data_type]
            for name, data_type in table.outgoing.types.items()
            if data_type in workbook.CELL_FAULTS
        }
        listed = ", ".join(
            f"coalesce(bool_or({fault.format(cell=name)}), false)" for name, (fault, _) in faults.items()
        )
        found = connection.execute(f"select {listed} from ({query})").fetchall()[0] if faults else ()
        for (name, (_, what)), is_found in zip(faults.items(), found, strict=True):
            if is_found:
                raise InputRejected(f"{place}.{name} holds {what}: {instead}")


def _write_workbook(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    scratch: Path,
    source: Release,
    written: Sequence[tuple[WrittenTable, str]],
) -> None:
    from flows import workbook

    ((created,),) = connection.execute("select created_at from meta.release").fetchall()
    with workbook.new_workbook(file, scratch, created, f"Mineral Risk Warehouse, release {source.release_id}") as made:
        workbook.add_text_sheet(made, "about", _about(connection, [table for table, _ in written]), (28, 40, 60, 60))
        for table, query in written:
            at(f"export {table.outgoing.name}")
            rows = _streamed(connection, f"{query} order by all")
            workbook.add_sheet(made, workbook.Sheet(table.resource, table.outgoing.types, rows))
        at("export workbook")


def _streamed(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.cursor().execute(query)
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows


def _about(connection: duckdb.DuckDBPyConnection, tables: Sequence[WrittenTable]) -> list[list[str | int]]:
    """Return the first sheet: the release, what each sheet and column is, what did not leave, whom to cite."""
    credits = datapackage.licences_and_credits(connection)
    kept = datapackage.held_back(connection, tables)
    rows: list[list[str | int]] = [["Mineral Risk Warehouse"]]
    rows += [[name, str(value)] for name, value in datapackage.release_facts(connection).items() if value is not None]
    rows += [["empty cells", datapackage.NOT_ZERO], ["format", FORMATS["xlsx"].note]]
    rows += [[], ["Sheets"], ["sheet", "rows", "only rows with", "what it is"]]
    rows += [
        [table.resource, table.rows, " and ".join(table.filters), datapackage.comment(connection, table.outgoing) or ""]
        for table in tables
    ]
    rows += [[], ["Held back"], ["sheet", "rows or columns", "why"]]
    rows += [[entry["resource"], entry.get("rows") or ", ".join(entry["fields"]), entry["reason"]] for entry in kept]
    rows += [] if kept else [["nothing"]]
    rows += [[], ["Sources, to be cited"], ["source", "credit", "licence", "page"]]
    rows += [[entry["title"], entry["credit"], entry["licence"], entry["path"]] for entry in credits["sources"]]
    rows += [[], ["Licences"], ["licence", "name", "text"]]
    rows += [[entry["title"], entry["name"], entry["path"]] for entry in credits["licenses"]]
    rows += [[], ["Columns"], ["sheet", "column", "unit", "description"]]
    rows += [
        [table.resource, entry["name"], entry.get("unit", ""), entry.get("description", "")]
        for table in tables
        for entry in datapackage.fields(connection, table.outgoing)
    ]
    return rows
