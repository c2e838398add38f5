"""Why a score changed: the model's figures against the same reasoning in plain Python, on made-up and on real cells."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.database import connect
from warehouse.paths import DBT_PROJECT

MODEL = DBT_PROJECT / "models" / "metrics" / "metric_risk_score_changes.sql"
WEIGHTS = {"china_dependence": 30, "import_reliance": 15, "supplier_governance": 10, "world_concentration": 12.5}
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Component:
    """One component of a score in one year; points are null where it is missing."""

    weight: float
    points: float | None
    basis: str | None
    missing_reason: str | None


@dataclass(frozen=True)
class Cell:
    """A score of one year and what it rests on."""

    score: float | None
    missing: str | None
    scope: tuple[str | None, int | None, str | None]
    components: dict[str, Component]

    def share(self, component_id: str) -> float:
        """Return the weight of a component over the weight of those present, 0 for a missing one."""
        present = {name: part.weight for name, part in self.components.items() if part.points is not None}
        return present.get(component_id, 0) / sum(present.values())

    def contribution(self, component_id: str) -> float:
        """Return what a component adds to the score, points."""
        return self.share(component_id) * (self.components[component_id].points or 0)


Parts = tuple[float | None, float | None, float | None, str | None]


def parts_of_change(year: int, before: Cell, now: Cell) -> dict[str, Parts]:
    """Return contribution change, risk, coverage and reason of each component, as the method says them."""
    if before.score is None and now.score is None:
        return {}
    known = [
        name
        for name in now.components
        if before.components[name].points is not None or now.components[name].points is not None
    ]
    for of, cell in ((year, now), (year - 1, before)):
        if cell.score is None:
            return {name: (None, None, None, f"no_score_in_{of}: {cell.missing}") for name in known}

    words = ("source", "months", "code_set")
    moved = [word for word, old, new in zip(words, before.scope, now.scope, strict=True) if old != new]
    found: dict[str, Parts] = {}
    for name in known:
        old, new = before.components[name], now.components[name]
        change = now.contribution(name) - before.contribution(name)
        reasons = list(moved)
        if old.points is None:
            reasons.append("component_appeared")
        elif new.points is None:
            reasons.append(f"component_vanished: {new.missing_reason}")
        elif old.basis != new.basis:
            reasons.append(f"basis: {old.basis or 'none'} -> {new.basis or 'none'}")
        if reasons:
            found[name] = (change, 0, change, "; ".join(reasons))
            continue
        # the mean of both orders: first the points and then the weights, or the other way round
        assert old.points is not None and new.points is not None
        step = new.points - old.points
        risk = (before.share(name) * step + now.share(name) * step) / 2
        shifted = before.share(name) != now.share(name)
        found[name] = (change, risk, change - risk if shifted else 0, "other_components_changed" if shifted else None)
    return found


def same(found: Parts, expected: Parts) -> bool:
    """Say whether two splits of a change agree; coverage that should be nothing is exactly 0."""
    return (
        found[3] == expected[3]
        and (expected[2] != 0 or found[2] == 0)
        and all(
            (one is None) == (other is None) and (one is None or other is None or abs(one - other) < TOLERANCE)
            for one, other in zip(found[:3], expected[:3], strict=True)
        )
    )


# --- made-up cells -------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([None, "exports", "production usgs"])


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    """A cell with any component missing and any footing, scored or not."""
    components = {
        name: Component(weight, draw(st.none() | st.integers(0, 100)), draw(NAMES), f"no_{name}")
        for name, weight in WEIGHTS.items()
    }
    scope = (
        draw(st.sampled_from(["baci", "comtrade"])),
        draw(st.sampled_from([12, 9])),
        draw(st.sampled_from(["HS92:260900", "HS17:260900"])),
    )
    cell = Cell(None, "something", scope, components)
    if all(part.points is None for part in components.values()) or draw(st.integers(0, 9)) == 0:
        return cell
    return Cell(sum(cell.contribution(name) for name in components), None, scope, components)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Cell, Cell]:
    """Two years of a cell; half of the time the second keeps the first one's scope and bases."""
    before, now = draw(cells()), draw(cells())
    if draw(st.booleans()):
        components = {
            name: Component(part.weight, part.points, before.components[name].basis, part.missing_reason)
            for name, part in now.components.items()
        }
        now = Cell(now.score, now.missing, before.scope, components)
    return before, now


