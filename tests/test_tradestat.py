"""TradeStat: a report is read as printed, or refused in one line that says where and why; all figures are made up."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import expectations
from flows import admission, ingest
from flows.sources import discover
from flows.sources.tradestat import COLUMNS, describe, unpack
from tests.conftest import SHARED_DATA
from warehouse import landing
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.paths import DBT_PROJECT, SEEDS, DataHome

TRADESTAT = discover()["tradestat"]
SAMPLES = SHARED_DATA / "tradestat"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the publisher's files are not here")

ADDRESS = "https://tradestat.commerce.gov.in/meidb/commodity_wise_all_countries_import"
MONTH_HEAD = [
    "S.No.",
    "Country",
    "Dec-2023 (R)",
    "Dec-2024 (R)",
    "%Growth",
    "Jan-Dec2023 (R)",
    "Jan-Dec2024 (R)",
    "%Growth",
]
# 12.12 / 10.10 = 1.2; 0.00 to 0.00 grew by 35.71 before rounding; a blank and a dash are figures that are not there
MONTH_ROWS = [
    ["1", "CHINA P RP", "10.10", "12.12", "20.00", "100.50", "110.55", "10.00"],
    ["2", "KOREA RP", "1.00", "", "", "5.25", "4.20", "-20.00"],
    ["3", "U S A", "-", "0.03", "", "1,234.50", "2,469.00", "100.00"],
    ["4", "UNSPECIFIED", "0.00", "0.00", "35.71", "0.00", "0.01", ""],
]
# 10.10 + 1.00 = 11.10; 12.12 + 0.03 = 12.15;
# 100.50 + 5.25 + 1234.50 = 1340.25; 110.55 + 4.20 + 2469.00 + 0.01 = 2583.76
MONTH_TOTALS = [
    ["", "Total", "11.10", "12.15", "9.46", "1,340.25", "2,583.76", "92.78"],
    ["", "India's Total", "50,000.00", "60,000.00", "20.00", "6,00,000.00", "6,60,000.00", "10.00"],
    # 11.10 / 50000 = 0.0222 %; 12.15 / 60000 = 0.02025 %; 1340.25 / 600000 = 0.223375 %; 2583.76 / 660000 = 0.39148 %
    ["", "%Share", "0.0222", "0.0203", "", "0.2234", "0.3915", ""],
]
MONTH_NAME = "magnets.html"

YEAR_HEAD = ["S.No.", "Country", "2022-2023", "2023-2024", "%Growth"]
YEAR_ROWS = [["1", "CHINA P RP", "2.00", "3.00", "50.00"], ["2", "JAPAN", "1.00", "1.50", "50.00"]]
YEAR_TOTALS = [
    ["", "Total", "3.00", "4.50", "50.00"],
    ["", "India's Total", "300000.00", "450000.00", "50.00"],
    ["", "%Share", "0.0010", "0.0010", ""],
]


def page(
    head: list[str] = MONTH_HEAD,
    rows: list[list[str]] = MONTH_ROWS,
    totals: list[list[str]] = MONTH_TOTALS,
    address: str = ADDRESS,
    commodity: str = "Commodity:85051100  PERMNT MAGNETS OF METAL <b>Unit:NOS</b>",
    values_in: str = "Values in US $ Million",
    dated: str = "Report Dated: 27 Jan 2025 |",
) -> str:
    """A page as the site writes it: blanks and line ends in the head, a menu that names every report."""

    def row(cells: list[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"\n  <{tag}> {cell}\n </{tag}>" for cell in cells) + "</tr>\n"

    heads = [cell.replace(" (", "\n   (") for cell in head]
    return f"""<!DOCTYPE html>
<html><head><title>TradeStat: Export Import Data Bank</title></head><body>
<nav><a href="/eidb/commodity_wise_all_countries_export">Export</a></nav>
<form method="POST" action="{address}"><input type="hidden" name="_token" value="x"></form>
<p>{commodity}</p><p>{values_in}</p><p><b>{dated}</b></p>
<table id="example1"><thead>{row(heads, "th")}</thead>
<tbody>{"".join(row(cells) for cells in rows)}</tbody>
<tfoot>{"".join(row(cells) for cells in totals)}</tfoot></table></body></html>
"""


def year_page(**changes: Any) -> str:
    """A page of a financial year, of values alone."""
    return page(
        **{
            "head": YEAR_HEAD,
            "rows": YEAR_ROWS,
            "totals": YEAR_TOTALS,
            "address": ADDRESS.replace("meidb", "eidb"),
            "dated": "Report Dated: 27 Jan 2025 |",
            **changes,
        }
    )


def json_year(year: int, values: list[list[Any]], totals: list[list[Any]]) -> dict[str, Any]:
    """One financial year of the JSON; `values` are sno, country, three values and three quantities."""
    labels = [f"y{year - 1}_{year}", f"y{year}_{year + 1}", "pct_growth"]

    def cells(figures: list[Any]) -> dict[str, Any]:
        return dict(zip(labels, figures, strict=False))

    return {
        "metadata": {
            "source_url": ADDRESS.replace("meidb", "eidb").replace("import", "export"),
            "hsn_code": "26030000",
            "financial_year": str(year),
            "data_availability": "2017-2018 to 2023-2024 (Apr-Aug)",
        },
        "commodity": {"hsn_code": "26030000", "description": "COPPER ORES", "unit": "KGS"},
        "report_date": "27 Jan 2024",
        "countries": [
            {"sno": row[0], "country": row[1], "values_usd": cells(row[2:5]), "values_quantity": cells(row[5:])}
            for row in values
        ],
        "totals": {
            "total": {"values_usd": cells(totals[0])},
            "india_total": {"values_usd": cells(totals[1])},
            "pct_share": cells(totals[2]),
        },
    }


def json_report() -> dict[str, Any]:
    """Two financial years of exports; the second is not over."""
    return {
        "hsn_code": "26030000",
        "years": {
            "2023": json_year(
                2023,
                [[1, "CHINA P RP", 4.5, 2.25, -50.0, 9000, 4500, -50.0], [2, "U S A", 0.0, None, None, 6, None, None]],
                [[4.5, 2.25, -50.0], [400000.5, 200000.25, -50.0], [0.0011, 0.0011]],
            ),
            "2022": json_year(
                2022,
                [[1, "CHINA P RP", None, 4.5, None, None, 9000, None], [2, "U S A", 0.25, 0.0, None, 700, 6, -99.14]],
                [[0.25, 4.5, 1700.0], [380000.0, 400000.5, 5.26], [0.0001, 0.0011]],
            ),
        },
        "metadata": {"trade_type": "export", "years_count": 2},
    }


def written(folder: Path, content: str | bytes, name: str = MONTH_NAME) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def read(file: Path, folder: Path, options: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Every row of the raw table that a file gives."""
    parameters = describe(file, options or {}).parameters
    for readable, name in unpack(file, folder, parameters):
        assert name == file.name
        with readable.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    raise AssertionError("nothing was unpacked")


