"""How sure a rank is: the draws, the formulas that they go through, and what is told of them."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.paths import DBT_PROJECT, REPOSITORY, SEEDS

MODEL = DBT_PROJECT / "models" / "metrics" / "metric_rank_draws.py"
GOALPOSTS = {
    "china_dependence": (0, 100, 30),
    "supplier_concentration": (0.1, 0.9, 20),
    "world_concentration": (0.5, 5, 15),
    "import_reliance": (0, 1, 15),
    "supplier_governance": (2, 8, 10),
    "export_controls": (0, 0.25, 10),
}
BANDS = {"low": (0, 25), "moderate": (25, 50), "high": (50, 75), "very_high": (75, 101)}
FLOOR = 1.0


def load() -> ModuleType:
    """Load the dbt model from its file, as dbt does."""
    spec = importlib.util.spec_from_file_location("metric_rank_draws", MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ranking = load()


@dataclass(frozen=True)
class Supplier:
    """What a supplier delivers, by value and by low, typical and high content."""

    iso3: str
    value: float
    low: float
    typical: float
    high: float
    severity: float = 0.0
    risk: float | None = None  # None: its governance is not known
    error: float = 0.0


@dataclass(frozen=True)
class Cell:
    """A cell as an analyst would write it down."""

    mineral: str
    suppliers: tuple[Supplier, ...]
    stage: str = "ore"
    importer: str = "IND"
    year: int = 2024
    via: float | None = None
    leverage: float = 75.0
    world: tuple[tuple[str, float], ...] = ()  # suppliers of the world whose governance is known here
    imports: tuple[float, float, float] = (10.0, 20.0, 30.0)
    exports: tuple[float, float, float] = (1.0, 1.0, 2.0)
    production: tuple[float, float, float] | None = (5.0, 6.0, 8.0)
    missing: tuple[str, ...] = ()
    is_material: bool = True


def of(kind: str, supplier: Supplier) -> float:
    return float(getattr(supplier, kind))


def largest(cell: Cell, kind: str) -> Supplier | None:
    ranked_by = "value" if kind == "value" else "typical"
    identified = [supplier for supplier in cell.suppliers if supplier.iso3 != "XXX"]
    return min(identified, key=lambda supplier: (-of(ranked_by, supplier), supplier.iso3), default=None)


# --- the reference: one cell and one draw at a time, supplier by supplier -------------------------------------


def amounts(cell: Cell, kind: str, position: float | None, unspecified: float) -> dict[str, float]:
    """What each supplier delivers, after the largest one was given its part of the unspecified origin."""
    if kind == "value":
        delivered = {supplier.iso3: supplier.value for supplier in cell.suppliers}
    elif position is None:
        delivered = {supplier.iso3: supplier.typical for supplier in cell.suppliers}
    else:
        delivered = {
            supplier.iso3: supplier.low + position * (supplier.high - supplier.low) for supplier in cell.suppliers
        }
    winner = largest(cell, kind)
    if winner is not None and "XXX" in delivered:
        delivered[winner.iso3] += unspecified * delivered["XXX"]
        delivered["XXX"] *= 1 - unspecified
    total = sum(delivered.values())
    return {iso3: amount / total for iso3, amount in delivered.items()}


def reference_raw(
    cell: Cell, by_weight: bool | None, position: float | None, unspecified: float, z: dict[str, float]
) -> dict[str, float]:
    shares = amounts(cell, "weight" if by_weight else "value", position, unspecified)
    exposures = [shares.get("CHN", 0.0)]
    if by_weight is None:
        exposures.append(amounts(cell, "weight", position, unspecified).get("CHN", 0.0))
    if cell.via is not None:
        exposures.append(cell.via)
    judged = {
        supplier.iso3: min(max(supplier.risk + z.get(supplier.iso3, 0.0) * supplier.error, 0.0), 10.0)
        for supplier in cell.suppliers
        if supplier.risk is not None
    }
    at = 1 if position is None else None

    def tonnes(low_to_high: tuple[float, float, float]) -> float:
        if at is not None:
            return low_to_high[at]
        assert position is not None
        return low_to_high[0] + position * (low_to_high[2] - low_to_high[0])

    net = tonnes(cell.imports) - tonnes(cell.exports)
    return {
        "china_dependence": cell.leverage * max(exposures),
        "supplier_concentration": sum(share**2 for iso3, share in shares.items() if iso3 != "XXX"),
        "world_concentration": sum(share**2 * judged[iso3] for iso3, share in cell.world),
        "import_reliance": 0.0 if net <= 0 or cell.production is None else net / (tonnes(cell.production) + net),
        "supplier_governance": sum(shares[iso3] * risk for iso3, risk in judged.items())
        / sum(shares[iso3] for iso3 in judged),
        "export_controls": sum(shares[supplier.iso3] * supplier.severity for supplier in cell.suppliers),
    }


def reference_score(
    cell: Cell,
    weights: dict[str, float],
    is_geometric: bool,
    by_weight: bool | None,
    position: float | None,
    unspecified: float,
    z: dict[str, float],
) -> float:
    raw = reference_raw(cell, by_weight, position, unspecified, z)
    points = {
        name: 100 * min(max((raw[name] - low) / (high - low), 0), 1)
        for name, (low, high, _) in GOALPOSTS.items()
        if name not in cell.missing
    }
    weight = sum(weights[name] for name in points)
    if is_geometric:
        return math.exp(sum(weights[name] * math.log(max(points[name], FLOOR)) for name in points) / weight)
    return sum(weights[name] * points[name] for name in points) / weight


# --- the model's inputs, from the same cells ------------------------------------------------------------------


def frames(cells: list[Cell]) -> dict[str, pl.DataFrame]:
    """Write cells down as the tables that the model reads."""
    cell_rows: list[dict[str, Any]] = []
    governance_rows: list[dict[str, Any]] = []
    component_rows: list[dict[str, Any]] = []
    for cell in cells:
        key = {"year": cell.year, "importer_iso3": cell.importer, "mineral_id": cell.mineral, "stage": cell.stage}
        row: dict[str, Any] = {**key, "is_material": cell.is_material}
        identified = [supplier for supplier in cell.suppliers if supplier.iso3 != "XXX"]
        for kind in ("value", "low", "typical", "high"):
            winner = largest(cell, kind)
            unspecified = sum(of(kind, supplier) for supplier in cell.suppliers if supplier.iso3 == "XXX")
            gain = {supplier.iso3: unspecified * (supplier is winner) for supplier in cell.suppliers}
            row |= {
                f"{kind}_total": sum(of(kind, supplier) for supplier in cell.suppliers),
                f"{kind}_unspecified": sum(gain.values()),
                f"{kind}_largest": of(kind, winner) if winner else 0.0,
                f"{kind}_squares": sum(of(kind, supplier) ** 2 for supplier in identified),
                f"{kind}_controlled": sum(of(kind, supplier) * supplier.severity for supplier in cell.suppliers),
                f"{kind}_controlled_gain": sum(gain[supplier.iso3] * supplier.severity for supplier in cell.suppliers),
                f"{kind}_china": sum(of(kind, supplier) for supplier in identified if supplier.iso3 == "CHN"),
                f"{kind}_china_gain": gain.get("CHN", 0.0),
            }
        row["low_high_products"] = sum(supplier.low * supplier.high for supplier in identified)
        row |= {"china_via_share": cell.via, "china_leverage": cell.leverage}
        for name, tonnes in (("imports", cell.imports), ("exports", cell.exports), ("production", cell.production)):
            for kind, amount in zip(("low", "typical", "high"), tonnes or (None, None, None), strict=True):
                row[f"{name}_{kind}_t"] = amount
        cell_rows.append(row)
        world = dict(cell.world)
        for supplier in cell.suppliers:
            if supplier.risk is None:
                continue
            judged = {
                **key,
                "governance_code": supplier.iso3,
                "governance_risk": supplier.risk,
                "governance_risk_standard_error": supplier.error,
                "world_squared_share": world.get(supplier.iso3, 0.0) ** 2,
            }
            for kind in ("value", "low", "typical", "high"):
                winner = largest(cell, kind)
                unspecified = sum(of(kind, other) for other in cell.suppliers if other.iso3 == "XXX")
                judged[f"{kind}_amount"] = of(kind, supplier)
                judged[f"{kind}_gain"] = unspecified * (supplier is winner)
            governance_rows.append(judged)
        base = reference_raw(cell, None, None, 0.0, {})
        component_rows.extend(
            {**key, "component_id": name, "raw_value": None if name in cell.missing else base[name]}
            for name in GOALPOSTS
        )
    return {
        "cells": pl.DataFrame(cell_rows, infer_schema_length=None),
        "governance": pl.DataFrame(governance_rows, infer_schema_length=None),
        "components": pl.DataFrame(component_rows, infer_schema_length=None),
    }


def goalposts(weights: dict[str, float] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"component_id": name, "goalpost_0": float(low), "goalpost_100": float(high),
             "weight": float(weight if weights is None else weights.get(name, 0))}
            for name, (low, high, weight) in GOALPOSTS.items()
        ]
    )  # fmt: skip


def bands() -> pl.DataFrame:
    return pl.DataFrame(
        [{"risk_band": name, "score_from": low, "score_below": below} for name, (low, below) in BANDS.items()]
    )


def draw(cells: list[Cell], shuffle: int | None = None, **changed: Any) -> pl.DataFrame:
    """Run the whole model on cells; `shuffle` reorders the rows of its tables."""
    tables = frames(cells)
    if shuffle is not None:
        tables = {name: table.sample(fraction=1, shuffle=True, seed=shuffle) for name, table in tables.items()}
    options: dict[str, Any] = {
        "goalposts": goalposts(), "bands": bands(), "uncertainties": list(ranking.Draws._fields), "draw_count": 100,
        "seed": 1, "concentration": 50.0, "floor": FLOOR,
    }  # fmt: skip
    drawn: pl.DataFrame = ranking.rank_draws(**tables, **(options | changed))
    return drawn


def digest(table: pl.DataFrame) -> str:
    stream = io.BytesIO()
    table.write_ipc(stream)
    return hashlib.sha256(stream.getvalue()).hexdigest()


def deviations(drawn: pl.DataFrame, mineral: str) -> dict[str, float]:
    alone = drawn.filter((pl.col("mineral_id") == mineral) & (pl.col("uncertainty_id") != "all"))
    return dict(alone.select("uncertainty_id", "score_variance").iter_rows())


def block(cells: list[Cell]) -> Any:
    tables = frames(cells)
    codes = tables["governance"]["governance_code"].unique().sort().to_list()
    (found,) = ranking.blocks(tables["cells"].sort(ranking.CELL), tables["governance"], tables["components"], codes)
    return found, codes


CHINA = Supplier("CHN", 0.5, 10, 20, 40, severity=0.5, risk=5.2, error=0.2)
CHILE = Supplier("CHL", 0.3, 30, 40, 50, risk=2.9, error=0.3)
KOSOVO = Supplier("XKX", 0.05, 5, 5, 5)
NOBODY = Supplier("XXX", 0.15, 10, 15, 20)
TIN = Cell("tin", (CHINA, CHILE, KOSOVO, NOBODY), via=0.55, world=(("CHN", 0.6), ("CHL", 0.2)))


# --- formulas -------------------------------------------------------------------------------------------------

amount = st.floats(0.01, 100)
part = st.floats(0, 1)


@st.composite
def any_cells(draw_value: Callable[..., Any]) -> list[Cell]:
    """Two cells of an importer: a country's governance is the same in both."""
    cells = [draw_value(any_cell(mineral)) for mineral in ("a", "b")]
    governed = {supplier.iso3: supplier for cell in cells for supplier in cell.suppliers}
    return [
        replace(
            cell,
            suppliers=tuple(
                replace(supplier, risk=governed[supplier.iso3].risk, error=governed[supplier.iso3].error)
                for supplier in cell.suppliers
            ),
        )
        for cell in cells
    ]