def changes_by_the_model(years: dict[tuple[str, int], Cell]) -> dict[tuple[str, int], dict[str, Parts]]:
    """Run the model's SQL on cells by importer and year; return the parts of each change."""
    sql = re.sub(r"{{ ref\('(\w+)'\) }}", r"\1", MODEL.read_text(encoding="utf-8"))
    key = "scenario_id varchar, year integer, importer_iso3 varchar, mineral_id varchar, stage varchar"
    with connect() as connection:
        connection.execute(
            f"create table int_import_cells ({key}, source_id varchar, months_covered integer, code_set varchar)"
        )
        connection.execute(
            f"create table metric_risk_scores (controls_basis varchar, {key}, value double, missing_components varchar)"
        )
        connection.execute(
            f"create table metric_risk_components (controls_basis varchar, {key}, component_id varchar, weight double,"
            " raw_value double, component_score double, contribution double, basis_detail varchar,"
            " missing_reason varchar)"
        )
        for (importer, year), cell in years.items():
            keys = ["baseline", year, importer, "tin", "ore"]
            connection.execute("insert into int_import_cells values (?, ?, ?, ?, ?, ?, ?, ?)", [*keys, *cell.scope])
            connection.execute(
                "insert into metric_risk_scores values ('of_year', ?, ?, ?, ?, ?, ?, ?)",
                [*keys, cell.score, cell.missing],
            )
            for name, part in cell.components.items():
                missing = part.points is None
                connection.execute(
                    "insert into metric_risk_components values ('of_year', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [*keys, name, part.weight, part.points, part.points, None if missing else cell.contribution(name),
                     part.basis, part.missing_reason if missing else None],
                )  # fmt: skip
        found: dict[tuple[str, int], dict[str, Parts]] = defaultdict(dict)
        for importer, year, name, score_change, *parts in connection.execute(
            "select importer_iso3, year, component_id, score_change, contribution_change, risk_change,"
            f" coverage_change, coverage_reason from ({sql})"
        ).fetchall():
            before, now = years[importer, year - 1].score, years[importer, year].score
            assert score_change == (None if before is None or now is None else now - before)
            found[importer, year][name] = (parts[0], parts[1], parts[2], parts[3])
    return dict(found)


@settings(max_examples=25, deadline=None)
@given(st.lists(pairs(), min_size=1, max_size=12))
def test_the_model_splits_a_change_as_the_method_says(drawn: list[tuple[Cell, Cell]]) -> None:
    years = {(f"I{number}", 2020 + number): before for number, (before, _) in enumerate(drawn)}
    years |= {(f"I{number}", 2021 + number): now for number, (_, now) in enumerate(drawn)}
    found = changes_by_the_model(years)
    for number, (before, now) in enumerate(drawn):
        parts = found.get((f"I{number}", 2021 + number), {})
        expected = parts_of_change(2021 + number, before, now)
        assert sorted(parts) == sorted(expected)
        assert [(name, parts[name], expected[name]) for name in parts if not same(parts[name], expected[name])] == []
        if before.score is not None and now.score is not None:
            summed = sum(float(part[0] or 0) for part in parts.values())
            assert summed == pytest.approx(now.score - before.score, abs=TOLERANCE)


