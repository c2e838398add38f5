"""Rows for a program, written one after the other: CSV in which no text is a formula, and JSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TextIO

# What spreadsheets take for the start of a formula: the signs, their full-width forms, and blanks that some skip.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def formula_safe(cell: Any) -> Any:
    """Return a cell as CSV may hold it: a text that a spreadsheet would run gets a quote in front, numbers stay."""
    if cell is None or isinstance(cell, int | float | Decimal):
        return cell
    text = cell if isinstance(cell, str) else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], stream: TextIO) -> None:
    """Write rows as CSV with a header; what is null is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([formula_safe(column) for column in columns])
    for row in rows:
        writer.writerow([formula_safe(cell) for cell in row])


def write_json(columns: Sequence[str], rows: Iterable[Sequence[Any]], stream: TextIO) -> None:
    """Write rows as a JSON list of objects, one a line; numbers that JSON cannot hold are texts."""
    separator = "["
    for row in rows:
        named = dict(zip(columns, row, strict=True))
        try:
            text = json.dumps(named, default=_as_json, allow_nan=False)
        except ValueError:  # nan or an infinity in it
            text = json.dumps(_finite(named), default=_as_json)
        stream.write(f"{separator}\n{text}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)  # the engine's sums of whole numbers
    return value.hex() if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value
