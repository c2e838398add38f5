"""Exports: what leaves is whole, is what stands in the release, and holds nothing that may not leave."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import frictionless
import openpyxl  # type: ignore[import-untyped]
import pyarrow.parquet
import pytest
import yaml  # type: ignore[import-untyped]

from flows import exports, workbook
from flows.exports import Style, export
from flows.sources import discover
from tests.conftest import Refreshed
from tests.several_sources import RESTRICTED_VALUES_USD
from tests.small_build import numbered_checks, write_small_build
from warehouse import contract, datapackage
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import Release, current_release, publish

STYLES: tuple[Style, ...] = ("parquet", "csv", "xlsx")
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# texts that spreadsheets, CSV readers or XML could take for something else, and what CSV holds instead
HOSTILE = {
    "=1+1": "'=1+1",
    "=HYPERLINK(\"https://example.org\",\"x\")": "'=HYPERLINK(\"https://example.org\",\"x\")",
    "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
    "+49 30": "'+49 30",
    "-5": "'-5",
    "-2+3": "'-2+3",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "\n=1": "'\n=1",
    "＝1+1": "'＝1+1",
    "{=1+1}": "{=1+1}",
    "a=1": "a=1",
    "https://example.org/": "https://example.org/",
    "mailto:a@example.org": "mailto:a@example.org",
    "<r><t>forged</t></r>": "<r><t>forged</t></r>",
    "<b>&amp;</b>": "<b>&amp;</b>",
    "_x0041_": "_x0041_",
    'say "yes", or\nno': 'say "yes", or\nno',
    "  blanks around  ": "  blanks around  ",
    "Côte d'Ivoire, 中国, 🜨": "Côte d'Ivoire, 中国, 🜨",
    "NA": "NA",
    "true": "true",
    "1e5": "1e5",
    "007": "007",
    "bell \x07 and \ufffe": "bell \x07 and \ufffe",
}  # fmt: skip
CANARY = "tantalising canary"
CANARY_NUMBER = 987_654_321


def hand_made_home(root: Path, *, restricted: bool) -> DataHome:
    """Publish a small release with a table of every type and of hostile texts; restricted: rows that may not leave."""
    root.mkdir()
    build, home = root / "build.duckdb", DataHome(root / "home")
    write_small_build(build, 7, rows=500)
    with connect(build) as connection:
        connection.execute(
            "create table marts.cells (cell_id integer, hs6_code varchar, note varchar, amount_usd double,"
            " flow_count bigint, seen_on date, seen_at timestamp, is_material boolean, is_redistributable boolean)"
        )
        connection.execute("comment on table marts.cells is 'One row per cell that something could go wrong with.'")
        connection.execute("comment on column marts.cells.note is 'Text from outside; null where there is none.'")
        for number, text in enumerate(HOSTILE):
            connection.execute(
                "insert into marts.cells values (?, '060490', ?, ?, ?, date '2026-02-03',"
                " timestamp '2026-02-03 04:05:06', ?, true)",
                [number, text, -1.5 * number, -number, number % 2 == 0],
            )
        connection.execute("insert into marts.cells values (100, null, null, null, null, null, null, null, true)")
        connection.execute(
            "insert into marts.cells values"
            " (101, '000000', '', 1e-300, 999999999999999, date '9999-12-31', timestamp '1900-03-01', true, true)"
        )
        if restricted:
            connection.execute(
                "insert into marts.cells values"
                f" (102, '111111', '{CANARY}', {CANARY_NUMBER}, {CANARY_NUMBER}, null, null, null, false),"
                f" (103, '111111', '{CANARY}', {CANARY_NUMBER}, {CANARY_NUMBER}, null, null, null, null)"
            )
            connection.execute(
                "insert into intermediate.int_vintages by name select * replace ('closed' as source_id,"
                " 'Closed Bureau' as publisher, 'terms of the bureau: for your own use' as licence,"
                " false as is_redistributable,"
                f" {CANARY_NUMBER} as newest_year_importer_count, {CANARY_NUMBER} as newest_year_importer_ratio,"
                f" {CANARY_NUMBER} as newest_year_value_ratio) from intermediate.int_vintages"
            )
    checks = numbered_checks(7)
    if restricted:
        checks = [*checks, type(checks[0])("marts", "cells", "range", "gx", "warned", CANARY, "no such row")]
    publish(home, build, checks=checks, code_version="7", controls_as_of=None, now=CREATED)
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    return hand_made_home(tmp_path_factory.mktemp("free") / "free", restricted=False)


@pytest.fixture(scope="module")
def restricted_home(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    return hand_made_home(tmp_path_factory.mktemp("restricted") / "restricted", restricted=True)


@pytest.fixture(scope="module")
def exported(home: DataHome, tmp_path_factory: pytest.TempPathFactory) -> dict[Style, Path]:
    """The whole hand-made release in every format."""
    folder = tmp_path_factory.mktemp("exported")
    for style in STYLES:
        export(home, folder / style, style=style)
    return {style: folder / style for style in STYLES}


def package_of(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return package


def stored(release: Release, query: str) -> list[tuple[Any, ...]]:
    with connect(release.database, read_only=True) as connection:
        return connection.execute(query).fetchall()


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


# --- CSV


def test_csv_is_read_back_by_another_reader_cell_by_cell(home: DataHome, exported: dict[Style, Path]) -> None:
    content = (exported["csv"] / "cells.csv").read_bytes()
    with (exported["csv"] / "cells.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = list(csv.reader(stream, strict=True))
    assert header == ["cell_id", "hs6_code", "note", "amount_usd", "flow_count", "seen_on", "seen_at", "is_material",
                      "is_redistributable"]  # fmt: skip
    expected = [
        [str(number), "060490", safe, str(-1.5 * number) if number else "-0.0", str(-number), "2026-02-03",
         "2026-02-03T04:05:06Z", "true" if number % 2 == 0 else "false", "true"]
        for number, safe in enumerate(HOSTILE.values())
    ]  # fmt: skip
    expected.append(["100", "", "", "", "", "", "", "", "true"])
    expected.append(["101", "000000", "", "1e-300", "999999999999999", "9999-12-31", "1900-03-01T00:00:00Z", "true",
                     "true"])  # fmt: skip
    assert rows == expected
    # line feeds end the lines, and what else is a line end stands inside quotes
    assert content.startswith(b"cell_id,hs6_code,note,") and content.endswith(b"\n")
    assert b"\r\n" not in content


def test_csv_of_numbers_is_the_number_to_the_last_bit(home: DataHome, tmp_path: Path) -> None:
    export(home, tmp_path / "out", style="csv", tables=["trade_flows"])
    with (tmp_path / "out" / "trade_flows.csv").open(newline="", encoding="utf-8") as stream:
        found = [(row["hs6_code"], float(row["trade_value_usd"])) for row in csv.DictReader(stream)]
    expected = stored(current_release(home), "select hs6_code, trade_value_usd from marts.trade_flows order by all")
    assert len(found) == 500
    assert sorted(found) == expected
    assert found[0][0].startswith("0") and len(found[0][0]) == 6


def test_no_text_of_a_csv_starts_a_formula(exported: dict[Style, Path]) -> None:
    for file in exported["csv"].rglob("*.csv"):
        with file.open(newline="", encoding="utf-8") as stream:
            for row in list(csv.reader(stream)):
                for cell in row:
                    if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")):
                        float(cell)  # only a number may


# --- Excel


def sheets(folder: Path) -> Any:
    return openpyxl.load_workbook(folder / "mineral_risk.xlsx")


def test_a_workbook_is_read_back_by_another_reader_cell_by_cell(exported: dict[Style, Path]) -> None:
    sheet = sheets(exported["xlsx"])["cells"]
    rows = list(sheet.iter_rows(min_row=2))
    assert len(rows) == len(HOSTILE) + 2
    for number, (text, row) in enumerate(zip(HOSTILE, rows, strict=False)):
        code, note, amount, count, seen_on, seen_at, is_material, _ = row[1:]
        assert (code.value, code.data_type) == ("060490", "s")
        assert (openpyxl.utils.escape.unescape(note.value), note.data_type) == (text, "s")
        assert (amount.value, amount.data_type) == (-1.5 * number, "n")
        assert (count.value, count.data_type) == (-number, "n")
        assert (seen_on.value.date(), seen_at.value) == (date(2026, 2, 3), datetime(2026, 2, 3, 4, 5, 6))
        assert is_material.value is (number % 2 == 0)
    empty, far = rows[-2:]
    assert [cell.value for cell in empty] == [100, None, None, None, None, None, None, None, True]
    assert [cell.value for cell in far[:5]] == [101, "000000", "", 1e-300, 999_999_999_999_999]
    assert (far[5].value.date(), far[6].value) == (date(9999, 12, 31), datetime(1900, 3, 1))


def test_a_workbook_has_no_formula_no_link_and_nothing_outside(exported: dict[Style, Path]) -> None:
    with zipfile.ZipFile(exported["xlsx"] / "mineral_risk.xlsx") as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    for name, text in parts.items():
        assert not re.search(r"<f[ >]|<hyperlink|<ddeLink|<externalLink|TargetMode", text), name
    assert not [name for name in parts if "rels" in name and "sheet" in name]


def test_the_first_sheet_says_what_the_workbook_is(home: DataHome, exported: dict[Style, Path]) -> None:
    book = sheets(exported["xlsx"])
    tables = [resource["name"] for resource in package_of(exported["xlsx"])["resources"]]
    assert book.sheetnames == ["about", *tables]
    rows = [[cell for cell in row if cell is not None] for row in book["about"].iter_rows(values_only=True)]
    text = "\n".join(" | ".join(str(cell) for cell in row) for row in rows)
    assert f"release_id | {current_release(home).release_id}" in text
    assert "empty cells | An empty value is one that is not known or does not apply, never zero" in text
    assert ["cells", len(HOSTILE) + 2, "One row per cell that something could go wrong with."] in rows
    assert any(row[1:2] == ["made by hand"] and "https://example.org/" in row for row in rows)
    assert ["cells", "note", "Text from outside; null where there is none."] in rows
    assert ["cells", "amount_usd", "US dollars, current"] in rows


TOO_MUCH_FOR_EXCEL = {
    "long_text": "repeat('x', 32768)",
    "long_signs": "repeat('🜨', 16384)",
    "endless": "'infinity'::double",
    "undefined": "'nan'::double",
    "many_digits": "1000000000000000::bigint",
    "early_day": "date '1900-02-28'",
    "early_moment": "timestamp '1900-02-28 23:59:59'",
}


@pytest.fixture(scope="module")
def home_of_too_much(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    tables = [f"create table marts.{name} as select {cell} as cell" for name, cell in TOO_MUCH_FOR_EXCEL.items()]
    return home_with(tmp_path_factory.mktemp("too_much"), *tables)


@pytest.mark.parametrize("table", TOO_MUCH_FOR_EXCEL)
def test_a_cell_that_excel_cannot_hold_is_refused_by_name(
    home_of_too_much: DataHome, tmp_path: Path, table: str
) -> None:
    with pytest.raises(
        InputRejected, match=rf"marts\.{table}\.cell holds .*--table, or choose --format csv or parquet"
    ):
        export(home_of_too_much, tmp_path / "out", style="xlsx", tables=["minerals", table])
    assert list(tmp_path.iterdir()) == []
    export(home_of_too_much, tmp_path / "out", style="csv", tables=[table])


def test_the_longest_text_and_the_largest_number_that_excel_holds_are_written(tmp_path: Path) -> None:
    home = home_with(
        tmp_path, "create table marts.wide as select repeat('x', 32767) as note, repeat('🜨', 16383) as sign,"
        " 999999999999999::bigint as value"
    )  # fmt: skip
    export(home, tmp_path / "out", style="xlsx", tables=["wide"])
    (row,) = sheets(tmp_path / "out")["wide"].iter_rows(min_row=2, values_only=True)
    assert row == ("x" * 32767, "🜨" * 16383, 999_999_999_999_999)


def test_a_table_of_too_many_rows_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = home_with(tmp_path, "create table marts.long as select range as year from range(1048576)")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputRejected, match=r"marts\.long has 1,048,576 rows, and a sheet .* 1,048,575 .*--year"):
        export(home, tmp_path / "out", style="xlsx")
    assert sorted(tmp_path.iterdir()) == before
    export(home, tmp_path / "out", style="xlsx", tables=["long"], year=2024)
    assert sheets(tmp_path / "out")["long"].max_row == 2


def test_the_header_counts_among_the_rows_of_a_sheet(home: DataHome, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(workbook, "ROWS", 501)
    export(home, tmp_path / "fits", style="xlsx", tables=["trade_flows"])
    monkeypatch.setattr(workbook, "ROWS", 500)
    with pytest.raises(InputRejected, match="a sheet of Excel holds 499 below its header"):
        export(home, tmp_path / "does not", style="xlsx", tables=["trade_flows"])


def test_every_published_table_has_a_name_that_a_sheet_may_have() -> None:
    for name in contract.load().tables:
        assert len(name.removeprefix("marts.")) <= workbook.SHEET_NAME_CHARACTERS, name


def home_with(folder: Path, *statements: str) -> DataHome:
    build, home = folder / "build.duckdb", DataHome(folder / "home")
    write_small_build(build, 7, rows=10)
    with connect(build) as connection:
        for statement in statements:
            connection.execute(statement)
    publish(home, build, checks=numbered_checks(7), code_version="7", controls_as_of=None, now=CREATED)
    return home


# --- Parquet


def test_parquet_is_read_back_by_another_reader(home: DataHome, exported: dict[Style, Path]) -> None:
    for resource in package_of(exported["parquet"])["resources"]:
        table = pyarrow.parquet.read_table(exported["parquet"] / resource["path"])
        name = resource["name"] if "." in resource["name"] else f"marts.{resource['name']}"
        expected = stored(current_release(home), f"select * from {name} order by all")
        assert [tuple(row.values()) for row in table.to_pylist()] == expected, name
        assert resource["rows"] == len(expected)


# --- the data package


@pytest.mark.parametrize("style", STYLES)
def test_the_data_package_keeps_the_standard(exported: dict[Style, Path], style: Style) -> None:
    folder = exported[style]
    package = package_of(folder)
    assert list(frictionless.Package.metadata_validate(package)) == []
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    named = {"datapackage.json", *exports.NOTICES, *(resource["path"] for resource in package["resources"])}
    assert set(files_of(folder)) == named


@pytest.mark.parametrize("style", ["csv", "xlsx"])
def test_every_cell_keeps_the_schema_of_the_data_package(exported: dict[Style, Path], style: Style) -> None:
    """Types, keys, required cells, hash, bytes and number of rows, by the library of the standard."""
    report = frictionless.validate(str(exported[style] / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "note"])
    assert report.stats["tasks"] == len(package_of(exported[style])["resources"]) > 9


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("060490", "060491", "hash-count"),
        ("2026-02-03T04", "2026-02-03 at 04", "type-error"),
        (",true\n", "\n", "missing-cell"),
    ],
)
def test_a_changed_file_no_longer_keeps_the_data_package(
    home: DataHome, tmp_path: Path, old: str, new: str, error: str
) -> None:
    export(home, tmp_path / "out", style="csv", tables=["cells"])
    file = tmp_path / "out" / "cells.csv"
    text = file.read_bytes().decode("utf-8")
    assert old in text
    file.write_bytes(text.replace(old, new, 1).encode())
    report = frictionless.validate(str(tmp_path / "out" / "datapackage.json"))
    assert error in {row[0] for row in report.flatten(["type"])}


def test_a_data_package_says_types_units_keys_and_credits(exported: dict[Style, Path]) -> None:
    package = package_of(exported["csv"])
    assert package["created"] == "2026-01-02T03:04:05Z"
    assert package["version"] == f"{package['release']['schema_version']}+{package['id']}"
    assert {(source["title"], source["credit"], source["path"]) for source in package["sources"]} >= {
        ("CEPII: 7", "made by hand", "https://example.org/")
    }
    resources = {resource["name"]: resource for resource in package["resources"]}
    fields = {field["name"]: field for field in resources["cells"]["schema"]["fields"]}
    assert {name: field["type"] for name, field in fields.items()} == {
        "cell_id": "integer", "hs6_code": "string", "note": "string", "amount_usd": "number", "flow_count": "integer",
        "seen_on": "date", "seen_at": "datetime", "is_material": "boolean", "is_redistributable": "boolean",
    }  # fmt: skip
    assert fields["amount_usd"]["unit"] == "US dollars, current"
    assert fields["note"]["description"] == "Text from outside; null where there is none."
    assert resources["cells"]["schema"]["missingValues"] == [""]
    assert resources["risk_scores"]["schema"]["primaryKey"] == ["year", "importer_iso3", "mineral_id", "stage"]
    assert "primaryKey" not in resources["cells"]["schema"]  # the contract does not know the table


def test_every_source_whose_data_may_leave_has_a_licence_with_a_page() -> None:
    known = yaml.safe_load(datapackage.CREDITS.read_text(encoding="utf-8"))
    licences = {source.licence for source in discover().values() if source.is_redistributable}
    assert licences <= set(known["licences"])
    assert all(entry["licence"] in known["licences"] for entry in known["reference_data"])
    assert all(entry["path"].startswith("https://") for entry in known["licences"].values())


@pytest.mark.parametrize("style", STYLES)
def test_the_notices_travel_with_the_data(exported: dict[Style, Path], style: Style) -> None:
    for name, source in exports.NOTICES.items():
        assert (exported[style] / name).read_bytes() == source.read_bytes()
    assert "Gaulier and Zignago" in (exported[style] / "NOTICE-bundled-data.md").read_text(encoding="utf-8")


def test_a_release_has_a_data_package_of_its_parquet_files(restricted_home: DataHome) -> None:
    release = current_release(restricted_home)
    package = package_of(release.folder)
    assert list(frictionless.Package.metadata_validate(package)) == []
    promised = contract.load().tables
    for resource in package["resources"]:
        file = release.folder / resource["path"]
        assert resource["bytes"] == file.stat().st_size
        assert resource["hash"] == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        written = pyarrow.parquet.read_table(file)
        assert resource["rows"] == written.num_rows
        assert [field["name"] for field in resource["schema"]["fields"]] == written.column_names
        name = resource["name"] if "." in resource["name"] else f"marts.{resource['name']}"
        if name in promised and set(promised[name].key) <= set(written.column_names):
            assert resource["schema"]["primaryKey"] == list(promised[name].key)
    paths = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*.parquet")}
    assert {resource["path"] for resource in package["resources"]} == paths
    assert {entry["resource"]: entry.get("rows") for entry in package["heldBack"]}["cells"] == 2
    assert datapackage.FILE_NAME in json.loads((release.folder / "manifest.json").read_text())["files_sha256"]
    assert CANARY.encode() not in (release.folder / datapackage.FILE_NAME).read_bytes()


# --- what may not leave


def words_of(folder: Path) -> Iterator[str]:
    """Yield everything that the files of a folder say, packed or not."""
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        yield path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield str(pyarrow.parquet.read_table(path).to_pylist())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                yield from (archive.read(name).decode("latin-1") for name in archive.namelist())


@pytest.mark.parametrize("style", STYLES)
def test_what_may_not_leave_is_in_no_export_and_its_rows_are_counted(
    restricted_home: DataHome, tmp_path: Path, style: Style
) -> None:
    assert stored(current_release(restricted_home), f"select count(*) from marts.cells where note = '{CANARY}'") == [
        (2,)
    ]
    done = export(restricted_home, tmp_path / "out", style=style)
    for words in words_of(tmp_path / "out"):
        assert CANARY not in words and str(CANARY_NUMBER) not in words and "987654321" not in words.replace(",", "")
    held_back = package_of(tmp_path / "out")["heldBack"]
    assert [{name: entry[name] for name in entry if name != "reason"} for entry in held_back] == [
        {"resource": "cells", "rows": 2},
        {"resource": "meta.checks", "fields": ["observed"]},
        {"resource": "meta.runs", "fields": ["message"]},
        {
            "resource": "meta.sources",
            "fields": ["newest_year_importer_count", "newest_year_importer_ratio", "newest_year_value_ratio"],
        },
    ]
    assert all("closed (terms of the bureau: for your own use)" in entry["reason"] for entry in held_back)
    cells = next(table for table in done.tables if table.resource == "cells")
    assert (cells.rows, cells.held_back) == (len(HOSTILE) + 2, 2)
    assert any("held back" in line and "cells 2" in line for line in exports.told(done, style))
    credits = json.dumps(package_of(tmp_path / "out")["sources"])
    assert "CEPII" in credits and "Closed Bureau" not in credits
    if style == "xlsx":
        about = [list(row[:2]) for row in sheets(tmp_path / "out")["about"].iter_rows(values_only=True)]
        assert ["cells", 2] in about and ["meta.checks", "observed"] in about


def test_nothing_of_a_real_release_leaves_that_may_not(several_sources: Refreshed, tmp_path: Path) -> None:
    export(several_sources.home, tmp_path / "out", style="csv")
    package = package_of(tmp_path / "out")
    rows = {resource["name"]: resource["rows"] for resource in package["resources"]}
    held_back = {entry["resource"]: entry["rows"] for entry in package["heldBack"] if "rows" in entry}
    found = 0
    for canary in RESTRICTED_VALUES_USD:
        # nine months of Chile are summed up
        digits = re.compile(rf"(?<!\d)({canary}|{canary * 9})(?!\d)")
        for words in words_of(tmp_path / "out"):
            assert not digits.search(words.replace(",", "").replace(".0", ""))
        query = f"select 1 from marts.trade_flows where trade_value_usd in ({canary}, {canary * 9})"
        found += len(stored(several_sources.release, query))
    assert found >= 2
    for name in held_back:
        expected = stored(
            several_sources.release,
            f"select count(*) filter (where is_redistributable), count(*) filter (where not is_redistributable)"
            f" from marts.{name}",
        )
        assert [(rows[name], held_back[name])] == expected
    assert held_back["trade_flows"] > 0 and held_back["risk_scores"] > 0
    report = frictionless.validate(str(tmp_path / "out" / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "note"])


# --- what is asked for


def test_rows_of_an_importer_and_a_year_and_tables_without_them_whole(home: DataHome, tmp_path: Path) -> None:
    done = export(home, tmp_path / "out", style="csv", importer="IND", year=2016)
    rows = {table.resource: table.rows for table in done.tables}
    # 500 flows, 250 a year from 2015 on; 25 minerals
    assert (rows["trade_flows"], rows["risk_scores"], rows["minerals"]) == (250, 25, 25)
    filters = {resource["name"]: resource.get("filters") for resource in package_of(tmp_path / "out")["resources"]}
    assert filters["trade_flows"] == ["importer_iso3 = IND", "year = 2016"]
    assert filters["minerals"] is None
    assert any(line.startswith("Whole,") and "minerals" in line for line in exports.told(done, "csv"))


def test_only_the_tables_that_are_named(home: DataHome, tmp_path: Path) -> None:
    export(home, tmp_path / "out", style="csv", tables=["meta.release", "minerals", "marts.minerals"])
    assert set(files_of(tmp_path / "out")) == {
        "datapackage.json", *exports.NOTICES, "minerals.csv", "meta/release.csv"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tables": ["minerls"]}, "--table minerls: not in release .*; it has .*minerals.*meta.release"),
        ({"tables": ["../minerals"]}, r"--table \.\./minerals: not in release"),
        ({"tables": ["intermediate.int_vintages"]}, "--table intermediate.int_vintages: not in release"),
        ({"importer": "XYZ"}, "--importer XYZ: not in release .*; it has IND$"),
        ({"importer": "IND' or true --"}, "expected an ISO 3166-1 alpha-3 code"),
        ({"year": 1850}, "--year 1850: not in release .*; it has 2015, 2016"),
        ({"importer": "IND", "tables": ["minerals"]}, "no importer_iso3 in marts.minerals; leave it out"),
        ({"release": "20200101T000000Z-00000000"}, "expected current or a kept release"),
        ({"release": "../home/releases"}, "expected current or a kept release"),
    ],
)
def test_what_is_not_there_is_one_line(home: DataHome, tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputRejected, match=said):
        export(home, tmp_path / "out", style="csv", **asked)
    assert list(tmp_path.iterdir()) == []


def test_an_importer_without_a_row_in_the_year_is_one_line(tmp_path: Path) -> None:
    home = home_with(
        tmp_path, "create table marts.pairs as select * from (values ('DEU', 1999)) as t(importer_iso3, year)"
    )
    with pytest.raises(InputRejected, match="no table has a row of importer DEU in year 2015"):
        export(home, tmp_path / "out", style="csv", importer="DEU", year=2015)


def test_a_kept_release_is_exported_as_it_was(tmp_path: Path) -> None:
    home = home_with(tmp_path, "create table marts.first as select 1 as value")
    first = current_release(home)
    build = tmp_path / "build.duckdb"
    write_small_build(build, 8, rows=10)
    publish(home, build, checks=numbered_checks(8), code_version="8", controls_as_of=None)
    export(home, tmp_path / "first", style="csv", tables=["first"], release=first.release_id)
    assert (tmp_path / "first" / "first.csv").read_text() == "value\n1\n"
    with pytest.raises(InputRejected, match="--table first: not in release"):
        export(home, tmp_path / "current", style="csv", tables=["first"])


# --- whole or not at all


@pytest.mark.parametrize("style", STYLES)
def test_the_same_release_gives_the_same_bytes(
    home: DataHome, exported: dict[Style, Path], tmp_path: Path, style: Style
) -> None:
    """In another process, another time zone and language, and minutes or hours later."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", "export", str(tmp_path / "again"), "--format", style],
        cwd=REPOSITORY,
        env={"MINERAL_RISK_HOME": str(home.root), "PATH": "", "TZ": "Asia/Kolkata", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert files_of(tmp_path / "again") == files_of(exported[style])


def test_the_folder_may_be_there_if_it_is_empty(home: DataHome, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    export(home, tmp_path / "link", style="csv", tables=["minerals"])
    assert (tmp_path / "empty" / "minerals.csv").is_file()
    assert (tmp_path / "link").is_symlink()


def test_a_folder_with_files_is_left_alone(home: DataHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "minerals.csv").write_text("mine\n")
    (tmp_path / "file").write_text("mine\n")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    for target, said in (
        (tmp_path / "full", "is not empty"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "file" / "below", "there is no folder"),
        (tmp_path / "none" / "below", "there is no folder"),
        (Path(), "is the folder you are in"),
    ):
        before = files_of(tmp_path)
        with pytest.raises(InputRejected, match=said):
            export(home, target, style="csv")
        assert files_of(tmp_path) == before


def test_a_folder_that_fills_up_meanwhile_is_left_alone(home: DataHome, tmp_path: Path) -> None:
    from warehouse.steps import before_step

    def fill(step: str) -> None:
        if step == "export rename":
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "theirs").write_text("theirs\n")

    token = before_step.set(fill)
    try:
        with pytest.raises(WarehouseError, match="could not be written: Directory not empty"):
            export(home, tmp_path / "out", style="csv", tables=["minerals"])
    finally:
        before_step.reset(token)
    assert files_of(tmp_path) == {"out/theirs": b"theirs\n"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


KILLED_AT_EVERY_STEP = """
import os, signal, sys
from pathlib import Path
from flows import exports, workbook
from warehouse.paths import DataHome
from warehouse.steps import before_step

home, folder, style = DataHome(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
steps = []
before_step.set(steps.append)
tables = ["cells", "minerals", "meta.release"]
exports.export(home, folder / "whole", style=style, tables=tables)
for number, step in enumerate(steps):
    child = os.fork()
    if child == 0:
        left = [number]

        def die(name):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        before_step.set(die)
        exports.export(home, folder / "killed", style=style, tables=tables)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(step, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "ended", (folder / "killed").exists(), sep="|")
"""


@pytest.mark.parametrize("style", STYLES)
def test_killed_at_any_step_it_leaves_nothing_at_the_target_and_the_next_one_clears_up(
    home: DataHome, tmp_path: Path, style: Style
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(home.root), str(tmp_path), style],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    died = [line.split("|") for line in done.stdout.splitlines()]
    assert [step for step, _, _ in died if step != "export workbook"] == [
        "export marts.cells", "export marts.minerals", "export meta.release", "export datapackage", "export rename"
    ]  # fmt: skip
    assert {(outcome, target) for _, outcome, target in died} == {(str(int(signal.SIGKILL)), "False")}, done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".killed.export-")]
    export(home, tmp_path / "killed", style=style, tables=["cells", "minerals", "meta.release"])
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed", "whole"]


