"""UN Comtrade: goods trade as each country declares it, by partner and HS code, annual or monthly.

The API gives JSON, the web export CSV, both with the same 47 columns or fewer. They become one raw layout: the
publisher's columns as printed, after the number of the record in its file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, count
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.sources import Delivery, RawTable, Source
from warehouse.errors import InputRejected

if TYPE_CHECKING:
    import polars as pl

COLUMNS = (
    "typeCode", "freqCode", "refPeriodId", "refYear", "refMonth", "period", "reporterCode", "reporterISO",
    "reporterDesc", "flowCode", "flowDesc", "partnerCode", "partnerISO", "partnerDesc", "partner2Code", "partner2ISO",
    "partner2Desc", "classificationCode", "classificationSearchCode", "isOriginalClassification", "cmdCode", "cmdDesc",
    "aggrLevel", "isLeaf", "customsCode", "customsDesc", "mosCode", "motCode", "motDesc", "qtyUnitCode", "qtyUnitAbbr",
    "qty", "isQtyEstimated", "altQtyUnitCode", "altQtyUnitAbbr", "altQty", "isAltQtyEstimated", "netWgt",
    "isNetWgtEstimated", "grossWgt", "isGrossWgtEstimated", "cifvalue", "fobvalue", "primaryValue",
    "legacyEstimationFlag", "isReported", "isAggregate",
)  # fmt: skip
REQUIRED = ("reporterCode", "flowCode", "partnerCode", "cmdCode", "primaryValue")

# What tells one record from another, and what it must look like: in a file that was saved again one column further
# every one of these is wrong. A code is text: as a number it has lost its zero.
AREA = ("0|[1-9][0-9]{0,2}", "the number of a country or area")
FORMS = {
    "typeCode": ("C", "C (goods)"),
    "freqCode": ("[AM]", "A (annual) or M (monthly)"),
    "period": ("(19|20)[0-9]{2}(0[1-9]|1[0-2])?", "a year, or a year and month as in 202301"),
    "reporterCode": AREA,
    "flowCode": ("[A-Z]{1,3}", "a flow as in M or X"),
    "partnerCode": AREA,
    "partner2Code": AREA,
    "classificationCode": ("H[0-6]", "an HS revision, H0 to H6"),
    "cmdCode": ("TOTAL|AG[0-9]|[0-9]{2}|[0-9]{4}|[0-9]{6}", "an HS code of 2, 4 or 6 digits as text, or TOTAL"),
    "customsCode": ("C[0-9]{2}", "a customs procedure as in C00"),
    "mosCode": ("[0-9]{1,2}", "a mode of supply, 0 for goods"),
    "motCode": ("0|[1-9][0-9]{0,3}", "a mode of transport, 0 for all"),
}
KEY = ("freqCode", "period", "reporterCode", "flowCode", "partnerCode", "classificationCode", "cmdCode")

# A record can be one of many parts of a flow, by second partner, customs procedure and transport. These are its total.
TOTALS = {"partner2Code": "0", "customsCode": "C00", "mosCode": "0", "motCode": "0"}
ASK_FOR_TOTALS = "ask with partner2Code=0&motCode=0&customsCode=C00"

# The most that an answer holds: preview, free key, premium key. A file of exactly as many was cut there.
CAPS = (500, 100_000, 250_000)

LARGEST_FILE_BYTES = 512 * 1024**2

OPTIONS = {"dataset": re.compile("[a-z0-9_-]+"), "classification": re.compile(FORMS["classificationCode"][0])}
FILE_NAME = re.compile(r"(.+)\.(json|csv)(\.gz)?", re.IGNORECASE)
WEB_EXPORT_NAME = re.compile(r"TradeData_.*", re.IGNORECASE)

# With exponents beyond these a number is left as it is printed, and no figure: 1e309, or 1e999999999 in 1 GB of digits.
SHORT_EXPONENT = re.compile(r"-?[0-9]+([.][0-9]+)?[eE][+-]?0*[0-9]{1,2}")
# NUL, and half of a character: JSON can spell both, text can hold neither
NO_CHARACTER = re.compile(r"\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})")


@dataclass(frozen=True)
class Contents:
    """A file as it was read; only `columns` goes to the length of taking its records apart.

    `place` is what a user counts in it (line or record), `positions` the number of each record in that count.
    """

    names: tuple[str, ...]
    place: str
    positions: Sequence[int]
    columns: Callable[[], Mapping[str, Sequence[Any]]]


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell what a file of UN Comtrade is: the API's JSON or the web export's CSV, as it is or as .gz.

    Options: `dataset` names the slot in which a later file replaces this one (the file's name where it is not
    given), `classification` (H0 to H6) the HS revision of a file without the column classificationCode. Columns
    that are not the publisher's are not loaded; the parameter `ignored_columns` names them.

    Raises:
        InputRejected: an option is unknown, missing or contradicts the file; the file is not readable.
    """
    for name, value in options.items():
        if name not in OPTIONS or not OPTIONS[name].fullmatch(value):
            raise InputRejected(
                f"comtrade: option {name}={value} is not known; expected dataset=NAME (a-z, 0-9, _ and -)"
                " or classification=H0 to H6"
            )
    stem = _named(file)[1]
    if "dataset" not in options and WEB_EXPORT_NAME.fullmatch(stem):
        raise InputRejected(
            f"{file.name}: its name tells only when it was downloaded, not what it holds;"
            " say --option dataset=NAME, the same for each later download of the same query"
        )
    dataset = options.get("dataset", stem.lower())
    if not OPTIONS["dataset"].fullmatch(dataset):
        raise InputRejected(
            f"{file.name}: expected a name of a-z, 0-9, _ and -, for it names the dataset; say --option dataset=NAME"
        )
    contents = _contents(file)
    parameters = {}
    ignored = [name for name in contents.names if name not in COLUMNS]
    if ignored:
        parameters["ignored_columns"] = ", ".join(ignored)
    classification = options.get("classification")
    if "classificationCode" not in contents.names:
        if classification is None:
            raise InputRejected(
                f"{file.name}: {contents.place} 1: expected the column classificationCode, found none;"
                " say --option classification=H5 (H0 for HS92 to H6 for HS22)"
            )
        parameters["classificationCode"] = classification
    elif classification is not None:
        for position, found in zip(contents.positions, contents.columns()["classificationCode"], strict=True):
            if found != classification:
                raise InputRejected(
                    f"{file.name}: {contents.place} {position}: classificationCode: expected {classification},"
                    f" as the option says, found {_shown(found)}; leave the option out"
                )
    return Delivery(dataset, f"UN Comtrade, {file.name}", False, parameters)


