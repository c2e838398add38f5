"""Admission of a file from outside: it is loaded and held against its suite before a byte of it is landed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

import expectations
from flows import ingest
from flows.sources import Delivery, Source
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.landing import Vintage, newest_by_dataset, utc_timestamp, vintages
from warehouse.model_sql import reads, render
from warehouse.paths import DBT_PROJECT, DataHome

# A replacement with less than half of the rows is a broken file; fewer rows than these vary by themselves.
LEAST_SHARE_OF_ROWS = 0.5
ENOUGH_ROWS = 30


def admit_bundled(home: DataHome, source: Source) -> list[str]:
    """Land the bundled files of a source; returns a line for each."""
    return [f"{vintage.title}: landed as {vintage.vintage_id}" for vintage in ingest.land_bundled(home, source)]


@dataclass(frozen=True)
class Inspected:
    """What a file from outside gave, and what was found of it that is odd and not wrong."""

    loaded: ingest.Loaded
    unused_row_count: int
    warnings: tuple[str, ...]


def admit(
    home: DataHome,
    source: Source,
    file: Path,
    options: Mapping[str, str],
    *,
    accept_fewer_rows: bool = False,
    accept_other_figures: bool = False,
) -> str:
    """Check a file and land it; returns a line that says what was landed, what no seed names, and what is odd.

    A file that would take over from landed ones with less than half of their rows is refused, unless
    `accept_fewer_rows` says that the publisher did withdraw them; so is one whose figures are of another size than
    those landed, unless `accept_other_figures` says that the landed ones are wrong.

    Raises:
        InputRejected: the file is not what the publisher promises. Nothing was landed.
    """
    if not file.is_file():
        raise InputRejected(f"{file}: expected a file, found none there")
    delivery = source.describe(file, options)
    _refuse_an_older_release(home, source, file, delivery)
    inspected = inspect(
        home,
        source,
        file,
        delivery,
        replaced=[] if accept_fewer_rows else _replaced(home, source, delivery),
        compared=[] if accept_other_figures else _compared(home, source, delivery),
    )
    loaded = inspected.loaded
    if loaded.ignored_columns:
        told_columns = {"ignored_columns": ", ".join(loaded.ignored_columns)}
        delivery = replace(delivery, parameters={**delivery.parameters, **told_columns})
    vintage, is_new = ingest.land_file(home, source, file, delivery)
    rows = sum(loaded.row_counts.values())
    unnamed = sum(loaded.unnamed_row_counts.values())
    told = f"{rows:,} rows"
    if any(table.code_column for table in source.tables):
        told = f"{rows:,} rows of {rows + unnamed:,} carry a code that a seed names"
    elif inspected.unused_row_count:
        told += f", {inspected.unused_row_count:,} of them of a commodity or code that no seed names"
    if ignored := delivery.parameters.get("ignored_columns"):
        told += f"; columns not known, ignored: {ignored}"
    told += "".join(f"; {warning}" for warning in inspected.warnings)
    if not is_new:
        return f"{file.name}: the same bytes are landed already as {vintage.vintage_id}; nothing new ({told})"
    return f"{file.name}: landed as {vintage.vintage_id}; {told}; {source.licence}"


def inspect(
    home: DataHome,
    source: Source,
    file: Path,
    delivery: Delivery,
    *,
    replaced: list[Vintage],
    compared: list[Vintage],
) -> Inspected:
    """Load a file into a scratch database and hold it against the suites of its source, and against landed files.

    Args:
        home: the data home with the landed files.
        source: whose file it is.
        file: the file.
        delivery: what the file is.
        replaced: landed vintages of which it must keep at least half of the rows.
        compared: landed vintages whose figures its own must resemble; those of `replaced` are among them, or none.

    Raises:
        InputRejected: with file, line, what was expected and what was found.
    """
    with tempfile.TemporaryDirectory(prefix="mineral-risk-") as folder:
        scratch = Path(folder)
        database = scratch / "inspection.duckdb"
        candidate = Vintage(
            **asdict(ingest.arrival(source, delivery)),
            vintage_id="candidate",
            retrieved_at=utc_timestamp(datetime.now(UTC)),
            file_name=file.name,
            sha256="",
            size_bytes=file.stat().st_size,
        )
        with connect(database) as connection:
            ingest.load_seeds(connection)
            ingest.create_raw_tables(connection, {source.source_id: source})
            loaded = ingest.load(connection, source, candidate, file, scratch)
            unused = _unused_row_count(connection, source)
        filled = [name for name, count in loaded.row_counts.items() if count]
        results = expectations.validate(database, "raw", tables=[*filled, "unnamed_codes"])
        for found in results:
            if found.status in ("failed", "errored"):
                raise refusal(source, file, delivery.parameters, found, scratch)
        if not any(loaded.row_counts.values()):
            raise InputRejected(
                f"{file.name}: expected rows with codes that a seed names,"
                f" found {len(loaded.unnamed_row_counts):,} other codes;"
                " add the codes to seed_mineral_products.csv or give another file"
            )
        with connect(database) as connection:
            for vintage in [*replaced, *(other for other in compared if other not in replaced)]:
                ingest.load_landed(connection, home, source, vintage, scratch)
                if vintage in replaced:
                    _refuse_a_collapse(connection, source, file, delivery, vintage)
            unlike = [vintage.vintage_id for vintage in replaced if vintage not in compared]
            staged = _stage(connection, filled, file, without=unlike)
        for found in expectations.validate(database, "staging", tables=staged):
            if found.status in ("failed", "errored"):
                todo = "correct the file or ask the publisher"
                if compared and re.search("other files|year before", found.check_name):
                    todo += ", or say --accept-other-figures if those landed before are wrong"
                raise InputRejected(
                    f"{file.name}: {found.check_name}: expected {found.expected}, found {found.observed}; {todo}"
                )
        warnings = [f"odd: {found.check_name}: {found.observed}" for found in results if found.status == "warned"]
        return Inspected(loaded, unused, tuple(warnings))


def _unused_row_count(connection: duckdb.DuckDBPyConnection, source: Source) -> int:
    """Return how many rows of a file no figure is made of, for no seed names what they are of."""
    count = 0
    for table in source.tables:
        if table.used is not None:
            of_row, named = table.used
            ((found,),) = connection.execute(
                f"select count(*) from raw.{table.name} as printed where coalesce({of_row}, '') not in ({named})"
            ).fetchall()
            count += int(found)
    return count


def _stage(
    connection: duckdb.DuckDBPyConnection, raw_tables: list[str], file: Path, *, without: list[str]
) -> list[str]:
    """Build the staging models of raw tables as a run would, and return their names; vintages can be left out.

    Raises:
        InputRejected: a value of the file has no such type.
    """
    connection.execute("create schema staging")
    names = []
    for vintage_id in without:
        for table in raw_tables:
            connection.execute(f"delete from raw.{table} where vintage_id = ?", [vintage_id])
    for model in sorted((DBT_PROJECT / "models" / "staging").rglob("*.sql")):
        (table,) = reads(model)
        if table == "raw.landed_vintages" or table.removeprefix("raw.") in raw_tables:
            try:
                connection.execute(f"create table staging.{model.stem} as {render(model, 'seeds')}")
            except duckdb.Error as error:
                raise InputRejected(
                    f"{file.name}: expected figures that {model.stem} can read, found:"
                    f" {' '.join(str(error).split())[:200]}; correct the file or ask the publisher"
                ) from error
            if table != "raw.landed_vintages":
                names.append(model.stem)
    return names


def refusal(
    source: Source, file: Path, parameters: Mapping[str, str], found: expectations.CheckResult, scratch: Path
) -> InputRejected:
    """Return what is told of a file that breaks a check: file, line, what was expected and what was found."""
    return InputRejected(
        f"{file.name}{_line(source, file, parameters, found.unexpected_row, scratch)}: {found.check_name}:"
        f" expected {found.expected}, found {found.observed}; correct the file or ask the publisher"
    )


def _refuse_an_older_release(home: DataHome, source: Source, file: Path, delivery: Delivery) -> None:
    """Compare the BACI release of a delivery with those landed of its HS revision; a release not told is not compared.

    Raises:
        InputRejected: a newer one is landed. Vintages speak by the time of landing, whatever their release.
    """
    release = delivery.parameters.get("baci_release")
    landed = [
        (vintage.parameters["baci_release"], vintage.title)
        for vintage in vintages(home, source.source_id)
        if "baci_release" in vintage.parameters
        and vintage.parameters.get("hs_revision") == delivery.parameters.get("hs_revision")
    ]
    if release is None or not landed:
        return
    newest, title = max(landed)  # 202401b, which corrects 202401, follows it as text, too
    if release < newest:
        raise InputRejected(
            f"{file.name}: release V{release} is older than V{newest}, which is landed ({title}); it would take over"
            f" newer figures: expected V{newest} or a newer one; download that"
        )


def _replaced(home: DataHome, source: Source, delivery: Delivery) -> list[Vintage]:
    """Return the landed vintages from which a delivery would take over: its dataset's, or all of its revision."""
    return [
        vintage
        for vintage in newest_by_dataset(home, source.source_id).values()
        if vintage.parameters.get("hs_revision") == delivery.parameters.get("hs_revision")
        and (vintage.dataset == delivery.dataset or delivery.covers_all_importers)
    ]


