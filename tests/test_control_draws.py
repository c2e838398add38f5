"""Which export measures may come: the seeded draws behind value at risk."""

from __future__ import annotations

import importlib.util
import math
import random
from types import ModuleType

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from warehouse.paths import DBT_PROJECT

MODEL = DBT_PROJECT / "models" / "intermediate" / "int_control_draws.py"
COUNT = 20_000
COLUMNS = ["supplier_iso3", "announcement_id", "mineral_id", "stage", "supply_cut_share", "is_first_of_mineral"]


def load() -> ModuleType:
    """Load the dbt model from its file, as dbt does."""
    spec = importlib.util.spec_from_file_location("int_control_draws", MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(
    announced: list[tuple[str, str, str, str, float, bool]],
    exported: list[tuple[str, str]],
    *,
    years: float = 5,
    count: int = COUNT,
    seed: int = 1,
) -> pl.DataFrame:
    frame: pl.DataFrame = load().draw(
        pl.DataFrame(announced, schema=COLUMNS, orient="row"),
        pl.DataFrame(exported, schema=["supplier_iso3", "mineral_id"], orient="row"),
        years=years,
        count=count,
        seed=seed,
    )
    return frame


def share_of_draws(frame: pl.DataFrame, count: int = COUNT) -> float:
    return frame["draw"].n_unique() / count


def close_to(probability: float, count: int = COUNT) -> object:
    """Within five standard errors of a share of draws: by chance it is missed once in a million seeds."""
    return pytest.approx(probability, abs=5 * math.sqrt(probability * (1 - probability) / count))


def test_a_country_announces_as_often_as_it_did() -> None:
    # two announcements in five years, repeated ones: a year with at least one is 1 - exp(-2/5)
    announced = [("CHN", "A1", "gallium", "refined", 0.5, False), ("CHN", "A2", "gallium", "refined", 1.0, False)]
    found = drawn(announced, [("CHN", "gallium")])
    assert share_of_draws(found) == close_to(1 - math.exp(-2 / 5))
    # each announcement comes by a Poisson draw of its own rate, and the larger one is what holds
    largest = found.filter(pl.col("supply_cut_share") == 1.0)
    assert share_of_draws(largest) == close_to(1 - math.exp(-1 / 5))
    assert set(found["supply_cut_share"]) == {0.5, 1.0}


def test_what_was_announced_at_once_comes_at_once() -> None:
    announced = [
        ("CHN", "A1", "gallium", "refined", 0.5, False),
        ("CHN", "A1", "germanium", "refined", 0.5, False),
        ("CHN", "A1", "germanium", "compound", 0.25, False),
    ]
    found = drawn(announced, [("CHN", "gallium"), ("CHN", "germanium")])
    rows = found.group_by("draw").agg(pl.len().alias("rows"))
    assert set(rows["rows"]) == {3}


def test_a_first_measure_meets_a_mineral_that_was_free_at_every_stage() -> None:
    announced = [("CHN", "A1", "gallium", "refined", 0.5, True)]
    found = drawn(announced, [("CHN", "gallium"), ("CHN", "tungsten"), ("CHN", "bismuth")])
    assert set(found["mineral_id"]) == {"tungsten", "bismuth"}
    assert set(found["stage"]) == {"all"}
    # where it exports nothing else there is no other mineral
    alone = drawn(announced, [("CHN", "gallium")])
    assert set(alone.select("mineral_id", "stage").iter_rows()) == {("gallium", "refined")}


def test_who_never_announced_begins_as_often_as_others_began() -> None:
    announced = [("CHN", "A1", "gallium", "refined", 0.5, False)]
    exported = [("CHN", "gallium"), ("PER", "copper"), ("CHL", "copper"), ("CHL", "lithium")]
    newcomers = drawn(announced, exported).filter(pl.col("supplier_iso3") != "CHN")
    # one of three exporters began within five years: 1/15 a year each, and there are two
    assert share_of_draws(newcomers) == close_to(1 - math.exp(-2 / 15))
    assert set(newcomers.select("supplier_iso3", "mineral_id").iter_rows()) == {
        ("PER", "copper"),
        ("CHL", "copper"),
        ("CHL", "lithium"),
    }


def test_without_a_register_nothing_is_drawn() -> None:
    assert drawn([], [("CHN", "gallium")]).is_empty()
    # who exports nothing that is followed holds nothing back
    assert drawn([("CHN", "A1", "gallium", "refined", 0.5, False)], [("CHL", "copper")]).is_empty()


def test_the_same_seed_draws_the_same_in_whatever_order_rows_come() -> None:
    announced = [
        ("CHN", "A1", "gallium", "refined", 0.5, True),
        ("CHN", "A2", "germanium", "refined", 0.25, False),
        ("IDN", "A3", "nickel", "ore", 1.0, True),
        ("IDN", "A4", "copper", "ore", 1.0, False),
    ]
    exported = [(country, mineral) for country in ("CHN", "IDN", "PER") for mineral in ("copper", "gallium", "tin")]
    first = drawn(announced, exported, count=500)
    order = random.Random(7)  # noqa: S311 - no secret
    for _ in range(5):
        order.shuffle(announced)
        order.shuffle(exported)
        assert_frame_equal(drawn(announced, exported, count=500), first)
    assert not drawn(announced, exported, count=500, seed=2).equals(first)
