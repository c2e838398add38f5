"""Mineral Commodity Summaries (U.S. Geological Survey): world production and reserves by country, yearly.

The USGS has two layouts: to 2025 one row per country with a column per year (UTF-8), from 2026 one row per figure
(Windows-1252). Both become one raw layout, a row per printed figure, with every text as it was printed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from flows.sources import BundledFile, Delivery, RawTable, Source, as_it_is
from warehouse.errors import InputRejected
from warehouse.paths import SEEDS

WIDE_NAME = re.compile(r"MCS(\d{4})_World_Data\.csv", re.IGNORECASE)
LONG_NAME = re.compile(r"MCS(\d{4})_Commodities_Data\.csv", re.IGNORECASE)
BUNDLE_NAME = "usgs_mcs_figures.csv"

# Years and the one stray blank differ between editions; names and order do not.
WIDE_HEADER = (
    "SOURCE", "COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS", r"PROD_(\d{4})", r"PROD_EST_ ?(\d{4})", "PROD_NOTES",
    r"CAP_\d{4}", r"CAP_EST_ ?\d{4}", "CAP_NOTES", r"RESERVES_(\d{4})", "RESERVE_NOTES",
)  # fmt: skip
LONG_HEADER = (
    "MCS chapter", "Section", "Commodity", "Country", "Statistics", "Statistics_detail", "Unit", "Year", "Value",
    "Notes", r"Is critical mineral \d{4}", "Other notes",
)  # fmt: skip

# `heading` is the word that the figure stands under: a column of the wide layout, a statistic of the long one.
COLUMNS = (
    "edition", "file_row", "commodity", "statistic", "heading", "detail", "unit", "country", "year", "value", "note",
)  # fmt: skip
STATISTICS = {"Production": "production", "Reserves": "reserves"}

LARGEST_FILE_BYTES = 256 * 1024**2

Figure = dict[str, str]


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell from its name which edition of the Mineral Commodity Summaries a file is.

    A column that the USGS has added is not read; the parameter `ignored_columns` names it.

    Raises:
        InputRejected: the name is not one that the USGS gives, or the header is not; or an option is given.
    """
    if options:
        raise InputRejected(f"usgs: option {next(iter(options))} is not known; this source takes none")
    if file.name == BUNDLE_NAME:
        return Delivery("mcs_figures", "Mineral Commodity Summaries, figures by country", False, {})
    year = _edition_year(file)
    parameters = {"edition": f"MCS{year}"}
    encoding, wanted = ("utf-8-sig", WIDE_HEADER) if WIDE_NAME.fullmatch(file.name) else ("cp1252", LONG_HEADER)
    header, places, _ = _rows(file, encoding, wanted)
    if ignored := [name for place, name in enumerate(header) if place not in places]:
        parameters["ignored_columns"] = ", ".join(ignored)
    return Delivery(f"mcs{year}", f"Mineral Commodity Summaries {year}, {file.name}", False, parameters)