def refused(file: Path, options: dict[str, str] | None = None) -> str:
    """The one line of a refusal, which names the file."""
    with pytest.raises(InputRejected) as raised:
        describe(file, options or {})
    text = str(raised.value)
    assert "\n" not in text and len(text) < 800
    assert options or text.startswith(f"{file.name}: ")
    return text


# --- what is read


def test_a_month_is_read_as_printed(tmp_path: Path) -> None:
    file = written(tmp_path, page())
    delivery = describe(file, {})
    assert delivery.dataset == "meidb_import_85051100_usd_million_2024-12_calendar_year"
    assert delivery.covers_all_importers is False
    assert delivery.parameters == {
        "database": "meidb",
        "flow": "import",
        "hs_code": "85051100",
        "measure": "usd_million",
        "report_date": "2025-01-27",
        "period": "2024-12_calendar_year",
    }
    rows = read(file, tmp_path)
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "record_number": "1",
        "database": "meidb",
        "flow": "import",
        "hs_code": "85051100",
        "commodity": "PERMNT MAGNETS OF METAL",
        "measure": "usd_million",
        "quantity_unit": "",
        "report_date": "2025-01-27",
        "row_kind": "country",
        "country": "CHINA P RP",
        "period_label": "Dec-2023 (R)",
        "period_kind": "month",
        "period_start": "2023-12-01",
        "period_end": "2023-12-31",
        "is_current_period": "false",
        "status": "revised",
        "value": "10.10",
    }
    # seven rows of four figures; growth is not one
    assert [row["record_number"] for row in rows] == [str(number) for number in range(1, 29)]
    wanted = [cell for cells in (*MONTH_ROWS, *MONTH_TOTALS) for cell in (*cells[2:4], *cells[5:7])]
    assert [row["value"] for row in rows] == wanted
    assert [row["row_kind"] for row in rows[::4]] == ["country"] * 4 + ["total", "india_total", "share"]
    assert {
        (row["period_label"], row["period_kind"], row["period_start"], row["period_end"], row["is_current_period"])
        for row in rows
    } == {
        ("Dec-2023 (R)", "month", "2023-12-01", "2023-12-31", "false"),
        ("Dec-2024 (R)", "month", "2024-12-01", "2024-12-31", "true"),
        ("Jan-Dec2023 (R)", "calendar_year_to_date", "2023-01-01", "2023-12-31", "false"),
        ("Jan-Dec2024 (R)", "calendar_year_to_date", "2024-01-01", "2024-12-31", "true"),
    }


def test_a_financial_year_to_february_began_the_year_before(tmp_path: Path) -> None:
    head = [
        "S.No.",
        "Country",
        "Feb-2023 (R)",
        "Feb-2024 (P)",
        "% Growth",
        "Apr-Feb2023 (R)",
        "Apr-Feb2024 (F)",
        "%Growth",
    ]
    rows = read(written(tmp_path, page(head=head)), tmp_path)
    assert [(row["period_start"], row["period_end"], row["period_kind"], row["status"]) for row in rows[:4]] == [
        ("2023-02-01", "2023-02-28", "month", "revised"),
        ("2024-02-01", "2024-02-29", "month", "provisional"),
        ("2022-04-01", "2023-02-28", "financial_year_to_date", "revised"),
        ("2023-04-01", "2024-02-29", "financial_year_to_date", "final"),
    ]
    assert describe(written(tmp_path, page(head=head)), {}).dataset.endswith("_2024-02_financial_year")


def test_a_financial_year_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, year_page())
    assert describe(file, {}).dataset == "eidb_import_85051100_usd_million_2023-2024"
    rows = read(file, tmp_path)
    assert [(row["period_start"], row["period_end"], row["period_kind"]) for row in rows[:2]] == [
        ("2022-04-01", "2023-03-31", "financial_year"),
        ("2023-04-01", "2024-03-31", "financial_year"),
    ]


def test_values_and_quantities_stand_side_by_side(tmp_path: Path) -> None:
    text = year_page(
        head=[*YEAR_HEAD, *YEAR_HEAD[2:]],
        rows=[[*YEAR_ROWS[0], "2,000", "1,000", "-50.00"], [*YEAR_ROWS[1], "", "1", ""]],
        totals=[[*cells, "", "", ""] for cells in YEAR_TOTALS[1:]] + [[*YEAR_TOTALS[0], "2,000", "1,001", "-49.95"]],
    )
    upper = '<tr><th colspan="2"></th><th colspan="3">Values in US$ Million</th><th colspan="3">Quantity</th></tr>'
    text = text.replace("<thead>", f"<thead>{upper}")
    file = written(tmp_path, text)
    assert describe(file, {}).parameters["measure"] == "usd_million_quantity"
    rows = read(file, tmp_path)
    china = [(row["measure"], row["quantity_unit"], row["value"]) for row in rows if row["country"] == "CHINA P RP"]
    assert china == [
        ("usd_million", "", "2.00"),
        ("usd_million", "", "3.00"),
        ("quantity", "NOS", "2,000"),
        ("quantity", "NOS", "1,000"),
    ]
    swapped = text.replace("Values in US$ Million</th>", "x</th>")
    assert "US$ million, then quantity" in refused(written(tmp_path, swapped))


