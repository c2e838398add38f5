"""What the commands print: tables for people, CSV and JSON for programs. Only reads the published file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from flows.row_writers import write_csv, write_json
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import DATABASE_NAME, current_release

if TYPE_CHECKING:
    pass

Rows = Sequence[Sequence[Any]]
WIDE_SCREEN = 120

# What a reader of the scores sees, one row per mineral and stage; goods where one HS code stands for it.
SCORES = """
    select
        scores.risk_rank as rank,
        minerals.mineral_name as mineral,
        scores.stage,
        goods.goods,
        scores.risk_score,
        scores.risk_score_current_controls,
        scores.risk_band,
        dependence.china_value_share,
        concentration.top_supplier_iso3 as top_supplier,
        concentration.top1_share,
        concentration.import_value_usd,
        scores.top_driver,
        scores.completeness,
        scores.missing_components,
        scores.is_material,
        concentration.source_id,
        concentration.months_covered,
        scores.is_provisional,
        concentration.has_basket_code
    from marts.risk_scores as scores
    inner join marts.minerals as minerals on scores.mineral_id = minerals.mineral_id
    inner join marts.supplier_concentration as concentration
        on scores.year = concentration.year and scores.importer_iso3 = concentration.importer_iso3
        and scores.mineral_id = concentration.mineral_id and scores.stage = concentration.stage
    inner join marts.china_dependence as dependence
        on scores.year = dependence.year and scores.importer_iso3 = dependence.importer_iso3
        and scores.mineral_id = dependence.mineral_id and scores.stage = dependence.stage
    left join (
        select mineral_id, stage, hs_revision || ':' || hs6_code as code_set, any_value(hs_description) as goods
        from marts.mineral_products group by all
    ) as goods
        on scores.mineral_id = goods.mineral_id and scores.stage = goods.stage
        and concentration.code_set = goods.code_set
    where scores.importer_iso3 = $importer and scores.year = $year
        and case when $mineral is null then scores.is_material else scores.mineral_id = $mineral end
    order by scores.risk_rank nulls last, scores.risk_score desc nulls last, mineral, scores.stage
"""


def riskiest(home: DataHome) -> None:
    """Print what a run ends with: flows left out, India's riskiest minerals, the release, the next command."""
    console = Console()
    release = current_release(home)
    with connect(release.database, read_only=True) as connection:
        loaded, unnamed = one_row(
            connection,
            "select sum(flow_count) filter (where disposition != 'no_seed_names_the_code'),"
            " coalesce(sum(flow_count) filter (where disposition = 'no_seed_names_the_code'), 0)"
            " from marts.flow_accounting",
        )
        unnamed_codes = connection.execute(
            "select hs6_code, flow_count from marts.flow_accounting where disposition = 'no_seed_names_the_code'"
            " order by flow_count desc, hs6_code"
        ).fetchall()
        left_out = connection.execute(
            "select disposition, sum(flow_count),"
            " list({'code': hs_revision || ' ' || hs6_code, 'flow_count': flow_count}"
            " order by flow_count desc, hs_revision, hs6_code) from marts.flow_accounting"
            " where disposition not in ('used', 'no_seed_names_the_code') group by all order by all"
        ).fetchall()
        year = _newest_year(connection)
        (as_of,) = one_row(connection, "select controls_as_of from meta.release")
        found = _fetch(connection, SCORES, {"importer": "IND", "year": year, "mineral": None})
    console.print(
        f"\n{loaded + unnamed:,} flows read; {unnamed:,} of them carry an HS code that no seed names"
        + (f" ({_listed(unnamed_codes)})" if unnamed_codes else "")
        + "."
    )
    for disposition, count, codes in left_out:
        listed = _listed([(code["code"], code["flow_count"]) for code in codes])
        console.print(f"{count:,} flows are not counted, {disposition.replace('_', ' ')} ({listed}).")
    console.print()
    console.print(_scores_table(f"India's riskiest minerals, {year}", found[1][:12], console.width, as_of))
    for line in _unfinished((found[0], found[1][:12])):
        console.print(line, highlight=False)
    console.print(f"\nRelease {release.release_id}: {short_path(home.published_database)}", soft_wrap=True)
    console.print(f"Next: {command_name()} scores")


