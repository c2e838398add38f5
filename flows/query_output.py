"""What a query of the shell found, written while it comes: a table for people; CSV, JSON and Parquet for programs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.row_writers import write_csv, write_json
from warehouse.errors import WarehouseError
from warehouse.sandbox import Answer, QueryFailed

if TYPE_CHECKING:
    import pyarrow as pa

Style = Literal["table", "csv", "json", "parquet"]
WIDEST_CELL = 60
NARROWEST_TEXT = 20
GAP = 2
# Batches are small; a row group of Parquet is not.
ROWS_OF_A_GROUP = 100_000
BYTES_OF_A_GROUP = 2**26


def write(answer: Answer, style: Style, output: Path | None, *, force: bool) -> None:
    """Write all rows of an answer to a file, or to the standard output, in batches.

    A file appears whole or not at all, and so does Parquet on the standard output.

    Raises:
        QueryFailed: the query ends with an error, or a value has no place in the format.
        WarehouseError: the file is there and `force` is not given.
        OSError: the file cannot be written.
    """
    columns = answer.schema.names
    if style != "csv" and (twice := [name for name, count in Counter(columns).items() if count > 1]):
        raise QueryFailed(f"{style} cannot hold two columns of one name ({', '.join(twice)}): name them apart by as")
    if style == "parquet":
        with _whole(output, force=force) if output else tempfile.TemporaryFile() as file:
            _write_parquet(answer, file)
            if output is None:
                file.seek(0)
                shutil.copyfileobj(file, sys.stdout.buffer)
        return
    writer = write_json if style == "json" else write_csv
    if output is None:
        writer(columns, rows(answer), sys.stdout)
        return
    with _whole(output, force=force) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer(columns, rows(answer), text)
        text.detach()


def show(answer: Answer, console: Console) -> None:
    """Show the rows of an answer as a table, and say what is not shown: columns beyond the width, rows beyond the most.

    Raises:
        QueryFailed: the query ends with an error.
    """
    shown = [[_cell(value) for value in row] for row in rows(answer)]
    names = [_visible(name) for name in answer.schema.names]
    widths = [max(len(name), *(len(row[place]) for row in shown), 0) for place, name in enumerate(names)]
    numbers = [_is_number(field) for field in answer.schema]
    fitting = len(names)
    if console.is_terminal:
        widths = [min(width, WIDEST_CELL) for width in widths]
        while fitting > 1:
            last = widths[fitting - 1] if numbers[fitting - 1] else min(widths[fitting - 1], NARROWEST_TEXT)
            if sum(widths[: fitting - 1]) + last + GAP * fitting <= console.width:
                break
            fitting -= 1
        if not numbers[fitting - 1]:  # words may have what is left of the line, and wrap in it
            widths[fitting - 1] = max(console.width - sum(widths[: fitting - 1]) - GAP * fitting, 1)
    else:
        console.width = max(console.width, sum(widths) + GAP * fitting)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for place, name in enumerate(names[:fitting]):
        justify: Literal["right", "left"] = "right" if numbers[place] else "left"
        is_last = place == fitting - 1 and not numbers[place]
        table.add_column(
            Text(name),
            justify=justify,
            no_wrap=not is_last,
            overflow="fold" if is_last else "ellipsis",
            min_width=None if is_last else widths[place],
            max_width=widths[place],
        )
    for row in shown:
        table.add_row(*(Text(cell, style="dim" if cell == "null" else "") for cell in row[:fitting]))
    console.print(table)
    if fitting < len(names):
        hidden = ", ".join(names[fitting:])
        console.print(Text(f"Columns that do not fit, {len(names) - fitting}: {hidden}"), soft_wrap=True)
    if len(shown) < answer.rows or answer.more:
        among = f"more than {answer.rows:,}" if answer.more else f"{answer.rows:,}"
        console.print(f"The first {len(shown):,} of {among} rows; --rows shows more, --format csv all", highlight=False)
    else:
        console.print(f"{len(shown):,} row{'' if len(shown) == 1 else 's'}", highlight=False)


def rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    """Read the rows of an answer as Python values, batch by batch.

    Raises:
        QueryFailed: the query ends with an error, or a value is beyond Python's, such as a date without end.
    """
    for batch in answer.batches:
        columns = []
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            try:
                columns.append(column.to_pylist())
            except (OverflowError, ValueError) as error:
                raise QueryFailed(f"column {name}: a value cannot be written ({error}); cast it to varchar") from error
        yield from zip(*columns, strict=True)


def _write_parquet(answer: Answer, file: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # as a context: a writer that is left open would complain of the closed file when it is collected
        with pq.ParquetWriter(file, answer.schema, compression="zstd") as writer:
            pending: list[pa.RecordBatch] = []
            for batch in answer.batches:
                pending.append(batch)
                size = sum(part.nbytes for part in pending)
                if size >= BYTES_OF_A_GROUP or sum(map(len, pending)) >= ROWS_OF_A_GROUP:
                    writer.write_table(pa.Table.from_batches(pending))
                    pending = []
            if pending:
                writer.write_table(pa.Table.from_batches(pending))
    except pa.ArrowNotImplementedError as error:
        raise QueryFailed(f"parquet cannot hold a column ({error}); cast it to varchar") from error


@contextmanager
def _whole(output: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """Write beside the file and move it into place at the end, so that nobody finds half of it."""
    refuse_to_overwrite(output, force=force)
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
        refuse_to_overwrite(output, force=force)  # the query may have taken long
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def refuse_to_overwrite(output: Path, *, force: bool) -> None:
    """Stop before a file would be lost.

    Raises:
        WarehouseError: the file is there.
    """
    if output.exists() and not force:
        raise WarehouseError(f"sql: {output} is there already; name another file, or replace it with --force")


def _cell(value: Any) -> str:
    return "null" if value is None else _visible(str(value))


def _visible(text: str) -> str:
    """Return a text without what would steer the terminal, such as colours or a moved cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _is_number(field: pa.Field) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type))