def test_several_years_of_json_are_read_with_the_digits_as_they_stand(tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps(json_report()), "copper_export.json")
    delivery = describe(file, {})
    assert delivery.dataset == "eidb_export_26030000_usd_million_quantity_2022-2024_years"
    rows = read(file, tmp_path)
    # two countries with four figures, three total rows with two, in each of two years
    assert len(rows) == 2 * (2 * 4 + 3 * 2)
    china = [row for row in rows if row["country"] == "CHINA P RP"]
    assert [(row["period_label"], row["measure"], row["value"]) for row in china] == [
        ("y2021_2022", "usd_million", ""),
        ("y2022_2023", "usd_million", "4.5"),
        ("y2021_2022", "quantity", ""),
        ("y2022_2023", "quantity", "9000"),
        ("y2022_2023", "usd_million", "4.5"),
        ("y2023_2024", "usd_million", "2.25"),
        ("y2022_2023", "quantity", "9000"),
        ("y2023_2024", "quantity", "4500"),
    ]
    # the publisher says that the newest year goes to August: five months are no year
    assert {(row["period_label"], row["period_kind"], row["period_end"]) for row in china[-1:]} == {
        ("y2023_2024", "financial_year_to_date", "2023-08-31")
    }
    assert [row["is_current_period"] for row in china] == ["false", "true"] * 4


def test_what_could_have_been_chosen_is_not_what_was(tmp_path: Path) -> None:
    choice = (
        '<select name="imddReportVal"><option>Values in Rs. Crore</option><option>Quantity</option></select></form>'
    )
    assert len(read(written(tmp_path, page().replace("</form>", choice)), tmp_path)) == 28


def test_a_total_cell_may_span_number_and_country(tmp_path: Path) -> None:
    text = page().replace("<td> \n </td>\n  <td> Total\n </td>", '<td colspan="2">Total</td>')
    assert 'colspan="2"' in text
    assert len(read(written(tmp_path, text), tmp_path)) == 28


@pytest.mark.parametrize(
    "change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")], ids=["BOM", "CRLF"]
)
def test_byte_order_mark_and_line_ends_change_nothing(tmp_path: Path, change: Callable[[str], str]) -> None:
    plain = read(written(tmp_path, page()), tmp_path)
    assert read(written(tmp_path, change(page())), tmp_path) == plain
    text = change(json.dumps(json_report(), indent=1))
    assert len(read(written(tmp_path, text, "copper_export.json"), tmp_path)) == 28


def test_options_say_what_a_bare_table_does_not(tmp_path: Path) -> None:
    bare = page(commodity="", values_in="", dated="").replace(ADDRESS, "")
    file = written(tmp_path, bare)
    options = {
        "flow": "import",
        "hs_code": "85051100",
        "measure": "quantity",
        "unit": "NOS",
        "report_date": "2025-01-27",
    }
    for missing in options:
        said = {name: value for name, value in options.items() if name != missing}
        assert f"{missing}=" in refused(file, said)
    rows = read(file, tmp_path, options)
    assert {(row["flow"], row["hs_code"], row["measure"], row["quantity_unit"]) for row in rows} == {
        ("import", "85051100", "quantity", "NOS")
    }


def test_a_report_is_admitted_and_its_figures_become_dollars(tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    for file in (
        written(tmp_path, page()),
        written(tmp_path, json.dumps(json_report()), "copper_export.json"),
    ):
        assert "landed as" in admission.admit(home, TRADESTAT, file, {})
        assert "nothing new" in admission.admit(home, TRADESTAT, file, {})
    assert len(landing.vintages(home, "tradestat")) == 2


def test_staging_turns_printed_figures_into_dollars_and_kilograms(tmp_path: Path) -> None:
    connection = duckdb.connect()
    columns = ", ".join(f"{column} varchar" for column in (*COLUMNS, "vintage_id", "source_file"))
    connection.execute(f"create schema raw; create table raw.tradestat_figures ({columns})")
    for file in (written(tmp_path, page()), written(tmp_path, json.dumps(json_report()), "copper_export.json")):
        for row in read(file, tmp_path):
            marks = ", ".join("?" * (len(COLUMNS) + 2))
            connection.execute(f"insert into raw.tradestat_figures values ({marks})", [*row.values(), "V", file.name])
    model = DBT_PROJECT / "models" / "staging" / "tradestat" / "stg_tradestat__figures.sql"
    sql = model.read_text(encoding="utf-8").replace("{{ source('raw', 'tradestat_figures') }}", "raw.tradestat_figures")
    assert connection.execute(
        f"select trade_value_usd from ({sql})"
        " where country_name = 'U S A' and hs_code = '85051100' order by record_number"
    ).fetchall() == [(None,), (Decimal(30_000),), (Decimal(1_234_500_000),), (Decimal(2_469_000_000),)]
    # 2.25 million US$ and 4,500 kg
    assert connection.execute(
        f"select sum(trade_value_usd), sum(quantity), any_value(quantity_unit) filter (where quantity > 0) from ({sql})"
        " where country_name = 'CHINA P RP' and hs_code = '26030000' and period_end = '2023-08-31'"
    ).fetchall() == [(Decimal(2_250_000), Decimal(4500), "KGS")]
    assert connection.execute(
        f"select count(*), count(trade_value_usd), count(quantity), max(share_pct) from ({sql})"
        " where row_kind = 'share'"
    ).fetchall() == [(8, 0, 0, Decimal("0.3915"))]


# --- what is refused

CONTRADICTIONS: list[tuple[str, str, dict[str, str], tuple[str, ...]]] = [
    # name, page, options, parts of the line
    ("option against address", page(), {"flow": "export"}, ("the form's address", "flow export", "found 'import'")),
    (
        "heading against address",
        page().replace("<form", "<h3>Commodity-wise all countries: Export</h3><form"),
        {},
        ("heading", "flow import", "'export'"),
    ),
    (
        "field of the form against address",
        page().replace("</form>", '<select name="ddReportVal"></select></form>'),
        {},
        ("the field ddReportVal", "'export'"),
    ),
    (
        "field of a form for imports against address",
        page(address=ADDRESS.replace("import", "export")).replace("</form>", '<input name="cwacimMonth"></form>'),
        {},
        ("the field cwacimMonth", "flow export", "'import'"),
    ),
    (
        "code in the form",
        page().replace("</form>", '<input name="hscodesearch" value="85051900"></form>'),
        {},
        ("hs_code 85051900, as the field hscodesearch says", "'85051100'"),
    ),
    (
        "address it was saved from",
        page().replace("<html>", "<!-- saved from url=(0075)" + ADDRESS.replace("import", "export") + " --><html>"),
        {},
        ("saved from", "'export'"),
    ),
    (
        "yearly address, monthly columns",
        page(address=ADDRESS.replace("meidb", "eidb")),
        {},
        ("database meidb", "'eidb'"),
    ),
    ("other code", page(), {"hs_code": "26030000"}, ("hs_code 26030000", "'85051100'")),
    ("other unit", page(values_in="Values in Quantity"), {"unit": "KGS"}, ("unit KGS", "'NOS'")),
    ("other measure", page(), {"measure": "quantity"}, ("measure quantity", "'usd_million'")),
    ("other report date", page(), {"report_date": "2025-01-28"}, ("report_date 2025-01-28", "'2025-01-27'")),
    ("rupees", page(values_in="Values in Rs. Crore"), {}, ("US$ million", "Rs crore", "give the US$ report")),
    (
        "rupees chosen in the form",
        page(values_in="").replace(
            "</form>",
            '<select name="imddReportVal"><option>US $ Million</option><option selected>Rs. Crore</option></select>'
            "</form>",
        ),
        {},
        ("Rs crore", "give the US$ report"),
    ),
    (
        "rupees under a label of dollars",
        page()
        .replace("6,60,000.00", "15,00,000.01")
        .replace("0.3915", "0.1722")
        .replace(
            "> 10.00\n </td></tr>\n<tr>\n  <td> \n </td>\n  <td> %Share",
            "> 150.00\n </td></tr>\n<tr>\n  <td> \n </td>\n  <td> %Share",
        ),
        {},
        ("table row 7, column Jan-Dec2024 (R)", "US$ million", "1,500,000.01", "Rs crore"),
    ),
    ("unknown option", page(), {"currency": "usd"}, ("option currency=usd is not known",)),
    ("option of no form", page(), {"hs_code": "850"}, ("option hs_code=850 is not known",)),
    (
        "quantity of a heading",
        page(values_in="Values in Quantity", commodity="Commodity:8505 MAGNETS Unit:NOS"),
        {},
        ("8 digits", "8505"),
    ),
    (
        "quantity without a unit",
        page(values_in="Values in Quantity", commodity="Commodity:85051100 MAGNETS"),
        {},
        ("unit", "nothing", "unit="),
    ),
]


@pytest.mark.parametrize(
    ("text", "options", "parts"), [case[1:] for case in CONTRADICTIONS], ids=[case[0] for case in CONTRADICTIONS]
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], parts: tuple[str, ...]
) -> None:
    line = refused(written(tmp_path, text), options)
    for part in parts:
        assert part in line