def rebuilt(home: DataHome, release_id: str) -> None:
    """Print what a rebuild of an earlier day ends with: where it is, and which release had the same figures."""
    console = Console()
    manifests = {
        manifest.parent.name: json.loads(manifest.read_text(encoding="utf-8"))
        for manifest in sorted(home.releases.glob("[!.]*/manifest.json"))
    }
    built = manifests.pop(release_id)
    same = [name for name, other in manifests.items() if other["content_hash"] == built["content_hash"]]
    console.print(f"\nWhat was known at {built['as_of']}: {built['code_version']}, trade through", end=" ")
    console.print(f"{built['data_through_year']}; `current` stays as it is.", highlight=False)
    console.print(f"The same figures as {', '.join(same)}." if same else "No kept release has the same figures.")
    console.print(f"Release {release_id}: {short_path(home.releases / release_id / DATABASE_NAME)}", soft_wrap=True)


def scores(home: DataHome, *, importer: str, year: int | None, mineral: str | None, style: str) -> None:
    """Print the scores of an importer.

    Raises:
        NothingPublished: no release yet.
        InputRejected: importer, year or mineral is not in the release.
        WarehouseError: the release is of a schema before 1.2.0.
    """
    release = current_release(home)
    with connect(release.database, read_only=True) as connection:
        year = year if year is not None else _newest_year(connection)
        for what, value, table, column in (
            ("importer", importer, "marts.risk_scores", "importer_iso3"),
            ("year", year, "marts.risk_scores", "year"),
            ("mineral", mineral, "marts.minerals", "mineral_id"),
        ):
            known = f"select count(*) > 0 from {table} where {column} = ?"
            if value is not None and not one_row(connection, known, [value])[0]:
                options = connection.execute(f"select distinct {column} from {table} order by 1").fetchall()
                shown = ", ".join(str(row[0]) for row in options[:12]) + (" …" if len(options) > 12 else "")
                raise InputRejected(f"--{what} {value}: not in release {release.release_id}; it has {shown}")
        (as_of,) = one_row(connection, "select controls_as_of from meta.release")
        try:
            found = _fetch(connection, SCORES, {"importer": importer, "year": year, "mineral": mineral})
        except duckdb.BinderException as error:  # a column that an older schema does not have
            (schema,) = one_row(connection, "select schema_version from meta.release")
            raise WarehouseError(
                f"release {release.release_id}: has schema {schema}, scores are shown since 1.2.0: ask it by"
                " mineral-risk sql, or publish a newer one by mineral-risk run"
            ) from error
        missing = connection.execute(
            "select mineral_id, missing_reasons from marts.mineral_risk"
            " where importer_iso3 = $importer and year = $year"
            " and risk_score is null and stages_missing is not null"
            " and ($mineral is null or mineral_id = $mineral) order by 1",
            {"importer": importer, "year": year, "mineral": mineral},
        ).fetchall()
    if style != "table":
        write_rows(found[0], found[1], style)
        return
    console = Console()
    console.print(_scores_table(f"{importer}, {year}", found[1], console.width, as_of))
    for line in _unfinished(found):
        console.print(line, highlight=False)
    if missing:
        console.print("\nWithout a score, which is not without risk:")
        for mineral_id, reasons in missing:
            console.print(f"  {mineral_id}: {reasons.replace('_', ' ')}", highlight=False)


