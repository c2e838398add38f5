"""Excel workbooks of published tables: one sheet per table, row by row, so that memory does not grow with the rows.

Every cell is written by the type of its column: text is always text, whatever it looks like, and never a formula, a
link or a number; a null is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

# what a sheet of Excel holds, the row of column names included
ROWS = 1_048_576
# and a cell, in UTF-16 code units, of which a character outside the basic plane takes two
CHARACTERS = 32_767
SHEET_NAME_CHARACTERS = 31
# What a cell cannot hold, by the type of its column: as a condition of SQL, and in words.
CELL_FAULTS = {
    "VARCHAR": (
        f"length({{cell}}) > {CHARACTERS // 2} and length({{cell}})"
        f" + length(regexp_replace({{cell}}, '[\\x{{{{0}}}}-\\x{{{{FFFF}}}}]', '', 'g')) > {CHARACTERS}",
        f"a text longer than the {CHARACTERS:,} characters of a cell of Excel",
    ),
    "BIGINT": ("abs({cell}) >= 1e15", "a number of more than the 15 digits that Excel keeps"),
    "DOUBLE": ("not isfinite({cell})", "a number that is not finite, which Excel does not have"),
    "DATE": ("{cell} < date '1900-03-01'", "a day before March 1900, from when on Excel counts days right"),
    "TIMESTAMP": ("{cell} < date '1900-03-01'", "a moment before March 1900, from when on Excel counts days right"),
}
WIDTH = {"VARCHAR": 18, "TIMESTAMP": 20}


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: its name, its columns and their DuckDB types, and rows of cells of these types."""

    name: str
    types: Mapping[str, str]
    rows: Iterable[Sequence[Any]]


@contextmanager
def new_workbook(file: Path, scratch: Path, created: datetime, title: str) -> Iterator[xlsxwriter.Workbook]:
    """Hand over a workbook that is written when the block ends; the same content gives the same bytes.

    Args:
        file: where it is written.
        scratch: folder for what is not yet packed.
        created: moment that the workbook says it was made at.
        title: its title.
    """
    workbook = xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(scratch)})
    workbook.set_properties({"title": title, "created": created})
    yield workbook
    try:
        workbook.close()
    except FileCreateError as error:  # the library's name for any error of the disk
        raise OSError(*error.args) from error


def add_text_sheet(
    workbook: xlsxwriter.Workbook, name: str, rows: Sequence[Sequence[str | int]], widths: Sequence[int]
) -> None:
    """Add a sheet of text; a row of one cell that follows an empty row, and the first, is a heading."""
    bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet = workbook.add_worksheet(name)
    for index, width in enumerate(widths):
        sheet.set_column(index, index, width)
    for number, row in enumerate(rows):
        is_heading = len(row) == 1 and (number == 0 or not rows[number - 1])
        for index, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, index, cell)
            elif cell:
                _write_text(sheet, number, index, cell, bold if is_heading else wrapped)


def add_sheet(workbook: xlsxwriter.Workbook, sheet: Sheet) -> None:
    """Add a sheet with a row of column names, and a row per row."""
    written = workbook.add_worksheet(sheet.name)
    written.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for index, (name, data_type) in enumerate(sheet.types.items()):
        written.set_column(index, index, max(len(name) + 2, WIDTH.get(data_type, 12)))
        _write_text(written, 0, index, name, bold)
    types = list(sheet.types.values())
    for number, row in enumerate(sheet.rows, start=1):
        for index, (data_type, cell) in enumerate(zip(types, row, strict=True)):
            if cell is None:
                continue
            if data_type == "VARCHAR":
                _write_text(written, number, index, cell)
            elif data_type == "BOOLEAN":
                written.write_boolean(number, index, cell)
            elif data_type == "DATE":
                written.write_datetime(number, index, cell, day)
            elif data_type == "TIMESTAMP":
                written.write_datetime(number, index, cell, moment)
            else:
                written.write_number(number, index, cell)


def _write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    if text.startswith("<r>") and text.endswith("</r>"):
        # the library takes such a text for markup of its own and would write it unescaped, unless it comes in pieces
        sheet.write_rich_string(row, column, text[:1], text[1:2], text[2:], *([style] if style else []))
    else:
        sheet.write_string(row, column, text, style)