@settings(max_examples=15, deadline=None)
@given(st.lists(pairs(), min_size=1, max_size=12))
def test_the_way_back_undoes_the_way_there(drawn: list[tuple[Cell, Cell]]) -> None:
    years: dict[tuple[str, int], Cell] = {}
    for number, (before, now) in enumerate(drawn):
        years |= {(f"I{number}", 2020): before, (f"I{number}", 2021): now, (f"I{number}", 2022): before}
    found = changes_by_the_model(years)
    for number in range(len(drawn)):
        there, back = (found.get((f"I{number}", year), {}) for year in (2021, 2022))
        assert sorted(there) == sorted(back)
        for name, parts in there.items():
            for one, other in zip(parts[:3], back[name][:3], strict=True):
                assert one is other is None or one == pytest.approx(-float(str(other)), abs=TOLERANCE)


def test_a_year_between_is_not_bridged() -> None:
    present = {name: Component(weight, 50, None, None) for name, weight in WEIGHTS.items()}
    cell = Cell(50, None, ("baci", 12, "HS92:260900"), present)
    assert changes_by_the_model({("IND", 2020): cell, ("IND", 2022): cell}) == {}
    assert list(changes_by_the_model({("IND", 2020): cell, ("IND", 2021): cell})) == [("IND", 2021)]


# --- real cells ----------------------------------------------------------------------------------------------------


def cells_of(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], dict[int, Cell]]:
    """Read every cell of a built database, by importer, mineral and stage and by year."""
    components: dict[tuple[object, ...], dict[str, Component]] = defaultdict(dict)
    of_year = "scenario_id = 'baseline' and controls_basis = 'of_year'"
    for importer, mineral, stage, year, name, *part in connection.execute(
        "select importer_iso3, mineral_id, stage, year, component_id, weight, component_score, basis_detail,"
        f" missing_reason from metrics.metric_risk_components where {of_year}"
    ).fetchall():
        components[importer, mineral, stage, year][name] = Component(*part)
    found: dict[tuple[str, str, str], dict[int, Cell]] = defaultdict(dict)
    for importer, mineral, stage, year, score, missing, *scope in connection.execute(
        "select importer_iso3, mineral_id, stage, year, risk_score, missing_components, source_id, months_covered,"
        " code_set from marts.risk_scores inner join intermediate.int_import_cells"
        " using (importer_iso3, mineral_id, stage, year) where scenario_id = 'baseline'"
    ).fetchall():
        found[importer, mineral, stage][year] = Cell(
            score, missing, (scope[0], scope[1], scope[2]), components[importer, mineral, stage, year]
        )
    return found


def test_every_published_change_is_what_the_method_says(built_database: Path, tmp_path: Path) -> None:
    # a copy: another test of this process may hold the original open
    copy = tmp_path / "built.duckdb"
    shutil.copyfile(built_database, copy)
    with connect(copy, read_only=True) as connection:
        assert_replayed(connection)


def assert_replayed(connection: duckdb.DuckDBPyConnection) -> None:
    """Expect the published changes of a built database to be those worked out here, and no others."""
    published: dict[tuple[object, ...], dict[str, Parts]] = defaultdict(dict)
    sums: dict[tuple[object, ...], list[float]] = {}
    for importer, mineral, stage, year, name, score_change, *parts in connection.execute(
        "select importer_iso3, mineral_id, stage, year, component_id, score_change, contribution_change, risk_change,"
        " coverage_change, coverage_reason from marts.risk_score_changes"
    ).fetchall():
        key = (importer, mineral, stage, year)
        published[key][name] = (parts[0], parts[1], parts[2], parts[3])
        if score_change is not None:
            sums.setdefault(key, [score_change]).append(-parts[0])
    assert max(abs(sum(terms)) for terms in sums.values()) < TOLERANCE

    split = 0
    for cell, years in cells_of(connection).items():
        for year, now in years.items():
            expected = parts_of_change(year, years[year - 1], now) if year - 1 in years else {}
            found = published.pop((*cell, year), {})
            assert sorted(found) == sorted(expected), (cell, year)
            wrong = {name: (found[name], expected[name]) for name in found if not same(found[name], expected[name])}
            assert wrong == {}, (cell, year)
            split += any(part[1] and part[2] for part in found.values())
    assert published == {}
    # a replay of nothing proves nothing
    assert split > 500
