"""What the commands about releases print. They only read, but for the rollback."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from flows.doctor import EXIT_CODES, examine, worst
from flows.release_comparison import PARTS, Comparison, MineralChange, compare
from flows.release_tables import MOVES, CheckChange, InputChange, TableChange, TableComparison, compare_tables
from flows.screens import command_name, number, plain_table, write_rows
from flows.why_screen import WIDEST, plain_console
from warehouse.database import connect
from warehouse.errors import NothingPublished, WarehouseError
from warehouse.kept_releases import KeptRelease, kept, roll_back
from warehouse.paths import DataHome
from warehouse.release import current_release

TABLE_COLUMNS = [column.name for column in fields(TableChange)]

# How new what a source told is, and when it last told anything: by the newest landed files alone.
FRESHNESS = """
    select
        source_id,
        count(*) as datasets,
        arg_max(newest_period, newest_period_end) as newest_period,
        $today - max(newest_period_end) as newest_period_age_days,
        strftime(max(retrieved_at), '%Y-%m-%d') as last_landed,
        $today - cast(max(retrieved_at) as date) as landed_age_days,
        coalesce(bool_or(is_provisional), false) as is_provisional
    from meta.sources
    where is_newest
    group by source_id
    order by source_id
"""
FILES = """
    select
        source_id,
        title,
        years,
        rows_loaded,
        strftime(retrieved_at, '%Y-%m-%d') as retrieved,
        newest_year_importer_count,
        round(newest_year_value_ratio, 2) as newest_year_value_ratio,
        case when is_provisional then 'provisional' when not is_newest then 'earlier vintage' end as note
    from meta.sources
    order by all
"""
CHECKS = """
    select
        layer,
        count(*) filter (where status = 'passed') as passed,
        count(*) filter (where status = 'warned') as warned,
        count(*) filter (where status not in ('passed', 'warned')) as failed
    from meta.checks
    group by layer
    order by list_position(['seeds', 'raw', 'staging', 'intermediate', 'metrics', 'marts'], layer), layer
