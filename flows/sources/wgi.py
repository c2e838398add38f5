"""Worldwide Governance Indicators (World Bank): six estimates with standard errors, by economy and year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flows.sources import BundledFile, Delivery, RawTable, Source, as_it_is
from warehouse.errors import InputRejected

DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")
COLUMNS = ("iso3", "year", *(f"{name}_{kind}" for name in DIMENSIONS for kind in ("estimate", "stderr")))


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell what a WGI file is: a CSV with one row per economy and year.

    Raises:
        InputRejected: the file is not a CSV, or an option is given.
    """
    if options:
        raise InputRejected(f"wgi: option {next(iter(options))} is not known; this source takes none")
    if file.suffix.lower() != ".csv":
        raise InputRejected(f"{file.name}: expected a CSV with the columns {','.join(COLUMNS[:4])},…; convert it first")
    return Delivery("wgi", f"Worldwide Governance Indicators, {file.name}", False, {})


SOURCE = Source(
    source_id="wgi",
    publisher="World Bank",
    licence="CC BY 4.0",
    is_redistributable=True,
    credit="World Bank, Worldwide Governance Indicators",
    url="https://www.worldbank.org/en/publication/worldwide-governance-indicators",
    tables=(RawTable("wgi_governance", COLUMNS, year_column="year"),),
    bundled=(
        BundledFile(
            "wgi_2014_2023.csv",
            datetime(2026, 11, 22, tzinfo=UTC),
            Delivery("wgi", "Worldwide Governance Indicators 2014-2023", False, {}),
        ),
    ),
    describe=describe,
    unpack=as_it_is,
)