def test_a_file_name_that_says_export_contradicts_a_page_of_imports(tmp_path: Path) -> None:
    line = refused(written(tmp_path, page(), "magnets_export.html"))
    assert "the form's address: expected the flow export, as the file name says, found 'import'" in line


def changed(cells: list[list[str]], number: int, column: int, cell: str) -> list[list[str]]:
    """The same rows with one cell changed."""
    return [
        [cell if (row, place) == (number, column) else old for place, old in enumerate(texts)]
        for row, texts in enumerate(cells)
    ]


def without(cells: list[list[str]], number: int) -> list[list[str]]:
    return cells[:number] + cells[number + 1 :]


BROKEN_TABLES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (
        "month of another year",
        {"head": changed([MONTH_HEAD], 0, 2, "Dec-2022 (R)")[0]},
        ("column Dec-2022 (R)", "Dec-2024 (R)"),
    ),
    ("month not the report's", {"head": changed([MONTH_HEAD], 0, 2, "Nov-2023 (R)")[0]}, ("column Nov-2023 (R)",)),
    (
        "months to another month",
        {"head": changed([MONTH_HEAD], 0, 6, "Jan-Nov2024 (R)")[0]},
        ("Jan-Nov2024 (R)", "to its end"),
    ),
    (
        "months to date of two years before",
        {"head": changed([MONTH_HEAD], 0, 5, "Jan-Dec2022 (R)")[0]},
        ("Jan-Dec2022 (R)",),
    ),
    (
        "months from April beside January",
        {"head": changed([MONTH_HEAD], 0, 5, "Apr-Dec2023 (R)")[0]},
        ("Apr-Dec2023 (R)",),
    ),
    (
        "label that is no period",
        {"head": changed([MONTH_HEAD], 0, 3, "Current")[0]},
        ("table row 1, column 4", "'Current'"),
    ),
    ("month that does not exist", {"head": changed([MONTH_HEAD], 0, 3, "Dez-2024")[0]}, ("table row 1, column 4",)),
    ("growth where it is not said", {"head": changed([MONTH_HEAD], 0, 4, "Change")[0]}, ("table row 1", "Change")),
    (
        "month that is not over",
        {"dated": "Report Dated: 30 Dec 2024 |"},
        ("column Dec-2024 (R)", "2024-12-30", "2024-12-31"),
    ),
    ("no such day", {"dated": "Report Dated: 31 Feb 2025 |"}, ("2025-02-31",)),
    ("country lost", {"rows": without(MONTH_ROWS, 1)}, ("table row 3, column S.No.", "the number 2", "'3'")),
    (
        "last country lost",
        {"rows": MONTH_ROWS[:2]},
        ("table row 4, column Dec-2024 (R)", "12.12 of 1 countries, give or take 0.015", "12.15"),
    ),
    (
        "country twice",
        {"rows": changed(MONTH_ROWS, 2, 1, "CHINA P RP")},
        ("table row 4, column Country", "table row 2", "'CHINA P RP'"),
    ),
    (
        "unknown country",
        {"rows": changed(MONTH_ROWS, 2, 1, "ATLANTIS")},
        ("table row 4, column Country", "'ATLANTIS'", "seed_tradestat_countries"),
    ),
    (
        "country in small letters",
        {"rows": changed(MONTH_ROWS, 2, 1, "U s a")},
        ("table row 4, column Country", "'U s a'"),
    ),
    (
        "script for a country",
        {"rows": changed(MONTH_ROWS, 2, 1, "&lt;script&gt;alert(1)&lt;/script&gt;")},
        ("table row 4, column Country", "'<script>alert(1)</script>'"),
    ),
    ("no country at all", {"rows": []}, ("rows of countries", "none")),
    ("no total", {"totals": without(MONTH_TOTALS, 0)}, ("a row total", "cut off")),
    ("no total of India", {"totals": without(MONTH_TOTALS, 1)}, ("a row india_total", "cut off")),
    ("no share", {"totals": without(MONTH_TOTALS, 2)}, ("a row share", "cut off")),
    ("two totals", {"totals": [*MONTH_TOTALS, MONTH_TOTALS[0]]}, ("one row total", "several")),
    ("row without a name", {"totals": changed(MONTH_TOTALS, 0, 1, "Grand")}, ("table row 6, column S.No.", "'Grand'")),
    (
        "total of the month before is off",
        {"totals": changed(MONTH_TOTALS, 0, 2, "11.13")},
        ("table row 6, column Dec-2023 (R)", "the sum 11.10 of 3 countries, give or take 0.025", "found 11.13"),
    ),
    (
        "total blank",
        {"totals": changed(changed(MONTH_TOTALS, 0, 3, ""), 0, 4, "")},
        ("table row 6, column Dec-2024 (R)", "the sum 12.15", "a blank"),
    ),
    (
        "growth of a share",
        {"totals": changed(MONTH_TOTALS, 2, 4, "5.00")},
        ("table row 8, column %Growth", "from 0.0222 to 0.0203"),
    ),
    (
        "total shifted by a column",
        {"totals": [["", "Total", "12.15", "9.46", "", "2,583.76", "92.78", ""], *MONTH_TOTALS[1:]]},
        ("table row 6, column Dec-2023 (R)", "11.10", "12.15", "shifted"),
    ),
    (
        "total of India holds a growth",
        {"totals": changed(MONTH_TOTALS, 1, 3, "-3.10")},
        ("table row 7, column Dec-2024 (R)", "'-3.10'", "growth figure in a column of values"),
    ),
    (
        "total of India below the commodity's",
        {"totals": changed(changed(MONTH_TOTALS, 1, 3, "12.00"), 1, 4, "")},
        ("table row 7, column Dec-2024 (R)", "12.15", "found 12.00"),
    ),
    (
        "total of India missing",
        {"totals": changed(changed(MONTH_TOTALS, 1, 3, ""), 1, 4, "")},
        ("table row 7, column Dec-2024 (R)", "a blank"),
    ),
    (
        "share of a smaller total",
        {"totals": changed(MONTH_TOTALS, 2, 3, "0.0200")},
        ("table row 8, column Dec-2024 (R)", "12.15 in 60,000.00", "0.0200"),
    ),
    (
        "share of another total",
        {"totals": changed(MONTH_TOTALS, 2, 3, "0.0205")},
        ("table row 8, column Dec-2024 (R)", "12.15 in 60,000.00", "0.0205"),
    ),
    (
        "growth of other figures",
        {"rows": changed(MONTH_ROWS, 0, 4, "21.00")},
        ("table row 2, column %Growth after Dec-2024 (R)", "the growth from 10.10 to 12.12", "'21.00'"),
    ),
    (
        "growth with the sign of a fall",
        {"rows": changed(MONTH_ROWS, 0, 7, "-10.00")},
        ("column %Growth after Jan-Dec2024 (R)", "'-10.00'"),
    ),
    (
        "growth from nothing",
        {"rows": changed(MONTH_ROWS, 2, 4, "5.00")},
        ("table row 4, column %Growth", "Dec-2023 (R) is blank"),
    ),
    ("growth that is no number", {"rows": changed(MONTH_ROWS, 0, 4, "NaN")}, ("table row 2, column %Growth", "'NaN'")),
    (
        "cell lost",
        {"rows": [MONTH_ROWS[0], MONTH_ROWS[1][:-1], *MONTH_ROWS[2:]]},
        ("table row 3", "8 cells", "7 cells"),
    ),
    (
        "cell too many",
        {"rows": [MONTH_ROWS[0], [*MONTH_ROWS[1], "1"], *MONTH_ROWS[2:]]},
        ("table row 3", "8 cells", "9 cells"),
    ),
    *(
        (
            f"{number} for a figure",
            {"rows": changed(MONTH_ROWS, 3, 2, number)},
            ("table row 5, column Dec-2023 (R)", repr(number)),
        )
        for number in (
            "-1.00",
            "-0",
            "NaN",
            "1e309",
            "1E3",
            "..",
            "n.a.",
            "1,23",
            "12,34.5",
            "1,2345",
            "0,123",
            "1.",
            ".5",
            "+1",
            "007",
            "1 000",
            "١٢",
            "9007199254740993",
            "1.2345678",
            "0x1",
            "1,234,56",
            "−1",
            "--",
            "inf",
        )
    ),
]


