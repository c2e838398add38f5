"""The contract: which tables and columns a release has, by which key, of which type and in which unit.

`contract.yml` beside this file is what readers may rely on. Adding to it is a minor version of the schema; renaming,
removing or changing a table, a key, a column, a type or a unit is a major one, for it breaks somebody's query. So that
this cannot happen unnoticed, the contract keeps a digest of what each published version promised.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from warehouse.errors import WarehouseError

CONTRACT = Path(__file__).with_name("contract.yml")
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
# what every BI tool reads; HUGEINT, DECIMAL, TIMESTAMPTZ, lists and structs are mishandled by some
PLAIN_TYPES = frozenset({"VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP"})


@dataclass(frozen=True)
class Column:
    """A promised column: its DuckDB type, its unit (None where it has none) and the schema version that brought it."""

    type: str
    unit: str | None
    since: str


@dataclass(frozen=True)
class Table:
    """A promised table: the columns of its key (unique together, none of them null) and all columns by name."""

    key: tuple[str, ...]
    since: str
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Macro:
    """A promised SQL macro of the file's default schema: a scalar one `returns` a type, a table macro has `columns`."""

    parameters: tuple[str, ...]
    since: str
    returns: str | None
    columns: Mapping[str, Column]
    description: str


@dataclass(frozen=True)
class Contract:
    """What a release of a schema version holds; tables by their full name, as `marts.risk_scores`."""

    schema_version: str
    tables: Mapping[str, Table]
    macros: Mapping[str, Macro]
    digests: Mapping[str, str]


