"""Data packages (Frictionless, Data Package 2.0): what the files of a release or an export hold, for programs.

Types, units, keys, licences, credits and hashes travel with the files in a `datapackage.json` that the standard's
tools read. It says the same of the same release every time: no path of a machine and no time but the release's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.landing import sha256_of
from warehouse.redistribution import Outgoing, restricted_sources

FILE_NAME = "datapackage.json"
CREDITS = Path(__file__).with_name("credits.yml")
PROFILES = "https://datapackage.org/profiles/2.0"
FIELD_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}
NOT_ZERO = (
    "An empty value is one that is not known or does not apply, never zero; the descriptions of the fields say which."
)


@dataclass(frozen=True)
class WrittenTable:
    """A published table as it stands in a file.

    Attributes:
        outgoing: what may leave of it.
        path: the file, relative to the package.
        rows: how many rows the file has of it.
        held_back: how many rows were left out because they may not leave.
        filters: conditions that narrow it, as `importer_iso3 = IND`.
        sheet: the sheet of a workbook.
    """

    outgoing: Outgoing
    path: str
    rows: int
    held_back: int
    filters: tuple[str, ...] = ()
    sheet: str | None = None

    @property
    def resource(self) -> str:
        """The name of the table in the package: marts carry their bare name."""
        return self.outgoing.table if self.outgoing.schema == "marts" else self.outgoing.name


@dataclass(frozen=True)
class Format:
    """How the files of a package are read: what the standard calls format, media type, encoding and dialect."""

    name: str
    mediatype: str
    note: str = ""
    encoding: str | None = None
    dialect: Mapping[str, Any] = field(default_factory=dict)


PARQUET = Format("parquet", "application/vnd.apache.parquet")


def write(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[WrittenTable], style: Format = PARQUET
) -> None:
    """Write `datapackage.json` beside the files of a folder.

    Args:
        connection: the database that the files were written from, `meta` included.
        folder: the package.
        tables: what its files hold.
        style: how they are read.

    Raises:
        WarehouseError: a column has a type that a release does not have, or the contract is broken.
    """
    package = describe(connection, folder, tables, style)
    (folder / FILE_NAME).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def describe(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[WrittenTable], style: Format
) -> dict[str, Any]:
    """Return the descriptor of a package whose files are written; see `write`."""
    facts = release_facts(connection)
    files = {path: _fingerprint(folder / path) for path in sorted({table.path for table in tables})}
    keys = _keys(connection)
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "profile": "tabular-data-package",
        "name": "mineral-risk-warehouse",
        "id": facts["release_id"],
        "title": f"Mineral Risk Warehouse, release {facts['release_id']}",
        "description": " ".join(
            (
                "Supply risk of critical minerals by importing country: who supplies, how concentrated that is, how"
                " much rests on China.",
                NOT_ZERO,
                *([style.note] if style.note else []),
            )
        ),
        # the schema's version says what a program may rely on, the release which figures these are
        "version": f"{facts['schema_version']}+{facts['release_id']}",
        "created": facts["created_at"],
        "release": facts,
        **licences_and_credits(connection),
        "heldBack": held_back(connection, tables),
        "resources": [
            _resource(connection, table, style, files[table.path], keys.get(table.outgoing.name, ()))
            for table in tables
        ],
    }


def licences_and_credits(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Return licences, sources and contributors of what leaves of a release, as the standard spells them."""
    import yaml  # type: ignore[import-untyped]

    known = yaml.safe_load(CREDITS.read_text(encoding="utf-8"))
    sources = [
        *_rows(
            connection,
            "select distinct publisher, title, credit, licence, url from meta.sources where is_redistributable"
            " order by all",
        ),
        *known["reference_data"],
    ]
    licences = {
        # a licence that has no entry keeps its own words and the publisher's page
        source["licence"]: known["licences"].get(
            source["licence"], {"name": "other", "title": source["licence"], "path": source["url"]}
        )
        for source in sources
    }
    publishers = {source["publisher"]: source["url"] for source in reversed(sources)}
    return {
        "licenses": [licences[licence] for licence in sorted(licences)],
        "sources": [
            {
                "title": f"{source['publisher']}: {source['title']}",
                "path": source["url"],
                "credit": source["credit"],
                "licence": source["licence"],
            }
            for source in sources
        ],
        "contributors": [
            {"title": "Mineral Risk Warehouse", "roles": ["wrangler"]},
            *({"title": name, "path": publishers[name], "roles": ["creator"]} for name in sorted(publishers)),
        ],
    }


