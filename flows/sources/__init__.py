"""Sources, found by convention: every module in this folder that has a `SOURCE` is one; nothing registers it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class RawTable:
    """A table of the raw layer: the publisher's own columns, in the publisher's order.

    `code_column` names the column with the HS code, where only codes that the seeds name are loaded;
    `revision_column` the one with the HS revision of that code as the publisher calls it (H5, see
    `seed_hs_revisions`), where it may differ from row to row: without it the vintage's parameter
    `hs_revision` holds for all rows. `year_column` names the one with the year or period, from which
    `meta.sources` tells the years of a vintage. `used` says which rows of a table without a `code_column` count: SQL
    of a row, and a query of the seeds for what it must be; others are landed and told, and no figure is made of them.
    """

    name: str
    columns: tuple[str, ...]
    code_column: str | None = None
    revision_column: str | None = None
    year_column: str | None = None
    used: tuple[str, str] | None = None


@dataclass(frozen=True)
class Delivery:
    """What a file from outside turned out to be, before its bytes are landed."""

    dataset: str
    title: str
    covers_all_importers: bool
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class BundledFile:
    """A file that comes with the project; `retrieved_at` is the day it entered, so newer landings follow it."""

    file_name: str
    retrieved_at: datetime
    delivery: Delivery


@dataclass(frozen=True)
class Source:
    """A publisher's data: who, under which licence, which raw tables, and how its files are read.

    Attributes:
        is_redistributable: whether the licence lets rows of the data leave: what may not leave stays out of
            `parquet/` and exports, with everything computed from it.
        has_trade_flows: whether its rows are flows of trade: then a run also loads the vintage before the newest,
            with which `marts.trade_revisions` compares.
        describe: tells from a file (its name, if need be its content) and the options given what it is;
            raises `InputRejected`.
        unpack: yields the readable files (CSV or Parquet) in a landed file, each with the name to report; given
            are the file, a scratch folder, and the parameters of its delivery.
    """

    source_id: str
    publisher: str
    licence: str
    is_redistributable: bool
    credit: str
    url: str
    tables: tuple[RawTable, ...]
    bundled: tuple[BundledFile, ...]
    describe: Callable[[Path, Mapping[str, str]], Delivery]
    unpack: Callable[[Path, Path, Mapping[str, str]], Iterator[tuple[Path, str]]]
    has_trade_flows: bool = False


def as_it_is(file: Path, scratch: Path, parameters: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the file itself: the `unpack` of a source whose files have the raw layout."""
    del scratch, parameters
    yield file, file.name


def discover() -> dict[str, Source]:
    """Return every source by its `source_id`."""
    found: dict[str, Source] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        source = getattr(module, "SOURCE", None)
        if isinstance(source, Source):
            found[source.source_id] = source
    return dict(sorted(found.items()))