@pytest.mark.parametrize(
    ("changes", "parts"), [case[1:] for case in BROKEN_TABLES], ids=[case[0] for case in BROKEN_TABLES]
)
def test_a_table_that_is_not_right_is_refused(tmp_path: Path, changes: dict[str, Any], parts: tuple[str, ...]) -> None:
    line = refused(written(tmp_path, page(**changes)))
    for part in parts:
        assert part in line


def test_rounding_of_each_row_is_granted_and_not_more(tmp_path: Path) -> None:
    # four countries and the total, each right to 0.005: 0.025 in all
    at_the_edge = changed(changed(MONTH_TOTALS, 0, 3, "12.17"), 0, 4, "")
    assert len(read(written(tmp_path, page(totals=at_the_edge)), tmp_path)) == 28
    beyond = changed(at_the_edge, 0, 3, "12.18")
    assert "give or take 0.025" in refused(written(tmp_path, page(totals=beyond)))


def test_a_year_that_is_not_over_must_say_so(tmp_path: Path) -> None:
    early = year_page(dated="Report Dated: 27 Jan 2024 |")
    assert "must say to which month it goes" in refused(written(tmp_path, early))
    available = "<p>Data available 2017-2018 to 2023-2024 (Apr-Dec) Last data updated on 21/01/2024</p><table"
    rows = read(written(tmp_path, early.replace("<table", available)), tmp_path)
    assert [row["period_end"] for row in rows[:2]] == ["2023-03-31", "2023-12-31"]
    assert rows[1]["period_kind"] == "financial_year_to_date"
    assert "column 3" in refused(written(tmp_path, year_page(head=changed([YEAR_HEAD], 0, 2, "2022-2024")[0])))
    assert "2021-2022" in refused(written(tmp_path, year_page(head=changed([YEAR_HEAD], 0, 2, "2021-2022")[0])))