"""


def status(home: DataHome, *, style: str) -> None:
    """Print what readers see: the release, how old it is, its checks by layer, how new each source is.

    Raises:
        NothingPublished: no release yet.
        WarehouseError: the release is of a schema before 1.2.0.
    """
    release = current_release(home)
    now = datetime.now(UTC)
    try:
        with connect(release.database, read_only=True) as connection:
            (facts,) = rows_of(connection, "select * from meta.release")
            checks = rows_of(connection, CHECKS)
            warned = rows_of(
                connection,
                "select layer, table_name, check_name, observed from meta.checks where status = 'warned' order by all",
            )
            sources = rows_of(connection, FRESHNESS, {"today": now.date()})
            files = rows_of(connection, FILES)
    except duckdb.Error as error:
        raise WarehouseError(
            f"release {release.release_id}: cannot be told of: {str(error).splitlines()[0]};"
            " it is damaged or of an older schema: mineral-risk doctor"
        ) from error
    age = now.replace(tzinfo=None) - facts["created_at"]
    if style == "json":
        told = {"release": facts | {"age_days": age.days}, "checks": checks, "warned": warned, "sources": sources}
        write_json(told | {"files": files})
        return
    console = plain_console()
    console.print(f"Release {release.release_id}, {_count(age.days, 'day')} old", soft_wrap=True)
    console.print(f"Trade through {facts['data_through_year']}, controls as of {facts['controls_as_of']}")
    if facts.get("as_of") is not None:
        console.print(f"Rebuilt: what was known at {facts['as_of']:%Y-%m-%d %H:%M:%S} UTC")
    console.print(
        f"Code {facts['code_version']}, schema {facts['schema_version']}, method {facts['method_version']}",
        soft_wrap=True,
    )
    console.print()
    console.print(plain_table("Checks", list(checks[0]) if checks else [], [list(row.values()) for row in checks]))
    for row in warned:
        console.print(
            f"warned: {row['layer']}: {row['table_name']}: {row['check_name']}: {row['observed']}", soft_wrap=True
        )
    console.print()
    console.print(
        plain_table(
            "Sources",
            ("source", "datasets", "newest period", "ended, days ago", "last landed", "days ago", "note"),
            [
                [*list(row.values())[:-1], "newest year provisional" if row["is_provisional"] else None]
                for row in sources
            ],
        )
    )
    console.print(
        plain_table(
            "Files",
            ("source", "title", "years", "rows", "retrieved", "importers", "value by last year's", "note"),
            [list(row.values()) for row in files],
        )
    )


def diff(home: DataHome, first: str, second: str, *, importer: str, part: str | None, style: str) -> None:
    """Print what differs between two releases: every score and what moved it, rows of the tables, checks.

    Args:
        home: the data home.
        first: the release that is compared, by id or `current`.
        second: the release that it is compared with.
        importer: whose scores.
        part: `scores`, `tables` or `checks` alone; None for all on a screen, and for scores as rows.
        style: `table`, `csv` or `json`.

    Raises:
        InputRejected: a release is not kept, or does not have the importer.
        WarehouseError: a score moved although nothing that makes it differs.
    """
    if style != "table":
        if part == "tables":
            rows = [_table_row(table, style) for table in compare_tables(home, first, second).tables]
            columns = TABLE_COLUMNS
        elif part == "checks":
            rows = [asdict(check) for check in compare_tables(home, first, second).checks]
            columns = [column.name for column in fields(CheckChange)]
        else:
            found = compare(home, first, second, importer)
            rows = [change_row(found, change) for change in found.minerals]
            columns = list(rows[0])
        write_rows(columns, [list(row.values()) for row in rows], style)
        return
    console = plain_console()
    if part in (None, "scores"):
        _show_scores(console, compare(home, first, second, importer))
    if part != "scores":
        tables = compare_tables(home, first, second)
        if part in (None, "tables"):
            _show_tables(console, tables)
        if part in (None, "checks"):
            _show_checks(console, tables)


def _show_tables(console: Console, found: TableComparison) -> None:
    console.width = WIDEST
    differing = [table for table in found.tables if not table.is_same]
    if differing:
        shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        shown.add_column("table", no_wrap=True)
        for column in ("rows before", "rows now", "added", "removed", "changed"):
            shown.add_column(column, justify="right")
        shown.add_column("where most changed")
        for table in differing:
            shown.add_row(
                table.table_name.removeprefix("marts."),
                *(
                    number(count, ",")
                    for count in (
                        table.first_rows, table.second_rows, table.rows_added, table.rows_removed, table.rows_changed
                    )
                ),
                ", ".join(sorted(table.changed_columns, key=lambda name: (-table.changed_columns[name], name))[:3]),
            )  # fmt: skip
        console.print(shown)
    console.print(f"{len(found.tables) - len(differing)} of {len(found.tables)} tables hold the same rows.")
    for table in differing:
        if table.note:
            console.print(f"{table.table_name}: {table.note}", soft_wrap=True)
    if found.inputs is None:
        console.print("Which inputs differ is not known: a release of a schema before 1.2.0 does not say.")
    for changed in found.inputs or ():
        console.print(f"Input {_input(changed)}", soft_wrap=True)


def _show_checks(console: Console, found: TableComparison) -> None:
    counts = Counter(check.move for check in found.checks)
    moves = ", ".join(f"{counts[move]} {move}" for move in MOVES if counts[move])
    console.print(f"Checks: {moves or 'every result is the same'}.")
    for check in found.checks:
        if check.move != "new check":  # it passed: nothing that a reader must know
            console.print(
                f"{check.move}: {check.layer}: {check.table_name}: {check.check_name}:"
                f" expected {check.expected}, found {check.observed or 'nothing'}",
                soft_wrap=True,
            )


def _input(changed: InputChange) -> str:
    before, after = changed.first_newest_period, changed.second_newest_period
    if changed.first_vintage_id is None:
        moved = f"new, through {after or 'no period'}"
    elif changed.second_vintage_id is None:
        moved = "is no longer there"
    else:
        moved = f"other bytes, {f'through {after}' if before == after else f'through {before}, now {after}'}"
    return f"{changed.source_id} {changed.dataset}: {moved}"


def _table_row(table: TableChange, style: str) -> dict[str, Any]:
    row = {name: getattr(table, name) for name in TABLE_COLUMNS}
    if style == "csv":
        row["changed_columns"] = ", ".join(f"{name} {count}" for name, count in table.changed_columns.items())
    return row


def _show_scores(console: Console, found: Comparison) -> None:
    console.print(
        f"{found.importer}: release {found.first.release_id} ({found.first.year})"
        f" to {found.second.release_id} ({found.second.year})"
    )
    if found.differs is not None:
        console.print(f"What they were made from differs in: {', '.join(found.differs) or 'nothing'}.")
    without = [
        change.mineral_id for change in found.minerals if change.first_score is None and change.second_score is None
    ]
    moved = [
        change
        for change in found.minerals
        if change.mineral_id not in without
        and (change.score_change is None or abs(change.score_change) >= 0.05 or change.first_rank != change.second_rank)
    ]
    moved.sort(key=lambda change: (-abs(change.score_change or 0.0), change.mineral_id))
    console.width = WIDEST  # a narrower table would lose its last column without a word: let the terminal wrap it
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("mineral", no_wrap=True, overflow="ellipsis", max_width=19)
    for column in ("from", "to", "change", "rank", *(part.replace("_", " ") for part in PARTS)):
        longest = max(len(word) for word in column.split())
        table.add_column(column, justify="right", no_wrap=column in ("from", "to", "rank"), min_width=longest)
    for change in moved:
        table.add_row(
            change.mineral_id,
            number(change.first_score, ".1f"),
            number(change.second_score, ".1f"),
            number(change.score_change, "+.1f"),
            f"{number(change.first_rank, 'd')} → {number(change.second_rank, 'd')}",
            # what is known to be nothing is 0, what is not known is a dash
            *("0" if part is not None and abs(part) < 0.05 else number(part, "+.1f") for part in change.parts.values()),
        )
    if moved:
        console.print(table)
    kept = len(found.minerals) - len(moved) - len(without)
    console.print(f"{kept} of {len(found.minerals)} minerals kept score and rank.")
    if without:
        console.print(f"Without a score in both: {', '.join(without)}.")
    for change in moved:
        if change.note:
            console.print(f"{change.mineral_id}: {change.note.replace('_', ' ')}", soft_wrap=True)
    for note in found.notes:
        console.print(note, soft_wrap=True)


def releases(home: DataHome, *, importer: str, changes: bool, style: str) -> None:
    """Print the kept releases, newest first, each with what changed against the one before it.

    A release is compared with the newest older one of everything that was landed. What cannot be compared is told, and
    stops nothing.

    Raises:
        NothingPublished: no release is kept.
    """
    found = kept(home)
    if not found:
        raise NothingPublished(f"no release in {home.root}; make one with: mineral-risk run")
    now = datetime.now(UTC)
    rows = []
    for position, release in enumerate(found):
        before = next((other for other in found[position + 1 :] if not other.is_rebuilt), None)
        row = _release_row(release, now)
        if changes:
            row |= _changes(home, before, release, importer)
        rows.append(row)
    if style != "table":
        columns = list(rows[0])
        write_rows(columns, [[row[column] for column in columns] for row in rows], style)
        return
    console = plain_console()
    for row in rows:
        _show_release(console, row, changes=changes)


def _release_row(release: KeptRelease, now: datetime) -> dict[str, Any]:
    facts = release.facts or {}
    created_at = release.created_at
    return {
        "release_id": release.release_id,
        "is_current": release.is_current,
        "age_days": None if created_at is None else (now - created_at).days,
        **{
            name: facts.get(name)
            for name in (
                "created_at", "as_of", "code_version", "schema_version", "method_version", "data_through_year"
            )
        },
        "damage": None if release.facts is not None else "manifest.json cannot be read",
    }  # fmt: skip


def _changes(home: DataHome, before: KeptRelease | None, release: KeptRelease, importer: str) -> dict[str, Any]:
    """Return what changed in a release; what is not known is None, and `not_compared` says why."""
    row: dict[str, Any] = dict.fromkeys(
        (
            "compared_with", "inputs_changed", "made_from_changed", "tables_changed", "rows_added", "rows_removed",
            "rows_changed", "checks_moved", "largest_move_mineral_id", "largest_move", "not_compared",
        )
    )  # fmt: skip
    if before is None:
        return row | {"not_compared": "no older release is kept"}
    row["compared_with"] = before.release_id
    try:
        tables = compare_tables(home, before.release_id, release.release_id)
        differing = [table for table in tables.tables if not table.is_same]
        moves = Counter(check.move for check in tables.checks)
        row |= {
            "inputs_changed": None
            if tables.inputs is None
            else "; ".join(_input(changed) for changed in tables.inputs),
            "tables_changed": len(differing),
            "rows_added": sum(table.rows_added for table in differing),
            "rows_removed": sum(table.rows_removed for table in differing),
            # of a table without a key every changed row is one added and one removed
            "rows_changed": sum(table.rows_changed or 0 for table in differing),
            "checks_moved": ", ".join(f"{moves[move]} {move}" for move in MOVES if moves[move]),
        }
        scores = compare(home, before.release_id, release.release_id, importer)
        moved = [change for change in scores.minerals if change.score_change is not None]
        largest = max(moved, key=lambda change: abs(change.score_change or 0.0), default=None)
        row["made_from_changed"] = None if scores.differs is None else ", ".join(scores.differs)
        if largest is not None and largest.score_change:
            row |= {"largest_move_mineral_id": largest.mineral_id, "largest_move": largest.score_change}
    except (WarehouseError, duckdb.Error, OSError) as error:
        row["not_compared"] = " ".join(str(error).splitlines()[:1])
    return row


def _show_release(console: Console, row: dict[str, Any], *, changes: bool) -> None:
    console.print(
        f"{row['release_id']}"
        + (f"  {_count(row['age_days'], 'day')} old" if row["age_days"] is not None else "")
        + ("  CURRENT: what readers see" if row["is_current"] else "")
        + (f"  rebuilt: what was known at {row['as_of']}" if row["as_of"] else ""),
        soft_wrap=True,
    )
    if row["damage"]:
        console.print(f"  damaged: {row['damage']}; it cannot be rolled back to", soft_wrap=True)
        return
    console.print(
        f"  trade through {row['data_through_year']}, schema {row['schema_version']}, method {row['method_version']},"
        f" code {row['code_version']}",
        soft_wrap=True,
    )
    if not changes:
        return
    if row["tables_changed"] is not None:
        rows = f"{row['rows_added']:,} rows added, {row['rows_removed']:,} removed, {row['rows_changed']:,} changed"
        differing = f"{_count(row['tables_changed'], 'table')} with other rows: {rows}"
        told = differing if row["tables_changed"] else "every table holds the same rows"
        console.print(f"  since {row['compared_with']}: {told}", soft_wrap=True)
        for label in ("inputs_changed", "checks_moved"):
            if row[label]:
                console.print(f"  {label.replace('_', ' ')}: {row[label]}", soft_wrap=True)
    if row["made_from_changed"]:
        console.print(f"  made from other: {row['made_from_changed']}", soft_wrap=True)
    if row["largest_move"] is not None:
        console.print(f"  largest move of a score: {row['largest_move_mineral_id']} {row['largest_move']:+.1f}")
    if row["not_compared"]:
        console.print(f"  not compared: {row['not_compared']}", soft_wrap=True)


def doctor(home: DataHome, *, max_age_days: int, with_landing: bool, style: str) -> int:
    """Print what the doctor found, one line per check, and return the exit code that tells the worst of it."""
    found = examine(home, max_age_days=max_age_days, with_landing=with_landing)
    if style == "json":
        write_json([asdict(finding) for finding in found])
    else:
        console = plain_console()
        width = max(len(finding.check) for finding in found)
        for finding in found:
            line = f"{finding.level:<8}  {finding.check:<{width}}  {finding.found}"
            console.print(line + (f"; to do: {finding.what_to_do}" if finding.what_to_do else ""), soft_wrap=True)
    return EXIT_CODES[worst(found)]


def rollback(home: DataHome, release_id: str) -> None:
    """Let readers see a kept release again, and print what they see now.

    Raises:
        InputRejected: no release of this id is kept.
        RunInProgress: a run is under way.
        WarehouseError: the release is damaged.
    """
    from flows.run import code_version

    done = roll_back(home, release_id, code_version=code_version())
    console = plain_console()
    facts, release = done.now_facts, done.now.release_id
    if done.has_moved:
        console.print(f"Readers see {release} now, in place of {done.before or 'nothing'}.", soft_wrap=True)
    else:
        console.print(f"Readers see {release} already; nothing was changed.", soft_wrap=True)
    console.print(
        f"Made {facts['created_at']}, trade through {facts['data_through_year']}, schema {facts['schema_version']},"
        f" method {facts['method_version']}; {_count(done.verification.file_count, 'file')} hashed again.",
        soft_wrap=True,
    )
    if done.verification.not_tested:
        console.print(f"Note: {done.verification.not_tested}.", soft_wrap=True)
    if facts.get("as_of") is not None:
        console.print(f"Note: it was rebuilt: readers see what was known at {facts['as_of']}.", soft_wrap=True)
    versions = [str(of.get("schema_version")) for of in (done.before_facts or facts, facts)]
    if versions[0].partition(".")[0] != versions[1].partition(".")[0]:
        console.print(
            f"Note: the schema goes from {versions[0]} to {versions[1]}: tables or columns that readers' queries name"
            f" have other names or are not there; see: {command_name()} diff {done.before} {release} --part tables",
            soft_wrap=True,
        )
    if done.unwritten:
        console.print(f"Note: the history of runs could not be written: {done.unwritten}", soft_wrap=True)
    if done.has_moved:
        console.print(f"The next run publishes a newer release as always. To undo: {command_name()} rollback", end=" ")
        console.print(done.before or "<id>", soft_wrap=True)


def change_row(found: Comparison, change: MineralChange) -> dict[str, Any]:
    """Return how the score of one mineral moved as one flat row."""
    return {
        "mineral_id": change.mineral_id,
        "importer_iso3": found.importer,
        "first_release_id": found.first.release_id,
        "first_year": found.first.year,
        "first_stage": change.first_stage,
        "first_score": change.first_score,
        "first_rank": change.first_rank,
        "second_release_id": found.second.release_id,
        "second_year": found.second.year,
        "second_stage": change.second_stage,
        "second_score": change.second_score,
        "second_rank": change.second_rank,
        "score_change": change.score_change,
        **change.parts,
        "note": "; ".join(
            note for note in (change.note, *(found.notes if change.parts["not_separable"] else ())) if note
        )
        or None,
    }


def rows_of(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Return the rows of a query by the names of their columns."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def write_json(told: object) -> None:
    """Print what was found for a program."""
    json.dump(told, sys.stdout, default=str, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _count(number_of: int, what: str) -> str:
    return f"{number_of:,} {what}" if number_of == 1 else f"{number_of:,} {what}s"