def why(
    home: DataHome,
    mineral: str,
    *,
    importer: str,
    year: int | None,
    stage: str | None,
    against: str | None,
    sql: bool,
    style: str,
) -> None:
    """Print what stands behind the score of a mineral: a screen, its queries, or its rows as JSON.

    Raises:
        NothingPublished: no release yet.
        InputRejected: the mineral, importer, year, stage or the release to compare with is not there.
        WarehouseError: the release was made before the tables behind the screen were published.
    """
    from flows import why_screen
    from flows.release_comparison import compare
    from flows.release_screens import change_row
    from flows.why import as_sql, explain

    found = explain(home, mineral, importer=importer, year=year, stage=stage)
    comparison = compare(home, against, "current", importer) if against is not None else None
    moved = None
    if comparison is not None:
        moved = next(change for change in comparison.minerals if change.mineral_id == found.mineral)
    if sql:
        sys.stdout.write(as_sql(found))
    elif style == "json":
        told: dict[str, Any] = {name: rows for name, rows in found.rows.items() if name != "missing reasons"}
        if comparison is not None and moved is not None:
            told["against"] = change_row(comparison, moved) | {"by_component": moved.by_component}
        json.dump(told, sys.stdout, default=str, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        why_screen.show(found, None if comparison is None or moved is None else (comparison, moved))


def _scores_table(title: str, rows: Rows, width: int, controls_as_of: object) -> Table:
    """Lay out scores: what fits 80 columns first; stage, band and driver where the screen is wider."""
    layout = {
        "": (2, "right"),
        "mineral": (17, "left"),
        "goods": (19, "left"),
        "risk": (4, "right"),
        "now": (4, "right"),
        "China": (5, "right"),
        "supplier": (8, "left"),
        "M USD": (7, "right"),
        "stage": (12, "left"),
        "band": (9, "left"),
        "driver": (22, "left"),
    }
    kept = len(layout) if width >= WIDE_SCREEN else list(layout).index("stage")
    table = Table(
        title=title,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column, (column_width, justify) in list(layout.items())[:kept]:
        table.add_column(column, justify="right" if justify == "right" else "left", no_wrap=True, width=column_width)
    for (
        rank,
        mineral,
        stage,
        goods,
        score,
        current,
        band,
        china,
        top,
        top_share,
        value,
        driver,
        *_,
        is_basket,
    ) in rows:
        cells = [
            "–" if rank is None else str(rank),
            f"*{mineral}" if is_basket else mineral,
            goods or f"{stage}, several codes",
            number(score, ".1f"),
            number(current, ".1f"),
            number(china, ".0%"),
            f"{top} {number(top_share, '.0%')}",
            number(value / 1e6, ",.1f"),
            stage,
            (band or "no score").replace("_", " "),
            (driver or "–").replace("_", " "),
        ]
        table.add_row(*cells[:kept])
    table.caption = (
        f"risk: 0-100 with the export controls of the year; now: with those of {controls_as_of};\n"
        "China: share of import value; supplier: the largest; *: code holds other goods"
    )
    return table


def plain_table(title: str | None, columns: Sequence[str], rows: Rows) -> Table:
    """Lay out rows as they are; what is null stays empty."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    return table


def write_rows(columns: Sequence[str], rows: Rows, style: str) -> None:
    """Print rows for a program: JSON, or CSV in which no text is a formula."""
    (write_json if style == "json" else write_csv)(columns, rows, sys.stdout)


def _fetch(connection: duckdb.DuckDBPyConnection, text: str, parameters: Any) -> tuple[list[str], Rows]:
    cursor = connection.execute(text, parameters) if parameters is not None else connection.execute(text)
    if cursor is None or cursor.description is None:  # nothing but blanks or a comment
        return [], []
    return [column[0] for column in cursor.description], cursor.fetchall()


def one_row(connection: duckdb.DuckDBPyConnection, text: str, parameters: Any = None) -> tuple[Any, ...]:
    """Return the one row of a query.

    Raises:
        WarehouseError: there is none.
    """
    row = connection.execute(text, parameters).fetchone()
    if row is None:
        raise WarehouseError(f"the release has no row for: {text}")
    return tuple(row)


def _unfinished(found: tuple[Sequence[str], Rows]) -> list[str]:
    """Say which of the printed scores rest on a year that is not finished, or not known to be."""
    by_state: dict[bool | None, list[str]] = {}
    for row in found[1]:
        cells = dict(zip(found[0], row, strict=True))
        months = "" if cells["months_covered"] == 12 else f", {cells['months_covered']} months"
        by_state.setdefault(cells["is_provisional"], []).append(
            f"{cells['mineral']} {cells['stage']} ({cells['source_id']}{months})"
        )
    words = {True: "Provisional, the year is not finished", None: "Not known to be a whole year"}
    return [f"\n{words[state]}: {', '.join(names)}." for state, names in by_state.items() if state is not False]


def _newest_year(connection: duckdb.DuckDBPyConnection) -> int:
    return int(one_row(connection, "select max(year) from marts.latest_risk")[0])


def number(value: float | None, form: str) -> str:
    """Return a number as it is printed; what is not known is a dash."""
    return "–" if value is None else format(value, form)


def _listed(codes: Rows) -> str:
    shown = ", ".join(f"{code}: {count:,}" for code, count in codes[:5])
    return shown + (f" and {len(codes) - 5:,} more codes, all in marts.flow_accounting" if len(codes) > 5 else "")


def short_path(path: Any) -> str:
    """Return a path as a user of this checkout would type it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def command_name() -> str:
    """Return how the command line is called here."""
    local = REPOSITORY / ".venv" / "bin" / "mineral-risk"
    return ".venv/bin/mineral-risk" if local.exists() else "mineral-risk"