def _compared(home: DataHome, source: Source, delivery: Delivery) -> list[Vintage]:
    """Return the landed vintages that tell how large a delivery's figures are.

    Of trade those from which it would take over: others may be gigabytes, and a run compares them all.
    """
    if source.has_trade_flows:
        return _replaced(home, source, delivery)
    return list(newest_by_dataset(home, source.source_id).values())


def _refuse_a_collapse(
    connection: duckdb.DuckDBPyConnection, source: Source, file: Path, delivery: Delivery, vintage: Vintage
) -> None:
    """Compare a candidate, by year and code, with a vintage whose place it would take.

    Raises:
        InputRejected: less than half of the rows are left where there were enough to count.
    """
    for table in source.tables:
        keys = [column for column in (table.year_column, table.code_column) if column]
        if not keys:
            continue
        # of another dataset a file replaces only the years and codes that it holds itself
        kept = "left" if vintage.dataset == delivery.dataset else "inner"
        found = connection.execute(
            f"""
            with counts as (
                select vintage_id, {", ".join(keys)}, count(*) as row_count from raw.{table.name} group by all
            )
            select {", ".join(f"landed.{key}" for key in keys)}, landed.row_count, coalesce(candidate.row_count, 0)
            from (from counts where vintage_id = ?) as landed
            {kept} join (from counts where vintage_id = 'candidate') as candidate using ({", ".join(keys)})
            where landed.row_count >= {ENOUGH_ROWS}
                and coalesce(candidate.row_count, 0) < {LEAST_SHARE_OF_ROWS} * landed.row_count
            order by all
            """,
            [vintage.vintage_id],
        ).fetchall()
        if found:
            *key, before, now = found[0]
            raise InputRejected(
                f"{file.name}: {' '.join(key)}: expected at least half of the {before:,} rows of {vintage.file_name},"
                f" which it would replace, found {now:,} ({len(found)} such cases); download it again,"
                " or say --accept-fewer-rows if the publisher did withdraw them"
            )


def _line(
    source: Source, file: Path, parameters: Mapping[str, str], row: Mapping[str, Any] | None, scratch: Path
) -> str:
    """Return `, line N` of the first row that broke a check, where the row is known and the file is text.

    The column is added where the check calls it by another name.
    """
    if row is None:
        return ""
    if row.get("file_row"):  # a reader that reshapes a file says where each row stood
        return f", line {row['file_row']}"
    columns = {column for table in source.tables for column in table.columns}
    cells = {name: value for name, value in row.items() if name in columns and value is not None}
    code_column = next((table.code_column for table in source.tables if table.code_column), None)
    column = ""
    if not cells and code_column and "hs6_code" in row:
        cells = {code_column: row["hs6_code"] or ""}
        column = f", column {code_column}"
    if not cells:
        return ""
    for readable, name in source.unpack(file, scratch, parameters):
        if readable.suffix == ".csv" and name == row.get("source_file", name):
            line = ingest.find_line(readable, cells)
            if line is not None:
                return (f": {name}, line {line}" if name != file.name else f", line {line}") + column
    return ""