def load(path: Path = CONTRACT) -> Contract:
    """Return the contract that a file holds.

    Raises:
        WarehouseError: the file is not a contract; the text says which entry is wrong.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        # the safe loader in C: every publish reads this file, and the one in Python takes longer than all the rest
        written = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise WarehouseError(f"{path}: expected a contract in YAML: {error}") from error
    return interpret(written, str(path))


def interpret(written: Any, place: str) -> Contract:
    """Return the contract that plain mappings and lists tell; `place` says in an error where they were read.

    Raises:
        WarehouseError: they are not a contract; the text says which entry is wrong.
    """
    try:
        return Contract(
            schema_version=_version(written["schema_version"]),
            tables=MappingProxyType({name: _table(name, entry) for name, entry in written["tables"].items()}),
            macros=MappingProxyType({name: _macro(name, entry) for name, entry in written["macros"].items()}),
            digests=MappingProxyType({_version(version): digest for version, digest in written["digests"].items()}),
        )
    except KeyError as error:
        raise WarehouseError(f"{place}: expected a contract, and {error} is missing") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise WarehouseError(f"{place}: expected a contract: {error}") from error


def digest(contract: Contract, version: str) -> str:
    """Return the SHA-256 over everything that the contract promises since this version or an earlier one."""
    promised = sorted(line for since, line in _lines(contract) if _number(since) <= _number(version))
    return hashlib.sha256("\n".join(promised).encode()).hexdigest()


def broken_promises(contract: Contract) -> list[str]:
    """Return what a contract takes back of its own published versions, one line each; none if it keeps them all.

    A version counts as published when its digest stands in the contract. A new major version starts anew: digests of
    other major versions are history.
    """
    current = contract.schema_version
    versions = {since for since, _ in _lines(contract)} | {current}
    broken = [
        f"since: {version} is newer than schema_version {current}"
        for version in sorted(versions, key=_number)
        if _number(version) > _number(current)
    ]
    of_this_major = [
        version
        for version in sorted(versions | set(contract.digests), key=_number)
        if _number(version)[0] == _number(current)[0] and _number(version) <= _number(current)
    ]
    for version in of_this_major:
        found = digest(contract, version)
        if version not in contract.digests:
            if version != current:
                broken.append(f"digests: {version} is missing; of what stands in the contract now it would be {found}")
        elif contract.digests[version] != found:
            broken.append(
                f"{version}: expected digest {contract.digests[version]}, found {found}: something promised since"
                f" {version} or before was changed or removed, or something new says so; what is new has"
                " `since` of a newer schema_version, and what breaks a promise needs a new major version"
            )
            break  # every later version holds the same lines and differs with it
    return broken


def _lines(contract: Contract) -> list[tuple[str, str]]:
    """Return every promise as one line of text, with the version that made it."""
    lines = []
    for name, table in contract.tables.items():
        lines.append((table.since, f"{name} by {', '.join(table.key)} since {table.since}"))
        for column, promise in table.columns.items():
            unit = f" in {promise.unit}" if promise.unit is not None else ""
            lines.append((promise.since, f"{name}.{column} {promise.type}{unit} since {promise.since}"))
    for name, macro in contract.macros.items():
        called = f"{name}({', '.join(macro.parameters)})"
        lines.append((macro.since, f"{called} {macro.returns or 'gives a table'} since {macro.since}"))
        for column, promise in macro.columns.items():
            lines.append((promise.since, f"{called}.{column} {promise.type} since {promise.since}"))
    return lines


def _table(name: str, entry: Mapping[str, object]) -> Table:
    _only(name, entry, {"key", "since", "columns"})
    key, since = _names(f"{name}: key", entry["key"]), _version(entry["since"])
    columns = _columns(name, entry["columns"], since)
    if lacking := [column for column in key if column not in columns]:
        raise ValueError(f"{name}: key {', '.join(lacking)} is no column")
    return Table(key, since, columns)


def _macro(name: str, entry: Mapping[str, object]) -> Macro:
    _only(name, entry, {"parameters", "since", "returns", "columns", "description"})
    if ("returns" in entry) == ("columns" in entry):
        raise ValueError(f"{name}: expected `returns` of a scalar macro or `columns` of a table macro")
    since = _version(entry["since"])
    return Macro(
        parameters=_names(f"{name}: parameters", entry["parameters"]),
        since=since,
        returns=_plain_type(name, entry["returns"]) if "returns" in entry else None,
        columns=_columns(name, entry["columns"], since) if "columns" in entry else MappingProxyType({}),
        description=str(entry["description"]),
    )


def _columns(name: str, written: object, since: str) -> Mapping[str, Column]:
    if not isinstance(written, dict) or not written:
        raise ValueError(f"{name}: expected columns by name, found {written!r}")
    columns = {column: _column(f"{name}.{column}", promise) for column, promise in written.items()}
    if early := [column for column, promise in columns.items() if _number(promise.since) < _number(since)]:
        raise ValueError(f"{name}: {', '.join(early)} cannot be older than what it stands in, which is since {since}")
    return MappingProxyType(columns)


def _column(name: str, entry: Mapping[str, object]) -> Column:
    _only(name, entry, {"type", "unit", "since"})
    unit = entry.get("unit")
    if unit is not None and not isinstance(unit, str):
        raise ValueError(f"{name}: expected a unit in words, found {unit!r}")
    return Column(_plain_type(name, entry["type"]), unit, _version(entry["since"]))


def _only(name: str, entry: Mapping[str, object], known: set[str]) -> None:
    # a misspelt `unit` would else be a promise that nobody made
    if unknown := set(entry) - known:
        raise ValueError(f"{name}: expected {', '.join(sorted(known))}, found {', '.join(sorted(unknown))}")


def _names(place: str, written: object) -> tuple[str, ...]:
    if not isinstance(written, list) or not written or not all(isinstance(name, str) for name in written):
        raise ValueError(f"{place}: expected a list of names, found {written!r}")
    return tuple(written)


def _plain_type(place: str, written: object) -> str:
    if not isinstance(written, str) or written not in PLAIN_TYPES:
        raise ValueError(f"{place}: expected one of the types {', '.join(sorted(PLAIN_TYPES))}, found {written!r}")
    return written


def _version(text: object) -> str:
    if not isinstance(text, str) or not VERSION.fullmatch(text):
        raise ValueError(f"expected a version such as 1.4.0, found {text!r}")
    return text


def _number(version: str) -> tuple[int, ...]:
    """Return a version as numbers: as text 1.10.0 would come before 1.9.0."""
    return tuple(int(part) for part in version.split("."))