@st.composite
def any_cell(draw_value: Callable[..., Any], mineral: str) -> Cell:
    """A cell of up to four identified suppliers and, mostly, an unspecified origin."""
    names = draw_value(st.lists(st.sampled_from(["CHN", "CHL", "IDN", "ZAF"]), min_size=1, unique=True))
    suppliers = []
    for name in [*names, *draw_value(st.sampled_from([["XXX"], []]))]:
        low, typical, high = sorted(draw_value(st.tuples(amount, amount, amount)))
        known = name != "XXX"
        suppliers.append(
            Supplier(
                name, draw_value(amount), low, typical, high,
                severity=draw_value(part) if known else 0.0,
                risk=draw_value(st.floats(0, 10)) if known else None, error=draw_value(part) if known else 0.0,
            )
        )  # fmt: skip
    total = sum(supplier.value for supplier in suppliers)
    tonnes = st.tuples(amount, amount, amount).map(sorted).map(tuple)
    return Cell(
        mineral,
        tuple(replace(supplier, value=supplier.value / total) for supplier in suppliers),
        via=draw_value(st.none() | part),
        leverage=draw_value(st.floats(50, 100)),
        world=tuple((name, draw_value(part)) for name in names),
        imports=draw_value(tonnes),
        exports=draw_value(tonnes),
        production=draw_value(tonnes),
        missing=draw_value(st.sampled_from([(), ("import_reliance",), ("china_dependence", "world_concentration")])),
    )