PAGES_THAT_ARE_NONE = [
    ("no table", "<html><body><p>No Data Found</p></body></html>", ("no table", "no data for what was asked")),
    ("other table", "<table><tr><td>Exporter</td></tr></table>", ("one table with a column Country", "0 of 1")),
    ("two tables", page() + page(), ("one table with a column Country", "2 of 2")),
    ("empty", b"", ("empty file",)),
    ("blank", b" \n ", ("empty file",)),
    ("UTF-16", page().encode("utf-16"), ("line 1", "UTF-8")),
    ("Windows-1252", page(commodity="Commodity:85051100 CAF\u00c9").encode("cp1252"), ("line 5", "the byte 0xc9")),
    ("NUL", page().replace("KOREA", "KO\0REA"), ("line", "a NUL byte")),
    ("10 MB in a field", page(rows=changed(MONTH_ROWS, 0, 1, "C" * 10_000_000)), ("at most 4,194,304 bytes",)),
    ("JSON cut off", json.dumps(json_report())[:-9], ("line 1, column", "JSON")),
    ("JSON too deep", '{"years":' + "[" * 100_000, ("deep",)),
    ("a list in a list", "[[]]", ("no table",)),
    ("rows over rows", page().replace("<td> KOREA", '<td rowspan="2"> KOREA'), ("table row 3", "over several rows")),
    ("a span of nonsense", page().replace("<td> KOREA", '<td colspan="9999999999"> KOREA'), ("table row 3", "colspan")),
]


@pytest.mark.parametrize(
    ("content", "parts"), [case[1:] for case in PAGES_THAT_ARE_NONE], ids=[case[0] for case in PAGES_THAT_ARE_NONE]
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, content: str | bytes, parts: tuple[str, ...]) -> None:
    line = refused(written(tmp_path, content))
    for part in parts:
        assert part in line


def at(document: Any, path: str, value: Any) -> Any:
    """The document with the value at a path of names and numbers replaced; `None` for a name removes it."""
    *parents, last = [int(step) if step.isdigit() and len(step) < 4 else step for step in path.split("/")]
    holder = document
    for step in parents:
        holder = holder[step]
    if value is KeyError:
        del holder[last]
    else:
        holder[last] = value
    return document


BROKEN_JSON: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("trade type", "metadata/trade_type", "import", ("source_url", "flow import, as trade_type says", "'export'")),
    (
        "address of imports",
        "years/2023/metadata/source_url",
        ADDRESS.replace("meidb", "eidb"),
        ("financial_year 2023, source_url", "'import'"),
    ),
    ("address of months", "years/2023/metadata/source_url", ADDRESS, ("financial_year 2023, source_url", "EIDB")),
    ("year lost", "years/2022", KeyError, ("the 2 years that years_count says", "1 years")),
    ("year of its metadata", "years/2023/metadata/financial_year", "2021", ("financial_year 2023", "'2021'")),
    ("year that is none", "years/23", {}, ("years_count",)),
    ("code of a year", "years/2023/commodity/hsn_code", "26040000", ("hs_code 26030000", "'26040000'")),
    ("unit missing", "years/2023/commodity/unit", None, ("financial_year 2023", "unit to be a text", "nothing")),
    (
        "labels hard-coded",
        "years/2022/countries/0/values_usd",
        {"y2023_2024": 1.0, "y2024_2025": 1.0, "pct_growth": 0.0},
        (
            "financial_year 2022, country 1, values_usd",
            "y2021_2022, y2022_2023",
            "y2023_2024, y2024_2025",
            "another year",
        ),
    ),
    (
        "country not numbered on",
        "years/2023/countries/1/sno",
        3,
        ("financial_year 2023, country 2, column S.No.", "number 2"),
    ),
    ("country lost", "years/2023/countries/0", KeyError, ("financial_year 2023, country 1, column S.No.",)),
    ("country that is none", "years/2023/countries/0", 7, ("financial_year 2023, country 1",)),
    (
        "value that is true",
        "years/2023/countries/0/values_usd/y2023_2024",
        True,
        ("country 1, values_usd, column y2023_2024", "True"),
    ),
    (
        "value below zero",
        "years/2023/countries/0/values_usd/y2023_2024",
        -2.25,
        ("country 1, column y2023_2024", "'-2.25'"),
    ),
    (
        "value not finite",
        "years/2023/countries/0/values_usd/y2023_2024",
        float("nan"),
        ("country 1, column y2023_2024", "'NaN'"),
    ),
    (
        "value with an exponent",
        "years/2023/countries/0/values_usd/y2023_2024",
        1e300,
        ("country 1, column y2023_2024", "'1e+300'"),
    ),
    (
        "quantity too long for a double",
        "years/2023/countries/0/values_quantity/y2023_2024",
        2**53 + 1,
        ("'9007199254740993'",),
    ),
    (
        "growth of quantities",
        "years/2023/countries/0/values_quantity/pct_growth",
        50.0,
        ("%Growth after y2023_2024", "from 9000 to 4500"),
    ),
    (
        "total of the year before",
        "years/2023/totals/total/values_usd/y2022_2023",
        4.0,
        ("financial_year 2023, total, column y2022_2023",),
    ),
    ("total missing", "years/2023/totals/total", KeyError, ("financial_year 2023, totals", "total to be an object")),
    (
        "total row one column off",
        "years/2023/totals/total/values_usd",
        {"y2022_2023": 2.25, "y2023_2024": -50.0, "pct_growth": None},
        ("financial_year 2023, total, column y2023_2024", "'-50.0'", "growth figure in a column of values"),
    ),
    (
        "rupees under dollars",
        "years/2022/totals/india_total/values_usd/y2022_2023",
        1500000.5,
        ("india_total", "Rs crore"),
    ),
    ("date that is none", "years/2022/report_date", "yesterday", ("financial_year 2022, report_date", "'yesterday'")),
    (
        "a month that is none",
        "years/2023/metadata/data_availability",
        "2023-2024 (Apr-Xyz)",
        ("data_availability", "Xyz"),
    ),
    (
        "no data availability",
        "years/2023/metadata/data_availability",
        KeyError,
        ("y2023_2024", "must say to which month"),
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "parts"), [case[1:] for case in BROKEN_JSON], ids=[case[0] for case in BROKEN_JSON]
)
def test_json_that_is_not_right_is_refused(tmp_path: Path, path: str, value: Any, parts: tuple[str, ...]) -> None:
    line = refused(written(tmp_path, json.dumps(at(json_report(), path, value)), "copper.json"))
    for part in parts:
        assert part in line


