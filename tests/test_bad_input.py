"""Bad input, the matrix: every reader and everything that can be wrong with its files, through the command itself.

A cell says what is told and with which exit code, and that nothing was kept. `docs/bad-input.md` is made of what the
cells find (`python -m tests.test_bad_input`), and every cell is held to it. Every figure is made up.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import expectations
from expectations.rules import check_name
from flows.cli import main
from tests.test_comtrade import CHINA, WORLD, as_csv, as_json, without
from tests.test_production import WIDE_HEADER, WORLD_MINING_ROWS, bundled_long_text
from tests.test_tradestat import MONTH_HEAD, MONTH_ROWS, MONTH_TOTALS, changed, json_report, page
from warehouse.paths import BUNDLED, REPOSITORY, DataHome

DOCUMENT = REPOSITORY / "docs" / "bad-input.md"

Table = list[list[str]]  # the header, then the rows
Records = list[dict[str, str]]

# of rows without a code of trade
OF_NO_USE = "of them of a commodity or code that no seed names"
DEFECTS = {
    "truncated": "cut off in the middle",
    "empty": "zero bytes",
    "missing column": "a column that is read is not there",
    "renamed column": "a column that is read has another name",
    "extra column": "a column more than the publisher has",
    "text in a number": "words where a figure belongs",
    "wrong unit": "figures a thousand times too large",
    "wrong year": "a year that cannot be",
    "duplicate rows": "a row is there twice",
    "unknown code": "a product that no seed names",
    "unknown country": "a country that no seed names",
}


@dataclass(frozen=True)
class Cell:
    """One defect of one reader's file: how the file is spoiled, and words of what is told."""

    spoil: Callable[[Any], Any]
    words: tuple[str, ...]
    exit_code: int = 3
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreachable:
    """A defect that a reader's file cannot have, and why."""

    reason: str


@dataclass(frozen=True)
class Reader:
    """A reader with a file that it takes; `before` are files landed before, of the same source."""

    source_id: str
    file_name: str
    whole: Callable[[], Any]
    encode: Callable[[Any], bytes]
    cells: Mapping[str, Cell | Unreachable]
    options: tuple[str, ...] = ()
    before: Callable[[], Mapping[str, bytes]] = field(default=dict)


# --- ways to spoil a table


def no_column(name: str) -> Callable[[Table], Table]:
    def change(table: Table) -> Table:
        place = table[0].index(name)
        return [[*row[:place], *row[place + 1 :]] for row in table]

    return change


def other_name(name: str, other: str) -> Callable[[Table], Table]:
    return lambda table: [[other if column == name else column for column in table[0]], *table[1:]]


def one_more(table: Table) -> Table:
    return [[*table[0], "remark"], *([*row, "checked"] for row in table[1:])]


def first(**changes: str) -> Callable[[Table], Table]:
    """Change cells of the first row, by column; a column name may have blanks, written as __."""
    named = {name.replace("__", " "): value for name, value in changes.items()}
    return lambda table: [
        table[0],
        [named.get(column, value) for column, value in zip(table[0], table[1], strict=True)],
        *table[2:],
    ]


def also(**changes: str) -> Callable[[Table], Table]:
    """Add a row like the first with other cells."""
    return lambda table: [*table, first(**changes)(table)[1]]


def thousandfold(*names: str, **where: str) -> Callable[[Table], Table]:
    """Multiply figures by 1000 in the rows whose cells are those given."""

    def change(table: Table) -> Table:
        rows = []
        for row in table[1:]:
            named = dict(zip(table[0], row, strict=True))
            for name in names:
                figure = named[name].replace(",", "")
                if where.items() <= named.items() and re.fullmatch(r"-?[0-9]+([.][0-9]+)?", figure):
                    named[name] = f"{float(figure) * 1000:.1f}"
            rows.append(list(named.values()))
        return [table[0], *rows]

    return change


def twice(table: Table) -> Table:
    return [*table, table[1]]


def comma_separated(table: Table) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(table)
    return stream.getvalue().encode()


def tabled(text: str) -> Table:
    return list(csv.reader(io.StringIO(text)))


# --- BACI: as many exporters of lithium carbonate to India as a median needs; live horses are no mineral

EXPORTERS = (
    "4", "8", "12", "24", "32", "36", "40", "50", "56", "68", "76", "100", "104", "116", "120", "124", "144", "152",
    "156", "170", "180", "188", "191", "203", "208", "218", "276", "300", "320", "348", "360", "372", "376", "380",
)  # fmt: skip
BACI_FILE = "BACI_HS12_Y2024_V202601.csv"


