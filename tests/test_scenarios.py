"""What if: the steps of a scenario against an engine written anew, and what must hold of any scenario."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.database import connect
from warehouse.paths import DBT_PROJECT

SUPPLIERS = ("AUS", "CHL", "CHN", "COD", "IDN", "PER", "XXX", "ZMB")
STEPS = ("contracted_t", "ordered_t", "withdrawn_t", "refilled_t", "additional_t", "delivered_t")


@dataclass(frozen=True)
class Supplier:
    """What a supplier sells the importer and others, and what a scenario does to it."""

    baseline_t: float
    elsewhere_t: float
    agreed_t: float | None = None
    cut_share: float = 0.0


@dataclass(frozen=True)
class Market:
    """A market and what a scenario asks of it."""

    suppliers: dict[str, Supplier]
    demand_change_t: float = 0.0
    home_supply_t: float = 0.0
    headroom_share: float = 0.1

    @property
    def baseline_t(self) -> float:
        return sum(supplier.baseline_t for supplier in self.suppliers.values())

    @property
    def demand_t(self) -> float:
        return self.baseline_t + self.demand_change_t


@cache
def engine_sql() -> str:
    """The model, rendered as dbt does, on a table of inputs."""
    macro = "".join(
        (DBT_PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("exact_sum", "scale_above_floors")
    )
    model = (DBT_PROJECT / "models" / "intermediate" / "int_scenario_deliveries.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(macro + model).render(ref=lambda name: f"inputs.{name}")  # noqa: S701


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    macros = (DBT_PROJECT / "macros" / "create_published_macros.sql").read_text(encoding="utf-8")
    scalar = jinja2.Environment(autoescape=False).from_string(macros).module.create_scalar_macros()  # type: ignore[attr-defined]  # noqa: S701
    with connect(threads=1) as connection:
        connection.execute(scalar)
        connection.execute("create schema inputs")
        yield connection


def by_sql(connection: duckdb.DuckDBPyConnection, market: Market, order: int = 0) -> dict[str, dict[str, float]]:
    """Work a market out with the model; the rows go in in an order of their own."""
    names = sorted(market.suppliers)
    random.Random(order).shuffle(names)  # noqa: S311
    connection.execute(
        """
        create or replace table inputs.int_scenario_supplies (
            scenario_id varchar, case_group varchar, case_id varchar, year integer, importer_iso3 varchar,
            mineral_id varchar, stage varchar, supplier_iso3 varchar, cell_baseline_t double, demand_change_t double,
            home_supply_t double, headroom_share double, baseline_t double, is_unweighed boolean, agreed_t double,
            is_agreed boolean, cut_share double, elsewhere_t double, purchase_usd_per_t double,
            elsewhere_usd_per_t double
        )
        """
    )
    for name in names:
        supplier = market.suppliers[name]
        connection.execute(
            "insert into inputs.int_scenario_supplies by name select 's' as scenario_id, 'start' as case_group,"
            " 'c' as case_id, 2024 as year, 'IND' as importer_iso3, 'copper' as mineral_id, 'ore' as stage,"
            " $name as supplier_iso3, $total as cell_baseline_t, $change as demand_change_t, $home as home_supply_t,"
            " $headroom as headroom_share, $baseline as baseline_t, false as is_unweighed, $agreed as agreed_t,"
            " $agreed is not null as is_agreed, $cut as cut_share, $elsewhere as elsewhere_t,"
            " 1.0 as purchase_usd_per_t, 1.0 as elsewhere_usd_per_t",
            {
                "name": name,
                "total": market.baseline_t,
                "change": market.demand_change_t,
                "home": market.home_supply_t,
                "headroom": market.headroom_share,
                "baseline": supplier.baseline_t,
                "agreed": supplier.agreed_t,
                "cut": supplier.cut_share,
                "elsewhere": supplier.elsewhere_t,
            },
        )
    found = connection.execute(
        f"select supplier_iso3, {', '.join(STEPS)}, cell_unmet_t, home_used_t from ({engine_sql()})"
    ).fetchall()
    return {row[0]: dict(zip((*STEPS, "unmet_t", "home_used_t"), row[1:], strict=True)) for row in found}


# --- the same, written anew: what is scaled above floors is found by halving ----------------------------


def above_floors(amounts: dict[str, float], floors: dict[str, float], target: float) -> dict[str, float]:
    low, high = 0.0, 1.0
    for _ in range(200):
        scale = (low + high) / 2
        total = sum(max(floors[name], amount * scale) for name, amount in amounts.items())
        low, high = (low, scale) if total > target else (scale, high)
    return {name: max(floors[name], amount * low) for name, amount in amounts.items()}


def by_hand(market: Market) -> dict[str, dict[str, float]]:
    growth = market.demand_t / market.baseline_t
    grown = {name: supplier.baseline_t * growth for name, supplier in market.suppliers.items()}
    agreed = {name: supplier.agreed_t for name, supplier in market.suppliers.items() if supplier.agreed_t is not None}
    floors = {name: agreed.get(name, 0.0) for name in grown}
    wished = {name: max(grown[name], amount) for name, amount in agreed.items()}
    left = market.demand_t - sum(wished.values())
    others = sum(amount for name, amount in grown.items() if name not in agreed)
    if not agreed:
        contracted = grown
    elif left < 0:
        contracted = dict.fromkeys(grown, 0.0) | above_floors(wished, floors, market.demand_t)
    else:
        contracted = {name: amount * (left / others if others else 0.0) for name, amount in grown.items()} | wished
    home = min(market.home_supply_t, market.demand_t)
    ordered = above_floors(contracted, floors, market.demand_t - home) if market.home_supply_t else contracted
    withdrawn = {name: ordered[name] * supplier.cut_share for name, supplier in market.suppliers.items()}
    room = {
        name: 0.0 if supplier.cut_share else supplier.elsewhere_t * market.headroom_share
        for name, supplier in market.suppliers.items()
    }
    shortfall = sum(withdrawn.values())
    asked = min(1.0, shortfall / sum(room.values())) if sum(room.values()) else 0.0
    return {
        name: {
            "contracted_t": contracted[name],
            "ordered_t": ordered[name],
            "withdrawn_t": withdrawn[name],
            "refilled_t": room[name] * asked,
            # more than what grows with demand was others' until now, if there are others
            "additional_t": room[name] * asked
            + (max(0.0, ordered[name] - grown[name]) if market.suppliers[name].elsewhere_t else 0.0),
            "delivered_t": ordered[name] - withdrawn[name] + room[name] * asked,
            "unmet_t": shortfall - asked * sum(room.values()),
            "home_used_t": home,
        }
        for name in market.suppliers
    }


# --- any market -----------------------------------------------------------------------------------------

AMOUNTS = st.one_of(st.just(0.0), st.floats(0.001, 1e6))
SHARES = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.01, 0.99))


@st.composite
def markets(draw: st.DrawFn) -> Market:
    names = draw(st.lists(st.sampled_from(SUPPLIERS), min_size=1, max_size=len(SUPPLIERS), unique=True))
    suppliers = {name: Supplier(draw(AMOUNTS), draw(AMOUNTS)) for name in names}
    if not any(supplier.baseline_t for supplier in suppliers.values()):
        suppliers[names[0]] = replace(suppliers[names[0]], baseline_t=1.0)
    baseline = sum(supplier.baseline_t for supplier in suppliers.values())
    demand = baseline * draw(st.one_of(st.just(1.0), st.floats(0.5, 10)))
    home = demand * draw(st.one_of(st.just(0.0), st.floats(0.01, 0.5)))
    # together no more than what is left beside home supply
    allowed = (demand - home) * draw(st.floats(0, 1))
    agreeing = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names)))
    for name in agreeing:
        suppliers[name] = replace(suppliers[name], agreed_t=allowed / len(agreeing))
    for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=2)):
        if suppliers[name].agreed_t is None:
            suppliers[name] = replace(suppliers[name], cut_share=draw(SHARES))
    return Market(suppliers, demand - baseline, home, draw(SHARES))


def total(found: dict[str, dict[str, float]], step: str) -> float:
    return sum(row[step] for row in found.values())


def unmet(found: dict[str, dict[str, float]]) -> float:
    (amount,) = {row["unmet_t"] for row in found.values()}
    return amount


@given(market=markets())
@settings(max_examples=300, deadline=None)
def test_the_steps_are_those_of_an_engine_written_anew(connection: duckdb.DuckDBPyConnection, market: Market) -> None:
    found, expected = by_sql(connection, market), by_hand(market)
    for name, steps in expected.items():
        for step, amount in steps.items():
            assert found[name][step] == pytest.approx(amount, rel=1e-9, abs=1e-9 * market.demand_t), (name, step)


@given(market=markets())
@settings(max_examples=200, deadline=None)
def test_nothing_is_created_or_lost_and_nothing_is_negative(
    connection: duckdb.DuckDBPyConnection, market: Market
) -> None:
    found = by_sql(connection, market)
    home = next(iter(found.values()))["home_used_t"]
    assert total(found, "delivered_t") + home + unmet(found) == pytest.approx(market.demand_t, rel=1e-9)
    assert total(found, "contracted_t") == pytest.approx(market.demand_t, rel=1e-9)
    assert all(amount >= 0 for row in found.values() for amount in row.values())
    for name, supplier in market.suppliers.items():
        if supplier.agreed_t is not None:
            assert found[name]["ordered_t"] >= supplier.agreed_t * (1 - 1e-12)
        assert found[name]["additional_t"] <= found[name]["delivered_t"] + 1e-9 * market.demand_t
        assert found[name]["refilled_t"] <= supplier.elsewhere_t * market.headroom_share * (1 + 1e-12)


@given(market=markets(), order=st.integers(1, 10**6))
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_shocks_changes_nothing(
    connection: duckdb.DuckDBPyConnection, market: Market, order: int
) -> None:
    assert by_sql(connection, market) == by_sql(connection, market, order)


@given(market=markets(), deeper=st.floats(0, 1), name=st.sampled_from(SUPPLIERS))
@settings(max_examples=150, deadline=None)
def test_a_deeper_cut_never_lowers_what_is_unmet(
    connection: duckdb.DuckDBPyConnection, market: Market, deeper: float, name: str
) -> None:
    if name not in market.suppliers:
        return
    supplier = market.suppliers[name]
    cut = replace(supplier, cut_share=supplier.cut_share + (1 - supplier.cut_share) * deeper)
    more = replace(market, suppliers={**market.suppliers, name: cut})
    assert unmet(by_sql(connection, more)) >= unmet(by_sql(connection, market)) - 1e-9 * market.demand_t


@given(market=markets(), more=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_more_headroom_never_raises_what_is_unmet(
    connection: duckdb.DuckDBPyConnection, market: Market, more: float
) -> None:
    roomier = replace(market, headroom_share=market.headroom_share + (1 - market.headroom_share) * more)
    assert unmet(by_sql(connection, roomier)) <= unmet(by_sql(connection, market)) + 1e-9 * market.demand_t


@given(market=markets())
@settings(max_examples=100, deadline=None)
def test_a_ban_on_who_sells_nothing_changes_what_others_sell_only_as_a_substitute(
    connection: duckdb.DuckDBPyConnection, market: Market
) -> None:
    """Without another cut nobody steps in, so a stranger that may not sell is missed by nobody."""
    calm = replace(
        market, suppliers={name: replace(supplier, cut_share=0.0) for name, supplier in market.suppliers.items()}
    )
    banned = replace(calm, suppliers={**calm.suppliers, "YYY": Supplier(0.0, 5.0, cut_share=1.0)})
    found = by_sql(connection, banned)
    assert found.pop("YYY")["delivered_t"] == 0
    assert found == by_sql(connection, calm)


@given(market=markets())
@settings(max_examples=100, deadline=None)
def test_nothing_asked_leaves_every_sale_as_it_was_to_the_last_digit(
    connection: duckdb.DuckDBPyConnection, market: Market
) -> None:
    calm = Market({name: Supplier(s.baseline_t, s.elsewhere_t) for name, s in market.suppliers.items()})
    found = by_sql(connection, calm)
    assert {name: row["delivered_t"] for name, row in found.items()} == {
        name: supplier.baseline_t for name, supplier in calm.suppliers.items()
    }
    assert unmet(found) == 0
