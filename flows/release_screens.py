"""What the commands about releases print. They only read, but for the rollback."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import duckdb
from rich import box
from rich.table import Table

from flows.release_comparison import PARTS, Comparison, MineralChange, compare
from flows.screens import number, plain_table, write_rows
from flows.why_screen import WIDEST, plain_console
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import DataHome
from warehouse.release import current_release

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
    console.print(f"Release {release.release_id}, {_days(age.days)} old", soft_wrap=True)
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


def diff(home: DataHome, first: str, second: str, *, importer: str, style: str) -> None:
    """Print how every score moved from one release to another, and what moved it.

    Raises:
        InputRejected: a release is not kept, or does not have the importer.
        WarehouseError: a score moved although nothing that makes it differs.
    """
    found = compare(home, first, second, importer)
    rows = [change_row(found, change) for change in found.minerals]
    if style != "table":
        write_rows(list(rows[0]), [list(row.values()) for row in rows], style)
        return
    console = plain_console()
    console.print(
        f"{importer}: release {found.first.release_id} ({found.first.year})"
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


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
