"""TradeStat (India's DGCI&S): trade in one commodity by partner country, by month (MEIDB) or financial year (EIDB).

A landed file is one report: the page as a browser saved it, or JSON that holds several financial years of one code.
Nothing is bundled. A report says some things twice, and copies of it are known to contradict themselves (exports in a
file named import, labels of another year, a total row one column off), so that what it says twice must agree and what
it adds up must add up before a figure of it is read.
"""

from __future__ import annotations

import calendar
import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from flows.sources import Delivery, RawTable, Source
from warehouse.errors import InputRejected
from warehouse.paths import SEEDS

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

COLUMNS = (
    "record_number", "database", "flow", "hs_code", "commodity", "measure", "quantity_unit", "report_date", "row_kind",
    "country", "period_label", "period_kind", "period_start", "period_end", "is_current_period", "status", "value",
)  # fmt: skip

# What a report may leave unsaid. `usd_million_quantity` is a report of financial years that has both.
OPTIONS = {
    "flow": re.compile(r"import|export"),
    "hs_code": re.compile(r"([0-9]{2}){1,4}"),
    "measure": re.compile(r"usd_million|quantity|usd_million_quantity"),
    "unit": re.compile(r"[A-Z]{1,8}"),
    "report_date": re.compile(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"),
}

LARGEST_FILE_BYTES = 4 * 1024**2

ADDRESS = re.compile(r"(meidb|eidb)/commodity_wise_all_countries_(import|export)\b", re.IGNORECASE)
SAVED_FROM = re.compile(r"<!--\s*saved from url=\([0-9]+\)(\S+)")
# the fields of the form that asked for the report
IMPORT_FIELD = re.compile(r"imdd\w+|cwacim\w+|Eidb\w+_cmaci", re.IGNORECASE)
EXPORT_FIELD = re.compile(r"dd(Month|Year|ReportVal|ReportYear)|cwacex\w+|Eidb\w+_cmace", re.IGNORECASE)
FLOW_WORD = re.compile(r"(?<![A-Za-z])(import|export)s?(?![A-Za-z])", re.IGNORECASE)
MEASURE_WORDS = {
    "usd_million": re.compile(r"US\s?\$\s?(in )?Mill?ion", re.IGNORECASE),
    "rs_crore": re.compile(r"(\bRs\.?|\bINR|₹|\bRupees)\s?(in )?Crores?", re.IGNORECASE),
    "quantity": re.compile(r"\bQuantity", re.IGNORECASE),
}
VALUES_IN = re.compile(r"Values?\s+in\s*:?\s*(.{1,20})", re.IGNORECASE)
COMMODITY = re.compile(
    r"Commodity\s*:\s*([0-9]{2,8})(?![0-9])\s*(.{0,300}?)\s*(?=Unit\s*:|Report Dated|Data available|$)", re.IGNORECASE
)
UNIT = re.compile(r"\bUnit\s*:\s*([A-Za-z]+)", re.IGNORECASE)
REPORT_DATED = re.compile(r"Report\s+Dated?\s*:\s*([0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{4})", re.IGNORECASE)
PARTIAL_YEAR = re.compile(r"([0-9]{4})\s*-\s*([0-9]{4})\s*\(Apr\s*-\s*([A-Z][a-z]{2})\)")

MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
MONTH_NAME = f"({'|'.join(MONTHS)})"
YEAR = "((?:19|20)[0-9]{2})"
STATUSES = {"R": "revised", "P": "provisional", "F": "final", None: ""}
STATUS = r"(?:\s*\(([RPF])\))?"
MONTH_LABEL = re.compile(rf"{MONTH_NAME}\s*-\s*{YEAR}{STATUS}")
CUMULATIVE_LABEL = re.compile(rf"(Jan|Apr)\s*-\s*{MONTH_NAME}\s*{YEAR}{STATUS}")
FINANCIAL_YEAR_LABEL = re.compile(rf"{YEAR}\s*-\s*{YEAR}(?:\s*\(Apr\s*-\s*{MONTH_NAME}\))?{STATUS}")
GROWTH_LABEL = re.compile(r"%\s*growth", re.IGNORECASE)

# Thousands are grouped as 1,234,567.8 or as 12,34,567.8, or not at all; staging keeps twelve digits before the point.
NUMBER = re.compile(r"(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+|[1-9][0-9]?(,[0-9]{2})+,[0-9]{3})(\.([0-9]+))?")
MOST_DIGITS = 12
MOST_DECIMALS = {"usd_million": 6, "quantity": 3}
# A blank or a dash is a figure that is not there; 0.00 is one that rounds to nothing.
MISSING = ("", "-")

# India's trade in all commodities never reached 80 billion US$ in a month; in Rs crore it is above this figure in every
# financial year since 2017-18, so that rupees under a label of dollars are found out.
LARGEST_INDIA_TOTAL_USD_MILLION_A_MONTH = 125_000

ROW_KINDS = {
    "total": "total", "indiastotal": "india_total", "indiatotal": "india_total", "share": "share",
    "percentageshare": "share", "percentshare": "share",
}  # fmt: skip
# keys of the JSON's totals, each with the key that holds its figures if there is one
JSON_TOTALS = (("total", "total"), ("india_total", "india_total"), ("pct_share", "share"))
JSON_MEASURES = {"usd_million": "values_usd", "quantity": "values_quantity"}


@dataclass(frozen=True)
class Period:
    """The months of a column, with the label as printed; the status is revised, provisional, final or unsaid."""

    label: str
    kind: str
    start: date
    end: date
    status: str


@dataclass(frozen=True)
class Comparison:
    """Three columns that belong together: a period of the year before, the same of this year, the growth between."""

    measure: str
    previous: Period
    current: Period


@dataclass(frozen=True)
class Row:
    """A printed row: where it stands, and for each comparison its three cells, or None where it has none."""

    place: str
    kind: str
    serial: str
    country: str
    cells: tuple[tuple[str, str, str] | None, ...]


@dataclass(frozen=True)
class Report:
    """One report as printed, with what it is about."""

    database: str
    flow: str
    hs_code: str
    commodity: str
    quantity_unit: str
    report_date: date
    comparisons: tuple[Comparison, ...]
    rows: tuple[Row, ...]

    @property
    def measure(self) -> str:
        """The measures of the columns, in their order."""
        return "_".join(dict.fromkeys(comparison.measure for comparison in self.comparisons))


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell what a TradeStat report is about.

    Options say what the report does not: `flow` (import, export), `hs_code`, `measure` (usd_million, quantity), `unit`
    (KGS) and `report_date` (2026-01-27). What both say must agree.

    Raises:
        InputRejected: an option is unknown; otherwise as `reports`.
    """
    for name, value in options.items():
        if name not in OPTIONS or not OPTIONS[name].fullmatch(value):
            raise InputRejected(
                f"tradestat: option {name}={value} is not known; expected flow=import|export, hs_code=85051100,"
                " measure=usd_million|quantity, unit=KGS, report_date=2026-01-27"
            )
    found = reports(file, options)
    newest = found[-1]
    period = _period_name(found)
    parameters = {
        "database": newest.database,
        "flow": newest.flow,
        "hs_code": newest.hs_code,
        "measure": newest.measure,
        "report_date": max(report.report_date for report in found).isoformat(),
        "period": period,
    }
    if newest.quantity_unit:
        parameters["unit"] = newest.quantity_unit
    return Delivery(
        dataset="_".join((newest.database, newest.flow, newest.hs_code, newest.measure, period)),
        title=f"TradeStat {newest.database.upper()}, India's {newest.flow}s of {newest.hs_code} by country, {period}",
        covers_all_importers=False,
        parameters=parameters,
    )


def unpack(file: Path, scratch: Path, parameters: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the report as a CSV with one row per printed figure; `parameters` are those of its delivery.

    Growth is not among the figures: it is checked against the two that it compares.

    Raises:
        InputRejected: as `reports`.
    """
    found = reports(file, {name: parameters[name] for name in OPTIONS if name in parameters})
    # not named .csv: a line number in it would not be one of the publisher's file
    reshaped = scratch / f"{file.stem}.reshaped"
    try:
        with reshaped.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            figures = (figure for report in found for figure in _figures(report))
            writer.writerows((number, *figure) for number, figure in enumerate(figures, start=1))
        yield reshaped, file.name
    finally:
        reshaped.unlink(missing_ok=True)


def reports(file: Path, options: Mapping[str, str]) -> list[Report]:
    """Read the reports of a file, oldest period first, and check what each says of itself and adds up.

    Raises:
        InputRejected: the file is no report, leaves something unsaid that no option says, contradicts itself, holds
            values in rupees, a country that the seed lacks or a cell that is no figure, or does not add up.
    """
    text = _text(file)
    found = _json_reports(file, text, options) if text.lstrip()[:1] == "{" else [_page_report(file, text, options)]
    countries = _known_countries()
    for report in found:
        _check_periods(file, report)
        _check_rows(file, report, countries)
        for position in range(len(report.comparisons)):
            _check_figures(file, report, position)
    return found


def _refuse(file: Path, place: str, expected: str, found: object, todo: str = "download it again") -> NoReturn:
    raise InputRejected(f"{file.name}: {place}: expected {expected}, found {_shown(found)}; {todo}")


def _shown(found: object) -> str:
    """Return what was found on one line and not too long."""
    shown = " ".join(str(found).split())
    return shown if len(shown) <= 120 else shown[:120] + "…"


def _text(file: Path) -> str:
    size = file.stat().st_size
    if size > LARGEST_FILE_BYTES:
        _refuse(file, "the file", f"at most {LARGEST_FILE_BYTES:,} bytes", f"{size:,} bytes", "give one report")
    content = file.read_bytes()
    if not content.strip():
        _refuse(file, "the file", "a saved page or JSON", "an empty file")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        _refuse(file, f"line {line}", "text in UTF-8", "a NUL byte", "save the page as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(
            file, f"line {line}", "text in UTF-8", f"the byte {content[error.start]:#04x}", "save the page as UTF-8"
        )


def _agreed(file: Path, what: str, statements: list[tuple[str, str]]) -> str:
    """Return what all statements say: pairs of a value and of who says so."""
    if not statements:
        _refuse(file, "the report", f"it to say its {what}", "nothing", f"say it with the option {what}=")
    value, first = statements[0]
    for other, place in statements[1:]:
        if other != value:
            _refuse(
                file,
                place,
                f"the {what} {value}, as {first} says",
                repr(other),
                "one of them is wrong: download the report again and name it for what it is",
            )
    return value


def _said(options: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    return [(options[name], f"the option {name}")] if name in options else []


def _flow_in(text: str, place: str) -> list[tuple[str, str]]:
    """Return the one flow that a text names, if it names one: "Export Import Data Bank" names none."""
    words = {word.lower() for word in FLOW_WORD.findall(text.replace("_", " "))}
    return [(words.pop(), place)] if len(words) == 1 else []


def _measure_in(text: str) -> str | None:
    return next((measure for measure, words in MEASURE_WORDS.items() if words.search(text)), None)


# --- the page


def _page_report(file: Path, text: str, options: Mapping[str, str]) -> Report:
    # imported here: the command line lists sources without it
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    try:
        page = BeautifulSoup(text, "html.parser")
    except ParserRejectedMarkup as error:
        _refuse(file, "the page", "HTML as the site writes it", str(error))
    flows, databases, codes, measures = _form_statements(page)
    for saved in SAVED_FROM.findall(text):
        for database, flow in ADDRESS.findall(saved):
            flows.append((flow.lower(), "the address it was saved from"))
            databases.append((database.lower(), "the address it was saved from"))
    # what could be chosen is not what was chosen, and a menu names every report
    for element in page(["script", "style", "select", "nav"]):
        element.decompose()
    for heading in page(["title", "caption", "h1", "h2", "h3", "h4", "h5", "h6"]):
        flows.extend(_flow_in(heading.get_text(" "), f"the heading {_shown(repr(_plain(heading)))}"))
    words = " ".join(page.get_text(" ").split())
    measures.extend(
        (measure, "the line with Values in") for found in VALUES_IN.findall(words) if (measure := _measure_in(found))
    )
    commodities = set(COMMODITY.findall(words))
    codes.extend((code, "the line with Commodity") for code, _ in commodities)

    table = _report_table(file, page)
    heads, body = _header_and_body(file, table)
    labels = [head[-1] for head in heads]
    periods = _periods(file, labels, PARTIAL_YEAR.findall(words))
    groups = [" ".join(heads[column][:-1]) for column in range(2, len(heads), 3)]
    database = _agreed(
        file,
        "database",
        [("meidb" if periods[0][1].kind == "month" else "eidb", "the labels of the columns"), *databases],
    )
    group_measures = [_measure_in(group) for group in groups]
    if database == "eidb" and len(periods) == 2:
        if group_measures != ["usd_million", "quantity"]:
            _refuse(file, "table row 1", "columns in US$ million, then quantity", " / ".join(groups) or "no such head")
        found_measures = ["usd_million", "quantity"]
        _agreed(file, "measure", [("usd_million_quantity", "the head of the columns"), *_said(options, "measure")])
    else:
        measures.extend((measure, "the head of the columns") for measure in group_measures if measure)
        measure = _agreed(file, "measure", [*_said(options, "measure"), *measures])
        if measure == "rs_crore":
            _refuse(file, "the report", "values in US$ million", "Rs crore", "no rate is here: give the US$ report")
        found_measures = [measure] * len(periods)
    hs_code = _agreed(file, "hs_code", [*_said(options, "hs_code"), *codes])
    units = [(unit.upper(), "the line with Unit") for unit in UNIT.findall(words)]
    unit = ""
    if "quantity" in found_measures:
        unit = _agreed(file, "unit", [*_said(options, "unit"), *units])
    dates = [(_dated(file, found).isoformat(), "the line with Report Dated") for found in REPORT_DATED.findall(words)]
    return Report(
        database=database,
        flow=_agreed(file, "flow", [*_said(options, "flow"), *_flow_in(file.stem, "the file name"), *flows]),
        hs_code=hs_code,
        commodity=min((name for _, name in commodities), default=""),
        quantity_unit=unit,
        report_date=_day(file, _agreed(file, "report_date", [*_said(options, "report_date"), *dates])),
        comparisons=tuple(Comparison(measure, *pair) for measure, pair in zip(found_measures, periods, strict=True)),
        rows=tuple(_page_rows(file, body, len(heads))),
    )


Statements = list[tuple[str, str]]


def _form_statements(page: BeautifulSoup) -> tuple[Statements, Statements, Statements, Statements]:
    """Return what the form that asked for the report says of flow, database, HS code and measure."""
    flows: Statements = []
    databases: Statements = []
    codes: Statements = []
    measures: Statements = []
    for form in page("form"):
        for database, flow in ADDRESS.findall(str(form.get("action", ""))):
            flows.append((flow.lower(), "the form's address"))
            databases.append((database.lower(), "the form's address"))
    for field in page(["input", "select"]):
        name = str(field.get("name", ""))
        if IMPORT_FIELD.fullmatch(name):
            flows.append(("import", f"the field {name}"))
        elif EXPORT_FIELD.fullmatch(name):
            flows.append(("export", f"the field {name}"))
        if "hscode" in name.lower() and OPTIONS["hs_code"].fullmatch(str(field.get("value", ""))):
            codes.append((str(field["value"]), f"the field {name}"))
        if name.lower().endswith("reportval"):
            for chosen in field("option", selected=True):
                measure = _measure_in(chosen.get_text(" "))
                measures.extend([(measure, f"the field {name}")] if measure else [])
    return flows, databases, codes, measures


def _report_table(file: Path, page: BeautifulSoup) -> Tag:
    tables = page("table")
    if not tables:
        _refuse(
            file,
            "the page",
            "a table of countries",
            "no table: TradeStat had no data for what was asked, or the page was not saved whole",
            "ask for another code or period",
        )
    found = [
        table
        for table in tables
        if any(_plain(cell).lower() == "country" for row in _rows_of(table)[:3] for cell in _cells_of(row))
    ]
    if len(found) != 1:
        _refuse(file, "the page", "one table with a column Country", f"{len(found)} of {len(tables)} tables")
    return found[0]


def _plain(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def _rows_of(table: Tag) -> list[Tag]:
    return [row for row in table("tr") if row.find_parent("table") is table]


def _cells_of(row: Tag) -> list[Tag]:
    return [cell for cell in row(["td", "th"]) if cell.find_parent("tr") is row]


def _span(file: Path, place: str, cell: Tag, name: str) -> int:
    span = str(cell.get(name, "1"))
    if not re.fullmatch(r"[1-8]", span):
        _refuse(file, place, f"a {name} of 1 to 8", repr(span))
    return int(span)


def _header_and_body(file: Path, table: Tag) -> tuple[list[list[str]], list[tuple[str, list[str]]]]:
    """Return the heads of each column, from the top, and the rows below them, each with its place."""
    rows = [(f"table row {number}", _cells_of(row)) for number, row in enumerate(_rows_of(table), start=1)]
    depth = next((number for number, (_, cells) in enumerate(rows) if any(cell.name == "td" for cell in cells)), 0)
    depth = max(depth, 1)
    grid: list[dict[int, str]] = [{} for _ in range(depth)]
    for number, (place, cells) in enumerate(rows[:depth]):
        column = 0
        for cell in cells:
            while column in grid[number]:
                column += 1
            for down in range(min(_span(file, place, cell, "rowspan"), depth - number)):
                for across in range(_span(file, place, cell, "colspan")):
                    grid[number + down][column + across] = _plain(cell)
    width = len(grid[-1])
    if any(sorted(row) != list(range(width)) for row in grid):
        _refuse(file, "table row 1", f"{width} heads of columns in each row", [len(row) for row in grid])
    heads = [list(dict.fromkeys(row[column] for row in grid)) for column in range(width)]
    if (
        width not in (5, 8)
        or not re.fullmatch(r"s(r|l)?\.? ?no\.?", heads[0][-1].lower())
        or heads[1][-1].lower() != "country"
        or not all(GROWTH_LABEL.fullmatch(heads[column][-1]) for column in range(4, width, 3))
    ):
        wanted = "S.No., Country and once or twice two periods and %Growth"
        _refuse(file, "table row 1", wanted, ", ".join(head[-1] for head in heads))
    body = []
    for place, cells in rows[depth:]:
        texts: list[str] = []
        for cell in cells:
            if _span(file, place, cell, "rowspan") != 1:
                _refuse(file, place, "one cell a row and column", "a cell over several rows")
            texts += [_plain(cell)] + [""] * (_span(file, place, cell, "colspan") - 1)
        if len(texts) != width:
            _refuse(file, place, f"{width} cells", f"{len(texts)} cells")
        body.append((place, texts))
    return heads, body


def _page_rows(file: Path, body: list[tuple[str, list[str]]], width: int) -> Iterator[Row]:
    for place, texts in body:
        cells = tuple((texts[column], texts[column + 1], texts[column + 2]) for column in range(2, width, 3))
        if re.fullmatch(r"[0-9]+", texts[0]):
            yield Row(place, "country", texts[0], texts[1], cells)
            continue
        label = re.sub(r"[^a-z]", "", (texts[0] + texts[1]).lower())
        if label not in ROW_KINDS:
            wanted = "a number in S.No., or a row Total, India's Total or %Share"
            _refuse(file, f"{place}, column S.No.", wanted, repr(f"{texts[0]} {texts[1]}".strip()))
        yield Row(place, ROW_KINDS[label], "", "", cells)


def _periods(file: Path, labels: list[str], partial: list[tuple[str, str, str]]) -> list[tuple[Period, Period]]:
    """Return the two periods of each comparison, as the labels of the columns say."""
    found = []
    for column in range(2, len(labels), 3):
        pair = []
        for number in (column, column + 1):
            period = _period(labels[number], partial)
            if period is None:
                wanted = "a period as in Dec-2024 (R), Jan-Dec2024 (R) or 2024-2025"
                _refuse(file, f"table row 1, column {number + 1}", wanted, repr(labels[number]))
            pair.append(period)
        found.append((pair[0], pair[1]))
    return found


def _period(label: str, partial: list[tuple[str, str, str]]) -> Period | None:
    """Return the period that a label names; `partial` tells which financial years end early: from, to, last month."""
    if month := MONTH_LABEL.fullmatch(label):
        year, number = int(month[2]), MONTHS[month[1]]
        return Period(label, "month", date(year, number, 1), _month_end(year, number), STATUSES[month[3]])
    if cumulative := CUMULATIVE_LABEL.fullmatch(label):
        year, number = int(cumulative[3]), MONTHS[cumulative[2]]
        if cumulative[1] == "Jan":
            kind, start = "calendar_year_to_date", date(year, 1, 1)
        else:
            # the year is that of the last month: Apr-Feb2025 began in 2024
            kind, start = "financial_year_to_date", date(year if number >= 4 else year - 1, 4, 1)
        return Period(label, kind, start, _month_end(year, number), STATUSES[cumulative[4]])
    if financial := FINANCIAL_YEAR_LABEL.fullmatch(label):
        return _financial_year(label, int(financial[1]), int(financial[2]), financial[3], financial[4], partial)
    return None


def _financial_year(
    label: str, first: int, second: int, last_month: str | None, status: str | None, partial: list[tuple[str, str, str]]
) -> Period | None:
    if second != first + 1:
        return None
    last_month = last_month or next(
        (month for begin, end, month in partial if (begin, end) == (str(first), str(second))), None
    )
    if last_month is None:
        return Period(label, "financial_year", date(first, 4, 1), date(second, 3, 31), STATUSES[status])
    if last_month not in MONTHS:
        return None
    number = MONTHS[last_month]
    end = _month_end(first if number >= 4 else second, number)
    return Period(label, "financial_year_to_date", date(first, 4, 1), end, STATUSES[status])


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _dated(file: Path, text: str) -> date:
    """Return the day of a date as in 27 Jan 2026."""
    day, month, year = re.split(r"[ -]", text)
    number = MONTHS.get(month[:3].title())
    if number is None:
        _refuse(file, "Report Dated", "a date as in 27 Jan 2026", repr(text))
    return _day(file, f"{year}-{number:02d}-{int(day):02d}")


def _day(file: Path, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(file, "report date", "a day of the calendar as in 2026-01-27", text)


# --- the JSON

Member = TypeVar("Member", dict[str, Any], list[Any], str)


def _json_reports(file: Path, text: str, options: Mapping[str, str]) -> list[Report]:
    document = _json(file, text)
    years = _member(file, "the document", document, "years", dict)
    about = document.get("metadata", {})
    if not isinstance(about, dict):
        _refuse(file, "metadata", "an object", about)
    flows = [*_said(options, "flow"), *_flow_in(file.stem, "the file name")]
    if "trade_type" in about:
        flows.append((str(about["trade_type"]), "trade_type"))
    if "years_count" in about and str(about["years_count"]) != str(len(years)):
        _refuse(file, "years", f"the {about['years_count']} years that years_count says", f"{len(years)} years")
    codes = _said(options, "hs_code")
    codes.append((str(_member(file, "the document", document, "hsn_code", str)), "hsn_code"))
    found = []
    for year in sorted(years):
        place = f"financial_year {year}"
        if not re.fullmatch(r"(19|20)[0-9]{2}", year):
            _refuse(file, place, "a year as in 2024", year)
        report = _member(file, "years", years, year, dict)
        metadata = _member(file, place, report, "metadata", dict)
        commodity = _member(file, place, report, "commodity", dict)
        address = ADDRESS.search(str(metadata.get("source_url", "")))
        if not address or address[1].lower() != "eidb":
            _refuse(file, f"{place}, source_url", "the address of an EIDB report", metadata.get("source_url", "none"))
        flows.append((address[2].lower(), f"{place}, source_url"))
        flow = _agreed(file, "flow", flows)
        for holder, of in ((metadata, "metadata"), (commodity, "commodity")):
            codes.append((_member(file, f"{place}, {of}", holder, "hsn_code", str), f"{place}, {of}"))
        if str(metadata.get("financial_year")) != year:
            _refuse(file, place, f"financial_year {year} in its metadata", repr(metadata.get("financial_year", "none")))
        unit = _agreed(
            file,
            "unit",
            [*_said(options, "unit"), (_member(file, place, commodity, "unit", str), f"{place}, commodity")],
        )
        partial = PARTIAL_YEAR.findall(str(metadata.get("data_availability", "")))
        dated = REPORT_DATED.fullmatch(f"Report Dated: {_member(file, place, report, 'report_date', str)}")
        if dated is None:
            _refuse(file, f"{place}, report_date", "a date as in 27 Jan 2026", repr(report["report_date"]))
        found.append(
            Report(
                database="eidb",
                flow=flow,
                hs_code=_agreed(file, "hs_code", codes),
                commodity=str(commodity.get("description", "")),
                quantity_unit=unit,
                report_date=_dated(file, dated[1]),
                comparisons=tuple(
                    _json_comparison(file, place, measure, int(year), partial) for measure in JSON_MEASURES
                ),
                rows=tuple(_json_rows(file, place, report, int(year))),
            )
        )
    if not found:
        _refuse(file, "years", "at least one financial year", "none")
    _agreed(file, "measure", [(found[-1].measure, "the JSON"), *_said(options, "measure")])
    newest = max(report.report_date for report in found).isoformat()
    _agreed(file, "report_date", [(newest, "report_date"), *_said(options, "report_date")])
    return found


def _json(file: Path, text: str) -> dict[str, Any]:
    """Return the document with every number as its text: a float would lose what is printed."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            twice = next(name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1)
            _refuse(file, "the document", "every name once in an object", f"{twice} twice")
        return members

    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        _refuse(file, f"line {error.lineno}, column {error.colno}", "JSON", error.msg)
    except RecursionError:
        _refuse(file, "the document", "JSON as deep as a report", "a deeper one")
    return _member(file, "the file", {"document": document}, "document", dict)


def _member(file: Path, place: str, holder: Mapping[str, Any], name: str, kind: type[Member]) -> Member:
    value = holder.get(name)
    if not isinstance(value, kind):
        words = {"dict": "an object", "list": "a list", "str": "a text"}[kind.__name__]
        _refuse(file, place, f"{name} to be {words}", "nothing" if value is None else value)
    return value


def _json_labels(year: int) -> tuple[str, str]:
    return f"y{year - 1}_{year}", f"y{year}_{year + 1}"


def _json_comparison(
    file: Path, place: str, measure: str, year: int, partial: list[tuple[str, str, str]]
) -> Comparison:
    periods = [
        _financial_year(label, first, first + 1, None, None, partial)
        for label, first in zip(_json_labels(year), (year - 1, year), strict=True)
    ]
    previous, current = periods
    if previous is None or current is None:
        _refuse(file, f"{place}, data_availability", "a month as in (Apr-Aug)", partial)
    return Comparison(measure, previous, current)


def _json_rows(file: Path, year_place: str, report: Mapping[str, Any], year: int) -> Iterator[Row]:
    for number, country in enumerate(_member(file, year_place, report, "countries", list), start=1):
        place = f"{year_place}, country {number}"
        if not isinstance(country, dict) or set(country) != {"sno", "country", *JSON_MEASURES.values()}:
            _refuse(file, place, "sno, country, values_usd and values_quantity", country)
        yield Row(
            place,
            "country",
            _member(file, place, country, "sno", str),
            " ".join(_member(file, place, country, "country", str).split()),
            tuple(_json_cells(file, place, country, name, year) for name in JSON_MEASURES.values()),
        )
    totals = _member(file, year_place, report, "totals", dict)
    for key, kind in JSON_TOTALS:
        place = f"{year_place}, {key}"
        row = _member(file, f"{year_place}, totals", totals, key, dict)
        if kind == "share":
            yield Row(place, kind, "", "", (_json_cells(file, place, {"share": row}, "share", year), None))
            continue
        # the site totals values only; a total of quantities is read where there is one
        quantity = JSON_MEASURES["quantity"]
        yield Row(
            place,
            kind,
            "",
            "",
            (
                _json_cells(file, place, row, JSON_MEASURES["usd_million"], year),
                _json_cells(file, place, row, quantity, year) if quantity in row else None,
            ),
        )


def _json_cells(file: Path, place: str, holder: Mapping[str, Any], name: str, year: int) -> tuple[str, str, str]:
    cells = _member(file, place, holder, name, dict)
    labels = (*_json_labels(year), "pct_growth")
    if set(cells) not in ({*labels}, {*labels[:2]}):
        _refuse(
            file,
            f"{place}, {name}",
            f"the columns {', '.join(labels)}, as the financial year says",
            ", ".join(cells),
            "the labels are those of another year",
        )
    texts = []
    for label in labels:
        cell = cells.get(label)
        if cell is not None and not isinstance(cell, str):
            _refuse(file, f"{place}, {name}, column {label}", "a number or null", cell)
        texts.append(cell or "")
    return texts[0], texts[1], texts[2]


# --- checks of both


def _check_periods(file: Path, report: Report) -> None:
    """Refuse columns that are not the same months a year apart, or that end after the report was made."""
    first = report.comparisons[0]
    if report.database == "meidb" and (
        [comparison.current.kind == "month" for comparison in report.comparisons] != [True, False]
        or report.comparisons[1].current.kind not in ("calendar_year_to_date", "financial_year_to_date")
        or report.comparisons[1].current.end != first.current.end
    ):
        labels = ", ".join(comparison.current.label for comparison in report.comparisons)
        _refuse(file, "table row 1", "a month, then the months to its end", labels)
    for comparison in report.comparisons:
        previous, current = comparison.previous, comparison.current
        if report.database == "eidb" and not current.kind.startswith("financial_year"):
            _refuse(file, f"table row 1, column {current.label}", "a financial year", current.label)
        # the year before is whole beside a financial year that is not over
        same_months = (
            previous.start == _year_before(current.start)
            and (previous.kind == current.kind or report.database == "eidb")
            and (previous.end == _year_before(current.end) or previous.kind == "financial_year")
        )
        if not same_months:
            wanted = f"the months of {current.label} a year before"
            _refuse(file, f"table row 1, column {previous.label}", wanted, previous.label)
        if current.end > report.report_date:
            _refuse(
                file,
                f"table row 1, column {current.label}",
                f"months that were over on the report date {report.report_date}",
                f"an end on {current.end}",
                "a financial year that is not over must say to which month it goes",
            )


def _year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29) or (day.month == 2 and day.day == 28):
        return _month_end(day.year - 1, 2)
    return day.replace(year=day.year - 1)


def _known_countries() -> frozenset[str]:
    with (SEEDS / "seed_tradestat_countries.csv").open(newline="", encoding="utf-8") as stream:
        return frozenset(row["country_name"] for row in csv.DictReader(stream))


def _check_rows(file: Path, report: Report, countries: frozenset[str]) -> None:
    """Refuse an unknown country, one that is there twice, a gap in the numbering, a total row too many or too few."""
    if "quantity" in report.measure and len(report.hs_code) != 8:
        _refuse(file, "the report", "a code of 8 digits, for only these have quantities", report.hs_code)
    seen: dict[str, str] = {}
    for row in report.rows:
        if row.kind == "country":
            if row.serial != str(len(seen) + 1):
                _refuse(file, f"{row.place}, column S.No.", f"the number {len(seen) + 1}", repr(row.serial))
            if row.country not in countries:
                todo = "add it to seed_tradestat_countries.csv with its iso3 and source"
                _refuse(file, f"{row.place}, column Country", "a name of the seed", repr(row.country), todo)
            if row.country in seen:
                wanted = f"each country once; it is in {seen[row.country]} already"
                _refuse(file, f"{row.place}, column Country", wanted, repr(row.country))
            seen[row.country] = row.place
        elif [other.kind for other in report.rows].count(row.kind) > 1:
            _refuse(file, row.place, f"one row {row.kind}", "several")
    if not seen:
        _refuse(file, "the report", "rows of countries", "none")
    # a sum of kilograms and numbers is no total of India, so that only values must have one
    wanted_kinds = ("total", "india_total", "share") if "usd_million" in report.measure else ("total",)
    for kind in wanted_kinds:
        if kind not in (row.kind for row in report.rows):
            _refuse(file, "the report", f"a row {kind}", "none: the report was cut off")


def _check_figures(file: Path, report: Report, position: int) -> None:
    """Refuse cells that are no figures, growth that contradicts them, totals and shares that do not follow."""
    comparison = report.comparisons[position]
    measure = comparison.measure
    labels = (comparison.previous.label, comparison.current.label)
    figures: dict[str, list[tuple[Row, list[Decimal | None]]]] = {}
    for row in report.rows:
        cells = row.cells[position]
        if cells is not None:
            numbers = [
                _number(file, row, label, text, MOST_DECIMALS[measure])
                for label, text in zip(labels, cells, strict=False)
            ]
            figures.setdefault(row.kind, []).append((row, numbers))
    # The site prints a measure with a fixed number of decimals, of which JSON drops zeros at the end: so the most
    # decimals of any figure are those of all, and each figure is right to half a unit of the last.
    half = _half_unit(
        number for kind, rows in figures.items() if kind != "share" for _, numbers in rows for number in numbers
    )
    if "total" in figures:
        _check_sums(file, comparison, figures, half)
    if measure == "usd_million":
        _check_shares(file, comparison, figures, half)
    for kind, rows in figures.items():
        for row, numbers in rows:
            own_half = _half_unit(numbers) if kind == "share" else half
            _check_growth(file, row, position, labels, numbers, own_half)


Figures = Mapping[str, list[tuple[Row, list[Decimal | None]]]]


def _number(file: Path, row: Row, label: str, text: str, most_decimals: int) -> Decimal | None:
    if text in MISSING:
        return None
    matched = NUMBER.fullmatch(text)
    if (
        not matched
        or len(matched[1].replace(",", "")) > MOST_DIGITS
        or len(matched[5] or "") > (MOST_DECIMALS["usd_million"] if row.kind == "share" else most_decimals)
    ):
        _refuse(
            file,
            f"{row.place}, column {label}",
            f"0 or more as in 1,234.5, up to {MOST_DIGITS} digits and {most_decimals} decimals, or a blank",
            repr(text),
            "a growth figure in a column of values? download it again"
            if row.kind != "country"
            else "download it again",
        )
    return Decimal(text.replace(",", ""))


def _half_unit(numbers: Iterable[Decimal | None]) -> Decimal:
    """Return half a unit of the last decimal of the numbers that are there."""
    decimals = max((-int(number.as_tuple().exponent) for number in numbers if number is not None), default=0)
    return Decimal(5).scaleb(-decimals - 1)


def _check_growth(
    file: Path, row: Row, position: int, labels: tuple[str, str], numbers: list[Decimal | None], half: Decimal
) -> None:
    """Refuse a growth that no two figures which round to the printed ones could have."""
    cells = row.cells[position]
    if cells is None or cells[2] in MISSING:
        return
    printed = cells[2]
    place = f"{row.place}, column %Growth after {labels[1]}"
    if not NUMBER.fullmatch(printed.removeprefix("-")):
        _refuse(file, place, "a growth in percent as in -12.34, or a blank", repr(printed))
    previous, current = numbers
    if previous is None or current is None:
        _refuse(file, place, f"a blank, for {labels[0] if previous is None else labels[1]} is blank", repr(printed))
    growth = Decimal(printed.replace(",", ""))
    rounding = _half_unit([growth])
    too_low = (growth + rounding + 100) * (previous + half) < 100 * max(current - half, Decimal(0))
    too_high = previous > half and (growth - rounding + 100) * (previous - half) > 100 * (current + half)
    if too_low or too_high:
        _refuse(file, place, f"the growth from {cells[0]} to {cells[1]}", repr(printed))


def _check_sums(file: Path, comparison: Comparison, figures: Figures, half: Decimal) -> None:
    """Refuse a total that is not the sum of the countries, each and the total itself rounded."""
    ((total_row, totals),) = figures["total"]
    countries = figures["country"]
    tolerance = half * (len(countries) + 1)
    for column, period in enumerate((comparison.previous, comparison.current)):
        place = f"{total_row.place}, column {period.label}"
        printed = [numbers[column] for _, numbers in countries if numbers[column] is not None]
        summed = sum((number for number in printed if number is not None), Decimal(0))
        total = totals[column]
        if total is None:
            if printed:
                _refuse(file, place, f"the sum {summed:,} of {len(printed)} countries", "a blank")
        elif abs(total - summed) > tolerance:
            _refuse(
                file,
                place,
                f"the sum {summed:,} of {len(printed)} countries, give or take {tolerance:,} for rounding",
                f"{total:,}",
                "a country is missing or the row is shifted: download it again",
            )


def _check_shares(file: Path, comparison: Comparison, figures: Figures, half: Decimal) -> None:
    """Refuse a total of India that is not one in US$ million, or a share that is not the total's of India's total."""
    ((_, totals),) = figures["total"]
    ((india_row, india_totals),) = figures["india_total"]
    ((share_row, shares),) = figures["share"]
    for column, period in enumerate((comparison.previous, comparison.current)):
        total, india_total, share = totals[column], india_totals[column], shares[column]
        place = f"{india_row.place}, column {period.label}"
        if india_total is None:
            if total is not None:
                _refuse(file, place, "India's total beside the commodity's", "a blank")
            continue
        months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1
        if india_total > LARGEST_INDIA_TOTAL_USD_MILLION_A_MONTH * months:
            wanted = f"US$ million, at most {LARGEST_INDIA_TOTAL_USD_MILLION_A_MONTH:,} a month"
            todo = "these are Rs crore, and no rate is here: give the US$ report"
            _refuse(file, place, wanted, f"{india_total:,}", todo)
        if total is not None and total - half > india_total + half:
            _refuse(file, place, f"at least the commodity's own total {total:,}", f"{india_total:,}")
        if total is None or share is None:
            continue
        rounding = _half_unit([share])
        if (share - rounding) * (india_total - half) > 100 * (total + half) or (share + rounding) * (
            india_total + half
        ) < 100 * (total - half):
            wanted = f"the share in percent of {total:,} in {india_total:,}"
            _refuse(file, f"{share_row.place}, column {period.label}", wanted, f"{share:,}")


def _figures(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield a row of the raw table for every figure of a report, but for its number."""
    for row in report.rows:
        for comparison, cells in zip(report.comparisons, row.cells, strict=True):
            if cells is None:
                continue
            unit = report.quantity_unit if comparison.measure == "quantity" else ""
            for period, value in ((comparison.previous, cells[0]), (comparison.current, cells[1])):
                yield (
                    report.database,
                    report.flow,
                    report.hs_code,
                    report.commodity,
                    comparison.measure,
                    unit,
                    report.report_date.isoformat(),
                    row.kind,
                    row.country,
                    period.label,
                    period.kind,
                    period.start.isoformat(),
                    period.end.isoformat(),
                    str(period is comparison.current).lower(),
                    period.status,
                    value,
                )


def _period_name(found: list[Report]) -> str:
    """Return the name of what the reports cover: a month and its kind of year, a financial year, or several."""
    current = found[-1].comparisons[-1].current
    if found[-1].database == "meidb":
        # the same month beside Jan-Sep and beside Apr-Sep is two reports: neither takes over from the other
        return f"{current.end:%Y-%m}_{'calendar' if current.kind.startswith('calendar') else 'financial'}_year"
    years = [report.comparisons[0].current.start.year for report in found]
    if len(years) == 1:
        return f"{years[0]}-{years[0] + 1}"
    # a file with fewer years does not take over from one with more
    return f"{years[0]}-{years[-1] + 1}_years"


SOURCE = Source(
    source_id="tradestat",
    publisher=(
        "Directorate General of Commercial Intelligence and Statistics, Ministry of Commerce and Industry, India"
    ),
    licence="terms of the publisher, no redistribution stated: a release that holds it is for your own use",
    is_redistributable=False,
    credit="DGCI&S, Ministry of Commerce and Industry, Government of India: TradeStat",
    url="https://tradestat.commerce.gov.in",
    tables=(
        RawTable(
            "tradestat_figures",
            COLUMNS,
            year_column="period_end",
            used=(
                "left(hs_code, 6)",
                "select unnest([hs6_hs92, hs6_hs17, hs6_hs22]) as hs6_code from seeds.seed_mineral_products"
                " union select from_hs6_code from seeds.seed_hs_concordance"
                " except select null",
            ),
        ),
    ),
    bundled=(),
    describe=describe,
    unpack=unpack,
    has_trade_flows=True,
)