def unpack(file: Path, scratch: Path, parameters: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield a publisher's file in the raw layout; a file that has that layout already, as it is.

    Raises:
        InputRejected: as `figures`.
    """
    if file.name == BUNDLE_NAME:
        yield from as_it_is(file, scratch, parameters)
        return
    # not named .csv: a line number in it would not be one of the publisher's file, which `file_row` gives
    reshaped = scratch / f"{file.stem}.reshaped"
    try:
        _write(figures(file), reshaped)
        yield reshaped, file.name
    finally:
        reshaped.unlink(missing_ok=True)


def figures(file: Path) -> Iterator[Figure]:
    """Yield every figure of world production and reserves of a publisher's file, as printed.

    Raises:
        InputRejected: the encoding, the header or a row is not the publisher's, or the file was cut off.
    """
    year = _edition_year(file)
    if WIDE_NAME.fullmatch(file.name):
        yield from _wide_figures(file, f"MCS{year}")
    else:
        yield from _long_figures(file, f"MCS{year}")


def write_bundle(files: Sequence[Path], target: Path) -> int:
    """Write the figures of the series that the seed names, from publishers' files; returns how many there are.

    Raises:
        InputRejected: as `figures`.
    """
    return _write(bundled_figures(files), target)


def bundled_figures(files: Sequence[Path]) -> Iterator[Figure]:
    """Yield the figures of publishers' files that belong to a series of the seed."""
    with (SEEDS / "seed_production_series.csv").open(newline="", encoding="utf-8") as stream:
        named = {
            (row["edition"], row["statistic"], row["commodity"], row["detail"], row["unit"])
            for row in csv.DictReader(stream)
            if row["source_id"] == "usgs"
        }
    for figure in chain.from_iterable(figures(file) for file in files):
        key = tuple(figure[column].strip() for column in ("statistic", "commodity", "detail", "unit"))
        if (figure["edition"], *key) in named or ("", *key) in named:
            yield figure


def _edition_year(file: Path) -> str:
    named = WIDE_NAME.fullmatch(file.name) or LONG_NAME.fullmatch(file.name)
    if not named:
        raise InputRejected(
            f"{file.name}: expected a name as the USGS gives it (MCS2025_World_Data.csv,"
            " MCS2026_Commodities_Data.csv), for the name tells the edition; rename the file"
        )
    return named[1]


def _wide_figures(file: Path, edition: str) -> Iterator[Figure]:
    names, places, rows = _rows(file, "utf-8-sig", WIDE_HEADER)
    header = [names[place] for place in places]
    years = [re.fullmatch(WIDE_HEADER[column], header[column]) for column in (5, 6, 11)]
    for file_row, cells in rows:
        row = [cells[place] for place in places]
        if row[0] != edition:
            raise InputRejected(
                f"{file.name}: line {file_row}: expected SOURCE {edition}, as the file is named, found {row[0]!r};"
                " which edition is it?"
            )
        for statistic, column, note, matched in zip(
            ("production", "production", "reserves"), (5, 6, 11), (7, 7, 12), years, strict=True
        ):
            yield {
                "edition": edition,
                "file_row": str(file_row),
                "commodity": row[1],
                "statistic": statistic,
                "heading": header[column],
                "detail": row[3],
                "unit": row[4],
                "country": row[2],
                "year": matched[1] if matched else "",
                "value": row[column],
                "note": row[note],
            }


def _long_figures(file: Path, edition: str) -> Iterator[Figure]:
    _, places, rows = _rows(file, "cp1252", LONG_HEADER)
    for file_row, cells in rows:
        row = [cells[place] for place in places]
        # the other sections are United States statistics and import sources
        if row[1].startswith("World") and row[4] in STATISTICS:
            yield {
                "edition": edition,
                "file_row": str(file_row),
                "commodity": row[2],
                "statistic": STATISTICS[row[4]],
                "heading": row[4],
                "detail": row[5],
                "unit": row[6],
                "country": row[3],
                "year": row[7],
                "value": row[8],
                "note": row[9],
            }


def _rows(
    file: Path, encoding: str, wanted: Sequence[str]
) -> tuple[list[str], list[int], Iterator[tuple[int, list[str]]]]:
    """Return the header of a CSV, the places of the wanted columns in it, and its rows, each with its first line."""
    reader = csv.reader(io.StringIO(_text(file, encoding), newline=""), strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise InputRejected(
            f"{file.name}: line 1: expected the names of columns, found: {error}; give the publisher's own file"
        ) from error
    places = [place for place, name in enumerate(header) if any(re.fullmatch(form, name) for form in wanted)]
    named = len(set(header)) == len(header) and all(name.strip() and name.isprintable() for name in header)
    if (
        not named
        or len(places) != len(wanted)
        or not all(re.fullmatch(form, header[place]) for form, place in zip(wanted, places, strict=True))
    ):
        plain = ",".join(map(_plain, wanted))
        raise InputRejected(
            f"{file.name}: line 1: expected the columns {plain}, found {','.join(header)[:200]}"
            f"{_difference(header, wanted)}; give the publisher's own file"
        )
    return header, places, _checked_rows(reader, file, len(header))


def _difference(header: Sequence[str], wanted: Sequence[str]) -> str:
    """Return in brackets what a header lacks and what it has that is not the publisher's; nothing if neither."""
    missing = [_plain(form) for form in wanted if not any(re.fullmatch(form, name) for name in header)]
    surplus = [name for name in header if not any(re.fullmatch(form, name) for form in wanted)]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"not expected: {', '.join(surplus)[:200]}"] if surplus else []
    return f" ({'; '.join(parts)})" if parts else ""


def _plain(form: str) -> str:
    """Return the form of a column's name in words."""
    return form.replace(r"(\d{4})", "YYYY").replace(r"\d{4}", "YYYY").replace(" ?", " ")


def _checked_rows(reader: Iterator[list[str]], file: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    line = 1
    while True:
        first_line = line + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputRejected(
                f"{file.name}: line {first_line}: expected {width} cells, found: {error}; download it again"
            ) from error
        line = reader.line_num  # type: ignore[attr-defined]
        if len(row) != width:
            raise InputRejected(
                f"{file.name}: line {first_line}: expected {width} cells, found {len(row)}; download it again"
            )
        yield first_line, row


def _text(file: Path, encoding: str) -> str:
    size = file.stat().st_size
    if size == 0:
        raise InputRejected(f"{file.name}: expected a header and rows, found an empty file; download it again")
    if size > LARGEST_FILE_BYTES:
        raise InputRejected(
            f"{file.name}: expected a few megabytes, found {size:,} bytes; give the publisher's own file"
        )
    content = file.read_bytes()
    name = "Windows-1252" if encoding == "cp1252" else "UTF-8"
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputRejected(
            f"{file.name}: line {line}: expected text in {name} as the USGS writes it, found a zero byte;"
            " give the publisher's own file"
        )
    if encoding == "cp1252" and _is_utf8(content):
        raise InputRejected(
            f"{file.name}: expected text in {name} as the USGS writes it, found another encoding;"
            " give the publisher's own file"
        )
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputRejected(
            f"{file.name}: line {line}: expected text in {name} as the USGS writes it,"
            f" found the byte {content[error.start]:#04x}; give the publisher's own file"
        ) from error
    if not text.endswith("\n"):
        raise InputRejected(f"{file.name}: the last line has no line end: the file was cut off; download it again")
    return text


def _is_utf8(content: bytes) -> bool:
    """Tell whether bytes beyond ASCII are UTF-8: text in Windows-1252 hardly ever is by chance."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _write(rows: Iterator[Figure], target: Path) -> int:
    count = 0
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


SOURCE = Source(
    source_id="usgs",
    publisher="U.S. Geological Survey",
    licence="public domain",
    is_redistributable=True,
    credit="U.S. Geological Survey, Mineral Commodity Summaries 2025 and 2026, data releases",
    url="https://doi.org/10.5066/P13XCP3R",
    tables=(
        RawTable(
            "usgs_figures",
            COLUMNS,
            year_column="year",
            used=("trim(commodity)", "select commodity from seeds.seed_production_series where source_id = 'usgs'"),
        ),
    ),
    bundled=(
        BundledFile(
            BUNDLE_NAME,
            datetime(2026, 11, 22, tzinfo=UTC),
            Delivery("mcs_figures", "Mineral Commodity Summaries 2025 and 2026, figures by country", False, {}),
        ),
    ),
    describe=describe,
    unpack=unpack,
)