@settings(max_examples=60, deadline=None)
@given(cells=any_cells(), chosen=st.sampled_from([*ranking.Draws._fields, "all", "none"]))
def test_scores_are_those_of_plain_arithmetic(cells: list[Cell], chosen: str) -> None:
    """Every draw of every uncertainty, alone, together and not at all, beside the same draw worked out by suppliers."""
    found, codes = block(cells)
    posts = goalposts().sort("component_id")
    base, drawn = ranking.base_draws(posts, codes), ranking.drawn_draws(posts, codes, 6, 1, 50.0)
    choice = {"all": drawn, "none": base}.get(chosen)
    if choice is None:
        choice = base._replace(**{chosen: getattr(drawn, chosen)})
    scores = np.broadcast_to(ranking.scores(found, posts, choice, FLOOR), (2, 6))
    is_drawn = {name: chosen in (name, "all") for name in ranking.Draws._fields}
    for number in range(6):
        weights = drawn.weights[:, number] if is_drawn["weights"] else base.weights[:, 0]
        for row, cell in enumerate(cells):
            expected = reference_score(
                cell,
                dict(zip(posts["component_id"], weights, strict=True)),
                is_geometric=is_drawn["mean"] and bool(drawn.mean[number]),
                by_weight=bool(drawn.shares[number]) if is_drawn["shares"] else None,
                position=float(drawn.content[2, number]) if is_drawn["content"] else None,
                unspecified=float(drawn.unspecified[number]) if is_drawn["unspecified"] else 0.0,
                z={code: float(drawn.governance[index, number]) for index, code in enumerate(codes)}
                if is_drawn["governance"] else {},
            )  # fmt: skip
            assert scores[row, number] == pytest.approx(expected, abs=1e-8)


