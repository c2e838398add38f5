"""Releases: a private database becomes a folder that readers open, by one atomic swap.

Write, audit, publish: export the marts, copy the published schemas to a new file that old clients can read,
reopen it and compare, make it durable, rename the folder, swap the `current` symlink. Whatever fails before
the swap leaves the last release exactly as it was.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import contract, datapackage
from warehouse.database import connect, quoted
from warehouse.datapackage import WrittenTable
from warehouse.errors import InputRejected, NothingPublished, WarehouseError
from warehouse.landing import clear_leftovers as clear_landings
from warehouse.landing import fsync, sha256_of, utc_timestamp
from warehouse.machine_faults import machine_fault
from warehouse.paths import DBT_PROJECT, DataHome
from warehouse.redistribution import counted, outgoing
from warehouse.steps import at, unannounced

if TYPE_CHECKING:  # the history of runs reads releases
    from warehouse.run_history import RunRecord

SCHEMA_VERSION = "1.5.0"
METHOD_VERSION = "1.4.0"
DATABASE_NAME = "mineral_risk.duckdb"
MANIFEST_NAME = "manifest.json"
PUBLISHED_SCHEMAS = ("marts", "meta")
# DuckDB's first stable storage format: every client since 1.0 reads it.
STORAGE_VERSION = "v1.0.0"
KEPT_RELEASES = 10
SECONDS_TO_NOTICE = 30
# What to do about a release whose files are not what was published.
DAMAGED = "it is damaged: mineral-risk doctor says more, mineral-risk releases what to roll back to"
RELEASE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
# How names begin of what is under way in the folder of releases: one being written, one being removed, and a marker
# beside one that is whole but that no reader has seen yet.
INCOMING, REMOVING, UNFINISHED = ".incoming-", ".removing-", ".unfinished-"
# Facts about the world that move a score without a change of the method: what `diff` calls the register.
REGISTER_SEEDS = ("seed_export_controls.csv", "seed_trade_agreements.csv")
# Of which type is what a manifest tells and something is made of; of an object, of which type each of its values is.
MANIFEST_TYPES: dict[str, Any] = {
    "release_id": str,
    "content_hash": str,
    "created_at": str,
    "schema_version": str,
    "as_of": str | None,
    "run_id": str | None,
    "build_bytes": int,
    "database_sha256": str,
    "parquet_sha256": {"each": str},
    "files_sha256": {"each": str},
    "rows": {"each": int},
}

META_TABLE_COMMENTS = {
    "release": "The release in this file. One row.",
    "sources": "The landed vintages of this release: the newest of every file, from which it was computed, and the one"
    " before it, with which marts.trade_revisions compares. One row per source and vintage.",
    "checks": "Results of every dbt test and Great Expectations check of this release. One row per check.",
    "tables": "Every published table. One row per table.",
    "runs": "The runs of this warehouse up to the one that published this release, failed and died ones included; the"
    " newest 1,000. One row per run.",
    "columns": "Every published column. One row per table and column.",
}
META_COLUMN_COMMENTS = {
    "release_id": "UTC time of publishing and the first 8 characters of the content hash.",
    "content_hash": "SHA-256 over the names and SHA-256 sums of the marts' Parquet files.",
    "created_at": "UTC time of publishing.",
    "code_version": "Version of the project, with the commit where the code is a git checkout.",
    "schema_version": "Semantic version of tables and columns: a renamed or removed column is a major version.",
    "method_version": "Semantic version of the method.",
    "data_through_year": "Newest year of trade in the release.",
    "controls_as_of": "Day on which the current export controls were read.",
    "as_of": "UTC time whose knowledge was rebuilt (run --as-of); null for a release of everything that was landed.",
    "statistics_hash": "SHA-256 over the datasets in meta.sources that is_newest marks, and the SHA-256 of their files:"
    " the same figures landed at another moment have the same.",
    "register_hash": "SHA-256 over the registers of export controls and trade agreements and controls_as_of.",
    "method_hash": "SHA-256 over everything else that makes numbers: the models, macros and settings of dbt_project,"
    " and its seeds without the registers.",
    "source_id": "Short name of the source.",
    "vintage_id": "Landed vintage: UTC time of retrieval and the first 8 characters of the file's SHA-256.",
    "publisher": "Who publishes the data.",
    "title": "What the landed file is.",
    "licence": "Licence of the data.",
    "credit": "How to cite the data.",
    "url": "Page of the publisher.",
    "retrieved_at": "UTC time when the file was landed; for bundled files the day they entered the project.",
    "sha256": "SHA-256 of the landed file.",
    "dataset": "The file, as the source names it: a newer vintage of the same dataset takes its place.",
    "is_newest": "True if no later vintage of the dataset was landed: figures are computed from these alone.",
    "is_redistributable": "Whether the licence lets rows of the source leave; if not, what rests on them is in this"
    " file for your own use and not in parquet/ or exports.",
    "newest_period": "Newest year (2024), month (202409) or day of which the file has figures.",
    "newest_period_end": "Last day of newest_period.",
    "newest_period_age_days": "Days from newest_period_end to the publishing of the release, or to as_of.",
    "newest_year_months": "Months reported of the newest year in the file; null where the source has no trade.",
    "newest_year_importer_count": "Importers in that year.",
    "newest_year_importer_ratio": "Importers in that year per importer of the year before, over the codes of both;"
    " above 1 where there are more. Null without a year before.",
    "newest_year_value_ratio": "Value of that year per value of the year before, over the codes that both have; above 1"
    " where it grew. Null without a year before.",
    "is_provisional": "True if that year is not finished by the thresholds of the method; null where there is no year"
    " before to compare with.",
    "covers_all_importers": "Whether the file covers all importers of its codes: only then may world shares use it.",
    "rows_loaded": "Rows loaded into raw; rows whose code no seed names are in marts.flow_accounting.",
    "years": "First and last year in the file.",
    "layer": "Layer of the checked table.",
    "table_name": "Table.",
    "tables.table_name": "Table, with its schema.",
    "key_columns": "Columns that no two rows have in common, separated by commas; none of them is null.",
    "row_count": "Rows of the table; in parquet/ those of the Parquet file, which lacks rows that may not leave.",
    "tables.description": "What the table holds, and what one row is.",
    "check_name": "What was checked.",
    "tool": "dbt or gx.",
    "status": "passed, failed, warned or errored. A release has only passed and warned.",
    "observed": "What was found.",
    "expected": "What should hold.",
    "run_id": "UTC time of the start and process id.",
    "started_at": "UTC time of the start.",
    "ended_at": "UTC time of the end; null for a run that died, since nobody was there to see it.",
    "seconds": "How long it took; null for a run that died, and where the clock was set back behind its start.",
    "runs.status": "published, failed, died (killed, or its machine stopped), running (died, and could not be marked)"
    " or rolled_back (no run: readers were given an older release).",
    "last_step": "Step that it was in.",
    "message": "What failed; null for a run that published.",
    "runs.release_id": "Release that it published or, of a rollback, that readers were given; null if there is none.",
    "column_name": "Column.",
    "data_type": "DuckDB type.",
    "unit": "Unit, by the naming rule of the project; null where the column has none.",
    "description": "What the column holds.",
}


@dataclass(frozen=True)
class Release:
    """A published release."""

    release_id: str
    folder: Path
    content_hash: str

    @property
    def database(self) -> Path:
        """The DuckDB file of the release."""
        return self.folder / DATABASE_NAME


@dataclass(frozen=True)
class Check:
    """One check as it is published in `meta.checks`."""

    layer: str
    table_name: str
    check_name: str
    tool: str
    status: str
    observed: str
    expected: str


def publish(
    home: DataHome,
    build_database: Path,
    *,
    checks: Sequence[Check],
    code_version: str,
    controls_as_of: str | None,
    as_of: datetime | None = None,
    now: datetime | None = None,
    run: RunRecord | None = None,
    earlier_runs: Sequence[RunRecord] = (),
) -> Release:
    """Publish the marts of a private database as a new release and return it.

    Args:
        home: the data home.
        build_database: the private database; it gains the `meta` schema.
        checks: what goes into `meta.checks`.
        code_version: version of the code.
        controls_as_of: day given for current controls (YYYY-MM-DD), None for the register's newest evidence.
        as_of: moment whose knowledge was rebuilt; such a release is kept beside the others and `current` stays:
            readers of the newest figures must not be given old ones. None for everything that was landed.
        now: moment of publishing, for tests.
        run: the run that publishes, which the manifest names; None where there is none.
        earlier_runs: the other runs that go into `meta.runs`.

    Raises:
        WarehouseError: the private database is damaged, the written release does not equal it, or an older release
            could not be removed (the text says that the new one is published).
        MachineFault: a disk or memory failed, and DuckDB said so.
    """
    if build_database.with_name(f"{build_database.name}.wal").exists():
        # every step of a run closes it whole: what stands in a log was not checked, or was not written to its end
        raise WarehouseError(
            f"{build_database}: expected a database that was closed, found a write-ahead log beside it:"
            " run again; the last release stays"
        )
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    incoming = home.releases / f"{INCOMING}{moment:%Y%m%dT%H%M%S%f}-{os.getpid()}"
    home.releases.mkdir(parents=True, exist_ok=True)
    incoming.mkdir()
    try:
        at("publish export")
        parquet = incoming / "parquet"
        table_hashes = _export_parquet(build_database, "marts", parquet)
        content_hash = content_hash_of(table_hashes)
        release_id = f"{moment:%Y%m%dT%H%M%SZ}-{content_hash[:8]}"
        if (home.releases / release_id).exists():
            raise WarehouseError(f"release {release_id} exists already; run again in a second")
        at("publish meta")
        runs = [*earlier_runs, *([_published(run, moment, release_id)] if run else [])]
        facts = _write_meta(
            build_database, release_id, content_hash, moment, code_version, controls_as_of, as_of, checks, runs
        )
        facts["run_id"] = run.run_id if run else None
        facts["build_bytes"] = build_database.stat().st_size
        _export_parquet(build_database, "meta", parquet / "meta")
        _leave_out_what_may_not_leave(build_database, incoming)
        at("publish copy")
        database = incoming / DATABASE_NAME
        _copy_published(build_database, database)
        at("publish verify")
        row_counts = _verify(build_database, database)
        at("publish manifest")
        _write_manifest(incoming, facts, table_hashes, row_counts)
        at("publish fsync")
        _make_durable(incoming)
        at("publish rename")
        unfinished = home.releases / f"{UNFINISHED}{release_id}"
        unfinished.touch()
        fsync(home.releases)
        at("publish rename folder")
        folder = home.releases / release_id
        incoming.rename(folder)
        at("publish rename protect")
        folder.chmod(0o555)
        fsync(home.releases)
        at("publish swap")
        if as_of is None:
            swap(home, folder)
        at("publish finish")
        unfinished.unlink()
        fsync(home.releases)  # a marker that came back after a power cut would take a rebuilt release away
    except BaseException as error:
        # what a full or read-only disk does not let go of now, the next run clears: the fault itself is to be told
        with suppress(OSError), unannounced():
            _clear_releases(home)
        if isinstance(error, duckdb.Error):
            raise machine_fault(error) or WarehouseError(
                f"{build_database}: the private database is damaged or was changed after its checks"
                f" ({str(error).splitlines()[0]}): check the disk and run again; the last release stays"
            ) from error
        raise
    for stuck in _retire(home):
        raise WarehouseError(
            f"release {release_id} is published, but an older one could not be removed:"
            f" {stuck.filename}: {stuck.strerror}; make it removable, the next run tries again"
        ) from stuck
    return Release(release_id, folder, content_hash)


def content_hash_of(table_hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over the names of the marts and the SHA-256 sums of their whole Parquet files."""
    lines = "".join(f"{table} {digest}\n" for table, digest in sorted(table_hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def current_release(home: DataHome) -> Release:
    """Return the release that readers see.

    Raises:
        NothingPublished: there is none yet.
    """
    if not home.published_database.exists():
        raise NothingPublished(f"no release in {home.root}; make one with: mineral-risk run")
    return _release_in(home.current.resolve())


def named_release(home: DataHome, name: str) -> Release:
    """Return a kept release by its id; `current` names the one that readers see.

    Raises:
        NothingPublished: `current` is asked for and there is none yet.
        InputRejected: no release of this id is kept.
    """
    if name == "current":
        return current_release(home)
    # a name that has another form could be a path to somewhere else
    if not RELEASE_ID.fullmatch(name) or not (home.releases / name / MANIFEST_NAME).is_file():
        kept = sorted((found.parent.name for found in home.releases.glob(f"[!.]*/{MANIFEST_NAME}")), reverse=True)
        raise InputRejected(f"release {name!r}: expected current or a kept release, of {', '.join(kept) or 'none'}")
    return _release_in(home.releases / name)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a release says.

    Raises:
        WarehouseError: it is no such manifest.
    """
    file = folder / MANIFEST_NAME
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # bytes that are no text, text that is no JSON
        raise WarehouseError(f"{file}: expected the manifest of a release, found: {error}; {DAMAGED}") from error
    if not isinstance(found, dict) or not {"release_id", "content_hash"} <= found.keys():
        raise WarehouseError(f"{file}: expected release_id and content_hash, found neither or one; {DAMAGED}")
    for name in sorted(MANIFEST_TYPES.keys() & found.keys()):  # older manifests tell less
        kind, value = MANIFEST_TYPES[name], found[name]
        if isinstance(kind, dict):
            is_right = isinstance(value, dict) and all(isinstance(item, kind["each"]) for item in value.values())
        else:
            is_right = isinstance(value, kind)
        if not is_right:
            raise WarehouseError(f"{file}: {name}: found {str(value)[:50]!r}, which is of another type; {DAMAGED}")
    return found


def _release_in(folder: Path) -> Release:
    found = read_manifest(folder)
    return Release(found["release_id"], folder, found["content_hash"])


def clear_leftovers(home: DataHome) -> list[OSError]:
    """Remove what runs that died left behind, wherever it lies; the run lock must be held.

    That is private builds, releases half written or half removed, releases that no reader ever saw, and what
    landings were copying. Returns why what is still there could not be removed: names are never taken again, so that
    it is in nobody's way.
    """
    stuck: list[OSError] = []
    for leftover in home.build.glob("*"):
        with _going_on(stuck):
            _remove_once_still(leftover)
    return [*stuck, *_clear_releases(home), *clear_landings(home)]


def swap(home: DataHome, folder: Path) -> None:
    """Let readers see another release: one atomic step, durable when this returns. The run lock must be held."""
    link = home.root / f".current-{os.getpid()}"
    at("swap link")
    link.unlink(missing_ok=True)
    link.symlink_to(folder.relative_to(home.root))
    at("swap replace")
    link.replace(home.current)
    at("swap fsync")
    try:
        fsync(home.root)
    except OSError as error:
        raise WarehouseError(
            f"readers see release {folder.name}, but the disk did not confirm it ({error.strerror}): check the disk"
        ) from error


def _clear_releases(home: DataHome) -> list[OSError]:
    stuck: list[OSError] = []
    for unfinished in home.releases.glob(f"{UNFINISHED}*"):
        folder = home.releases / unfinished.name.removeprefix(UNFINISHED)
        with _going_on(stuck):
            # readers may have seen the one that is current; of any other one nobody knows
            if _is_release(folder) and folder.resolve() != home.current.resolve():
                _set_aside(folder)
            at(f"clear {unfinished.name}")
            unfinished.unlink(missing_ok=True)
    for leftover in (
        *home.releases.glob(f"{INCOMING}*"),
        *home.releases.glob(f"{REMOVING}*"),
        *home.root.glob(".current-*"),
    ):
        with _going_on(stuck):
            _remove(leftover)
    return stuck


@contextmanager
def _going_on(stuck: list[OSError]) -> Iterator[None]:
    """Go on past something that cannot be removed, and keep why."""
    try:
        yield
    except OSError as error:
        stuck.append(error)


def _tables(connection: duckdb.DuckDBPyConnection, schema: str, database: str | None = None) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables()"
        " where schema_name = ? and database_name = coalesce(?, current_database()) order by 1",
        [schema, database],
    ).fetchall()
    return [row[0] for row in rows]


def _export_parquet(build_database: Path, schema: str, folder: Path) -> dict[str, str]:
    """Write each table of a schema as Parquet; one thread and a total order give the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    hashes = {}
    with connect(build_database, read_only=True, threads=1, spill=_spill(build_database)) as connection:
        for table in _tables(connection, schema):
            file = folder / f"{table}.parquet"
            at(f"publish export {schema}.{table}")
            connection.execute(
                f"copy (select * from {schema}.{table} order by all) to '{quoted(file)}'"
                " (format parquet, compression zstd)"
            )
            hashes[table] = sha256_of(file)
    return hashes


def _leave_out_what_may_not_leave(build_database: Path, folder: Path) -> None:
    """Write the Parquet files anew that hold what a licence does not let leave, and a data package of all of them.

    The hashes of a release are those of the whole tables, so that a change of a restricted row is a change.
    """
    with connect(build_database, read_only=True, threads=1, spill=_spill(build_database)) as connection:
        written = []
        for schema in PUBLISHED_SCHEMAS:
            for name in _tables(connection, schema):
                table = outgoing(connection, schema, name)
                rows, held_back = counted(connection, table)
                path = f"parquet/{name}.parquet" if schema == "marts" else f"parquet/{schema}/{name}.parquet"
                written.append(WrittenTable(table, path, rows, held_back))
                if held_back or table.selection != "*":
                    at(f"publish leave out of {path}")
                    connection.execute(
                        f"copy ({table.query()} order by all) to '{quoted(folder / path)}'"
                        " (format parquet, compression zstd)"
                    )
        at("publish datapackage")
        datapackage.write(connection, folder, written)


def _write_meta(
    build_database: Path,
    release_id: str,
    content_hash: str,
    moment: datetime,
    code_version: str,
    controls_as_of: str | None,
    as_of: datetime | None,
    checks: Sequence[Check],
    runs: Sequence[RunRecord],
) -> dict[str, str | int | None]:
    with connect(build_database) as connection:
        connection.execute("drop schema if exists meta cascade")
        connection.execute("create schema meta")
        found = connection.execute(
            "select (select max(year) from marts.trade_flows),"
            " (select coalesce(cast(? as date), max(controls_as_of)) from intermediate.int_export_controls)",
            [controls_as_of],
        ).fetchone()
        data_through_year, controls_day = found if found else (None, None)
        made_from = {
            "statistics_hash": _statistics_hash(connection),
            "register_hash": register_hash(DBT_PROJECT, str(controls_day)),
            "method_hash": method_hash(DBT_PROJECT),
        }
        connection.execute(
            "create table meta.release as select ? as release_id, ? as content_hash, ?::timestamp as created_at,"
            " ? as code_version, ? as schema_version, ? as method_version, ?::integer as data_through_year,"
            " ?::date as controls_as_of, ?::timestamp as as_of, ? as statistics_hash, ? as register_hash,"
            " ? as method_hash",
            [
                release_id,
                content_hash,
                moment.replace(tzinfo=None, microsecond=0),
                code_version,
                SCHEMA_VERSION,
                METHOD_VERSION,
                data_through_year,
                controls_day,
                as_of.astimezone(UTC).replace(tzinfo=None) if as_of else None,
                *made_from.values(),
            ],
        )
        connection.execute(
            "create table meta.sources as select vintages.*, date_diff('day', newest_period_end,"
            " cast(coalesce(as_of, created_at) as date)) as newest_period_age_days"
            " from intermediate.int_vintages as vintages cross join meta.release order by all"
        )
        connection.execute(
            "create table meta.checks (layer varchar, table_name varchar, check_name varchar, tool varchar,"
            " status varchar, observed varchar, expected varchar)"
        )
        rows = sorted({tuple(asdict(check).values()) for check in checks})
        _insert(connection, "meta.checks", rows)
        connection.execute(
            "create table meta.runs (run_id varchar, started_at timestamp, ended_at timestamp, seconds double,"
            " status varchar, last_step varchar, message varchar, release_id varchar, code_version varchar,"
            " as_of timestamp)"
        )
        _insert(connection, "meta.runs", [_row_of_run(known) for known in runs])
        connection.execute(
            "create table meta.tables (table_name varchar, key_columns varchar, row_count bigint, description varchar)"
        )
        connection.execute(
            "create table meta.columns"
            " (table_name varchar, column_name varchar, data_type varchar, unit varchar, description varchar)"
        )
        for table, comment in META_TABLE_COMMENTS.items():
            connection.execute(f"comment on table meta.{table} is '{comment}'")
            for column in (row[0] for row in connection.execute(f"describe meta.{table}").fetchall()):
                comment = META_COLUMN_COMMENTS.get(f"{table}.{column}") or META_COLUMN_COMMENTS[column]
                connection.execute(f"comment on column meta.{table}.{column} is '{quoted(comment)}'")
        connection.execute(
            """
            insert into meta.columns
            select
                schema_name || '.' || table_name,
                column_name,
                data_type,
                case
                    when column_name like '%usd\\_per\\_t' escape '\\' then 'US dollars, current, per tonne'
                    when table_name = 'scenario_results' and column_name in (
                        'china_value_share_change', 'china_weight_share_change', 'china_via_share_change',
                        'top1_share_change'
                    ) then 'share, -1 to 1'
                    when table_name = 'scenario_results' and column_name = 'hhi_value_change' then 'index, -1 to 1'
                    when table_name = 'scenario_results' and column_name = 'risk_rank_change' then 'ranks'
                    when regexp_matches(column_name, '\\_usd\\_(low|high|before|after|change)$')
                        then 'US dollars, current'
                    when column_name like 'unmet\\_t\\_%' escape '\\' then 'tonnes'
                    when regexp_matches(column_name, '\\_share\\_(low|high|before|after)$') or column_name = 'fraction'
                        then 'share, 0-1'
                    when column_name like 'factor%' then 'ratio'
                    when column_name = 'quantity' then 'by shock, see quantity_unit'
                    when column_name like '%\\_usd' escape '\\' then 'US dollars, current'
                    when column_name like '%\\_kg' escape '\\' then 'kilograms'
                    when column_name like '%\\_t' escape '\\' then 'tonnes'
                    when column_name like '%\\_share' escape '\\' or column_name like '%severity%'
                        or column_name like 'content\\_%' escape '\\' and data_type = 'DOUBLE'
                        or column_name like '%net\\_import\\_reliance%' escape '\\'
                        or column_name = 'completeness' then 'share, 0-1'
                    when column_name like '%raw_value' or column_name like 'goalpost\\_%' escape '\\'
                        then 'by component, see description'
                    when table_name = 'method_thresholds' and column_name = 'value' then 'by threshold, see unit'
                    when column_name = 'value' and data_type = 'DOUBLE' then 'by method, see description'
                    when column_name like '%\\_change' escape '\\' then 'points, -100 to 100'
                    when column_name like '%probability' then 'probability, 0-1'
                    when column_name like 'governance\\_risk%' escape '\\'
                        or column_name = 'governance_weighted_hhi' then 'points, 0-10'
                    when column_name like 'political\\_instability%' escape '\\' then 'index, 0-1'
                    when column_name = 'n_minus_1' or column_name like '%\\_ratio' escape '\\' then 'ratio'
                    when column_name = 'months_covered' or column_name like '%\\_months' escape '\\' then 'months'
                    when column_name like '%\\_days' escape '\\' then 'days'
                    when column_name = 'seconds' then 'seconds'
                    when column_name like 'rank\\_standard\\_deviation%' escape '\\' then 'ranks'
                    when column_name like '%rank%' then 'rank, 1 is first'
                    when column_name like '%score%' and data_type = 'DOUBLE'
                        or column_name in ('contribution', 'weight') then 'points, 0-100'
                    when column_name like 'hhi%' then 'index, 0-1'
                    when column_name in (
                        'year', 'previous_year', 'data_through_year', 'governance_year', 'reference_year',
                        'baseline_year', 'from_year', 'to_year'
                    )
                        then 'calendar year'
                    when column_name like '%\\_years' escape '\\' and data_type = 'INTEGER' then 'years'
                    when column_name like '%\\_count' escape '\\'
                        or column_name like 'minerals\\_%' escape '\\' and data_type = 'INTEGER' then 'count'
                    when column_name in ('rows_loaded', 'effective_suppliers', 'markets_met') then 'count'
                    when data_type = 'BOOLEAN' then 'true or false'
                    when data_type = 'DATE' then 'date'
                    when data_type = 'TIMESTAMP' then 'UTC time'
                end,
                comment
            from duckdb_columns()
            where schema_name in ('marts', 'meta') and database_name = current_database()
            order by 1, column_index
            """
        )
        _write_meta_tables(connection)
    return {
        "release_id": release_id,
        "content_hash": content_hash,
        "created_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "code_version": code_version,
        "schema_version": SCHEMA_VERSION,
        "method_version": METHOD_VERSION,
        "data_through_year": data_through_year,
        "controls_as_of": str(controls_day),
        "as_of": utc_timestamp(as_of) if as_of else None,
        **made_from,
    }


def _write_meta_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `meta.tables` once every other published table is filled and described."""
    described = connection.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables()"
        " where schema_name in ('marts', 'meta') and database_name = current_database() order by 1"
    ).fetchall()
    promised = contract.load().tables
    rows = []
    for name, comment in described:
        # its own rows are those that are about to be written
        counted = len(described) if name == "meta.tables" else _count(connection, name)
        rows.append((name, ", ".join(promised[name].key) if name in promised else None, counted, comment))
    _insert(connection, "meta.tables", rows)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows at once: row by row each is a transaction, and a thousand take seconds."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    (row,) = connection.execute(f"select count(*) from {relation}").fetchall()
    return int(row[0])


def _published(run: RunRecord, moment: datetime, release_id: str) -> RunRecord:
    """Return the record of the run that publishes as its release tells it: it has ended well, or nobody reads this."""
    ended_at = utc_timestamp(moment)
    return replace(run, status="published", last_step="publish", ended_at=ended_at, release_id=release_id)


def _row_of_run(run: RunRecord) -> tuple[str | float | None, ...]:
    # moments are UTC, and TIMESTAMP takes no Z
    started_at, ended_at, as_of = (
        None if moment is None else moment.removesuffix("Z") for moment in (run.started_at, run.ended_at, run.as_of)
    )
    told = (run.status, run.last_step, run.message, run.release_id, run.code_version)
    return (run.run_id, started_at, ended_at, run.seconds, *told, as_of)


def method_hash(dbt_project: Path) -> str:
    """Return the SHA-256 over what makes numbers in a dbt project: models, macros, settings, seeds but the registers.

    Descriptions and tests (YAML beside the models, `tests/`) make none.
    """
    files = [
        *(file for folder in ("models", "macros") for file in (dbt_project / folder).rglob("*.*")),
        *(dbt_project / "seeds").glob("*.csv"),
        dbt_project / "dbt_project.yml",
    ]
    return _hash_of_files(
        dbt_project,
        (file for file in files if file.suffix in (".sql", ".py", ".csv") or file.name == "dbt_project.yml"),
        without=REGISTER_SEEDS,
    )


def register_hash(dbt_project: Path, controls_as_of: str) -> str:
    """Return the SHA-256 over the register seeds and the day on which current controls are read."""
    digest = _hash_of_files(dbt_project, (dbt_project / "seeds" / name for name in REGISTER_SEEDS))
    return hashlib.sha256(f"{digest} {controls_as_of}".encode()).hexdigest()


def _statistics_hash(connection: duckdb.DuckDBPyConnection) -> str:
    newest = connection.execute(
        "select source_id, dataset, sha256 from intermediate.int_vintages where is_newest order by all"
    ).fetchall()
    return hashlib.sha256(json.dumps(newest).encode()).hexdigest()


def _hash_of_files(root: Path, files: Iterable[Path], without: Sequence[str] = ()) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.name not in without:
            content = file.read_bytes()
            # the length keeps two files apart that only together hold the same bytes
            digest.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _copy_published(build_database: Path, database: Path) -> None:
    with connect(spill=_spill(build_database)) as connection:
        connection.execute(f"attach '{quoted(build_database)}' as build (read_only)")
        connection.execute(f"attach '{quoted(database)}' as published (storage_version '{STORAGE_VERSION}')")
        connection.execute("copy from database build to published (schema)")
        schemas = connection.execute(
            "select schema_name from duckdb_schemas() where database_name = 'published' and not internal"
        ).fetchall()
        for (schema,) in schemas:
            if schema not in (*PUBLISHED_SCHEMAS, "main"):
                connection.execute(f"drop schema published.{schema} cascade")
        for schema in PUBLISHED_SCHEMAS:
            for table in _tables(connection, schema, "build"):
                at(f"publish copy {schema}.{table}")
                connection.execute(
                    f"insert into published.{schema}.{table} select * from build.{schema}.{table} order by all"
                )
        at("publish copy checkpoint")
        connection.execute("checkpoint published")
        at("publish copy detach")
        connection.execute("detach published")
    wal = database.with_name(f"{database.name}.wal")
    if wal.exists():
        raise WarehouseError(f"{database.name}: a write-ahead log was left after the checkpoint; nothing was published")


def _verify(build_database: Path, database: Path) -> dict[str, int]:
    """Reopen the written file and compare it with the private database: rows, their hashes, and the SQL macros."""
    with connect(database, read_only=True) as connection:
        written, written_macros = _fingerprints(connection), _macros(connection)
    with connect(build_database, read_only=True, spill=_spill(build_database)) as connection:
        expected, expected_macros = _fingerprints(connection), _macros(connection)
    if written != expected:
        different = sorted(name for name in written.keys() | expected.keys() if written.get(name) != expected.get(name))
        raise WarehouseError(
            f"release: written tables differ from the build: {', '.join(different)}; nothing was published"
        )
    if not written_macros or written_macros != expected_macros:
        raise WarehouseError(
            f"release: expected the SQL macros {', '.join(sorted(expected_macros))} in the written file,"
            f" found {', '.join(sorted(written_macros)) or 'none'}; nothing was published"
        )
    return {name: count for name, (count, _) in written.items()}


def _macros(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the names of the SQL macros in a database's default schema."""
    found = connection.execute(
        "select distinct function_name from duckdb_functions() where not internal and schema_name = 'main'"
    ).fetchall()
    return {row[0] for row in found}


def _fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    found = {}
    for schema in PUBLISHED_SCHEMAS:
        for table in _tables(connection, schema):
            row = connection.execute(
                f"select count(*), coalesce(sum(hash(tbl)::hugeint), 0) from {schema}.{table} as tbl"
            ).fetchone()
            if row:
                found[f"{schema}.{table}"] = (row[0], row[1])
    return found


def _write_manifest(
    folder: Path,
    facts: Mapping[str, str | int | None],
    table_hashes: Mapping[str, str],
    row_counts: Mapping[str, int],
) -> None:
    files = {
        file.relative_to(folder).as_posix(): sha256_of(file) for file in sorted(folder.rglob("*")) if file.is_file()
    }
    manifest = {
        **facts,
        "database_sha256": files[DATABASE_NAME],
        # of whole tables: where rows may not leave, the file that left them out has another hash, in files_sha256
        "parquet_sha256": dict(sorted(table_hashes.items())),
        "rows": dict(sorted(row_counts.items())),
        "files_sha256": files,
    }
    at("publish manifest write")
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _make_durable(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            at(f"publish fsync {path.relative_to(folder).as_posix()}")
            path.chmod(0o444)
            fsync(path)
    for path in sorted((item for item in folder.rglob("*") if item.is_dir()), reverse=True):
        at(f"publish fsync {path.relative_to(folder).as_posix()}")
        path.chmod(0o555)
        fsync(path)
    at("publish fsync folder")
    fsync(folder)


def _retire(home: DataHome) -> list[OSError]:
    """Remove all but the newest releases, counted by kind: rebuilt ones push no regular one out, nor the reverse.

    Returns why those that are still there could not be removed.
    """
    stuck: list[OSError] = []
    with _going_on(stuck):
        current = home.current.resolve()
        releases = sorted(filter(_is_release, home.releases.iterdir()), reverse=True)
        rebuilt = [folder for folder in releases if _is_rebuilt(folder)]
        regular = [folder for folder in releases if folder not in rebuilt]
        for folder in (*regular[KEPT_RELEASES:], *rebuilt[KEPT_RELEASES:]):
            if folder.resolve() != current:
                with _going_on(stuck):
                    _remove(_set_aside(folder))
    return stuck


def _is_release(folder: Path) -> bool:
    """Say whether a folder is ours to remove: what somebody else keeps among the releases is not."""
    return RELEASE_ID.fullmatch(folder.name) is not None and folder.is_dir()


def _set_aside(folder: Path) -> Path:
    """Make a release one that is being removed: it goes in one step, so that none is ever kept in part."""
    at(f"retire {folder.name}")
    return folder.rename(folder.with_name(f"{REMOVING}{folder.name}"))


def _is_rebuilt(release: Path) -> bool:
    try:
        # the first releases had no such entry in their manifests
        return read_manifest(release).get("as_of") is not None
    except (FileNotFoundError, WarehouseError):  # no release of ours, or a damaged one: it counts as the others do
        return False


def _remove(path: Path) -> None:
    """Remove a file or a folder tree, read-only folders included; what is gone already is fine."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o755)  # before it is listed: an unreadable folder looks empty
        for item in sorted(path.iterdir()):
            _remove(item)
        at(f"clear {path.name}")
        path.rmdir()
    else:
        at(f"clear {path.name}")
        path.unlink(missing_ok=True)


def _remove_once_still(folder: Path) -> None:
    """Remove a folder in which the worker of a killed run may write until it has noticed, which takes moments."""
    until = time.monotonic() + SECONDS_TO_NOTICE
    while folder.exists():
        try:
            _remove(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT) or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _spill(build_database: Path) -> Path:
    """Return where publishing puts what does not fit into memory: where the run's private database is."""
    return build_database.with_name(f"{build_database.name}.spill")