def baci(*years: str) -> Table:
    flows = [
        [year, exporter, "699", "283691", f"{10 * number}.000", f"{number}.000"]
        for year in years
        for number, exporter in enumerate(EXPORTERS, start=1)
    ]
    return [["t", "i", "j", "k", "v", "q"], *flows, [years[-1], "276", "699", "010121", "55.0", "1.5"]]


def zipped(table: Table) -> bytes:
    """CEPII's zip: a member for 2023, one for the rest."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for year in ("2023", "2024"):
            rows = [row for row in table[1:] if (row[0] == "2023") == (year == "2023")]
            archive.writestr(zipfile.ZipInfo(BACI_FILE.replace("2024", year)), comma_separated([table[0], *rows]))
    return stream.getvalue()


def as_parquet(table: Table) -> bytes:
    import polars as pl

    stream = io.BytesIO()
    pl.DataFrame(table[1:], schema=table[0], orient="row").write_parquet(stream)
    return stream.getvalue()


BACI: dict[str, Cell | Unreachable] = {
    "missing column": Cell(no_column("q"), ("line 1", "expected the columns t,i,j,k,v,q", "missing: q")),
    "renamed column": Cell(other_name("v", "value"), ("line 1", "missing: v; not expected: value")),
    "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
    "text in a number": Cell(first(v="12 tons"), ("value is a positive number", "v=12 tons")),
    "wrong unit": Cell(thousandfold("q", t="2024"), ("unit value is in the unit of the year before", "year=2024")),
    "wrong year": Cell(first(t="2099"), ("line 2", "t is no year to come", "t=2099")),
    "duplicate rows": Cell(twice, ("flow is there once", "times=2")),
    "unknown code": Cell(also(k="010129"), ("carry a code that a seed names", "landed as"), 0),
    "unknown country": Cell(first(i="999"), ("exporter is a known country", "i=999")),
}

# --- UN Comtrade: India's magnets from the same countries, in two years

SUPPLIERS = [code for code in EXPORTERS if code not in ("56", "380")]


def comtrade() -> Records:
    records = []
    for year in ("2023", "2024"):
        period = {"refYear": year, "period": f'"{year}"', "refPeriodId": f"{year}0101"}
        total = sum(10_000 * number for number in range(1, len(SUPPLIERS) + 1))
        records.append(WORLD | period | {"primaryValue": f"{total}.0", "cifvalue": f"{total}.0"})
        for number, code in enumerate(SUPPLIERS, start=1):
            value = f"{10_000 * number}.0"
            supplier = {"partnerCode": code, "partnerISO": "null", "partnerDesc": "null"}
            figures = {"primaryValue": value, "cifvalue": value, "netWgt": f"{1000 * number}.0"}
            records.append(CHINA | period | supplier | figures)
    return records


def renamed(records: Records) -> Records:
    return [
        {"tradeValue" if name == "primaryValue" else name: token for name, token in record.items()}
        for record in records
    ]


def second(**changes: str) -> Callable[[Records], Records]:
    """Change the second record: the first is World."""
    return lambda records: [records[0], records[1] | changes, *records[2:]]


def comtrade_cells(place: str) -> dict[str, Cell | Unreachable]:
    number = 2 if place == "line" else 1
    return {
        "missing column": Cell(
            lambda records: without(records, "primaryValue"), (f"{place} 1", "expected the columns primaryValue")
        ),
        "renamed column": Cell(renamed, (f"{place} 1", "expected the columns primaryValue", "but tradeValue")),
        "extra column": Cell(
            lambda records: [record | {"remark": '"checked"'} for record in records],
            ("columns not known, ignored: remark", "landed as"),
            0,
        ),
        "text in a number": Cell(second(primaryValue='"12 tons"'), ("value is a number", "primaryValue=12 tons")),
        "wrong unit": Cell(
            lambda records: [
                record | ({"netWgt": record["netWgt"].replace(".0", "000.0")} if record["refYear"] == "2024" else {})
                for record in records
            ],
            ("value per kilogram keeps its size", "year=2024"),
        ),
        "wrong year": Cell(
            lambda records: [
                record | ({"period": '"2099"', "refYear": "2099"} if record["refYear"] == "2024" else {})
                for record in records
            ],
            ("period is no year to come", "period=2099"),
        ),
        "duplicate rows": Cell(
            lambda records: [*records, records[1]],
            (f"{place} {number + 1}", "expected one record, found 2", "would count the flow more than once"),
        ),
        "unknown code": Cell(
            lambda records: [*records, *(record | {"cmdCode": '"010121"'} for record in records)],
            (f"{2 * len(SUPPLIERS) + 2} rows of {4 * len(SUPPLIERS) + 4} carry a code", "landed as"),
            0,
        ),
        "unknown country": Cell(second(partnerCode="998"), ("partner is a known country", "partnerCode=998")),
    }


# --- TradeStat, a month as a page and financial years as JSON; its figures contradict each other where one is wrong


def report(**changes: Any) -> Callable[[str], str]:
    return lambda _: page(**changes)


def copper(path: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change what stands at a path of the JSON; None takes it away."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        holder: Any = document
        *above, name = path.split("/")
        for step in above:
            holder = holder[int(step) if step.isdigit() and isinstance(holder, list) else step]
        key: Any = int(name) if isinstance(holder, list) else name
        if value is None:
            del holder[key]
        else:
            holder[key] = value(holder.get(key)) if callable(value) else value
        return document

    return change


def copper_twice(document: dict[str, Any]) -> dict[str, Any]:
    countries = document["years"]["2023"]["countries"]
    countries.append({**countries[0], "sno": len(countries) + 1})
    return document


def copper_thousandfold(document: dict[str, Any]) -> dict[str, Any]:
    for country in document["years"]["2023"]["countries"]:
        country["values_usd"] = {
            name: figure if figure is None or name == "pct_growth" else figure * 1000
            for name, figure in country["values_usd"].items()
        }
    return document


def larger(text: str) -> str:
    """Return a figure of a page a thousand times as large; other text as it is."""
    return f"{float(text.replace(',', '')) * 1000:.2f}" if re.fullmatch("[0-9,.]+", text) else text


THOUSANDFOLD_ROWS = [
    [text if column in (0, 1, 4, 7) else larger(text) for column, text in enumerate(row)]
    for row in (*MONTH_ROWS, *MONTH_TOTALS)
]

# --- USGS, in its two layouts and the bundle's


@cache
def usgs_figures() -> Table:
    return tabled((BUNDLED / "usgs_mcs_figures.csv").read_text(encoding="utf-8"))


def usgs_wide() -> Table:
    """The wide file as the USGS would print the bundled rows of 2025: three figures a row."""
    printed: dict[str, dict[str, str]] = {}
    for row in (dict(zip(usgs_figures()[0], cells, strict=True)) for cells in usgs_figures()[1:]):
        if row["edition"] == "MCS2025":
            line = printed.setdefault(row["file_row"], {"SOURCE": "MCS2025"})
            line |= {"COMMODITY": row["commodity"], "COUNTRY": row["country"], "UNIT_MEAS": row["unit"]}
            line |= {"TYPE": row["detail"]} if row["statistic"] == "production" or "TYPE" not in line else {}
            line[row["heading"]] = row["value"]
            line["RESERVE_NOTES" if row["statistic"] == "reserves" else "PROD_NOTES"] = row["note"]
    header = WIDE_HEADER.split(",")
    return [header, *([row.get(name, "") for name in header] for row in printed.values())]


def usgs_long() -> Table:
    return tabled(bundled_long_text())


def without_first_row(table: Table) -> Table:
    """The long layout begins with a row of United States statistics, which is not read."""
    return [table[0], *table[2:]]


READERS: dict[str, Reader] = {
    "BACI, yearly CSV": Reader(
        "baci", BACI_FILE, lambda: baci("2024"), comma_separated,
        BACI | {
            "truncated": Cell(lambda content: content[:400], ("the file was cut off", "download it again")),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "wrong year": Cell(first(t="2023"), ("line 2", "year is the file's year", "t=2023")),
        },
        before=lambda: {BACI_FILE.replace("2024", "2023"): comma_separated(baci("2023"))},
    ),
    "BACI, zip": Reader(
        "baci", "BACI_HS12_V202601.zip", lambda: baci("2023", "2024"), zipped,
        BACI | {
            "truncated": Cell(lambda content: content[:-30], ("expected a whole zip archive",)),
            "empty": Cell(lambda content: b"", ("expected a whole zip archive, found 0 bytes",)),
            "wrong year": Cell(first(t="2099"), ("BACI_HS12_Y2024_V202601.csv, line 2", "no year to come", "t=2099")),
        },
    ),
    "BACI, Parquet": Reader(
        "baci", "lithium.parquet", lambda: baci("2023", "2024"), as_parquet,
        BACI | {
            "truncated": Cell(lambda content: content[:-30], ("expected a whole Parquet file",)),
            "empty": Cell(lambda content: b"", ("expected a whole Parquet file",)),
            "wrong year": Cell(first(t="2011"), ("year is not before its HS revision", "t=2011")),
        },
        options=("hs_revision=HS12", "covers_all_importers=true"),
    ),
    "UN Comtrade, API's JSON": Reader(
        "comtrade", "magnets.json", comtrade, lambda records: as_json(records).encode(),
        comtrade_cells("record") | {
            "truncated": Cell(lambda content: content[:-500], ("line ", "expected JSON", "cut off")),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
        },
    ),
    "UN Comtrade, API's CSV": Reader(
        "comtrade", "magnets.csv", comtrade, lambda records: as_csv(records).encode(),
        comtrade_cells("line") | {
            "truncated": Cell(lambda content: content[:-50], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
        },
    ),
    "UN Comtrade, web export": Reader(
        "comtrade", "TradeData_11_22_2026_10_0_0.csv", comtrade, lambda records: as_csv(records, end=",").encode(),
        comtrade_cells("line") | {
            "truncated": Cell(lambda content: content[:-50], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
        },
        options=("dataset=magnets",),
    ),
    "UN Comtrade, gzip": Reader(
        "comtrade", "magnets.json.gz", comtrade,
        lambda records: gzip.compress(as_json(records).encode(), mtime=0),
        comtrade_cells("record") | {
            "truncated": Cell(lambda content: content[:-200], ("expected a whole gzip file",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
        },
    ),
    "TradeStat, page": Reader(
        "tradestat", "magnets.html", page, str.encode,
        {
            "truncated": Cell(lambda content: content[: content.index(b"<tfoot>")], ("none: the report was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(
                report(
                    head=MONTH_HEAD[:-1], rows=[row[:-1] for row in MONTH_ROWS],
                    totals=[row[:-1] for row in MONTH_TOTALS],
                ),
                ("table row 1", "twice two periods and %Growth"),
            ),
            "renamed column": Cell(
                report(head=[*MONTH_HEAD[:2], "December 2023", *MONTH_HEAD[3:]]),
                ("table row 1, column 3", "expected a period", "December 2023"),
            ),
            "extra column": Cell(
                report(
                    head=[*MONTH_HEAD, "Remark"], rows=[[*row, "x"] for row in MONTH_ROWS],
                    totals=[[*row, "x"] for row in MONTH_TOTALS],
                ),
                ("table row 1", "found S.No., Country", "Remark"),
            ),
            "text in a number": Cell(
                report(rows=changed(MONTH_ROWS, 0, 3, "12 tons")), ("table row 2, column Dec-2024 (R)", "'12 tons'")
            ),
            "wrong unit": Cell(
                report(rows=THOUSANDFOLD_ROWS[:4], totals=THOUSANDFOLD_ROWS[4:]),
                ("at most 125,000 a month", "Rs crore"),
            ),
            "wrong year": Cell(
                report(head=[head.replace("2024", "2099").replace("2023", "2098") for head in MONTH_HEAD]),
                ("2099", "months that were over on the report date"),
            ),
            "duplicate rows": Cell(
                report(rows=[*MONTH_ROWS, ["5", *MONTH_ROWS[0][1:]]]), ("each country once", "'CHINA P RP'")
            ),
            "unknown code": Cell(
                report(commodity="Commodity:01012100  HORSES <b>Unit:NOS</b>"), ("landed as", f"28 {OF_NO_USE}"), 0
            ),
            "unknown country": Cell(
                report(rows=changed(MONTH_ROWS, 0, 1, "ATLANTIS")),
                ("table row 2, column Country", "'ATLANTIS'", "seed_tradestat_countries.csv"),
            ),
        },
    ),
    "TradeStat, JSON": Reader(
        "tradestat", "copper_export.json", json_report, lambda document: json.dumps(document, indent=1).encode(),
        {
            "truncated": Cell(lambda content: content[:-200], ("line ", "expected JSON")),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(
                copper("years/2023/countries/0/values_usd", None), ("financial_year 2023, country 1", "values_usd")
            ),
            "renamed column": Cell(
                copper("years/2023/countries/0/values_usd", lambda cells: {"y2022_2023": 4.5, "latest": 2.25}),
                ("financial_year 2023, country 1, values_usd", "expected the columns y2022_2023", "latest"),
            ),
            "extra column": Cell(
                copper("years/2023/countries/0/remark", "checked"), ("financial_year 2023, country 1",)
            ),
            "text in a number": Cell(
                copper("years/2023/countries/0/values_usd/y2022_2023", "12 tons"), ("country 1", "'12 tons'")
            ),
            "wrong unit": Cell(copper_thousandfold, ("financial_year 2023, total", "the sum")),
            "wrong year": Cell(
                copper("years/2023/metadata/financial_year", "2099"), ("financial_year 2023", "found '2099'")
            ),
            "duplicate rows": Cell(copper_twice, ("financial_year 2023, country 3", "each country once")),
            "unknown code": Cell(
                lambda document: json.loads(json.dumps(document).replace("26030000", "01012100")),
                ("landed as", f"28 {OF_NO_USE}"),
                0,
            ),
            "unknown country": Cell(
                copper("years/2023/countries/0/country", "ATLANTIS"), ("country 1, column Country", "'ATLANTIS'")
            ),
        },
    ),
    "USGS, wide layout": Reader(
        "usgs", "MCS2025_World_Data.csv", usgs_wide, comma_separated,
        {
            "truncated": Cell(lambda content: content[:-9], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(no_column("RESERVES_2024"), ("line 1", "missing: RESERVES_YYYY")),
            "renamed column": Cell(
                other_name("UNIT_MEAS", "UNIT"), ("line 1", "missing: UNIT_MEAS; not expected: UNIT")
            ),
            "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
            "text in a number": Cell(
                first(PROD_2023="12 tons"), ("line 2", "value is a number or a known symbol", "value=12 tons")
            ),
            "wrong unit": Cell(
                thousandfold("PROD_2023", "PROD_EST_ 2024", "RESERVES_2024"),
                ("figures are of the size of those in other files", "for_example", "--accept-other-figures"),
            ),
            "wrong year": Cell(
                other_name("PROD_2023", "PROD_2013"), ("year is one of the edition", "year=2013")
            ),
            "duplicate rows": Cell(twice, ("figure is there once", "times=2")),
            "unknown code": Cell(
                also(COMMODITY="Unobtainium"), (OF_NO_USE, "landed as"), 0
            ),
            "unknown country": Cell(first(COUNTRY="Atlantis"), ("line 2", "country is known", "country=Atlantis")),
        },
    ),
    "USGS, long layout": Reader(
        "usgs", "MCS2026_Commodities_Data.csv", usgs_long,
        lambda table: comma_separated(table).decode().encode("cp1252"),
        {
            "truncated": Cell(lambda content: content[:-9], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(no_column("Value"), ("line 1", "missing: Value")),
            "renamed column": Cell(other_name("Unit", "Measure"), ("line 1", "missing: Unit; not expected: Measure")),
            "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
            "text in a number": Cell(
                lambda table: first(Value="12 tons")(without_first_row(table)), ("line 2", "value=12 tons")
            ),
            "wrong unit": Cell(
                thousandfold("Value"), ("figures are of the size of those in other files", "for_example")
            ),
            "wrong year": Cell(
                lambda table: first(Year="2099")(without_first_row(table)), ("year is one of the edition", "year=2099")
            ),
            "duplicate rows": Cell(lambda table: twice(without_first_row(table)), ("figure is there once", "times=2")),
            "unknown code": Cell(
                lambda table: also(Commodity="Unobtainium")(without_first_row(table)),
                (OF_NO_USE, "landed as"),
                0,
            ),
            "unknown country": Cell(
                lambda table: first(Country="Atlantis")(without_first_row(table)), ("line 2", "country=Atlantis")
            ),
        },
    ),
    "USGS, figures as bundled": Reader(
        "usgs", "usgs_mcs_figures.csv", usgs_figures, comma_separated,
        {
            "truncated": Cell(lambda content: content[:-9], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(no_column("unit"), ("line 1", "missing: unit")),
            "renamed column": Cell(other_name("unit", "measure"), ("line 1", "missing: unit; not expected: measure")),
            "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
            "text in a number": Cell(first(value="12 tons"), ("value is a number or a known symbol", "value=12 tons")),
            "wrong unit": Cell(thousandfold("value"), ("figures are of the size of those in other files",)),
            "wrong year": Cell(first(year="2099"), ("year is one of the edition", "year=2099")),
            "duplicate rows": Cell(twice, ("figure is there once", "times=2")),
            "unknown code": Cell(also(commodity="Unobtainium"), (OF_NO_USE, "landed as"), 0),
            "unknown country": Cell(first(country="Atlantis"), ("country is known", "country=Atlantis")),
        },
    ),
    "Worldwide Governance Indicators": Reader(
        "wgi", "governance.csv",
        lambda: tabled((BUNDLED / "wgi_2014_2023.csv").read_text(encoding="utf-8")), comma_separated,
        {
            "truncated": Cell(lambda content: content[:-9], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(no_column("cc_stderr"), ("line 1", "missing: cc_stderr")),
            "renamed column": Cell(other_name("iso3", "code"), ("line 1", "missing: iso3; not expected: code")),
            "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
            "text in a number": Cell(
                first(va_estimate="12 tons"), ("line 2", "figure is a number or blank", "content=12 tons")
            ),
            "wrong unit": Cell(
                thousandfold("va_estimate", "rl_estimate"), ("estimate is in standard units", "between -4 and 4")
            ),
            "wrong year": Cell(first(year="2099"), ("line 2", "year is no year to come", "year=2099")),
            "duplicate rows": Cell(twice, ("economy and year are there once", "times=2")),
            "unknown code": Unreachable("the file has no products"),
            "unknown country": Cell(
                also(iso3="QQQ"), ("odd: economy is a known country", "iso3=QQQ", "landed as"), 0
            ),
        },
    ),
    "World Mining Data": Reader(
        "world_mining_data", "mining.csv",
        lambda: tabled(
            WORLD_MINING_ROWS
            + "".join(
                f"Copper,{country},{code},metr. t,r,2023,{figure}\n"
                for country, code, figure in (
                    ("Chile", "152,CHL", 50), ("Peru", "604,PER", 40), ("India", "699,IND", 3),
                    ("China", "156,CHN", 20), ("Australia", "36,AUS", 10), ("Total", "DELETE,DELETE", 123),
                )
            ).replace("DELETE,metr. t,r", "DELETE,metr. t,nan")
        ),
        comma_separated,
        {
            "truncated": Cell(lambda content: content[:-5], ("the file was cut off",)),
            "empty": Cell(lambda content: b"", ("found an empty file",)),
            "missing column": Cell(no_column("unit"), ("line 1", "missing: unit")),
            "renamed column": Cell(other_name("Country", "country name"), ("line 1", "missing: Country;")),
            "extra column": Cell(one_more, ("columns not known, ignored: remark", "landed as"), 0),
            "text in a number": Cell(first(production="12 tons"), ("line 2", "production is a number or blank")),
            "wrong unit": Cell(
                thousandfold("production"), ("figures are of the size of those in other files", "other-figures")
            ),
            "wrong year": Cell(first(year="2099"), ("line 2", "year is no year to come", "year=2099")),
            "duplicate rows": Cell(twice, ("figure is there once", "times=2")),
            "unknown code": Cell(also(commodity="Unobtainium"), (OF_NO_USE, "landed as"), 0),
            "unknown country": Cell(first(Country="Atlantis"), ("line 2", "country is known", "Country=Atlantis")),
        },
        before=lambda: {"mining.csv": comma_separated(READERS["World Mining Data"].whole())},
    ),
}  # fmt: skip
# the bytes of a file are cut or gone; everything else is done to what they say
OF_BYTES = ("truncated", "empty")


# --- the command, and what it leaves


@dataclass(frozen=True)
class Outcome:
    """What the command said, and its exit code."""

    exit_code: int
    line: str

    @property
    def stage(self) -> str:
        """Where it was caught, by what it tells."""
        if self.exit_code == 0:
            return "taken, and told"
        if any(f": {name}: expected" in self.line for name in names_of_checks("raw")):
            return "suite of the raw table"
        if any(f": {name}: expected" in self.line for name in names_of_checks("staging")):
            return "suite of the typed figures"
        return "reading the file"

    @property
    def in_short(self) -> str:
        """What was told, without what differs from day to day."""
        text = self.line.removeprefix("mineral-risk: ")
        text = re.sub(r"landed as [0-9TZ.]+-[0-9a-f]{8}", "landed", text)
        text = re.sub(r"retrieved_in=[0-9]{4}", "retrieved_in=the year of today", text)
        text = re.sub(r"'[^' ]*/([^/' ]+)'", r"'\1'", text)
        return text if len(text) <= 280 else f"{text[:140]} … {text[-140:]}"


@cache
def names_of_checks(layer: str) -> frozenset[str]:
    return frozenset(check_name(rule) for suite in expectations.suites(layer).values() for rule in suite)


@contextmanager
def _standard_error_kept() -> Iterator[None]:
    """Give the process its standard error back: a command that ends closes it."""
    kept = os.dup(2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def command(home: DataHome, *arguments: str) -> Outcome:
    """Run the command as its own main does, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, _standard_error_kept(), redirect_stdout(out), redirect_stderr(err):
        patch.setenv("MINERAL_RISK_HOME", str(home.root))
        patch.setattr(sys, "argv", ["mineral-risk", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    lines = (out if ended.value.code == 0 else err).getvalue().splitlines()
    assert out.getvalue() == "" or ended.value.code == 0 or arguments[0] == "run"
    if arguments[0] == "run":  # tells its steps, too
        lines = [line for line in lines if line.startswith("mineral-risk: ")]
    assert 1 <= len(lines) <= (2 if ended.value.code == 0 else 1), lines  # what to type next, or nothing more
    return Outcome(int(ended.value.code or 0), lines[0])


def tree(home: DataHome) -> dict[str, str]:
    """Every file of the home with the hash of its bytes, and every folder."""
    return {
        str(path.relative_to(home.root)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(home.root.rglob("*"))
    }


def ingest_arguments(reader: Reader, file: Path) -> list[str]:
    options = [part for option in reader.options for part in ("--option", option)]
    return ["ingest", reader.source_id, "--from", str(file), *options]


def new_home(reader: Reader, folder: Path) -> DataHome:
    """A home with what comes with the project, and the files that are landed before."""
    home = DataHome(folder / "home")
    for name, content in reader.before().items():
        file = folder / name
        file.write_bytes(content)
        assert command(home, *ingest_arguments(reader, file)).exit_code == 0
    if not home.landing.exists():
        from flows import admission
        from flows.sources import discover

        home.landing.mkdir(parents=True)
        admission.admit_bundled(home, discover()[reader.source_id])
    return home


def spoiled(reader: Reader, defect: str) -> bytes:
    cell = reader.cells[defect]
    assert isinstance(cell, Cell)
    whole = reader.whole()
    if defect in OF_BYTES:
        return bytes(cell.spoil(reader.encode(whole)))
    return reader.encode(cell.spoil(whole))


def outcome(reader: Reader, defect: str, home: DataHome, folder: Path) -> Outcome:
    file = folder / reader.file_name
    file.write_bytes(spoiled(reader, defect))
    return command(home, *ingest_arguments(reader, file))


CELLS = [(name, defect) for name, reader in READERS.items() for defect in DEFECTS]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], DataHome]:
    """A home for each reader, made once: what is refused leaves it as it was."""
    return cache(lambda name: new_home(READERS[name], tmp_path_factory.mktemp("reader")))


@pytest.mark.parametrize("name", READERS)
def test_the_whole_file_is_taken(name: str, homes: Callable[[str], DataHome], tmp_path: Path) -> None:
    reader = READERS[name]
    home = DataHome(Path(shutil.copytree(homes(name).root, tmp_path / "home")))
    file = tmp_path / reader.file_name
    file.write_bytes(reader.encode(reader.whole()))
    said = command(home, *ingest_arguments(reader, file))
    assert said.exit_code == 0 and ("landed as" in said.line or "nothing new" in said.line)
    assert set(reader.cells) == set(DEFECTS)


@pytest.mark.parametrize(("name", "defect"), CELLS)
def test_a_cell_is_one_clear_line_and_an_exit_code_and_nothing_is_kept(
    name: str, defect: str, homes: Callable[[str], DataHome], tmp_path: Path
) -> None:
    reader, cell = READERS[name], READERS[name].cells[defect]
    document = DOCUMENT.read_text(encoding="utf-8")
    if isinstance(cell, Unreachable):
        assert document_row(defect, cell) in document
        return
    home = homes(name)
    if cell.exit_code == 0:
        home = DataHome(Path(shutil.copytree(home.root, tmp_path / "home")))
    before = tree(home)
    said = outcome(reader, defect, home, tmp_path)
    assert said.exit_code == cell.exit_code, said.line
    for word in cell.words:
        assert word in said.line, said.line
    assert reader.file_name in said.line
    if cell.exit_code:
        assert tree(home) == before
        # what, where, expected, found, what to do
        assert said.line.startswith(f"mineral-risk: {reader.file_name}")
        assert "expected" in said.line or "the file was cut off" in said.line
        assert "found" in said.line or "the file was cut off" in said.line
        assert re.search(r"; [^;]+$", said.line), said.line
        assert len(said.line) < 1000
    else:
        assert set(before) < set(tree(home))
    assert document_row(defect, said) in document, said.in_short


@pytest.mark.parametrize(("name", "defect"), [("UN Comtrade, gzip", "truncated"), ("TradeStat, JSON", "empty")])
def test_a_process_of_its_own_says_the_same(name: str, defect: str, tmp_path: Path) -> None:
    reader, home = READERS[name], DataHome(tmp_path / "home")
    file = tmp_path / reader.file_name
    file.write_bytes(spoiled(reader, defect))
    done = subprocess.run(
        [sys.executable, "-m", "flows", *ingest_arguments(reader, file)],
        env={**os.environ, "MINERAL_RISK_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert document_row(defect, Outcome(3, line)) in DOCUMENT.read_text(encoding="utf-8")
    assert not [path for path in home.root.rglob("*") if path.is_file()]


# --- the document


def document_row(defect: str, found: Outcome | Unreachable) -> str:
    if isinstance(found, Unreachable):
        return f"| {defect} | cannot be: {found.reason} | | |"
    text = found.in_short.replace("|", "\\|")
    return f"| {defect} | {text} | {found.exit_code} | {found.stage} |"


def test_the_document_has_every_cell_and_no_other() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert re.findall("^### (.+)$", document, re.MULTILINE) == list(READERS)
    rows = re.findall(r"^\| ([a-z ]+) \|.*\|$", document, re.MULTILINE)
    assert [row for row in rows if row in DEFECTS] == [defect for name in READERS for defect in DEFECTS] + list(DEFECTS)


COLUMNS = "| Defect | What is told | Exit code | Where it is caught |"
HEAD = """\
# Bad input

What `mineral-risk ingest` says of a file that is not what its publisher promises, reader by reader. A file is read,
typed and held against its suites in a scratch database before a byte of it is landed: what is refused leaves nothing
behind, and the last release stays. Exit code 3 says that a file was refused, 7 that a setting was (a seed,
`MINERAL_RISK_HOME`, a day), 0 that the file was taken; then the same line tells what was odd. `--accept-fewer-rows` and
`--accept-other-figures` land a file that differs from those landed before in a way that is right all the same.

"Suite of the raw table" are the checks of what is printed, "suite of the typed figures" those of units and sizes, which
compare with the year before and with files landed before. A first file of a publisher has nothing to be compared with:
a slip of unit in all of it is found by `mineral-risk run` where a file of another HS revision tells of the same code
and year; the run then publishes nothing and ends with exit code 4. Text that is cut off exactly at the end of a line is
whole to every reader of CSV; it is refused where it would replace a file with more than twice as many rows. This
document is made of what the tests find: `python -m tests.test_bad_input`.
"""


def every_cell() -> dict[tuple[str, str], Outcome]:
    """Run every cell, each in a home of its own."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, reader) in enumerate(READERS.items()):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            home = new_home(reader, folder)
            for defect in DEFECTS:
                if isinstance(reader.cells[defect], Cell):
                    with tempfile.TemporaryDirectory(dir=folder) as place:
                        copy = DataHome(Path(shutil.copytree(home.root, Path(place) / "home")))
                        found[name, defect] = outcome(reader, defect, copy, Path(place))
    return found


def document(found: Mapping[tuple[str, str], Outcome]) -> str:
    """Return the document of what the cells told."""
    parts = [HEAD]
    for name, reader in READERS.items():
        parts.append(f"\n### {name}\n\n{COLUMNS}\n|---|---|---|---|\n")
        for defect in DEFECTS:
            cell = reader.cells[defect]
            parts.append(document_row(defect, cell if isinstance(cell, Unreachable) else found[name, defect]) + "\n")
    parts.append("\n## The defects\n\n| Defect | What it is |\n|---|---|\n")
    parts += [f"| {defect} | {words} |\n" for defect, words in DEFECTS.items()]
    return "".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(document(every_cell()), encoding="utf-8")
