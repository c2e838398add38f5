"""Readers of files from outside, fed near-valid files and arbitrary bytes: parsed right, or refused with the place."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import expectations
from expectations.rules import check_name, in_words
from flows import admission, ingest
from flows.sources import Source, discover
from flows.sources.wgi import DIMENSIONS
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.landing import Vintage
from warehouse.paths import DBT_PROJECT

SOURCES = discover()
Row = tuple[Any, ...]
Line = tuple[int, list[str]]  # where a row begins, and its cells

# China, the United States and Germany sell magnets to India; live horses are no mineral. The figures are made up.
BACI_TEXT = (
    "t,i,j,k,v,q\n"
    "2024,156,699,850511,162787.054,20057.216\n"
    "2024,842,699,850511,812.5,          NA\n"
    "2024,276,699,850511,123456789012.345,\n"
    "2024,276,699,010121,55.0,1.5\n"
)
WGI_TEXT = (
    ",".join(SOURCES["wgi"].tables[0].columns) + "\n"
    "AUS,2022,1.5,0.1,0.9,0.2,1.6,0.2,1.8,0.2,1.7,0.1,1.8,0.15\n"
    "CHL,2022,-0.25,0.1,,,0.5,0.2,-1.125,0.2,0.7,0.1,0.8,0.15\n"
    "IND,2023,0.125,0.1,-0.5,0.2,0.25,0.2,0,0.2,0.1,0.1,-0.25,0.15\n"
)
WORLD_MINING_TEXT = (
    ",".join(SOURCES["world_mining_data"].tables[0].columns) + "\n"
    "Cobalt,Australia,1,AUS,metr. t,r,2022,5787.25\n"
    "Cobalt,Chile,2,CHL,metr. t,e,2022,0\n"
    "Cobalt,Total,3,DELETE,metr. t,nan,2022,123456789012.5\n"
)
USGS_WIDE_TEXT = (
    "SOURCE,COMMODITY,COUNTRY,TYPE,UNIT_MEAS,PROD_2023,PROD_EST_ 2024,PROD_NOTES,CAP_2023,CAP_EST_ 2024,CAP_NOTES,"
    "RESERVES_2024,RESERVE_NOTES\n"
    'MCS2025,Antimony,China,"Mine production, antimony content",metric tons,60000,"61,500",a note,,,,640000,\n'
    'MCS2025,Antimony,Australia,"Mine production, antimony content",metric tons,0.5,W,,,,,NA,about\n'
)
USGS_LONG_TEXT = (
    "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,"
    "Is critical mineral 2025,Other notes\n"
    'ANTIMONY,World mine production,Antimony,China,Production,Mine production,metric tons,2024,"60,000",a note,Yes,\n'
    "ANTIMONY,World mine production,Antimony,Côte d’Ivoire,Reserves,Reserves,metric tons,2025,0.5,,Yes,\n"
    "ANTIMONY,Salient statistics,Antimony,United States,Imports,,metric tons,2024,7,,Yes,\n"
)


@dataclass(frozen=True)
class Reader:
    """A reader with a small file that it takes, and what stands in the raw and staging tables then, by hand."""

    source: Source
    file_name: str
    content: str
    encoding: str
    raw: Callable[[list[Line]], list[Row]]
    staging: str
    figures: str
    numbers: Callable[[list[Line]], list[Row]]


def blank_is_null(rows: list[Line]) -> list[Row]:
    return [tuple(cell or None for cell in row) for _, row in rows]


def decimal(text: str) -> Decimal | None:
    return Decimal(text) if text.strip() else None


def baci_numbers(rows: list[Line]) -> list[Row]:
    return [
        (row[1], row[2], Decimal(row[4]) * 1000, None if row[5].strip() in ("", "NA") else Decimal(row[5]) * 1000)
        for _, row in rows
        if row[3] == "850511"
    ]


def wide_figures(rows: list[Line]) -> list[Row]:
    return [
        (row[0], str(line), row[1] or None, statistic, heading, row[3] or None, row[4] or None, row[2] or None, year,
         row[column] or None, row[note] or None)
        for line, row in rows
        for statistic, heading, year, column, note in (
            ("production", "PROD_2023", "2023", 5, 7),
            ("production", "PROD_EST_ 2024", "2024", 6, 7),
            ("reserves", "RESERVES_2024", "2024", 11, 12),
        )
    ]  # fmt: skip


def long_figures(rows: list[Line]) -> list[Row]:
    kinds = {"Production": "production", "Reserves": "reserves"}
    return [
        ("MCS2026", str(line), row[2] or None, kinds[row[4]], row[4], row[5] or None, row[6] or None, row[3] or None,
         row[7] or None, row[8] or None, row[9] or None)
        for line, row in rows
        if row[1].startswith("World") and row[4] in kinds
    ]  # fmt: skip


def figure_numbers(rows: list[Row]) -> list[Row]:
    # the country is the eighth text of a figure, what is printed the tenth
    return [(row[7] and row[7].strip(), decimal_as_printed(row[9])) for row in rows]


def decimal_as_printed(text: str | None) -> Decimal | None:
    return Decimal(text.strip().replace(",", "")) if text and re.fullmatch(r"\s*[\d,.]+\s*", text) else None


BACI_FIGURES = "exporter_code, importer_code, trade_value_usd, net_weight_kg"
READERS = {
    "baci": Reader(
        SOURCES["baci"], "BACI_HS17_Y2024_V202601.csv", BACI_TEXT, "utf-8",
        lambda rows: [row for row in blank_is_null(rows) if row[3] == "850511"],
        "baci/stg_baci__trade_flows", BACI_FIGURES, baci_numbers,
    ),
    "wgi": Reader(
        SOURCES["wgi"], "governance.csv", WGI_TEXT, "utf-8", blank_is_null,
        "wgi/stg_wgi__governance_estimates",
        "governance_code, year, " + ", ".join(SOURCES["wgi"].tables[0].columns[2:]),
        lambda rows: [
            (row[0], int(row[1]), *(float(cell) if cell.strip() else None for cell in row[2:])) for _, row in rows
        ],
    ),
    "world_mining_data": Reader(
        SOURCES["world_mining_data"], "world_mining.csv", WORLD_MINING_TEXT, "utf-8", blank_is_null,
        "world_mining_data/stg_world_mining_data__production", "country_name, reported_number",
        lambda rows: [(row[1].strip() or None, decimal(row[7])) for _, row in rows],
    ),
    "usgs, wide": Reader(
        SOURCES["usgs"], "MCS2025_World_Data.csv", USGS_WIDE_TEXT, "utf-8", wide_figures,
        "usgs/stg_usgs__figures", "country_name, reported_number", lambda rows: figure_numbers(wide_figures(rows)),
    ),
    "usgs, long": Reader(
        SOURCES["usgs"], "MCS2026_Commodities_Data.csv", USGS_LONG_TEXT, "cp1252", long_figures,
        "usgs/stg_usgs__figures", "country_name, reported_number", lambda rows: figure_numbers(long_figures(rows)),
    ),
}  # fmt: skip
# what a file of three rows cannot keep
OF_WHOLE_FILES = {"edition has all its series"}
# what is wrong with a file as a whole stands on no line
WITHOUT_LINE = (
    "found an empty file", "only a header", "the file was cut off", "another encoding", "expected a whole zip archive",
    "expected members named like", "is damaged", "leaves its folder", "which edition", "a whole Parquet file",
    "every landed", "expected rows with codes",
)  # fmt: skip


# columns that a reader renames, or that a check holds against another
COLUMN_IN_WORDS = {
    "SOURCE": ("SOURCE",), "COMMODITY": ("commodity",), "Commodity": ("commodity",), "TYPE": ("detail",),
    "UNIT_MEAS": ("unit",), "Unit": ("unit",), "COUNTRY": ("country",), "Country": ("country",),
    "PROD_2023": ("value",), "PROD_EST_ 2024": ("value",), "RESERVES_2024": ("value",), "Value": ("value",),
    "Year": ("year",), "Statistics_detail": ("detail",), "Country_ISO": ("data_source",),
    **{f"{name}_{kind}": (f"dimension='{name}'",) for name in DIMENSIONS for kind in ("estimate", "stderr")},
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(threads=2) as connection:
        ingest.load_seeds(connection)
        ingest.create_raw_tables(connection, SOURCES)
        yield connection


def read(
    connection: duckdb.DuckDBPyConnection, reader: Reader, file: Path, options: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Row]]:
    """Take a file as admission does, without the machinery around the checks; returns the raw and the staging rows.

    Raises:
        InputRejected: as admission, in its words.
    """
    source = reader.source
    (layer,) = {table.name for table in source.tables} & {path.stem for path in RAW_SUITES} - {"baci_world_exports"}
    for table in (layer, "unnamed_codes", "landed_vintages"):
        connection.execute(f"delete from raw.{table}")
    delivery = source.describe(file, options or {})
    arrival = ingest.arrival(source, delivery)
    vintage = Vintage(
        **vars(arrival), vintage_id="candidate", retrieved_at="2026-11-22T00:00:00.000000Z",
        file_name=file.name, sha256="", size_bytes=file.stat().st_size,
    )  # fmt: skip
    loaded = ingest.load(connection, source, vintage, file, file.parent)
    for table in (*(name for name, count in loaded.row_counts.items() if count), "unnamed_codes"):
        for rule in expectations.suites("raw")[table]:
            query = getattr(rule, "unexpected_rows_query", None)
            if query is None or str(rule.severity.value) == "warning" or check_name(rule) in OF_WHOLE_FILES:
                continue
            found = connection.execute(str(query).format(batch=f"raw.{table}"))
            names = [column[0] for column in found.description or []]
            if row := found.fetchone():
                cells = dict(zip(names, row, strict=True))
                observed = ", ".join(f"{name}={value!r}"[:80] for name, value in cells.items())
                raise admission.refusal(
                    source, file, delivery.parameters,
                    expectations.CheckResult(
                        "raw", table, check_name(rule), "gx", "failed", observed, in_words(rule), cells
                    ),
                    file.parent,
                )  # fmt: skip
    columns = ", ".join(next(table.columns for table in source.tables if table.name == layer))
    raw = connection.execute(f"select {columns} from raw.{layer}").fetchall()
    if not raw:
        raise InputRejected(f"{file.name}: expected rows with codes that a seed names")
    model = (DBT_PROJECT / "models" / "staging" / f"{reader.staging}.sql").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=False).from_string(model)  # noqa: S701 - SQL, not a page
    query = template.render(source=lambda schema, table: f"{schema}.{table}")
    return raw, connection.execute(f"select {reader.figures} from ({query})").fetchall()


RAW_SUITES = list((Path(expectations.__file__).parent / "raw").glob("*.py"))


def by_hand(reader: Reader, content: bytes) -> list[Line] | None:
    """Return the rows of a file by the rules of CSV, None if it breaks them."""
    try:
        text = content.decode("utf-8-sig" if reader.encoding == "utf-8" else reader.encoding)
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        before, found = 0, []
        for row in rows:
            found.append((before + 1, row))
            before = rows.line_num
    except (UnicodeDecodeError, csv.Error):
        return None
    return [(line, row) for line, row in found[1:] if row]  # a line without anything is no row


def parsed_right_or_refused(
    warehouse: duckdb.DuckDBPyConnection, reader: Reader, file: Path, content: bytes, column: str | None = None
) -> str:
    """Assert what a reader owes for any bytes; returns the words of a refusal, nothing if the file was taken."""
    try:
        raw, numbers = read(warehouse, reader, file)
    except InputRejected as refused:
        text = str(refused)
        assert file.name in text
        assert "\n" not in text
        assert re.search(r"\bline \d+", text) or any(words in text for words in WITHOUT_LINE), text
        if column and not re.search(
            "found a zero byte|another encoding|expected [0-9]+ (columns|cells)|line 1: expected", text
        ):
            assert any(word in text for word in (column, *COLUMN_IN_WORDS.get(column, ()))), f"{column}: {text}"
        return text
    rows = by_hand(reader, content)
    assert rows is not None, "taken, though it is no CSV"
    assert sorted(raw, key=repr) == sorted(reader.raw(rows), key=repr)
    assert sorted(numbers, key=repr) == sorted(reader.numbers(rows), key=repr)
    return ""


def lines_of(reader: Reader) -> list[list[str]]:
    return list(csv.reader(io.StringIO(reader.content)))


def as_bytes(reader: Reader, lines: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue().encode(reader.encoding, errors="replace")


CELLS = [
    "1,234.5", "-", "..", "1e309", "-1e309", "NaN", "nan", "inf", "9007199254740993", "280530.0", "", " ", "NA", "0",
    "-0", "+5", ".5", "5.", "0x1F", "1_000", "١٢", "1 000", "1;5", '"', "'", "=1", "null", "1\n2", "1\r\n2", "1\x002",
    "6" * 400, "850511", "2024", "200 kB",
    "10 MB",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, reader: Reader) -> tuple[bytes, str | None]:
    """Draw a damaged file, and the column of the cell where it is one cell that is damaged."""
    lines = lines_of(reader)
    whole = as_bytes(reader, lines)
    kind = draw(st.sampled_from(["cell"] * 4 + ["cells more or less", "byte", "bytes cut", "bytes in", "encoding"]))
    row = draw(st.integers(1, len(lines) - 1))
    position = draw(st.integers(0, len(whole) - 1))
    if kind == "cell":
        column = draw(st.integers(0, len(lines[0]) - 1))
        cell = draw(st.sampled_from(CELLS) | st.text(st.characters(codec="utf-8"), max_size=8))
        lines[row][column] = {"10 MB": "7" * 10_000_000, "200 kB": "é" * 100_000}.get(cell, cell)
        return as_bytes(reader, lines), lines[0][column]
    if kind == "cells more or less":
        lines[row] = draw(st.sampled_from([lines[row][:-1], [*lines[row], ""], [*lines[row], "1"], [], ["1"]]))
        return as_bytes(reader, lines), None
    if kind == "byte":
        return whole[:position] + bytes([draw(st.integers(0, 255))]) + whole[position + 1 :], None
    if kind == "bytes cut":
        return whole[:position], None
    if kind == "bytes in":
        return whole[:position] + draw(st.binary(min_size=1, max_size=6)) + whole[position:], None
    text = whole.decode(reader.encoding)
    return draw(
        st.sampled_from([
            text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("utf-32"),
            codecs.BOM_UTF8 + text.encode("utf-8"), codecs.BOM_UTF8 * 2 + text.encode("utf-8"),
            text.replace("\n", "\r\n").encode(reader.encoding), text.replace("\n", "\r").encode(reader.encoding),
            text.replace("\n", "\n\n").encode(reader.encoding), (text + "\n").encode(reader.encoding),
            text.replace("a", "é").encode("cp1252", errors="replace"), text.replace(",", ";").encode(reader.encoding),
        ])
    ), None  # fmt: skip


UNHURRIED = settings(
    max_examples=120, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_the_file_itself_is_read_as_worked_out_by_hand(
    name: str, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    reader = READERS[name]
    file = tmp_path / reader.file_name
    content = reader.content.encode(reader.encoding)
    file.write_bytes(content)
    assert parsed_right_or_refused(warehouse, reader, file, content) == ""


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_parsed_right_or_refused(
    name: str, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    reader = READERS[name]
    file = tmp_path / reader.file_name

    @UNHURRIED
    @given(damaged(reader))
    def holds(drawn: tuple[bytes, str | None]) -> None:
        content, column = drawn
        file.write_bytes(content)
        parsed_right_or_refused(warehouse, reader, file, content, column)

    holds()


@pytest.mark.parametrize("name", READERS)
def test_arbitrary_bytes_are_refused(name: str, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    reader = READERS[name]
    file = tmp_path / reader.file_name
    header = reader.content.splitlines(keepends=True)[0].encode()

    @UNHURRIED
    @given(st.binary(max_size=200) | st.binary(max_size=80).map(header.__add__))
    @example(header + b"\0" * 40 + b"\n")
    @example(header + b"\xff\xfe,1\n")
    def holds(content: bytes) -> None:
        file.write_bytes(content)
        assert parsed_right_or_refused(warehouse, reader, file, content)

    holds()


@pytest.mark.parametrize("name", ["parquet", "zip"])
def test_a_damaged_archive_never_passes_for_another(name: str, tmp_path: Path) -> None:
    """A zip has checksums: it gives all of its rows or none. Parquet has none: what is left of it is checked."""
    reader = READERS["baci"]
    if name == "zip":
        file, options = tmp_path / "BACI_HS17_V202601.zip", {}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(reader.file_name), BACI_TEXT)
    else:
        file, options = tmp_path / "flows.parquet", {"hs_revision": "HS17", "covers_all_importers": "false"}
        with connect() as connection:
            connection.execute(
                "copy (select * from (values ('2024', '156', '699', '850511', '5.5', 'NA'),"
                f" ('2024', '842', '699', '850511', '7.25', '1')) as flows(t, i, j, k, v, q)) to '{file}'"
            )
    whole = file.read_bytes()

    def rows() -> list[Row]:
        with connect(threads=2) as connection:
            ingest.load_seeds(connection)
            ingest.create_raw_tables(connection, SOURCES)
            return sorted(read(connection, reader, file, options)[0], key=repr)

    expected = rows()
    assert len(expected) == (3 if name == "zip" else 2)

    @settings(UNHURRIED, max_examples=40)
    @given(
        st.integers(0, len(whole) - 1).map(lambda end: whole[:end])
        | st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 255)).map(
            lambda flip: whole[: flip[0]] + bytes([whole[flip[0]] ^ flip[1]]) + whole[flip[0] + 1 :]
        )
        | st.binary(max_size=60)
        | st.binary(max_size=60).map(lambda content: b"PAR1" + content + b"PAR1")
    )
    def holds(content: bytes) -> None:
        file.write_bytes(content)
        try:
            found = rows()
        except InputRejected as refused:
            assert file.name in str(refused)
            assert "\n" not in str(refused)
        else:
            assert len(found) == len(expected)
            assert name == "parquet" or found == expected

    holds()


@pytest.mark.parametrize("name", ["baci", "wgi", "world_mining_data", "usgs, wide"])
@pytest.mark.parametrize("harmless", ["byte order mark", "CRLF", "every cell quoted"])
def test_what_only_looks_different_is_taken(
    name: str, harmless: str, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    reader = READERS[name]
    content = reader.content.encode()
    if harmless == "byte order mark":
        content = codecs.BOM_UTF8 + content
    elif harmless == "CRLF":
        content = content.replace(b"\n", b"\r\n")
    else:
        stream = io.StringIO()
        csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines_of(reader))
        content = stream.getvalue().encode()
    file = tmp_path / reader.file_name
    file.write_bytes(content)
    assert parsed_right_or_refused(warehouse, reader, file, content) == ""
