"""One source from file to raw: land the bytes, load the rows. Knows no publisher."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.sources import Delivery, RawTable, Source
from warehouse import landing
from warehouse.database import quoted
from warehouse.errors import InputRejected
from warehouse.landing import Arrival, Vintage
from warehouse.paths import BUNDLED, SEEDS, DataHome

LONGEST_LINE_BYTES = 1024**2


@dataclass(frozen=True)
class Loaded:
    """What one vintage gave: rows by raw table, rows left in landing because no seed names their code, columns left."""

    vintage: Vintage
    row_counts: Mapping[str, int]
    unnamed_row_counts: Mapping[str, int]
    ignored_columns: tuple[str, ...] = ()


def land_bundled(home: DataHome, source: Source) -> list[Vintage]:
    """Land the files that come with the project; bytes that are there already land nothing new."""
    return [
        landing.land(home, arrival(source, bundled.delivery), BUNDLED / bundled.file_name, bundled.retrieved_at)[0]
        for bundled in source.bundled
    ]


def land_file(home: DataHome, source: Source, file: Path, delivery: Delivery) -> tuple[Vintage, bool]:
    """Land a file from outside, after all that is landed of its source; returns its vintage and whether it is new."""
    return landing.land(home, arrival(source, delivery), file)


def create_raw_tables(connection: duckdb.DuckDBPyConnection, sources: Mapping[str, Source]) -> None:
    """Create the raw schema: every source's tables, the vintages loaded, the codes that no seed names."""
    connection.execute("create schema raw")
    for source in sources.values():
        for table in source.tables:
            columns = ", ".join(f"{column} varchar" for column in (*table.columns, "vintage_id", "source_file"))
            connection.execute(f"create table raw.{table.name} ({columns})")
    connection.execute(
        "create table raw.unnamed_codes (source_id varchar, vintage_id varchar, source_file varchar,"
        " hs_revision varchar, hs6_code varchar, row_count bigint)"
    )
    connection.execute(
        "create table raw.landed_vintages (source_id varchar, vintage_id varchar, dataset varchar,"
        " hs_revision varchar, covers_all_importers varchar, publisher varchar, title varchar, licence varchar,"
        " credit varchar, url varchar, retrieved_at varchar, sha256 varchar, rows_loaded varchar, years varchar,"
        " is_newest varchar, is_redistributable varchar)"
    )


def load_landed(
    connection: duckdb.DuckDBPyConnection,
    home: DataHome,
    source: Source,
    vintage: Vintage,
    scratch: Path,
    *,
    is_newest: bool = True,
) -> Loaded:
    """Load a landed vintage while its bytes are compared with its manifest.

    `is_newest` says that no later vintage of its dataset is loaded: an earlier one is there to be compared
    with, and no figure is computed from it.

    Raises:
        InputRejected: as `load`.
        WarehouseError: the landed file is gone or was changed.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        verifying = executor.submit(landing.verify, home, vintage)
        try:
            return load(connection, source, vintage, vintage.file(home), scratch, is_newest=is_newest)
        finally:
            verifying.result()  # a changed file explains every other error


def load(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    vintage: Vintage,
    file: Path,
    scratch: Path,
    *,
    is_newest: bool = True,
) -> Loaded:
    """Load one landed file into its raw tables: the publisher's columns as text, only the seeds' codes.

    A column that the publisher has added is left in landing and told.

    Raises:
        InputRejected: the file is empty, truncated or ragged, or columns of the publisher's are not there.
    """
    row_counts = {table.name: 0 for table in source.tables}
    unnamed: Counter[str] = Counter()
    years: set[str] = set()
    ignored: dict[str, None] = {}  # in the order in which they come
    for readable, name in source.unpack(file, scratch, vintage.parameters):
        shown = name if name == vintage.file_name else f"{vintage.file_name}: {name}"
        table, columns, relation = _readable_relation(connection, source, readable, shown)
        ignored.update(dict.fromkeys(column for column in columns if column not in table.columns))
        try:
            with _transaction(connection):
                row_count, left_out = _load_one(connection, source, vintage, table, relation, name)
                years.update(_years(connection, table, row_count))
        except duckdb.Error as error:
            raise InputRejected(_read_error(error, readable, shown, columns)) from error
        row_counts[table.name] += row_count
        unnamed.update(left_out)
    if not sum(row_counts.values()) and not unnamed:
        raise InputRejected(f"{vintage.file_name}: expected rows, found only a header; download it again")
    _record_vintage(connection, source, vintage, row_counts, years, is_newest=is_newest)
    return Loaded(vintage, row_counts, unnamed, tuple(ignored))


def load_seeds(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the seeds as text, for checks on a file that is not landed yet (a run has dbt load them)."""
    connection.execute("create schema seeds")
    for seed in sorted(SEEDS.glob("*.csv")):
        connection.execute(
            f"create table seeds.{seed.stem} as"
            f" select * from read_csv('{quoted(seed)}', header = true, all_varchar = true, nullstr = '')"
        )