def test_a_name_twice_in_json_is_refused(tmp_path: Path) -> None:
    text = json.dumps(json_report()).replace('"y2023_2024": 2.25', '"y2023_2024": 9.25, "y2023_2024": 2.25', 1)
    assert "y2023_2024 twice" in refused(written(tmp_path, text, "copper.json"))


# --- the publisher's files


@needs_samples
@pytest.mark.parametrize("code", ["26030000", "28469090"])
def test_exports_in_a_file_named_import_are_refused(code: str) -> None:
    line = refused(SAMPLES / f"raw_{code}_import.json")
    assert "source_url: expected the flow import, as the file name says, found 'export'" in line


@needs_samples
@pytest.mark.parametrize("code", ["26030000", "28469090"])
def test_behind_the_wrong_name_stand_wrong_labels_shifted_totals_and_rupees(tmp_path: Path, code: str) -> None:
    document = json.loads((SAMPLES / f"raw_{code}_import.json").read_text(encoding="utf-8"))
    document["metadata"]["trade_type"] = "export"
    file = written(tmp_path, json.dumps(document), "renamed.json")
    assert "expected the columns y2017_2018, y2018_2019" in refused(file)
    for year, report in document["years"].items():
        labels = [f"y{int(year) - 1}_{year}", f"y{year}_{int(year) + 1}", "pct_growth"]
        figures = [*(country[name] for country in report["countries"] for name in ("values_usd", "values_quantity"))]
        totals = report["totals"]
        figures += [totals["total"]["values_usd"], totals["india_total"]["values_usd"], totals["pct_share"]]
        for cells in figures:
            values = list(cells.values())
            cells.clear()
            cells.update(zip(labels, values, strict=False))
    line = refused(written(tmp_path, json.dumps(document), "renamed.json"))
    assert "financial_year 2018, total, column" in line and "shifted" in line
    for report in document["years"].values():
        previous, current, growth = report["countries"][0]["values_usd"]
        for name in ("total", "india_total"):
            cells = report["totals"][name]["values_usd"]
            now, grown = cells[previous], cells[current]
            before = round(now / (1 + grown / 100), 2)
            if name == "total":
                before = round(sum(country["values_usd"][previous] or 0 for country in report["countries"]), 2)
            cells.update({previous: before, current: now, growth: grown})
        shares = report["totals"]["pct_share"]
        shares.update({current: shares[previous], previous: None})
    line = refused(written(tmp_path, json.dumps(document), "renamed.json"))
    assert "india_total" in line and "Rs crore" in line


@needs_samples
def test_the_one_file_named_rightly_has_wrong_labels() -> None:
    line = refused(SAMPLES / "raw_26030000_export.json")
    assert "financial_year 2018, country 1, values_usd" in line
    assert "expected the columns y2017_2018, y2018_2019" in line and "found y2023_2024, y2024_2025" in line


@needs_samples
def test_every_country_of_the_publishers_files_is_known() -> None:
    import gzip

    with gzip.open(SAMPLES / "india_exports_hs8_by_country_fy2017_2025.csv.gz", "rt", encoding="utf-8") as stream:
        printed = {row["country"] for row in csv.DictReader(stream)}
    with (SEEDS / "seed_tradestat_countries.csv").open(newline="", encoding="utf-8") as stream:
        known = [row["country_name"] for row in csv.DictReader(stream)]
    assert printed <= set(known)
    assert len(known) == len(set(known))


def test_every_code_of_a_country_is_one_that_trade_statistics_know() -> None:
    with (SEEDS / "seed_countries.csv").open(newline="", encoding="utf-8") as stream:
        codes = {row["iso3"] for row in csv.DictReader(stream) if row["is_group"] == "false"}
    with (SEEDS / "seed_tradestat_countries.csv").open(newline="", encoding="utf-8") as stream:
        named = {row["country_name"]: row["iso3"] for row in csv.DictReader(stream)}
    assert {code for code in named.values() if code not in codes} == {"XXX"}
    traps = {
        "CONGO P REP": "COG",
        "CONGO D. REP.": "COD",
        "KOREA RP": "KOR",
        "KOREA DP RP": "PRK",
        "DOMINIC REP": "DOM",
    }
    assert {name: named[name] for name in traps} == traps


def test_importing_the_sources_does_not_import_a_parser() -> None:
    code = (
        "import sys, flows.sources; flows.sources.discover(); sys.exit('bs4' in sys.modules or 'polars' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- anything at all

QUICK = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
ODD_CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            "0",
            "0.00",
            "10.10",
            "1,234.5",
            "12,34,567.00",
            "1e309",
            "NaN",
            "..",
            "9007199254740993",
            "280530.0",
            "-0",
            "−1",
            "10.1",
            "10.100",
            "9,99,99,99,99,999.99",
            "<b>10.10</b>",
            "10<br>.10",
            "&nbsp;10.10",
            "Total",
            "</td><td>",
            "<td>",
        ]
    ),
    st.decimals(0, 20_000, places=2).map(str),
    st.text(max_size=12),
)


@settings(QUICK, max_examples=300)
@given(
    place=st.tuples(st.integers(0, len(MONTH_ROWS) + len(MONTH_TOTALS) - 1), st.integers(0, 7)),
    cell=ODD_CELLS,
)
def test_any_cell_is_read_as_it_stands_or_refused(tmp_path: Path, place: tuple[int, int], cell: str) -> None:
    every = changed([*MONTH_ROWS, *MONTH_TOTALS], *place, cell)
    file = written(tmp_path, page(rows=every[:4], totals=every[4:]).encode("utf-8", "surrogatepass"))
    try:
        rows = read(file, tmp_path)
    except InputRejected as error:
        assert str(error).startswith(f"{file.name}: ") and "\n" not in str(error)
        assert any(word in str(error) for word in ("row", "line", "column"))
        return
    assert len(rows) == 28
    number, column = place
    original = [cells for cells in (*MONTH_ROWS, *MONTH_TOTALS)]
    for position, row in enumerate(rows):
        cells, at_column = position // 4, (2, 3, 5, 6)[position % 4]
        if (cells, at_column) != (number, column):
            assert row["value"] == original[cells][at_column]
        elif row["value"] not in ("", "-"):
            # read as the number that it looks like to a reader of the page, of another sort of blank nothing is left
            looks = cell.replace("<b>", "").replace("</b>", "").replace("&nbsp;", "").strip()
            assert Decimal(row["value"].replace(",", "")) == Decimal(looks.replace(",", ""))
        else:
            assert cell.replace("&nbsp;", "").strip() in ("", "-") or "<" in cell or "&" in cell
    for at_column in range(4):
        figures = [row["value"].replace(",", "") for row in rows[at_column:20:4]]
        *countries, total = [Decimal(figure) if figure not in ("", "-") else Decimal(0) for figure in figures]
        half = Decimal("0.005")
        assert abs(sum(countries) - total) <= 5 * half