def test_what_another_export_is_writing_is_not_cleared_up(home: DataHome, tmp_path: Path) -> None:
    from warehouse.steps import before_step

    second: list[exports.Exported] = []

    def start_another(step: str) -> None:
        if step == "export datapackage" and not second:
            script = "import sys; from pathlib import Path; from flows.exports import export;" \
                " from warehouse.paths import DataHome;" \
                " export(DataHome(Path(sys.argv[1])), Path(sys.argv[2]), style='csv', tables=['minerals'])"  # fmt: skip
            subprocess.run(
                [sys.executable, "-c", script, str(home.root), str(tmp_path / "out")], cwd=REPOSITORY, check=True
            )
            second.append(exports.Exported(current_release(home), tmp_path, []))

    token = before_step.set(start_another)
    try:
        with pytest.raises(WarehouseError, match="Directory not empty"):
            export(home, tmp_path / "out", style="csv", tables=["countries"])
    finally:
        before_step.reset(token)
    assert second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert (tmp_path / "out" / "minerals.csv").is_file() and not (tmp_path / "out" / "countries.csv").exists()


@pytest.mark.parametrize("style", STYLES)
def test_a_disk_that_takes_no_more_is_one_line(home: DataHome, tmp_path: Path, style: Style) -> None:
    """A limit on the size of files stands in for a full disk: the system refuses to write on."""
    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000));" \
        " from flows.cli import main; main()"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script, "export", str(tmp_path / "out"), "--format", style],
        cwd=REPOSITORY,
        # or the compiled form of a module would be cut short as well, and stay
        env={"MINERAL_RISK_HOME": str(home.root), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "could not be written" in line and "nothing was left there" in line
    assert "the file grew past what this process may write (File too large)" in line
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_release_is_one_line(home: DataHome, tmp_path: Path) -> None:
    kept = tmp_path / "home"
    shutil.copytree(home.root, kept, symlinks=True)
    database = current_release(DataHome(kept)).database
    database.chmod(0o644)
    content = bytearray(database.read_bytes())
    # the header stays, the blocks of the tables do not
    content[len(content) // 4 :] = bytes(byte ^ 0x55 for byte in content[len(content) // 4 :])
    database.write_bytes(content)
    with pytest.raises(WarehouseError, match=r"mineral_risk\.duckdb could not be read \(.*mineral-risk doctor"):
        export(DataHome(kept), tmp_path / "out", style="csv")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_an_export_reads_one_release_while_others_are_published(tmp_path: Path) -> None:
    from warehouse.steps import before_step

    home = home_with(tmp_path)
    first = current_release(home)
    build = tmp_path / "next.duckdb"
    published: list[Release] = []

    def publish_another(step: str) -> None:
        if step.startswith("export marts.") and not published:
            write_small_build(build, 8, rows=10)
            published.append(publish(home, build, checks=numbered_checks(8), code_version="8", controls_as_of=None))

    token = before_step.set(publish_another)
    try:
        export(home, tmp_path / "out", style="csv")
    finally:
        before_step.reset(token)
    assert published and current_release(home) == published[0]
    assert package_of(tmp_path / "out")["id"] == first.release_id
    with (tmp_path / "out" / "trade_flows.csv").open(newline="", encoding="utf-8") as stream:
        assert {float(row["trade_value_usd"]) for row in csv.DictReader(stream)} == {7.0}


# --- the command


def test_the_command_says_what_it_wrote_and_refuses_in_one_line(home: DataHome, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows", "export", *arguments],
            cwd=REPOSITORY,
            env={"MINERAL_RISK_HOME": str(home.root), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run(str(tmp_path / "out"), "--table", "minerals", "--table", "meta.release")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines()[0] == (
        f"Release {current_release(home).release_id}: 2 tables, 26 rows, as csv in {tmp_path / 'out'}"
    )
    again = run(str(tmp_path / "out"))
    assert again.returncode == 3 and again.stdout == ""
    assert len(again.stderr.splitlines()) == 1 and "is not empty; name a new folder" in again.stderr
    assert run(str(tmp_path / "other"), "--format", "ods").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