def unpack(file: Path, scratch: Path, parameters: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the records of a file in the raw layout, every text as it is printed.

    A column that the file does not have is null. Three are filled: period where refYear tells it, freqCode where
    period does, and classificationCode by the delivery's parameter of that name.

    Raises:
        InputRejected: the file is not UTF-8, cut off, truncated at a cap, ragged or an error message; a key is not
            of its form; a flow has several records that nothing tells apart, or parts without their total.
    """
    contents = _contents(file)
    records = _typeless(file, contents, parameters)
    _refuse_odd_keys(file, contents, records)
    _refuse_double_counting(file, contents, records)
    readable = scratch / "comtrade_records.parquet"
    try:
        records.write_parquet(readable, compression="lz4")
        yield readable, file.name
    finally:
        readable.unlink(missing_ok=True)


def _contents(file: Path) -> Contents:
    """Read a file, and hold what is the same for both formats against what the publisher promises."""
    text = _text(file)
    kind = _named(file)[2].lower()
    contents = _read_json(file, text) if kind == "json" else _read_csv(file, text)
    if not contents.positions:
        raise InputRejected(
            f"{file.name}: expected records, found none;"
            " a query with a wrong form of period or flowCode is answered like this too"
        )
    where = f"{file.name}: {contents.place} 1"
    odd = [name for name in contents.names if not name.strip() or not name.isprintable()]
    if odd:
        raise InputRejected(f"{where}: expected the names of columns, found {_shown(odd[0])}; give the file as it came")
    wanted = [*([] if {"refYear", "freqCode"} <= set(contents.names) else ["period"]), *REQUIRED]
    missing = [name for name in wanted if name not in contents.names]
    if missing:
        surplus = [name for name in contents.names if name not in COLUMNS]
        raise InputRejected(
            f"{where}: expected the columns {', '.join(missing)}, found none of that name"
            + (f" (but {', '.join(surplus)[:200]})" if surplus else "")
            + "; give the file as it was downloaded"
        )
    if len(contents.positions) in CAPS:
        raise InputRejected(
            f"{file.name}: found exactly {len(contents.positions):,} records, the most that an answer holds: it was"
            " truncated; split the query by period, reporter or code"
        )
    return contents


def _typeless(file: Path, contents: Contents, parameters: Mapping[str, str]) -> pl.DataFrame:
    """Return the records in the raw layout, all text."""
    import polars as pl

    columns = contents.columns()
    series = [pl.Series("record_number", contents.positions, dtype=pl.Int64).cast(pl.String)]
    for column in COLUMNS:
        if column not in contents.names:
            series.append(pl.Series(column, [None] * len(contents.positions), dtype=pl.String))
            continue
        cells = columns[column]
        kinds = set(map(type, cells))
        if kinds - {str, bool, type(None)}:
            index = next(index for index, cell in enumerate(cells) if not isinstance(cell, str | bool | None))
            raise InputRejected(
                f"{file.name}: {contents.place} {contents.positions[index]}: {column}: expected one value,"
                f" found {_shown(cells[index])}; give the file as it came"
            )
        if {str, bool} <= kinds:
            cells = [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]
        series.append(pl.Series(column, cells).cast(pl.String))
    records = pl.DataFrame(series)
    if "period" not in contents.names:
        # of months the year alone does not tell which
        records = records.with_columns(period=pl.when(pl.col("freqCode") == "A").then("refYear"))
    if "classificationCode" not in contents.names:
        records = records.with_columns(classificationCode=pl.lit(parameters["classificationCode"]))
    if "freqCode" not in contents.names:
        months = pl.col("period").str.len_chars() == len("202301")
        records = records.with_columns(freqCode=pl.when(months).then(pl.lit("M")).otherwise(pl.lit("A")))
    return records


def _refuse_odd_keys(file: Path, contents: Contents, records: pl.DataFrame) -> None:
    import polars as pl

    filled = {"period", "freqCode"}
    for column, (pattern, words) in FORMS.items():
        if column not in contents.names and column not in filled:
            continue
        fits = pl.col(column).str.contains(rf"\A(?:{pattern})\z")
        odd = records.filter(~fits.fill_null(column in TOTALS)).head(1)
        for number, found in odd.select("record_number", column).iter_rows():
            raise InputRejected(
                f"{file.name}: {contents.place} {number}: {column}: expected {words}, found {_shown(found)};"
                " give the file as it was downloaded, not saved again by another program"
            )


def _refuse_double_counting(file: Path, contents: Contents, records: pl.DataFrame) -> None:
    """Expect one record, or the one total of its parts, of every flow: otherwise its sum is not its value."""
    import polars as pl

    is_total = pl.all_horizontal(pl.col(column).fill_null(total) == total for column, total in TOTALS.items())
    flows = (
        records.group_by(KEY, maintain_order=True)
        .agg(pl.first("record_number"), pl.len().alias("records"), is_total.sum().alias("totals"))
        .filter(pl.col("totals") != 1)
        .head(1)
    )
    for flow in flows.iter_rows(named=True):
        where = f"{file.name}: {contents.place} {flow['record_number']}: " + " ".join(
            f"{column} {flow[column]}" for column in KEY if flow[column] is not None
        )
        lacking = [column for column in ("partner2Code", "motCode", "customsCode") if column not in contents.names]
        if flow["totals"] == 0:
            raise InputRejected(f"{where}: expected the total of its parts, found {flow['records']} parts without it;"
                                f" {ASK_FOR_TOTALS}")  # fmt: skip
        raise InputRejected(
            f"{where}: expected one record, found {flow['totals']}: sums would count the flow more than once; "
            + (
                f"nothing tells them apart without {', '.join(lacking)}: {ASK_FOR_TOTALS}"
                if lacking
                else "download it again"
            )  # fmt: skip
        )


def _read_csv(file: Path, text: str) -> Contents:
    if not text.endswith("\n"):
        raise InputRejected(f"{file.name}: the last line has no line end: the file was cut off; download it again")
    rows = _csv_rows(file, text)
    header = next(rows)[1]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputRejected(f"{file.name}: line 1: expected each column once, found {_shown(twice[0])} twice")
    positions: list[int] = []
    lines: list[list[str]] = []
    # the web export ends its rows, not its header, with a comma: one blank cell more, in every row or in none
    width = len(header)
    for line, row in rows:
        if not lines and len(row) == width + 1:
            width += 1
        if len(row) != width or (width > len(header) and row[-1]):
            found = f"{len(row)}" if len(row) != width else f"{_shown(row[-1])} after them"
            raise InputRejected(
                f"{file.name}: line {line}: expected {len(header)} cells as in the header"
                + (" and a comma as in line 2" if width > len(header) else "")
                + f", found {found}; download it again"
            )
        positions.append(line)
        lines.append(row)

    def columns() -> dict[str, Sequence[Any]]:
        # the blank cell after the last comma has no name
        return {
            name: [cell or None for cell in cells]
            for name, cells in zip(header, zip(*lines, strict=True), strict=False)
        }

    return Contents(tuple(header), "line", positions, columns)


def _csv_rows(file: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV, each with the number of the line that it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputRejected(
                f"{file.name}: line {line}: expected cells between commas, found: {error}; download it again"
            ) from error
        yield line, row


def _read_json(file: Path, text: str) -> Contents:
    body = _json_body(file, text)
    declared = None
    if isinstance(body, dict):
        problem = body.get("errorObject") or body.get("error")
        if problem:
            raise InputRejected(f"{file.name}: expected records, found the error {_shown(problem)}; ask again")
        if not isinstance(body.get("data"), list):
            found = body.get("message", ", ".join(body))
            raise InputRejected(f"{file.name}: expected records in data, found {_shown(found)}; ask again")
        declared, body = body.get("count"), body["data"]
    if not isinstance(body, list):
        raise InputRejected(f"{file.name}: expected records in data, found {_shown(body)}; ask again")
    if declared is not None and declared != str(len(body)):
        raise InputRejected(
            f"{file.name}: count: expected {len(body):,}, the number of records in data, found {_shown(declared)};"
            " the answer is not whole: ask again"
        )
    for number, record in enumerate(body, start=1):
        if not isinstance(record, dict):
            raise InputRejected(
                f"{file.name}: record {number}: expected a record in braces, found {_shown(record)}; ask again"
            )
    names = tuple(dict.fromkeys(chain.from_iterable(body)))

    def columns() -> dict[str, Sequence[Any]]:
        nothing = dict.fromkeys(names)
        whole = (record if len(record) == len(names) else nothing | record for record in body)
        return dict(zip(names, zip(*map(itemgetter(*names), whole), strict=True), strict=True))

    return Contents(names, "record", range(1, len(body) + 1), columns)


def _json_body(file: Path, text: str) -> Any:
    """Parse JSON with every number as its text: a float would round the last digits; NaN and Infinity are floats."""
    numbers = count(1)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        number, record = next(numbers), dict(pairs)
        if len(record) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputRejected(
                f"{file.name}: record {number}: expected each name once, found {_shown(twice)} twice; ask again"
            )
        return record

    if "\\u" in text and (half := NO_CHARACTER.search(text)):
        line = text.count("\n", 0, half.start()) + 1
        raise InputRejected(f"{file.name}: line {line}: expected text, found {half[0]}, no character; ask again")
    try:
        return json.loads(text, parse_float=_plain_digits, parse_int=str, parse_constant=float, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise InputRejected(
            f"{file.name}: line {error.lineno}: expected JSON, found at character {error.colno}: {error.msg};"
            " the file was cut off or is no answer of the API: download it again"
        ) from error
    except RecursionError as error:
        raise InputRejected(
            f"{file.name}: expected records, found lists within lists without end; ask again"
        ) from error


def _plain_digits(number: str) -> str:
    """Return the text of a number, 1.5e3 as 1500; what is too long to be a figure stays as it is."""
    if "e" not in number.lower() or not SHORT_EXPONENT.fullmatch(number):
        return number
    return format(Decimal(number), "f")


def _text(file: Path) -> str:
    content = _bytes(file)
    if not content.strip():
        raise InputRejected(f"{file.name}: expected records, found an empty file; download it again")
    if content.lstrip()[:1] == b"<":
        raise InputRejected(f"{file.name}: line 1: expected records, found a web page; download it again")
    start = content.find(b"\0")
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start if start < 0 else min(start, error.start)
        line = content.count(b"\n", 0, start) + 1
        raise InputRejected(
            f"{file.name}: line {line}: expected text in UTF-8, found the byte {content[start]:#04x};"
            " give the file as it was downloaded"
        ) from error
    if start >= 0:
        line = content.count(b"\n", 0, start) + 1
        raise InputRejected(f"{file.name}: line {line}: expected text in UTF-8, found a byte 0x00; download it again")
    return text


def _bytes(file: Path) -> bytes:
    is_compressed = _named(file)[3]
    try:
        with gzip.open(file) if is_compressed else file.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputRejected(f"{file.name}: expected a whole gzip file, found: {error}; download it again") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise InputRejected(
            f"{file.name}: expected at most {LARGEST_FILE_BYTES:,} bytes, found more; split the query by period"
        )
    return content


def _named(file: Path) -> re.Match[str]:
    named = FILE_NAME.fullmatch(file.name)
    if not named:
        raise InputRejected(f"{file.name}: expected a file named .json or .csv (or these with .gz); rename the file")
    return named


def _shown(value: object) -> str:
    """Return what was found, on one line and not too long of it."""
    return "nothing" if value is None else repr(value if isinstance(value, str) else str(value))[:80]


SOURCE = Source(
    source_id="comtrade",
    publisher="United Nations Statistics Division",
    licence="UN Comtrade terms: rows may be redistributed only with permission of the United Nations",
    is_redistributable=False,
    credit="United Nations Statistics Division, UN Comtrade Database",
    url="https://comtradeplus.un.org",
    tables=(
        RawTable(
            "comtrade_trade",
            ("record_number", *COLUMNS),
            code_column="cmdCode",
            revision_column="classificationCode",
            year_column="period",
        ),
    ),
    bundled=(),
    describe=describe,
    unpack=unpack,
    has_trade_flows=True,
)