def test_all_unspecified_is_the_largest_suppliers_at_one_and_spread_thin_at_zero() -> None:
    """0.5, 0.3, 0.05 and 0.15 of nobody: 0.25 + 0.09 + 0.0025 = 0.3425; with 0.65 in front 0.4225 + 0.0925 = 0.515."""
    found, codes = block([TIN])
    base = ranking.base_draws(goalposts(), codes)
    for unspecified, hhi, controlled in ((0.0, 0.3425, 0.25), (1.0, 0.515, 0.325)):
        raw = ranking.raw_values(found, base._replace(unspecified=np.array([unspecified])))
        assert raw["supplier_concentration"][0, 0] == pytest.approx(hhi, abs=1e-12)
        # half severe: half of China's share
        assert raw["export_controls"][0, 0] == pytest.approx(controlled, abs=1e-12)
    # (0.65 x 5.2 + 0.3 x 2.9) / 0.95: of the part that is China's now, governance is known
    assert raw["supplier_governance"][0, 0] == pytest.approx((0.65 * 5.2 + 0.3 * 2.9) / 0.95, abs=1e-12)
    # 65 % of China is more than 55 % through it
    assert raw["china_dependence"][0, 0] == pytest.approx(75 * 0.65, abs=1e-12)


def test_by_weight_chile_is_the_largest() -> None:
    """Typical content 20, 40, 5 and 15 of 80: 55 with nobody's, (55^2 + 20^2 + 5^2) / 80^2."""
    found, codes = block([TIN])
    base = ranking.base_draws(goalposts(), codes)
    raw = ranking.raw_values(found, base._replace(unspecified=np.array([1.0]), shares=np.array([True])))
    assert raw["supplier_concentration"][0, 0] == pytest.approx((55**2 + 20**2 + 5**2) / 80**2, abs=1e-12)
    # China has 20 of 80 by weight and nothing of nobody's: what is traced through it is more
    assert raw["china_dependence"][0, 0] == pytest.approx(75 * 0.55, abs=1e-12)