def find_line(file: Path, cells: Mapping[str, str]) -> int | None:
    """Return the number of the first line of a CSV whose cells have the values given; None if there is none."""
    csv.field_size_limit(LONGEST_LINE_BYTES)  # what was loaded can be searched
    with file.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            if all(row.get(column) == value for column, value in cells.items()):
                return reader.line_num
    return None


def arrival(source: Source, delivery: Delivery) -> Arrival:
    """Return what is known of a delivery before its bytes are landed."""
    return Arrival(
        source_id=source.source_id,
        dataset=delivery.dataset,
        publisher=source.publisher,
        title=delivery.title,
        licence=source.licence,
        credit=source.credit,
        url=source.url,
        covers_all_importers=delivery.covers_all_importers,
        parameters=dict(delivery.parameters),
    )


def _readable_relation(
    connection: duckdb.DuckDBPyConnection, source: Source, file: Path, name: str
) -> tuple[RawTable, tuple[str, ...], str]:
    """Return the raw table a file belongs to, by its columns, all of these, and the SQL relation that reads it."""
    address = quoted(file)
    if file.suffix == ".parquet":
        try:
            described = connection.execute(f"describe select * from read_parquet('{address}')").fetchall()
        except duckdb.Error as error:
            raise InputRejected(
                f"{name}: expected a whole Parquet file, found: {_first_sentence(error)}; download it again"
            ) from error
        columns = tuple(row[0] for row in described)
        return _table_of(source, columns, name), columns, f"read_parquet('{address}')"
    if file.stat().st_size == 0:
        raise InputRejected(f"{name}: expected a header and rows, found an empty file; download it again")
    with file.open("rb") as stream:
        header = stream.readline(65536)
        stream.seek(-1, 2)
        last_byte = stream.read(1)
    try:
        columns = tuple(next(csv.reader([header.removeprefix(codecs.BOM_UTF8).decode("utf-8")])))
    except (UnicodeDecodeError, StopIteration, csv.Error) as error:
        raise InputRejected(
            f"{name}: line 1: expected a header in UTF-8, found {header[:40]!r}; save it as UTF-8"
        ) from error
    table = _table_of(source, columns, name)
    if last_byte != b"\n":
        raise InputRejected(f"{name}: the last line has no line end: the file was cut off; download it again")
    # explicit columns and no sniffing: a sniffer would take a ragged or truncated file for a good one
    types = ", ".join(f"'{quoted(column)}': 'VARCHAR'" for column in columns)
    relation = (
        f"read_csv('{address}', columns = {{{types}}}, header = true, auto_detect = false, delim = ',', quote = '\"',"
        f" escape = '\"', strict_mode = true, max_line_size = {LONGEST_LINE_BYTES})"
    )
    return table, columns, relation


def _table_of(source: Source, columns: tuple[str, ...], name: str) -> RawTable:
    for table in source.tables:
        if tuple(column for column in columns if column in table.columns) == table.columns:
            _refuse_odd_names(columns, name)
            return table
    closest = max(source.tables, key=lambda table: len(set(table.columns) & set(columns)))
    missing = [column for column in closest.columns if column not in columns]
    surplus = [column for column in columns if column not in closest.columns]
    difference = "; ".join(
        part
        for part in (
            f"missing: {', '.join(missing)}" if missing else "",
            f"not expected: {', '.join(surplus)}" if surplus else "",
            "same columns in another order" if not missing and not surplus else "",
        )
        if part
    )
    raise InputRejected(
        f"{name}: line 1: expected the columns {','.join(closest.columns)}, found {','.join(columns)[:200]}"
        f" ({difference}); give the publisher's own file"
    )