def held_back(connection: duckdb.DuckDBPyConnection, tables: Sequence[WrittenTable]) -> list[dict[str, Any]]:
    """Return what of the tables did not leave: how many rows, or which columns, and why. Empty if all of it did."""
    listed = "; ".join(f"{source} ({licence})" for source, licence in restricted_sources(connection))
    rests = f"a licence does not let what rests on it leave: {listed}"
    shows = f"may show rows whose licence does not let them leave: {listed}"
    return [
        *(
            {"resource": table.resource, "rows": table.held_back, "reason": rests}
            for table in tables
            if table.held_back
        ),
        *(
            {"resource": table.resource, "fields": list(table.outgoing.withheld_columns), "reason": shows}
            for table in tables
            if table.outgoing.withheld_columns
        ),
    ]


def release_facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return the row of meta.release as JSON has it; moments are UTC."""
    return {
        name: f"{value.isoformat()}Z"
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, date)
        else value
        for name, value in _rows(connection, "select * from meta.release")[0].items()
    }


def comment(connection: duckdb.DuckDBPyConnection, table: Outgoing) -> str | None:
    """Return what one row of a table is, as its comment says."""
    found = connection.execute(
        "select comment from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? and table_name = ?",
        [table.schema, table.table],
    ).fetchall()
    return None if not found else found[0][0]


def fields(connection: duckdb.DuckDBPyConnection, table: Outgoing, key: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the columns of a table as the fields of a table schema.

    Raises:
        WarehouseError: a column has a type that a release does not have.
    """
    told = {
        name: (unit, description)
        for name, unit, description in connection.execute(
            "select column_name, unit, description from meta.columns where table_name = ?", [table.name]
        ).fetchall()
    }
    described = []
    for name, data_type in table.types.items():
        unit, description = told.get(name, (None, None))
        if data_type not in FIELD_TYPES:
            expected = ", ".join(FIELD_TYPES)
            raise WarehouseError(f"{table.name}.{name}: expected one of the types {expected}, found {data_type}")
        described.append(
            {
                "name": name,
                "type": FIELD_TYPES[data_type],
                **({"unit": unit} if unit else {}),
                **({"description": description} if description else {}),
                **({"constraints": {"required": True}} if name in key else {}),
            }
        )
    return described


def _resource(
    connection: duckdb.DuckDBPyConnection,
    table: WrittenTable,
    style: Format,
    fingerprint: tuple[str, int],
    key: Sequence[str],
) -> dict[str, Any]:
    sha256, size = fingerprint
    description = comment(connection, table.outgoing)
    dialect = {**style.dialect, **({"excel": {"sheet": table.sheet}} if table.sheet else {})}
    return {
        "name": table.resource,
        "type": "table",
        "profile": "tabular-data-resource",
        "path": table.path,
        "title": table.outgoing.table.replace("_", " ").capitalize(),
        **({"description": description} if description else {}),
        "format": style.name,
        "mediatype": style.mediatype,
        **({"encoding": style.encoding} if style.encoding else {}),
        **({"dialect": dialect} if dialect else {}),
        "bytes": size,
        "hash": f"sha256:{sha256}",
        "rows": table.rows,
        **({"filters": list(table.filters)} if table.filters else {}),
        "schema": {
            "$schema": f"{PROFILES}/tableschema.json",
            "fields": fields(connection, table.outgoing, key),
            **({"primaryKey": list(key)} if key else {}),
            "missingValues": [""],
        },
    }


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the key of each table by its full name, as the release says it; before schema 1.4.0 it does not."""
    says = "select 1 from duckdb_tables() where database_name = current_database() and table_name = 'tables'"
    if not connection.execute(f"{says} and schema_name = 'meta'").fetchall():
        return {}
    found = connection.execute("select table_name, key_columns from meta.tables where key_columns is not null")
    return {name: key.split(", ") for name, key in found.fetchall()}


def _fingerprint(file: Path) -> tuple[str, int]:
    return sha256_of(file), file.stat().st_size


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
