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
class Contract:
    """What a release of a schema version holds; tables by their full name, as `marts.risk_scores`."""

    schema_version: str
    tables: Mapping[str, Table]
    digests: Mapping[str, str]


def load(path: Path = CONTRACT) -> Contract:
    """Return the contract that a file holds.

    Raises:
        WarehouseError: the file is not a contract; the text says which entry is wrong.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        contract = Contract(
            schema_version=_version(written["schema_version"]),
            tables=MappingProxyType({name: _table(name, entry) for name, entry in written["tables"].items()}),
            digests=MappingProxyType({_version(version): digest for version, digest in written["digests"].items()}),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise WarehouseError(f"{path}: expected a contract, found {type(error).__name__}: {error}") from error
    return contract


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
    return lines


def _table(name: str, entry: Mapping[str, object]) -> Table:
    key, columns, since = entry["key"], entry["columns"], _version(entry["since"])
    if not isinstance(key, list) or not key or not isinstance(columns, dict):
        raise ValueError(f"{name}: expected a list of key columns and columns by name")
    promised = {column: _column(f"{name}.{column}", promise) for column, promise in columns.items()}
    if lacking := [column for column in key if column not in promised]:
        raise ValueError(f"{name}: key {lacking} is no column")
    if early := [column for column, promise in promised.items() if _number(promise.since) < _number(since)]:
        raise ValueError(f"{name}: {early} cannot be older than the table, which is since {since}")
    return Table(tuple(key), since, MappingProxyType(promised))


def _column(name: str, entry: Mapping[str, object]) -> Column:
    if unknown := set(entry) - {"type", "unit", "since"}:
        raise ValueError(f"{name}: expected type, unit and since, found {sorted(unknown)}")
    data_type, unit, since = entry["type"], entry.get("unit"), _version(entry["since"])
    if not isinstance(data_type, str) or data_type not in PLAIN_TYPES:
        raise ValueError(f"{name}: expected one of the types {', '.join(sorted(PLAIN_TYPES))}, found {data_type}")
    if unit is not None and not isinstance(unit, str):
        raise ValueError(f"{name}: expected a unit in words, found {unit!r}")
    return Column(data_type, unit, since)


def _version(text: object) -> str:
    if not isinstance(text, str) or not VERSION.fullmatch(text):
        raise ValueError(f"expected a version such as 1.4.0, found {text!r}")
    return text


def _number(version: str) -> tuple[int, ...]:
    """Return a version as numbers: as text 1.10.0 would come before 1.9.0."""
    return tuple(int(part) for part in version.split("."))