def _refuse_odd_names(columns: tuple[str, ...], name: str) -> None:
    """Refuse a header whose columns beside the publisher's have no name, or one twice.

    Raises:
        InputRejected: with the column.
    """
    # DuckDB does not tell t from T
    counts = Counter(column.lower() for column in columns)
    for position, column in enumerate(columns, start=1):
        if not column.strip() or not column.isprintable():
            raise InputRejected(
                f"{name}: line 1: expected a name for column {position}, found {column!r};"
                " give the publisher's own file"
            )
        if counts[column.lower()] > 1:
            raise InputRejected(
                f"{name}: line 1: expected each column once, found {column[:80]!r} {counts[column.lower()]} times;"
                " give the publisher's own file"
            )


def _load_one(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    vintage: Vintage,
    table: RawTable,
    relation: str,
    name: str,
) -> tuple[int, Counter[str]]:
    """Load one readable file; returns how many rows it gave, and the rows left in landing by code."""
    columns = [f"cast({column} as varchar)" for column in table.columns]
    if table.code_column is None:
        return _insert(
            connection,
            f"insert into raw.{table.name} select {', '.join(columns)}, ?, ? from {relation}",
            [vintage.vintage_id, name],
        ), Counter()
    # the codes of the seeds as the publisher writes them: digits, or its name of the HS revision, a colon and digits
    if table.revision_column is None:
        revision = f"'{vintage.parameters['hs_revision']}'"
        key = f"cast({table.code_column} as varchar)"
        codes = named_codes(connection, vintage.parameters["hs_revision"])
    else:
        revision = f"cast({table.revision_column} as varchar)"
        key = f"concat_ws(':', {revision}, cast({table.code_column} as varchar))"
        codes = [f"{classification}:{code}" for _, classification, code in _named_codes(connection)]
    code_list = ", ".join(f"'{code}'" for code in codes) or "null"
    # One scan both counts every code and keeps the rows of the named ones: a second scan would cost half as much again.
    # A kept row is a group of its own, for groups, unlike lists, can leave the memory; it travels as a JSON array,
    # which carries any cell and tells a null from a blank.
    connection.execute(
        f"""
        create temp table scanned as
        select revision, code, line, count(*) as row_count
        from (
            select
                {revision} as revision,
                cast({table.code_column} as varchar) as code,
                case
                    when {key} in ({code_list})
                    then cast(json_array({", ".join(columns)}) as varchar)
                end as line
            from {relation}
        )
        group by all
        """
    )
    unpacked = ", ".join(f"cells[{position}] as {column}" for position, column in enumerate(table.columns, start=1))
    row_count = _insert(
        connection,
        f"""
        insert into raw.{table.name}
        select {unpacked}, ?, ?
        from (
            select from_json(line, '["VARCHAR"]') as cells
            from scanned, range(row_count)  -- a row as often as the file has it
            where line is not null
        )
        """,
        [vintage.vintage_id, name],
    )
    unnamed: Counter[str] = Counter()
    for code, count in connection.execute(
        "insert into raw.unnamed_codes select ?, ?, ?, revision, code, row_count"
        " from scanned where line is null order by revision, code returning hs6_code, row_count",
        [source.source_id, vintage.vintage_id, name],
    ).fetchall():
        unnamed[code] += count
    connection.execute("drop table scanned")
    return row_count, unnamed


def _insert(connection: duckdb.DuckDBPyConnection, statement: str, parameters: list[str]) -> int:
    """Run an insert and return the number of its rows."""
    counted = connection.execute(statement, parameters).fetchone()
    assert counted is not None  # noqa: S101 - DuckDB answers every insert with one row, the count
    return int(counted[0])


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep all that a block writes, with one wait for the disk, or nothing."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _years(connection: duckdb.DuckDBPyConnection, table: RawTable, row_count: int) -> set[str]:
    """Return the years or periods in the newest rows of a raw table."""
    if table.year_column is None or not row_count:
        return set()
    # the rows of this transaction are numbered after all others: the search does not grow with the table
    found = connection.execute(
        f"select distinct {table.year_column} from raw.{table.name} where rowid >="
        f" (select count(*) from raw.{table.name}) - {row_count}"
    ).fetchall()
    return {row[0] for row in found if row[0] is not None}


def named_codes(connection: duckdb.DuckDBPyConnection, hs_revision: str) -> list[str]:
    """Return the codes of an HS revision that the seeds name.

    Raises:
        InputRejected: the seeds have no such revision.
    """
    named = _named_codes(connection)
    revisions = sorted({revision for revision, _, _ in named})
    if hs_revision not in revisions:
        raise InputRejected(
            f"HS revision {hs_revision}: expected one of {', '.join(revisions)};"
            " another needs a row in seed_hs_revisions.csv and its codes in seed_hs_concordance.csv"
        )
    return [code for revision, _, code in named if revision == hs_revision]


