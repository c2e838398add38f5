"""What the commands about releases print. They only read, but for the rollback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from flows.release_comparison import PARTS, Comparison, MineralChange, compare
from flows.screens import number, one_row, plain_table, write_rows
from flows.why_screen import WIDEST, plain_console
from warehouse.database import connect
from warehouse.paths import DataHome
from warehouse.release import current_release


def status(home: DataHome) -> None:
    """Print what is published and how old it is."""
    release = current_release(home)
    console = Console()
    with connect(release.database, read_only=True) as connection:
        created_at, through, as_of, code, schema, method = one_row(
            connection,
            "select created_at, data_through_year, controls_as_of, code_version, schema_version, method_version"
            " from meta.release",
        )
        checks = connection.execute(
            "select layer, tool, status, count(*) from meta.checks group by all order by all"
        ).fetchall()
        warned = connection.execute(
            "select table_name, check_name, observed from meta.checks where status = 'warned' order by all"
        ).fetchall()
        sources = connection.execute(
            "select source_id, title, years, rows_loaded, retrieved_at, newest_period_age_days,"
            " newest_year_importer_count, round(newest_year_value_ratio, 2),"
            " case when is_provisional then 'provisional' when not is_newest then 'earlier vintage' end"
            " from meta.sources order by all"
        ).fetchall()
    age = datetime.now(UTC).replace(tzinfo=None) - created_at
    console.print(f"Release {release.release_id}, {age.days} days old, trade through {through}, controls as of {as_of}")
    console.print(f"Code {code}, schema {schema}, method {method}", highlight=False)
    console.print(plain_table("Sources", SOURCE_COLUMNS, sources))
    console.print(plain_table("Checks", ("layer", "tool", "status", "count"), checks))
    for table_name, check_name, observed in warned:
        console.print(f"warned: {table_name}: {check_name}: {observed}", highlight=False, soft_wrap=True)


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
