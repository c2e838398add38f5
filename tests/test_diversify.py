"""Another mix of suppliers: linear programs worked by hand, what must hold of any of them, and the real purchases."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.diversify import OPTIONS, Diversified, Market, Objective, Supplier, diversify, published_market
from flows.diversify_screen import NO_MIX, frontier_rows, show_mix, supplier_rows, why_none
from tests.conftest import Refreshed
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError


def supplier(
    code: str,
    purchased_t: float | None,
    elsewhere_t: float | None,
    usd_per_t: float | None,
    governance_risk: float | None,
    severity: float = 0.0,
) -> Supplier:
    value_usd = purchased_t * usd_per_t if purchased_t and usd_per_t else 0.0
    return Supplier(code, code, purchased_t, value_usd, elsewhere_t, usd_per_t, governance_risk, severity, severity)


def market(*suppliers: Supplier) -> Market:
    return Market(2024, "IND", "copper", "ore", suppliers)


# 100 t for 60 x 100 + 40 x 80 = 9,200 USD. With a tenth of their sales to others, CHL could sell 60 + 30 = 90 t,
# IDN 40 + 10 = 50 t and PER 0 + 50 = 50 t. Risks: 0.3, 0.5 + 0.3 = 0.8 and 0.4; today 0.6 x 0.3 + 0.4 x 0.8 = 0.5.
CHL = supplier("CHL", 60, 300, 100, 3)
IDN = supplier("IDN", 40, 100, 80, 5, 0.3)
PER = supplier("PER", None, 500, 90, 4)
THREE = market(CHL, IDN, PER)


def ask(
    asked: Market, objective: Objective = "cheapest", max_share: float = 0.45, headroom_share: float = 0.1
) -> Diversified:
    return diversify(asked, objective, max_share=max_share, headroom_share=headroom_share)


def one_line(text: str) -> str:
    return " ".join(text.split())


# --- worked by hand --------------------------------------------------------------------------------------


def test_the_cheapest_suppliers_are_used_up_to_the_cap() -> None:
    # IDN (80) and PER (90) up to the cap, CHL (100) the rest: 45 x 80 + 45 x 90 + 10 x 100 = 8,650 USD
    found = ask(THREE)
    assert found.today.cost_usd == pytest.approx(9200)
    assert found.today.weighted_risk == pytest.approx(0.5)
    assert found.today.hhi == pytest.approx(0.6**2 + 0.4**2)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"CHL": 0.1, "IDN": 0.45, "PER": 0.45})
    assert found.best.cost_usd == pytest.approx(8650)
    assert found.best.usd_per_t == pytest.approx(86.5)
    # 0.45 x 0.8 + 0.45 x 0.4 + 0.1 x 0.3
    assert found.best.weighted_risk == pytest.approx(0.57)
    assert found.best.hhi == pytest.approx(2 * 0.45**2 + 0.1**2)
    assert found.best.china_share == 0
    # a cap of 46 %: 46 x 80 + 46 x 90 + 8 x 100 = 8,620 USD
    assert found.saved_by_one_more_point == pytest.approx(30)


def test_the_least_risky_suppliers_are_used_up_to_the_cap() -> None:
    # CHL (0.3) and PER (0.4) up to the cap, IDN (0.8) the rest: 0.135 + 0.18 + 0.08 = 0.395
    found = ask(THREE, "least-risk")
    assert found.best is not None
    assert found.best.shares == pytest.approx({"CHL": 0.45, "IDN": 0.1, "PER": 0.45})
    assert found.best.weighted_risk == pytest.approx(0.395)
    assert found.best.cost_usd == pytest.approx(45 * 100 + 10 * 80 + 45 * 90)  # 9,350 USD, dearer than today
    # a cap of 46 %: 0.46 x 0.3 + 0.46 x 0.4 + 0.08 x 0.8 = 0.386
    assert found.saved_by_one_more_point == pytest.approx(0.009)


def test_nobody_sells_more_than_it_can() -> None:
    # under a cap of 60 % what holds IDN and PER is the 50 t that each can sell
    found = ask(THREE, max_share=0.6)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"IDN": 0.5, "PER": 0.5})
    columns, rows = supplier_rows(found)
    by_code = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert {code: row["held_by"] for code, row in by_code.items()} == {
        "CHL": None,
        "IDN": "capacity",
        "PER": "capacity",
    }
    assert {code: row["change_t"] for code, row in by_code.items()} == pytest.approx({"CHL": -60, "IDN": 10, "PER": 50})
    assert {code: row["capacity_t"] for code, row in by_code.items()} == pytest.approx(
        {"CHL": 90, "IDN": 50, "PER": 50}
    )
    assert found.saved_by_one_more_point == pytest.approx(0)  # nobody is at the cap
    # a cheap CHL would be, with 40 of the 50 t of IDN beside it
    columns, rows = supplier_rows(ask(market(replace(CHL, usd_per_t=10), IDN, PER), max_share=0.6))
    assert [row[columns.index("held_by")] for row in rows] == ["cap", None, None]


def test_the_frontier_trades_cost_for_risk() -> None:
    # from CHL 45, IDN 10 to CHL 10, IDN 45 with PER at the cap: each tonne saves 20 USD and adds 0.005 of risk
    found = ask(THREE)
    columns, rows = frontier_rows(found)
    points = [dict(zip(columns, row, strict=True)) for row in rows]
    assert [point["weighted_risk"] for point in points] == pytest.approx([0.395 + 0.0175 * step for step in range(11)])
    assert [point["cost_usd"] for point in points] == pytest.approx([9350 - 70 * step for step in range(11)])
    assert [point["extra_cost_usd"] for point in points] == pytest.approx([150 - 70 * step for step in range(11)])
    # half-way both have 27.5 %
    assert points[5]["largest_supplier_iso3"] == "PER"
    assert points[5]["largest_share"] == pytest.approx(0.45)
    assert points[5]["hhi"] == pytest.approx(0.45**2 + 2 * 0.275**2)
    assert found.frontier == ask(THREE, "least-risk").frontier


def test_a_frontier_of_one_mix_is_one_row() -> None:
    # what is cheapest is least risky, too
    found = ask(market(supplier("AUS", 50, 1000, 70, 1), supplier("CHL", 50, 1000, 80, 2)), max_share=0.8)
    assert [mix.shares for mix in found.frontier] == [pytest.approx({"AUS": 0.8, "CHL": 0.2})]


def test_of_equal_prices_the_less_risky_is_taken() -> None:
    found = ask(market(CHL, IDN, replace(PER, usd_per_t=80)), max_share=0.5)
    # IDN and PER cost the same, and 50 t of each do it all; a cap of 80 % leaves IDN no more than PER cannot sell
    assert found.best is not None
    assert found.best.shares == pytest.approx({"IDN": 0.5, "PER": 0.5})
    found = ask(market(CHL, IDN, replace(PER, usd_per_t=80, exports_elsewhere_t=800)), max_share=0.8)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"IDN": 0.2, "PER": 0.8})


def test_of_equal_mixes_the_nearest_to_today_is_taken_and_then_the_first_by_code() -> None:
    alike = [supplier(code, bought_t, 1000, 10, 5) for code, bought_t in (("AAA", None), ("BBB", 70), ("CCC", 30))]
    for objective in ("cheapest", "least-risk"):
        found = ask(market(*alike, supplier("DDD", None, 1000, 10, 5)), objective, max_share=0.6)
        assert found.best is not None
        # BBB keeps what the cap lets it, CCC all; of AAA and DDD, new to the importer, the first gets the rest
        assert found.best.shares == pytest.approx({"AAA": 0.1, "BBB": 0.6, "CCC": 0.3})


# --- no mix ----------------------------------------------------------------------------------------------


def test_too_few_suppliers_for_the_cap() -> None:
    found = ask(THREE, max_share=0.3)
    short = found.shortfall
    assert found.best is None and found.frontier == () and found.saved_by_one_more_point is None
    assert short is not None
    assert (short.binding, short.supplier_count) == ("cap", 3)
    assert short.reachable_share == pytest.approx(0.9)
    assert (short.at_cap, short.at_capacity) == (("CHL", "IDN", "PER"), ())
    # three thirds do it, as each can sell 50 t; no headroom makes three suppliers four
    assert short.smallest_max_share == pytest.approx(1 / 3)
    assert short.smallest_headroom_share is None
    told = one_line(" ".join(why_none(found)))
    assert "The cap binds: 3 suppliers with at most 30.0% each are at most 90.0% of what IND buys (100 t)." in told
    assert "there is a mix from --max-share 0.3334 up; under this cap at no headroom" in told


def test_too_little_to_sell_beside_the_cap() -> None:
    # without headroom PER sells nothing, CHL up to the cap of 50 % and IDN its 40 t
    found = ask(THREE, max_share=0.5, headroom_share=0)
    short = found.shortfall
    assert found.best is None
    assert short is not None
    assert (short.binding, short.supplier_count) == ("cap and capacity together", 2)
    assert short.reachable_share == pytest.approx(0.9)
    assert (short.at_cap, short.at_capacity) == (("CHL",), ("IDN",))
    # today's mix again, or a headroom h of 40 + 100 h of IDN and 500 h of PER that makes 50 t: h = 1/60
    assert short.smallest_max_share == pytest.approx(0.6)
    assert short.smallest_headroom_share == pytest.approx(1 / 60)
    told = one_line(" ".join(why_none(found)))
    assert "Within reach: 90.0% of what IND buys (100 t). At the cap: CHL. At their capacity: IDN." in told
    assert "from --max-share 0.6 up; under this cap from --headroom 0.0167 up." in told


def test_too_little_to_sell_under_any_cap() -> None:
    # IDN's risk is not known: CHL can sell 90 t and PER, which sells others 50 t here, 5 t
    asked = market(CHL, replace(IDN, governance_risk=None), replace(PER, exports_elsewhere_t=50))
    found = ask(asked, "least-risk", max_share=1)
    short = found.shortfall
    assert short is not None
    assert short.binding == "capacity"
    assert short.reachable_share == pytest.approx(0.95)
    assert short.smallest_max_share is None
    # 60 + 300 h + 50 h = 100: h = 40 / 350
    assert short.smallest_headroom_share == pytest.approx(40 / 350)
    told = one_line(" ".join(why_none(found)))
    assert "Capacity binds, under any cap: what all 2 sell IND now" in told
    assert "there is a mix under no cap; under this cap from --headroom 0.1143 up." in told


@pytest.mark.parametrize("max_share", [0, -0.1, 1.01, math.nan])
def test_a_cap_that_is_no_share_is_refused(max_share: float) -> None:
    with pytest.raises(InputRejected, match="--max-share .*: expected a share above 0 and at most 1"):
        ask(THREE, max_share=max_share)


@pytest.mark.parametrize("headroom_share", [-0.1, 1.01, math.nan])
def test_a_headroom_that_is_no_share_is_refused(headroom_share: float) -> None:
    with pytest.raises(InputRejected, match="--headroom .*: expected a share of 0 to 1"):
        ask(THREE, headroom_share=headroom_share)


def test_no_headroom_is_beyond_all_that_a_supplier_sells() -> None:
    # with all that it sells to others IDN comes to 30 + 10 t, and CHL stops at the cap of 50 t
    found = ask(market(replace(CHL, purchased_t=70), supplier("IDN", 30, 10, 80, 5)), max_share=0.5, headroom_share=0)
    assert found.shortfall is not None
    assert found.shortfall.reachable_share == pytest.approx(0.8)
    assert found.shortfall.smallest_max_share == pytest.approx(0.7)
    assert found.shortfall.smallest_headroom_share is None


# --- what is not known -----------------------------------------------------------------------------------


def test_without_a_price_no_part_of_the_cheapest_mix() -> None:
    found = ask(market(CHL, IDN, PER, supplier("AUS", None, 9000, None, 1)))
    assert found.best is not None
    assert found.best.shares == pytest.approx({"CHL": 0.1, "IDN": 0.45, "PER": 0.45})
    assert found.left_out == {"AUS": "no price is known"}
    # the least risky mix takes AUS (0.1) and CHL (0.3) up to the cap and 10 t of PER (0.4); what it costs is not known
    found = ask(found.market, "least-risk")
    assert found.best is not None
    assert found.best.shares == pytest.approx({"AUS": 0.45, "CHL": 0.45, "PER": 0.1})
    assert found.best.weighted_risk == pytest.approx(0.045 + 0.135 + 0.04)
    assert found.best.cost_usd is None
    # the frontier is of those of which both are known
    assert found.frontier[0].shares == pytest.approx({"CHL": 0.45, "IDN": 0.1, "PER": 0.45})


def test_without_a_known_risk_no_part_of_the_least_risky_mix() -> None:
    asked = market(CHL, IDN, PER, supplier("XYZ", None, 9000, 10, None))
    found = ask(asked, "least-risk")
    assert found.best is not None
    assert found.best.shares == pytest.approx({"CHL": 0.45, "IDN": 0.1, "PER": 0.45})
    assert found.left_out == {"XYZ": "its governance risk is not known"}
    found = ask(asked)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"IDN": 0.45, "PER": 0.1, "XYZ": 0.45})
    assert found.best.weighted_risk is None
    # of equal prices one of unknown risk comes last
    found = ask(market(CHL, replace(IDN, usd_per_t=10), PER, asked.suppliers[3]), max_share=0.5)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"IDN": 0.5, "XYZ": 0.5})
    found = ask(market(CHL, replace(PER, usd_per_t=10, exports_elsewhere_t=900), asked.suppliers[3]), max_share=0.8)
    assert found.best is not None
    assert found.best.shares == pytest.approx({"PER": 0.8, "XYZ": 0.2})


def test_unknown_exports_elsewhere_are_not_counted_on() -> None:
    # CHL and IDN sell what they sell now and no more
    unknown = [replace(each, exports_elsewhere_t=None) for each in (CHL, IDN)]
    found = ask(market(*unknown, PER))
    assert found.best is not None
    assert found.best.shares == pytest.approx({"CHL": 0.15, "IDN": 0.4, "PER": 0.45})


def test_purchases_without_a_weight_are_outside_of_the_mix() -> None:
    unweighed = replace(supplier("AUS", None, 200, 95, 2), purchased_value_usd=500)
    asked = market(CHL, IDN, PER, unweighed)
    assert asked.demand_t == 100
    assert [each.unweighed_value_usd for each in asked.suppliers] == [0, 0, 0, 500]
    found = ask(asked)
    assert found.today.shares == pytest.approx({"CHL": 0.6, "IDN": 0.4})
    assert found.best is not None
    # AUS sells 20 t at most, a tenth of what it sells to others: here the 10 t beside IDN and PER
    assert found.best.shares == pytest.approx({"AUS": 0.1, "IDN": 0.45, "PER": 0.45})
    # that it sells IND what nobody weighed gives it no room: a twentieth of 200 t is all
    assert asked.suppliers[3].capacity_t(0.05) == pytest.approx(10)


def test_where_nothing_has_a_weight_there_is_nothing_to_share_out() -> None:
    with pytest.raises(InputRejected, match="IND, copper, ore, 2024: none of the purchases has a weight"):
        ask(market(replace(PER, purchased_value_usd=100)))


# --- what must hold of any market -------------------------------------------------------------------------

amounts = st.one_of(st.none(), st.integers(0, 100))
suppliers = st.builds(
    supplier,
    st.just("AAA"),
    amounts,
    st.one_of(st.none(), st.integers(0, 1000)),
    st.sampled_from([5, 10, 10, 12, 20, 100, 3000]),  # equal prices are what is hard
    st.sampled_from([0, 2, 5, 5, 10]),
    st.sampled_from([0.0, 0.0, 0.3, 1.0]),
)
markets = (
    st.lists(suppliers, min_size=1, max_size=8)
    .filter(lambda found: any(each.purchased_t for each in found))
    .map(lambda found: market(*(replace(each, supplier_iso3=chr(65 + place) * 3) for place, each in enumerate(found))))
)
caps = st.sampled_from([0.1, 0.2, 0.25, 0.4, 0.65, 1.0])
headrooms = st.sampled_from([0.0, 0.1, 0.3])
objectives: st.SearchStrategy[Objective] = st.sampled_from(["cheapest", "least-risk"])


def greedy(asked: Market, objective: Objective, max_share: float, headroom_share: float) -> tuple[float, float]:
    """Fill up from the best supplier on, which is exact here: the share that is reached, and its cost or risk."""
    by_measure = [
        (each.usd_per_t if objective == "cheapest" else each.risk, each.capacity_t(headroom_share) / asked.demand_t)
        for each in asked.suppliers
    ]
    reached, measure = 0.0, 0.0
    for of_one, capacity in sorted((of_one, capacity) for of_one, capacity in by_measure if of_one is not None):
        share = min(max_share, capacity, 1 - reached)
        reached, measure = reached + share, measure + share * of_one
    return reached, measure


@settings(deadline=None, max_examples=150)
@given(markets, objectives, caps, headrooms)
def test_the_mix_is_whole_within_its_limits_and_the_best(
    asked: Market, objective: Objective, max_share: float, headroom_share: float
) -> None:
    found = ask(asked, objective, max_share, headroom_share)
    reached, measure = greedy(asked, objective, max_share, headroom_share)
    if found.shortfall is not None:
        assert found.best is None
        assert found.shortfall.reachable_share == pytest.approx(reached)
        assert reached < 1
        return
    assert reached == pytest.approx(1)
    assert found.best is not None
    assert math.fsum(found.best.shares.values()) == pytest.approx(1, abs=1e-9)
    by_code = {each.supplier_iso3: each for each in asked.suppliers}
    for code, share in found.best.shares.items():
        assert 0 < share <= max_share + 1e-9
        assert share * asked.demand_t <= by_code[code].capacity_t(headroom_share) + 1e-6
    best = found.best.usd_per_t if objective == "cheapest" else found.best.weighted_risk
    assert best == pytest.approx(measure, rel=1e-6, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(markets, objectives, caps, headrooms, st.integers(0, 1000))
def test_the_order_of_suppliers_is_of_no_matter(
    asked: Market, objective: Objective, max_share: float, headroom_share: float, order: int
) -> None:
    shuffled = list(asked.suppliers)
    random.Random(order).shuffle(shuffled)  # noqa: S311
    assert ask(market(*shuffled), objective, max_share, headroom_share) == ask(
        asked, objective, max_share, headroom_share
    )


@settings(deadline=None, max_examples=60)
@given(markets, objectives, caps, caps, headrooms)
def test_a_looser_cap_is_never_worse(
    asked: Market, objective: Objective, first: float, second: float, headroom_share: float
) -> None:
    tight, loose = (ask(asked, objective, cap, headroom_share) for cap in sorted((first, second)))
    if tight.best is None:
        return
    assert loose.best is not None
    if objective == "cheapest":
        assert tight.best.usd_per_t is not None and loose.best.usd_per_t is not None
        assert loose.best.usd_per_t <= tight.best.usd_per_t * (1 + 1e-6)
    else:
        assert tight.best.weighted_risk is not None and loose.best.weighted_risk is not None
        assert loose.best.weighted_risk <= tight.best.weighted_risk + 1e-6
    assert tight.saved_by_one_more_point is None or tight.saved_by_one_more_point >= 0


@settings(deadline=None, max_examples=60)
@given(markets, caps, headrooms)
def test_along_the_frontier_less_cost_is_more_risk_and_each_saving_is_dearer(
    asked: Market, max_share: float, headroom_share: float
) -> None:
    found = ask(asked, "cheapest", max_share, headroom_share)
    if found.best is None:
        return
    risks = [mix.weighted_risk for mix in found.frontier if mix.weighted_risk is not None]
    costs = [mix.usd_per_t for mix in found.frontier if mix.usd_per_t is not None]
    assert len(risks) == len(costs) == len(found.frontier) in (1, 11)
    assert costs[-1] == pytest.approx(found.best.usd_per_t)
    safest = ask(asked, "least-risk", max_share, headroom_share).best
    assert safest is not None
    assert risks[0] == pytest.approx(safest.weighted_risk, abs=1e-6)
    steps = [(before, after) for before, after in zip(costs, costs[1:], strict=False)]
    assert all(after < before for before, after in steps)
    assert all(after > before for before, after in zip(risks, risks[1:], strict=False))
    # at equal steps of risk the savings shrink: the frontier is convex
    savings = [before - after for before, after in steps]
    assert all(after <= before + 1e-6 * costs[0] for before, after in zip(savings, savings[1:], strict=False))
    for mix in found.frontier:
        assert math.fsum(mix.shares.values()) == pytest.approx(1, abs=1e-9)
        assert max(mix.shares.values()) <= max_share + 1e-9


@settings(deadline=None, max_examples=150)
@given(markets, caps, st.sampled_from([0.0, 0.01, 0.1]))
def test_the_limits_that_are_named_are_the_smallest(asked: Market, max_share: float, headroom_share: float) -> None:
    short = ask(asked, "cheapest", max_share, headroom_share).shortfall
    if short is None:
        return

    def reached(cap: float, headroom: float) -> float:
        return greedy(asked, "cheapest", cap, headroom)[0]

    cap, headroom = short.smallest_max_share, short.smallest_headroom_share
    if cap is None:
        assert reached(1, headroom_share) < 1 - 1e-9
    else:
        assert cap > max_share
        assert reached(cap, headroom_share) == pytest.approx(1)
        assert reached(cap * 0.999, headroom_share) < 1 - 1e-9
    if headroom is None:
        assert reached(max_share, 1) < 1 - 1e-9
    else:
        assert headroom_share < headroom <= 1
        assert reached(max_share, headroom) == pytest.approx(1)
        assert reached(max_share, headroom * 0.999) < 1 - 1e-9


# --- India's purchases -----------------------------------------------------------------------------------


def show(refreshed: Refreshed, capsys: pytest.CaptureFixture[str], mineral: str, **asked: Any) -> tuple[int, str, str]:
    options: dict[str, Any] = {
        "importer": "IND",
        "stage": None,
        "objective": "cheapest",
        "headroom_share": None,
        "part": None,
    }
    code = show_mix(refreshed.home, mineral, **(options | {"max_share": 0.25, "style": "table"} | asked))
    told = capsys.readouterr()
    return code, told.out, told.err


def test_indias_copper_ore_under_a_cap_of_a_quarter(refreshed: Refreshed) -> None:
    published = published_market(refreshed.home, "Copper", importer="IND", stage="ore")
    asked = published.market
    assert (asked.year, asked.mineral, published.headroom_share) == (2024, "copper", 0.1)
    value_usd = math.fsum(each.purchased_value_usd for each in asked.suppliers)
    shares = {each.supplier_iso3: each.purchased_value_usd / value_usd for each in asked.suppliers}
    assert [round(shares[code], 3) for code in ("CHL", "IDN", "AUS")] == [0.340, 0.288, 0.127]
    # neither India itself, nor a group, nor the unspecified origin could sell it anything
    with connect(refreshed.release.database, read_only=True) as connection:
        groups = connection.execute("select iso3 from marts.countries where is_group").fetchall()
    assert not {"IND", *(row[0] for row in groups)} & shares.keys()

    for objective in ("cheapest", "least-risk"):
        found = ask(asked, objective, 0.25, 0.1)
        assert found.best is not None
        assert found.today.largest_share > 0.25 >= found.best.largest_share - 1e-9
        best = found.best.usd_per_t if objective == "cheapest" else found.best.weighted_risk
        assert best == pytest.approx(greedy(asked, objective, 0.25, 0.1)[1], rel=1e-6)
        assert len(found.frontier) == 11


def test_measures_in_force_now_count_also_where_india_buys_nothing(refreshed: Refreshed) -> None:
    # Indonesia's tax on copper concentrate of 2024 is a ban by now
    ore = published_market(refreshed.home, "copper", importer="IND", stage="ore").market
    by_code = {each.supplier_iso3: each for each in ore.suppliers}
    assert (by_code["IDN"].control_severity, by_code["IDN"].control_severity_current) == (0.3, 1)
    assert by_code["CHL"].control_severity_current == 0
    # Congo's cobalt quota is of 2025, and India buys no cobalt there
    refined = published_market(refreshed.home, "cobalt", importer="IND", stage="refined").market
    (congo,) = [each for each in refined.suppliers if each.supplier_iso3 == "COD"]
    assert congo.purchased_t is None and congo.purchased_value_usd == 0
    assert (congo.control_severity, congo.control_severity_current) == (0, 0.6)
    assert congo.governance_risk is not None
    assert congo.risk == pytest.approx(congo.governance_risk / 10 + 0.6)


def test_severities_are_those_of_the_suppliers(refreshed: Refreshed) -> None:
    with connect(refreshed.release.database, read_only=True) as connection:
        different = connection.execute(
            "select count(*) filter (options.control_severity != shares.control_severity),"
            " count(*) filter (shares.control_severity > 0) > 100"
            " from marts.supplier_shares as shares inner join marts.supply_options as options"
            " using (year, importer_iso3, mineral_id, stage, supplier_iso3)"
        ).fetchall()
    assert different == [(0, True)]


def test_the_screen_of_a_mix(refreshed: Refreshed, capsys: pytest.CaptureFixture[str]) -> None:
    code, screen, _ = show(refreshed, capsys, "copper", stage="ore")
    assert code == 0
    told = one_line(screen)
    assert told.startswith(
        "Copper, India, 2024, ore: the cheapest mix with at most 25.0% of 237,331 t from one supplier"
    )
    assert "The cheapest mix at each risk, from the least risky mix to the cheapest" in told
    assert "Prices are averages of past trade, of all that a supplier sells" in told
    assert "They are not offers: who is asked for more may want more." in told
    assert "Only IND asks: what other importers would do, and what that does to prices, is not in it." in told
    assert "IND paid 3,937.51 million USD" in told
    assert max(map(len, screen.splitlines())) <= 100
    # the shares that are printed are whole
    table = screen.partition("held by")[2].partition("The cheapest mix at each risk")[0]
    shares = [line.split("%")[:2] for line in table.splitlines() if "%" in line]
    for place in (0, 1):
        assert sum(float(parts[place].split()[-1]) for parts in shares) == pytest.approx(100, abs=1.5)


def test_a_screen_without_a_mix_says_what_binds(refreshed: Refreshed, capsys: pytest.CaptureFixture[str]) -> None:
    code, screen, _ = show(refreshed, capsys, "magnesium")
    assert code == NO_MIX
    told = one_line(screen)
    assert "No mix. Cap and capacity bind together" in told
    assert "At the cap: CHN. At their capacity:" in told
    (cap,) = [part.partition(" up")[0] for part in told.split("from --max-share ")[1:]]
    # what is told as the smallest cap leaves a mix, and a little less leaves none
    assert show(refreshed, capsys, "magnesium", max_share=float(cap))[0] == 0
    assert show(refreshed, capsys, "magnesium", max_share=float(cap) - 0.0002)[0] == NO_MIX


def test_a_mix_for_programs(refreshed: Refreshed, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = show(refreshed, capsys, "copper", stage="ore", style="json")
    told = json.loads(text)
    _, text, errors = show(refreshed, capsys, "copper", stage="ore", style="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert errors == ""
    assert sum(float(row["mix_share"]) for row in rows) == pytest.approx(1)
    assert sum(float(row["change_t"]) for row in rows) == pytest.approx(0, abs=1e-3)
    assert sum(float(row["mix_t"]) * float(row["usd_per_t"]) for row in rows) == pytest.approx(told["mix"]["cost_usd"])
    assert [row["supplier_iso3"] for row in rows] == [row["supplier_iso3"] for row in told["suppliers"]]
    _, text, _ = show(refreshed, capsys, "copper", stage="ore", style="csv", part="frontier")
    frontier = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["cost_usd"]) for row in frontier] == [row["cost_usd"] for row in told["frontier"]]
    assert told["no_mix"] is None and told["notes"]
    # without a mix the rows go on, and why stands on the other stream
    code, text, errors = show(refreshed, capsys, "magnesium", style="csv")
    assert code == NO_MIX
    assert {row["mix_share"] for row in csv.DictReader(io.StringIO(text))} == {""}
    assert errors.startswith("No mix. ")
    told = json.loads(show(refreshed, capsys, "magnesium", style="json")[1])
    assert told["mix"] is None and told["no_mix"]["at_cap"] == ["CHN"] and told["notes"][0].startswith("No mix. ")


@pytest.mark.parametrize(
    ("mineral", "asked", "told"),
    [
        ("coper", {}, "mineral 'coper': the release has no purchases of IND in 2024; nearest: copper"),
        ("copper", {}, "--stage: IND buys copper as ore, refined; name one"),
        ("copper", {"stage": "gas"}, "--stage 'gas': IND buys copper as ore, refined"),
        ("copper", {"importer": "INX"}, "--importer 'INX': not in the release; nearest: "),
    ],
    ids=["mineral", "no stage", "stage", "importer"],
)
def test_what_the_importer_does_not_buy_is_refused(
    refreshed: Refreshed, capsys: pytest.CaptureFixture[str], mineral: str, asked: dict[str, str], told: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        show(refreshed, capsys, mineral, **asked)
    assert str(refused.value).startswith(told)


def test_an_older_release_is_refused(refreshed: Refreshed, monkeypatch: pytest.MonkeyPatch) -> None:
    of_old = OPTIONS.replace("options.control_severity_current", "options.no_such_column")
    assert of_old != OPTIONS
    monkeypatch.setattr("flows.diversify.OPTIONS", of_old)
    with pytest.raises(WarehouseError, match="published since schema 1.5.0; make a new release with: mineral-risk run"):
        published_market(refreshed.home, "copper", importer="IND", stage="ore")