def two_components(first: float, second: float) -> Any:
    """Two components of the same weight that have these points: an index of 0 to 1, and a share of 0 to 1."""
    cell = replace(TIN, missing=("china_dependence", "world_concentration", "supplier_governance", "export_controls"))
    found, codes = block([cell])
    points = {
        "supplier_concentration": np.array([[0.1 + 0.8 * first / 100]]),
        "import_reliance": np.array([[second / 100]]),
    }
    return found._replace(raw_values=found.raw_values | points), codes


@pytest.mark.parametrize(
    ("first", "second", "arithmetic", "geometric"), [(100, 1, 50.5, 10), (100, 0, 50, 10), (25, 4, 14.5, 10)]
)
def test_geometric_mean_by_hand(
    first: float, second: float, arithmetic: float, geometric: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root of 100 x 1 is 10; a zero counts as one point; the root of 25 x 4 is 10."""
    found, codes = two_components(first, second)
    posts = goalposts({"supplier_concentration": 50, "import_reliance": 50}).sort("component_id")
    monkeypatch.setattr(ranking, "raw_values", lambda *_: {})
    base = ranking.base_draws(posts, codes)
    scores = ranking.scores(found, posts, base._replace(mean=np.array([False, True])), FLOOR)
    assert scores.tolist() == [[pytest.approx(arithmetic, abs=1e-9), pytest.approx(geometric, abs=1e-9)]]


def test_where_production_at_an_end_of_the_range_is_not_known_reliance_stays() -> None:
    """At typical content more is exported than imported, which is no reliance whatever is produced."""
    cell = replace(TIN, imports=(1.0, 1.0, 9.0), exports=(2.0, 2.0, 2.0), production=None)
    found, codes = block([cell])
    drawn = ranking.base_draws(goalposts(), codes)._replace(content=np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))
    assert ranking.raw_values(found, drawn)["import_reliance"].tolist() == [[0, 0]]


# --- draws ----------------------------------------------------------------------------------------------------

MANY = 20_000


@pytest.fixture(scope="module")
def many() -> Any:
    return ranking.drawn_draws(goalposts().sort("component_id"), ["CHL", "CHN"], MANY, 1, 50.0)


def test_weights_have_the_mean_and_variance_of_the_dirichlet(many: Any) -> None:
    """Mean p and variance p (1 - p) / (concentration + 1)."""
    assert many.weights.sum(axis=0) == pytest.approx(1)
    for row, weight in zip(many.weights, goalposts().sort("component_id")["weight"] / 100, strict=True):
        assert row.mean() == pytest.approx(weight, rel=0.01)
        assert row.var() == pytest.approx(weight * (1 - weight) / 51, rel=0.05)


def test_a_component_of_weight_zero_stays_out(many: Any) -> None:
    posts = goalposts({"import_reliance": 40, "china_dependence": 60}).sort("component_id")
    drawn = ranking.drawn_draws(posts, [], 10, 1, 50.0)
    is_out = (posts["weight"] == 0).to_numpy()
    assert (drawn.weights[is_out] == 0).all() and (drawn.weights[~is_out] > 0).all()


def test_mean_and_shares_are_one_or_the_other_with_equal_probability(many: Any) -> None:
    for choice in (many.mean, many.shares):
        assert choice.dtype == bool
        assert choice.mean() == pytest.approx(0.5, abs=0.015)


def test_unspecified_and_content_are_uniform(many: Any) -> None:
    for position in (many.unspecified, many.content[2]):
        assert 0 <= position.min() < 0.001 and 0.999 < position.max() <= 1
        assert position.mean() == pytest.approx(1 / 2, abs=0.01)
        assert position.var() == pytest.approx(1 / 12, rel=0.03)
    assert (many.content[0] == 1 - many.content[2]).all() and (many.content[1] == 0).all()


def test_governance_is_normal(many: Any) -> None:
    assert many.governance.mean(axis=1) == pytest.approx(0, abs=0.03)
    assert many.governance.std(axis=1) == pytest.approx(1, rel=0.02)


def test_the_six_are_drawn_apart(many: Any) -> None:
    rows = np.vstack([many.weights[0], many.mean, many.shares, *many.governance, many.unspecified, many.content[2]])
    correlations = np.corrcoef(rows) - np.eye(len(rows))
    assert abs(correlations).max() < 0.03


def test_another_country_leaves_the_draws_of_the_others(many: Any) -> None:
    more = ranking.drawn_draws(goalposts().sort("component_id"), ["AUS", "CHL", "CHN"], MANY, 1, 50.0)
    assert (more.governance[1:] == many.governance).all()
    assert (more.weights == many.weights).all() and (more.unspecified == many.unspecified).all()


def test_governance_is_cut_to_its_scale() -> None:
    cell = replace(TIN, suppliers=(replace(CHILE, risk=9.9, error=5.0),), world=())
    found, codes = block([cell])
    base = ranking.base_draws(goalposts(), codes)
    raw = ranking.raw_values(found, base._replace(governance=np.array([[-9.0, 0.0, 9.0]])))
    assert raw["supplier_governance"].tolist() == [[0, pytest.approx(9.9), 10]]


# --- ranks and what is told of them ---------------------------------------------------------------------------


def test_rank_1_has_the_highest_score_and_a_tie_the_better_rank() -> None:
    """Two draws of four cells: 9, 5, 5, 1 and 1, 2, 3, 4."""
    scores = np.array([[9.0, 1.0], [5.0, 2.0], [5.0, 3.0], [1.0, 4.0]])
    assert ranking.ranks(scores).tolist() == [[1, 4], [2, 3], [2, 2], [4, 1]]


def test_quantiles_are_drawn_values_and_bands_are_counted() -> None:
    """Of twenty draws the first is p05 and the nineteenth p95; of 1 to 19 points and 75, nineteen are low."""
    first = np.array([*range(1, 20), 75.0])
    second = np.full(20, 10.0)
    told = ranking.summary(np.array([[3.0], [10.0]]), np.array([first, second]), np.array([True, True]), bands())
    assert (told["score_p05"][0], told["score_p95"][0]) == (1, 19)
    # above 10 points it is the first, which it is ten times; at 10 both are
    assert (told["rank_p05"][0], told["rank_p95"][0], told["base_rank"][0]) == (1, 2, 2)
    assert told["score_variance"].tolist() == [pytest.approx(first.var()), 0]
    # second nine times of twenty: 0.45 x 0.55
    assert told["rank_variance"][0] == pytest.approx(0.45 * 0.55)
    assert [told[f"band {band}"].tolist() for band in BANDS] == [[0.95, 1], [0, 0], [0, 0], [0.05, 0]]


def test_a_rank_that_was_never_drawn_is_never_told() -> None:
    """Once the first of three and nineteen times the last: p05 is 1, and not the 2 between them."""
    drawn = np.array([[9.0] + [1.0] * 19, [5.0] * 20, [5.0] * 20])
    told = ranking.summary(drawn[:, :1], drawn, np.array([True] * 3), bands())
    assert (told["rank_p05"][0], told["rank_p95"][0]) == (1, 3)


def test_the_bands_of_a_cell_are_listed() -> None:
    listed = draw([alike("tin", 60)]).filter(uncertainty_id="all")["risk_band_probabilities"].to_list()
    assert listed == 2 * [[{"risk_band": name, "probability": float(name == "high")} for name in BANDS]]


def test_what_is_not_material_has_a_score_and_no_rank_and_is_no_bottleneck() -> None:
    risky = replace(TIN, stage="refined", leverage=100.0, is_material=False)
    drawn = draw([TIN, risky, replace(TIN, mineral="zinc", leverage=50.0)])
    of_all = {(row["mineral_id"], row["stage"]): row for row in drawn.filter(uncertainty_id="all").to_dicts()}
    assert of_all["tin", "refined"]["rank_p05"] is None and of_all["tin", "refined"]["rank_variance"] is None
    assert of_all["tin", "refined"]["score_p95"] > of_all["tin", "ore"]["score_p95"]
    assert of_all["tin", None]["base_score"] == of_all["tin", "ore"]["base_score"]
    assert [of_all[name, None]["base_rank"] for name in ("tin", "zinc")] == [1, 2]


def test_a_mineral_has_the_score_of_its_worst_stage_in_each_draw() -> None:
    """Stages that take turns: the mineral's p05 is above that of either."""
    by_value = replace(TIN, stage="refined", via=None, suppliers=(replace(CHINA, low=1, typical=1, high=1), CHILE))
    by_weight = replace(TIN, via=None, suppliers=(replace(CHINA, low=90, typical=90, high=90, value=0.05),
                                                  replace(CHILE, value=0.95)))  # fmt: skip
    drawn = draw([by_value, by_weight], draw_count=500).filter(uncertainty_id="all")
    low = dict(drawn.select("stage", "score_p05").iter_rows())
    assert low[None] > max(low["ore"], low["refined"])


def alike(mineral: str, points: float) -> Cell:
    """A cell that is all of one supplier, whose components have the same points, by value and by weight.

    Another mineral than tin has no governance: the supplier's cannot be another than it is for tin.
    """
    missing = ("supplier_concentration",) + (("supplier_governance", "world_concentration") if mineral != "tin" else ())
    supplier = Supplier("CHN", 1, 1, 1, 1, severity=0.25 * points / 100, risk=5.6)
    # 2 + 0.6 x 6 is 5.6
    world = math.sqrt((0.5 + 4.5 * points / 100) / 5.6)
    return Cell(
        mineral, (supplier,), leverage=points, world=(("CHN", world),), imports=(points,) * 3, exports=(0.0,) * 3,
        production=(100 - points,) * 3, missing=missing,
    )  # fmt: skip


def test_where_nothing_is_open_a_rank_is_sure() -> None:
    drawn = draw([alike("tin", 60), alike("zinc", 40)], concentration=1e12)
    for row in drawn.to_dicts():
        assert row["rank_p05"] == row["rank_p95"] == row["base_rank"] == (1 if row["mineral_id"] == "tin" else 2)
        assert row["score_p05"] == row["score_p95"] == pytest.approx(60 if row["mineral_id"] == "tin" else 40, abs=1e-6)
        assert row["score_variance"] == row["rank_variance"] == 0


def test_where_only_governance_is_open_only_governance_moves_the_score() -> None:
    open_cell, other = (
        replace(cell, suppliers=(replace(cell.suppliers[0], error=0.3),))
        for cell in (alike("tin", 60), alike("zinc", 40))
    )
    drawn = draw([open_cell, other])
    assert not any(deviations(drawn, "zinc").values())
    moved = deviations(drawn, "tin")
    assert {name for name, variance in moved.items() if variance > 0} == {"governance"}
    # two of five components of weights 15 and 10 of 80: 100 / 6 points of governance and 100 / 4.5 x 0.57 of the world
    world = open_cell.world[0][1] ** 2
    by_hand = 0.3 * (10 / 80 * 100 / 6 + 15 / 80 * 100 / 4.5 * world)
    assert math.sqrt(moved["governance"]) == pytest.approx(by_hand, rel=0.25)


def test_each_uncertainty_moves_a_cell_that_is_open_in_all() -> None:
    assert all(variance > 0 for variance in deviations(draw([replace(TIN, via=None)]), "tin").values())


def test_every_importer_and_year_is_ranked_by_itself() -> None:
    cells = [TIN, replace(TIN, importer="DEU", leverage=60.0), replace(TIN, year=2023, leverage=50.0)]
    drawn = draw(cells).filter(uncertainty_id="all")
    assert drawn["base_rank"].to_list() == drawn["rank_p95"].to_list() == [1] * 6


def test_no_cells_are_no_rows() -> None:
    tables = {name: table.clear() for name, table in frames([TIN]).items()}
    drawn = ranking.rank_draws(
        **tables, goalposts=goalposts(), bands=bands(), uncertainties=list(ranking.Draws._fields), draw_count=10,
        seed=1, concentration=50.0, floor=FLOOR,
    )  # fmt: skip
    assert drawn.is_empty() and drawn.columns == list(ranking.SCHEMA)


def test_the_uncertainties_are_those_of_the_seed() -> None:
    seeded = pl.read_csv(SEEDS / "seed_rank_uncertainties.csv")["uncertainty_id"].to_list()
    assert sorted(seeded) == sorted(ranking.Draws._fields)
    with pytest.raises(ValueError, match="seed_rank_uncertainties: uncertainty_id: expected content, .* found weights"):
        draw([TIN], uncertainties=["weights"])


def test_a_score_that_is_no_number_stops_the_model() -> None:
    with pytest.raises(ArithmeticError, match="'IND', 2024.*no number"):
        draw([replace(TIN, suppliers=(replace(CHINA, low=0, high=0),), world=())])


# --- the same inputs give the same bytes ----------------------------------------------------------------------

MINERALS = [
    replace(TIN, mineral=name, leverage=50.0 + number, via=None)
    for number, name in enumerate(("cobalt", "copper", "nickel", "tin"))
]
MINERALS += [replace(cell, stage="refined", leverage=90.0) for cell in MINERALS[:2]]


@settings(max_examples=10, deadline=None)
@given(shuffle=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(shuffle: int) -> None:
    assert digest(draw(MINERALS, shuffle=shuffle, draw_count=30)) == digest(draw(MINERALS, draw_count=30))


@settings(max_examples=10, deadline=None)
@given(names=st.permutations(["cobalt", "copper", "nickel", "tin"]))
def test_other_names_change_nothing_but_the_names(names: list[str]) -> None:
    renamed = dict(zip(sorted(names), names, strict=True))
    plain = draw(MINERALS, draw_count=30).with_columns(pl.col("mineral_id").replace_strict(renamed))
    other = draw([replace(cell, mineral=renamed[cell.mineral]) for cell in MINERALS], draw_count=30)
    assert digest(plain.sort(ranking.KEYS)) == digest(other)


def test_one_seed_one_result() -> None:
    assert digest(draw(MINERALS)) == digest(draw(MINERALS)) != digest(draw(MINERALS, seed=2))


def test_the_number_of_threads_changes_nothing() -> None:
    script = "from tests.test_rank_intervals import MINERALS, digest, draw; print(digest(draw(MINERALS)))"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=REPOSITORY,
            env={**os.environ, "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "POLARS_MAX_THREADS": count},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in ("1", "8")
    }
    assert found == {digest(draw(MINERALS)) + "\n"}