def _named_codes(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Return the codes that the seeds name, each after its HS revision and that revision's name in UN Comtrade.

    They are the codes of the revisions that seed_mineral_products maps, and those of other revisions that
    seed_hs_concordance converts into one of these.
    """
    # read once per connection, for a thousand small vintages would spend most of their time on these files
    kept = "select 1 from duckdb_tables() where temporary and table_name = 'named_codes'"
    if not connection.execute(kept).fetchone():
        connection.execute(
            f"""
            create temp table named_codes as
            with mapped as (
                unpivot (select hs6_hs92, hs6_hs17, hs6_hs22 from {_seed("seed_mineral_products")})
                on * into name column_name value hs6_code
            ),
            named as (
                select upper(replace(column_name, 'hs6_', '')) as hs_revision, hs6_code from mapped
                union
                select from_hs_revision, from_hs6_code from {_seed("seed_hs_concordance")}
                inner join {_seed("seed_hs_revisions")} on hs_revision = from_hs_revision and is_mapped = 'false'
            )
            select distinct hs_revision, comtrade_classification, hs6_code
            from named
            inner join {_seed("seed_hs_revisions")} using (hs_revision)
            order by all
            """
        )
    return connection.execute("from named_codes").fetchall()


def _seed(name: str) -> str:
    """Return the SQL relation that reads a seed as text."""
    return f"read_csv('{quoted(SEEDS / name)}.csv', header = true, all_varchar = true, nullstr = '')"


def _record_vintage(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    vintage: Vintage,
    row_counts: Mapping[str, int],
    years: set[str],
    *,
    is_newest: bool,
) -> None:
    span = None if not years else min(years) if len(years) == 1 else f"{min(years)}-{max(years)}"
    connection.execute(
        "insert into raw.landed_vintages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            vintage.source_id,
            vintage.vintage_id,
            vintage.dataset,
            vintage.parameters.get("hs_revision"),
            str(vintage.covers_all_importers).lower(),
            vintage.publisher,
            vintage.title,
            vintage.licence,
            vintage.credit,
            vintage.url,
            vintage.retrieved_at,
            vintage.sha256,
            str(sum(row_counts.values())),
            span,
            str(is_newest).lower(),
            str(source.is_redistributable).lower(),
        ],
    )


def _read_error(error: duckdb.Error, file: Path, name: str, columns: tuple[str, ...]) -> str:
    """Return one line on a file that DuckDB could not read: its own words name neither line nor cell reliably."""
    if file.suffix == ".parquet":
        return f"{name}: expected a whole Parquet file, found: {_first_sentence(error)}; download it again"
    line, found = _first_broken_line(file, len(columns)) or ("the file", _first_sentence(error))
    return (
        f"{name}: {line}: expected {len(columns)} columns ({','.join(columns)[:200]}), found {found}; download it again"
    )


def _first_sentence(error: duckdb.Error) -> str:
    return re.sub(r"\s+", " ", str(error).splitlines()[0])[:200]


def _first_broken_line(file: Path, width: int) -> tuple[str, str] | None:
    """Return the first line of a CSV that breaks its form, and how; None if there is none."""
    with file.open("rb") as stream:
        ends = b"\r\n" if stream.readline().endswith(b"\r\n") else b"\n"
        stream.seek(0)
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number}", f"the byte {line[error.start]:#04x}, which is not UTF-8"
            if b"\0" in line:
                return f"line {number}", "a zero byte"
            if len(line) > LONGEST_LINE_BYTES:
                return f"line {number}", f"{len(line):,} bytes in it where {LONGEST_LINE_BYTES:,} are read"
            if line.endswith(b"\r\n") != (ends == b"\r\n") or b"\r" in line.removesuffix(b"\r\n"):
                return f"line {number}", "another line end than the header has"
    with file.open(newline="", encoding="utf-8-sig") as text:
        csv.field_size_limit(LONGEST_LINE_BYTES)
        reader = csv.reader(text, strict=True)
        number = 1
        try:
            for row in reader:
                if row and len(row) != width:
                    return f"line {number}", f"{len(row)}"
                number = reader.line_num + 1
        except csv.Error as error:
            return f"line {number}", str(error)
    return None