@settings(QUICK, max_examples=300)
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    refused(written(tmp_path, content))


@settings(QUICK, max_examples=300)
@given(
    position=st.floats(0, 1),
    cut=st.integers(0, 40),
    inserted=st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\xef\xbb\xbf", b"\0", b"\r\n", b"<!--", b"<![", b"</table>", b"<table>", b"\xe9", b"</tr>", b'"']
        ),
    ),
    is_json=st.booleans(),
)
def test_a_damaged_report_is_the_same_or_refused(
    tmp_path: Path, position: float, cut: int, inserted: bytes, is_json: bool
) -> None:
    whole = (json.dumps(json_report(), indent=1) if is_json else page()).encode()
    name = "damaged.json" if is_json else "damaged.html"
    start = int(position * len(whole))
    file = written(tmp_path, whole[:start] + inserted + whole[start + cut :], name)
    try:
        rows = read(file, tmp_path)
    except InputRejected as error:
        assert str(error).startswith(f"{file.name}: ") and "\n" not in str(error)
        return
    # what the damage left whole still says the same, but for digits that nothing else contradicts
    assert len(rows) == 28
    sums: dict[tuple[str, ...], list[Decimal]] = {}
    for row in rows:
        if row["value"] in ("", "-") or row["measure"] == "quantity":
            continue
        key = (row["period_label"], row["is_current_period"], row["period_kind"])
        countries_and_total = sums.setdefault(key, [Decimal(0), Decimal(0)])
        if row["row_kind"] in ("country", "total"):
            countries_and_total[row["row_kind"] == "total"] += Decimal(row["value"].replace(",", ""))
    for countries, total in sums.values():
        assert abs(countries - total) <= Decimal("0.25")


def test_a_page_that_nests_without_end_is_refused_without_a_crash(tmp_path: Path) -> None:
    assert "no table" in refused(written(tmp_path, "<div>" * 100_000))


# --- the suites

# what is wrong with one row, and the check that finds it
BROKEN_ROWS = {
    "record_number has digits": {"record_number": "1a"},
    "database has meidb or eidb": {"database": "dgcis"},
    "flow has import or export": {"flow": "imports"},
    "hs_code has 2, 4, 6 or 8 digits": {"hs_code": "850"},
    "measure has usd_million or quantity": {"measure": "rs_crore"},
    "row_kind has country, total, india_total or share": {"row_kind": "sum"},
    "period_kind has a month, a financial year or a year to date": {"period_kind": "week"},
    "report_date has a day as in 2026-01-27": {"report_date": "27 Jan 2026"},
    "is_current_period has true or false": {"is_current_period": "yes"},
    "period is whole months that are over": {"period_end": "2024-12-30"},
    "status is known": {"status": "R"},
    "quantity has a unit": {"measure": "quantity"},
    "value is a number or blank": {"value": "-1.02"},
    "country is known": {"country": "ATLANTIS"},
    "record is there once": {"record_number": "2"},
    "file and vintage are named": {"source_file": ""},
}


def test_the_raw_suite_finds_each_broken_row(tmp_path: Path) -> None:
    good = read(written(tmp_path, page()), tmp_path)
    for row in good:
        row |= {"vintage_id": "V", "source_file": MONTH_NAME}
    good[0] |= {"value": "12,34,567.00"}
    spoilt = [
        good[3] | {"record_number": str(100 + number)} | broken for number, broken in enumerate(BROKEN_ROWS.values())
    ]
    assert raw_checks(tmp_path / "good.duckdb", good) == set()
    found = raw_checks(tmp_path / "spoilt.duckdb", [*good, *spoilt], landed=("V", "W"))
    assert found == {*BROKEN_ROWS, "figure is there once", "every landed report has rows"}


def raw_checks(database: Path, rows: list[dict[str, str]], landed: tuple[str, ...] = ("V",)) -> set[str]:
    """The names of the checks that a raw table with these rows fails."""
    with connect(database) as connection:
        ingest.load_seeds(connection)
        ingest.create_raw_tables(connection, {"tradestat": TRADESTAT})
        for vintage in landed:
            connection.execute(
                "insert into raw.landed_vintages (source_id, vintage_id) values ('tradestat', ?)", [vintage]
            )
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(
                f"insert into raw.tradestat_figures ({', '.join(row)}) values ({marks})", list(row.values())
            )
    return {
        found.check_name
        for found in expectations.validate(database, "raw", ["tradestat_figures"])
        if found.status != "passed"
    }


def test_the_staging_suite_finds_sums_that_are_off_and_signs_that_are_wrong(tmp_path: Path) -> None:
    database = tmp_path / "sums.duckdb"
    columns = (
        "vintage_id, 'import' as flow, '8505' as hs_code, 'month' as period_kind, date '2024-12-01' as period_start,"
        " date '2024-12-31' as period_end, true as is_current_period, 'usd_million' as measure, row_kind,"
        " trade_value_usd, quantity, share_pct"
    )
    names = "vintage_id, row_kind, trade_value_usd, quantity, share_pct"
    # two countries and their total: 3 x 5000 US$ are granted
    sound = (
        "('a', 'country', 2000000, 7, null), ('a', 'country', 1000000, null, null), ('a', 'total', 3015000, 0, 50.0)"
    )
    for rows, expected in (
        (sound, set()),
        (sound.replace("3015000", "3015001"), {"countries add up to the total"}),
        (sound.replace(", 7,", ", -7,"), {"quantity is in range"}),
        (sound.replace("50.0", "100.1"), {"share_pct is in range"}),
        ("('a', 'country', -1, null, null)", {"trade_value_usd is in range"}),
    ):
        with connect(database) as connection:
            connection.execute("create schema if not exists staging")
            connection.execute(
                "create or replace table staging.stg_tradestat__figures as"
                f" select {columns} from (values {rows}) as v({names})"
            )
        found = expectations.validate(database, "staging", ["stg_tradestat__figures"])
        assert {check.check_name for check in found if check.status != "passed"} == expected
