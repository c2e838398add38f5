"""Where supply comes from across all borders: chains worked by hand, properties of any chain, and the real network.

The model is loaded from its file, since dbt's models are no package. What is expected of it is never solved the way
that it solves: it is worked by hand, in exact fractions, or by following the walk step by step.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import subprocess
import sys
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from warehouse.paths import DBT_PROJECT

MODEL = DBT_PROJECT / "models" / "intermediate" / "int_origin_mixes.py"
NETWORK = {"year": 2023, "mineral_id": "tin", "stage": "ore"}
NOWHERE = "XXX"

Flows = dict[tuple[str, str], float]  # (supplier, importer): kilograms
Production = dict[str, float | None]  # country: kilograms; None where a country's mix is unknown
Mixes = dict[str, dict[str, float]]  # country: origin, or why it reaches none: share


def load_model() -> ModuleType:
    spec = importlib.util.spec_from_file_location("int_origin_mixes", MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


model = load_model()


def countries_of(flows: Flows) -> list[str]:
    return sorted({country for pair in flows for country in pair} - {NOWHERE})


def with_floors(flows: Flows, known: Production) -> Production:
    """Return each country's production: what a table says, else exports less imports, never below 0."""
    production: Production = {}
    for country in countries_of(flows):
        exports = sum(weight for (supplier, _), weight in flows.items() if supplier == country)
        imports = sum(weight for (_, importer), weight in flows.items() if importer == country)
        production[country] = known.get(country, max(0, exports - imports))
    return production


def frames(flows: list[tuple[str, str, float | None]], production: Production) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the model reads, of one network."""
    flow_rows = [
        {**NETWORK, "importer_iso3": importer, "supplier_iso3": supplier, "content_kg": weight}
        for supplier, importer, weight in flows
    ]
    pool_rows = [
        {
            **NETWORK,
            "country_iso3": country,
            "production_kg": weight,
            "missing_reason": "import_weights_missing" if weight is None else None,
        }
        for country, weight in production.items()
    ]
    types = {"content_kg": pl.Float64, "production_kg": pl.Float64, "missing_reason": pl.String, "year": pl.Int32}
    return (
        pl.DataFrame(flow_rows, schema_overrides=types),
        pl.DataFrame(pool_rows, schema_overrides=types),
    )


def solved(flows: Flows, known: Production | None = None) -> tuple[Mixes, dict[str, float]]:
    """Return the mixes by first origin, and of each country what comes from or through China."""
    listed: list[tuple[str, str, float | None]] = [(*pair, weight) for pair, weight in flows.items()]
    return read(model.origin_mixes(*frames(listed, with_floors(flows, known or {}))))


def not_known_of_the_rest(rows: pl.DataFrame) -> dict[str, float]:
    """What reading via says of what is not through China and reaches no producer, by country and end."""
    return {
        f"{row['country_iso3']} {row['ends_in']}": row["origin_share"]
        for row in rows.iter_rows(named=True)
        if row["reading"] == "via" and row["origin_iso3"] == NOWHERE
    }


def read(rows: pl.DataFrame) -> tuple[Mixes, dict[str, float]]:
    origins: Mixes = defaultdict(dict)
    via: dict[str, float] = {}
    for row in rows.iter_rows(named=True):
        if row["reading"] == "via":
            assert row["origin_iso3"] in ("CHN", NOWHERE)
            if row["origin_iso3"] == "CHN":
                via[row["country_iso3"]] = row["origin_share"]
        else:
            assert (row["origin_iso3"] == NOWHERE) == (row["ends_in"] != "producer")
            end = row["ends_in"] if row["origin_iso3"] == NOWHERE else row["origin_iso3"]
            origins[row["country_iso3"]][end] = row["origin_share"]
    return dict(origins), via


def near(expected: dict[str, float]) -> object:
    return pytest.approx(expected, abs=1e-12)


def assert_same(found: dict[str, float], expected: dict[str, float]) -> None:
    """Expect the same shares to 1e-9; one that is left out is 0."""
    ends = found.keys() | expected.keys()
    assert {end: found.get(end, 0) for end in ends} == pytest.approx(
        {end: expected.get(end, 0) for end in ends}, abs=1e-9
    )


# By hand


def test_a_hub_in_the_middle_passes_on_what_it_buys() -> None:
    # NLD buys 60 from CHN and 40 from CHL: its pool is 100, and what leaves it is 0.6 Chinese. IND buys 50 of that, 30
    # from CHN and 20 from CHL: 0.5 x 0.6 + 0.3 = 0.6 Chinese, 0.5 x 0.4 + 0.2 = 0.4 Chilean. It stays the same when
    # China absorbs, since China buys nothing
    origins, via = solved(
        {("CHN", "NLD"): 60, ("CHL", "NLD"): 40, ("NLD", "IND"): 50, ("CHN", "IND"): 30, ("CHL", "IND"): 20}
    )
    assert origins["NLD"] == near({"CHN": 0.6, "CHL": 0.4})
    assert origins["IND"] == near({"CHN": 0.6, "CHL": 0.4})
    assert origins["CHN"] == near({"CHN": 1})
    assert via == near({"CHN": 1, "NLD": 0.6, "IND": 0.6})


def test_two_hubs_that_sell_to_each_other_leak_to_their_producers() -> None:
    # NLD's pool is 40 of CHN and 10 of BEL, BEL's 40 of CHL and 20 of NLD: n = 0.8 + 0.2 b and b = n / 3, so
    # n = 0.8 + n / 15 = 6/7 and b = 2/7
    origins, via = solved({("CHN", "NLD"): 40, ("BEL", "NLD"): 10, ("CHL", "BEL"): 40, ("NLD", "BEL"): 20})
    assert origins["NLD"] == near({"CHN": 6 / 7, "CHL": 1 / 7})
    assert origins["BEL"] == near({"CHN": 2 / 7, "CHL": 5 / 7})
    assert via == near({"CHN": 1, "NLD": 6 / 7, "BEL": 2 / 7})


def test_a_processor_that_buys_more_than_it_sells_is_no_origin_but_stands_in_the_way() -> None:
    # China buys 100 of Myanmar and sells 30: its floor is 0. India's 30 of 100 are Myanmar's by origin, China's by via
    origins, via = solved({("MMR", "CHN"): 100, ("CHN", "IND"): 30, ("AUS", "IND"): 70})
    assert origins["IND"] == near({"MMR": 0.3, "AUS": 0.7})
    assert origins["CHN"] == near({"MMR": 1})
    assert via == near({"CHN": 1, "IND": 0.3})


def test_a_table_of_production_stands_before_the_floor() -> None:
    # the floor of China above is 0; with 300 made at home its pool is 400, three quarters its own: 0.3 x 0.75 = 0.225
    origins, via = solved({("MMR", "CHN"): 100, ("CHN", "IND"): 30, ("AUS", "IND"): 70}, {"CHN": 300})
    assert origins["IND"] == near({"CHN": 0.225, "MMR": 0.075, "AUS": 0.7})
    assert via == near({"CHN": 1, "IND": 0.3})


def test_what_goes_through_china_is_known_whatever_china_bought() -> None:
    # NLD buys 60 of China, of whose own supply nothing is known, 30 of Oman, whose pool is unknown too, and 10 of Chile
    flows = {("CHN", "NLD"): 60.0, ("OMN", "NLD"): 30.0, ("CHL", "NLD"): 10.0}
    listed: list[tuple[str, str, float | None]] = [(*pair, weight) for pair, weight in flows.items()]
    rows = model.origin_mixes(*frames(listed, {**with_floors(flows, {}), "CHN": None, "OMN": None}))
    origins, via = read(rows)
    assert via == near({"CHN": 1, "NLD": 0.6})
    assert origins["NLD"] == near({"CHL": 0.1, "unknown_pool": 0.9})
    assert not_known_of_the_rest(rows) == near({"OMN unknown_pool": 1, "NLD unknown_pool": 0.3})


def test_what_reaches_no_producer_says_where_it_ends() -> None:
    # India buys 10 of nobody named, 20 of Oman, whose weights are unknown, 30 of Chad, which is said to make nothing
    # and buys nothing, 25 of Mali, which buys all it has from Niger as Niger does from Mali, and 15 of Chile
    flows: Flows = {
        (NOWHERE, "IND"): 10,
        ("OMN", "IND"): 20,
        ("CHL", "OMN"): 1,
        ("TCD", "IND"): 30,
        ("MLI", "IND"): 25,
        ("NER", "MLI"): 57,
        ("MLI", "NER"): 32,
        ("CHL", "IND"): 15,
    }
    origins, via = solved(flows, {"OMN": None, "TCD": 0, "NER": 0, "MLI": 0})
    assert origins["IND"] == near(
        {
            "unspecified_supplier": 0.1,
            "unknown_pool": 0.2,
            "empty_pool": 0.3,
            "loop_without_producer": 0.25,
            "CHL": 0.15,
        }
    )
    assert origins["OMN"] == near({"unknown_pool": 1})
    assert origins["TCD"] == near({"empty_pool": 1})
    assert origins["MLI"] == origins["NER"] == near({"loop_without_producer": 1})
    assert via == {}  # China is not there


def test_a_loop_without_a_producer_that_buys_elsewhere_too_is_none() -> None:
    # Mali and Niger pass 90 to each other; 10 of Mali's 100 come from Guinea, and so in the end does all that both have
    origins, _ = solved({("NER", "MLI"): 90, ("MLI", "NER"): 90, ("GIN", "MLI"): 10}, {"MLI": 0, "NER": 0})
    assert origins["MLI"] == near({"GIN": 1})
    assert origins["NER"] == near({"GIN": 1})


@pytest.mark.parametrize(("made", "lost"), [(None, "unknown_pool"), (0.0, "loop_without_producer")])
def test_china_keeps_what_reaches_it_whatever_is_known_of_its_own_supply(made: float | None, lost: str) -> None:
    # China's weights are unknown, or it is in a loop with Hong Kong that nobody feeds: no origin, and yet China's
    flows: Flows = {("CHN", "HKG"): 5, ("HKG", "CHN"): 5, ("HKG", "IND"): 3, ("CHL", "IND"): 1}
    origins, via = solved(flows, {"CHN": made, "HKG": 0.0})
    assert origins["IND"] == near({lost: 0.75, "CHL": 0.25})
    assert via == near({"CHN": 1, "HKG": 1, "IND": 0.75})


def test_what_is_sold_to_nobody_named_leaves_the_pool_all_the_same() -> None:
    # Chile sells 100 to nobody named: no pool of nobody's, and Chile's own floor is what it sells
    origins, _ = solved({("CHL", NOWHERE): 100, ("CHL", "IND"): 50})
    assert origins == {"CHL": near({"CHL": 1}), "IND": near({"CHL": 1})}


def test_flows_without_a_weight_and_countries_without_a_flow_take_no_part() -> None:
    rows: list[tuple[str, str, float | None]] = [("CHL", "IND", 5.0), ("CHN", "IND", None), ("CHN", "IND", 0.0)]
    origins, via = read(model.origin_mixes(*frames(rows, {"CHL": 5.0, "CHN": 0.0, "IND": 0.0, "PER": 7.0})))
    assert origins["IND"] == near({"CHL": 1})
    assert origins["PER"] == near({"PER": 1})
    assert via == near({"CHN": 1})


def test_each_network_is_solved_by_itself() -> None:
    first = frames([("CHL", "IND", 5.0)], {"CHL": 5.0, "IND": 0.0})
    second = frames([("PER", "IND", 5.0)], {"PER": 5.0, "IND": 0.0})
    later = [frame.with_columns(year=pl.lit(2024, pl.Int32)) for frame in second]
    of_another_stage = [frame.with_columns(stage=pl.lit("refined")) for frame in second]
    unfed = [frame.with_columns(mineral_id=pl.lit("zinc")) for frame in (second[0].clear(), second[1])]
    flows, pools = (pl.concat(parts) for parts in zip(first, later, of_another_stage, unfed, strict=True))
    rows = model.origin_mixes(flows, pools).filter(country_iso3="IND", reading="origin")
    assert rows.select("year", "mineral_id", "stage", "origin_iso3", "ends_in", "origin_share").rows() == [
        (2023, "tin", "ore", "CHL", "producer", 1.0),
        (2023, "tin", "refined", "PER", "producer", 1.0),
        (2023, "zinc", "ore", "XXX", "empty_pool", 1.0),
        (2024, "tin", "ore", "PER", "producer", 1.0),
    ]


def test_without_a_network_there_are_no_mixes() -> None:
    flows, pools = frames([("CHL", "IND", 5.0)], {"CHL": 5.0, "IND": 0.0})
    rows = model.origin_mixes(flows.clear(), pools.clear())
    assert rows.height == 0
    assert rows.columns == list(model.MIXES)


# of CHL, IND and PER from CHL and PER: India has them the wrong way round; not all of it; right but for 1e-8
WRONG_MIXES = {
    "whole but wrong": [[1, 0], [0.75, 0.25], [0, 1]],
    "a part": [[1, 0], [0.25, 0.5], [0, 1]],
    "nearly": [[1, 0], [0.25 + 1e-8, 0.75 - 1e-8], [0, 1]],
}


@pytest.mark.parametrize("mixes", WRONG_MIXES.values(), ids=WRONG_MIXES)
def test_a_solution_that_does_not_solve_is_refused_and_names_the_network(
    mixes: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong:
        def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.array(mixes)

    flows: Flows = {("CHL", "IND"): 25, ("PER", "IND"): 75}
    assert solved(flows)[0]["IND"] == near({"CHL": 0.25, "PER": 0.75})
    monkeypatch.setattr(model, "splu", lambda matrix: Wrong())
    with pytest.raises(ArithmeticError, match="2023, 'tin', 'ore'.*not solved to 1e-09"):
        solved(flows)


# Properties of any network

NAMES = ["CHN", "HKG", "NLD", "IND", "JPN", "KOR", "CHL", "PER", "MLI", "NER", "USA"]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Flows, Production]:
    """Draw who delivers how much to whom, and the production of some; unknown pools and nobody's flows among them."""
    names = NAMES[: draw(st.integers(5, len(NAMES)))] + [NOWHERE]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda pair: pair[0] != pair[1])
    flows = draw(st.dictionaries(pairs, st.integers(1, 1000), min_size=2, max_size=40))
    production = draw(
        st.dictionaries(st.sampled_from(names[:-1]), st.one_of(st.none(), st.integers(0, 2000)), max_size=5)
    )
    return {pair: float(weight) for pair, weight in flows.items()}, dict(production)


def first_leg(flows: Flows, importer: str) -> dict[str, float]:
    bought = {supplier: weight for (supplier, buyer), weight in flows.items() if buyer == importer}
    return {supplier: weight / sum(bought.values()) for supplier, weight in bought.items()}


def china_shares(flows: Flows, known: Production) -> dict[str, tuple[float, float, float]]:
    """Return China's share of each importer's purchases: direct, from or through China, and by first origin."""
    origins, via = solved(flows, known)
    return {
        importer: (
            shares.get("CHN", 0),
            sum(share * via.get(supplier, 0) for supplier, share in shares.items()),
            sum(share * origins.get(supplier, {}).get("CHN", 0) for supplier, share in shares.items()),
        )
        for importer in countries_of(flows)
        if (shares := first_leg(flows, importer))
    }


def exact(flows: Flows, known: Production, absorbing: str | None = None) -> dict[str, dict[str, Fraction]]:
    """Solve the same equations in fractions, one unknown at a time; loops without a producer are left out."""
    production = with_floors(flows, known)
    names = [*production, NOWHERE]
    ends = {name: index for index, name in enumerate(names)}
    rows: dict[str, tuple[dict[str, Fraction], dict[str, Fraction]]] = {}
    for country, made in production.items():
        imports = {seller: Fraction(weight) for (seller, buyer), weight in flows.items() if buyer == country}
        pool = Fraction(made or 0) + sum(imports.values())
        if country == absorbing:
            rows[country] = ({}, {country: Fraction(1)})
        elif made is None or pool == 0:
            rows[country] = ({}, {NOWHERE: Fraction(1)})
        else:
            passed = {seller: weight / pool for seller, weight in imports.items() if seller != NOWHERE}
            absorbed = {country: Fraction(made) / pool, NOWHERE: imports.get(NOWHERE, Fraction(0)) / pool}
            rows[country] = (passed, absorbed)
    fed = {country for country, (_, absorbed) in rows.items() if any(absorbed.values())}
    while more := {c for c, (passed, _) in rows.items() if c not in fed and fed & set(passed)}:
        fed |= more
    order = sorted(fed)
    matrix = [
        [Fraction(int(a == b)) - rows[a][0].get(b, Fraction(0)) for b in order]
        + [rows[a][1].get(end, Fraction(0)) + sum(rows[a][0].get(c, 0) for c in set(rows) - fed if end == NOWHERE)
           for end in ends]
        for a in order
    ]  # fmt: skip
    for pivot in range(len(order)):
        chosen = next(row for row in range(pivot, len(order)) if matrix[row][pivot])
        matrix[pivot], matrix[chosen] = matrix[chosen], matrix[pivot]
        matrix[pivot] = [value / matrix[pivot][pivot] for value in matrix[pivot]]
        for row in range(len(order)):
            if row != pivot and matrix[row][pivot]:
                factor = matrix[row][pivot]
                matrix[row] = [value - factor * above for value, above in zip(matrix[row], matrix[pivot], strict=True)]
    mixes = {country: dict(zip(names, matrix[index][len(order) :], strict=True)) for index, country in enumerate(order)}
    return {country: mixes.get(country, {NOWHERE: Fraction(1)}) for country in rows}


@settings(max_examples=150, deadline=None)
@given(networks())
def test_every_mix_is_whole_and_via_is_no_less_than_direct(network: tuple[Flows, Production]) -> None:
    flows, known = network
    origins, via = solved(flows, known)
    assert set(origins) == set(countries_of(flows))
    for mix in origins.values():
        assert sum(mix.values()) == pytest.approx(1, abs=1e-9)
        assert all(0 < share <= 1 for share in mix.values())
    assert all(0 < share <= 1 for share in via.values())
    for direct, through, origin in china_shares(flows, known).values():
        assert through >= direct - 1e-12
        assert through >= origin - 1e-12


@settings(max_examples=150, deadline=None)
@given(networks())
def test_both_readings_are_what_exact_fractions_say(network: tuple[Flows, Production]) -> None:
    flows, known = network
    origins, via = solved(flows, known)
    for country, mix in exact(flows, known).items():
        lost = sum(share for end, share in origins[country].items() if end in model.DEAD_ENDS)
        found = {end: share for end, share in origins[country].items() if end not in model.DEAD_ENDS}
        assert_same({**found, NOWHERE: lost}, {end: float(share) for end, share in mix.items()})
    if "CHN" in countries_of(flows):
        for country, mix in exact(flows, known, absorbing="CHN").items():
            assert via.get(country, 0) == pytest.approx(float(mix.get("CHN", 0)), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(networks())
def test_via_is_the_probability_of_ever_visiting_china(network: tuple[Flows, Production]) -> None:
    # China absorbs nobody here: the walk goes on, and is at China N_cC times. Ever there = N_cC / N_CC
    # (each country makes something, so that no loop is walked for ever)
    flows, known = network
    flows |= {("CHN", "IND"): 1.0}
    production = {
        country: None if made is None else max(made, 1) for country, made in with_floors(flows, known).items()
    }
    names = list(production)
    passed_on = np.zeros((len(names), len(names)))
    for row, country in enumerate(names):
        imports = {seller: weight for (seller, buyer), weight in flows.items() if buyer == country}
        made = production[country]
        if made is not None:
            for seller, weight in imports.items():
                if seller != NOWHERE:
                    passed_on[row, names.index(seller)] = weight / (made + sum(imports.values()))
    visits = np.linalg.inv(np.eye(len(names)) - passed_on)
    china = names.index("CHN")
    _, via = solved(flows, production)
    for row, country in enumerate(names):
        assert via.get(country, 0) == pytest.approx(visits[row, china] / visits[china, china], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["CHN", "CHL", "PER", "MLI", NOWHERE]), st.sampled_from(["IND", "JPN", "NLD"])),
        st.integers(1, 1000).map(float),
        min_size=1,
    )
)
def test_where_nobody_sells_what_was_bought_via_and_origin_are_the_direct_share(flows: Flows) -> None:
    for direct, through, origin in china_shares(flows, {}).values():
        assert through == pytest.approx(direct, abs=1e-12)
        assert origin == pytest.approx(direct, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_other_names_change_nothing(network: tuple[Flows, Production], shuffled: random.Random) -> None:
    flows, known = network
    others = [name for name in NAMES if name != "CHN"]
    renamed = dict(zip(others, shuffled.sample(others, len(others)), strict=True)) | {"CHN": "CHN", NOWHERE: NOWHERE}
    new_flows = {(renamed[a], renamed[b]): weight for (a, b), weight in flows.items()}
    before = solved(flows, known)
    after = solved(new_flows, {renamed[country]: made for country, made in known.items()})
    assert set(after[0]) == {renamed[country] for country in before[0]}
    for country, mix in before[0].items():
        assert_same(after[0][renamed[country]], {renamed.get(end, end): share for end, share in mix.items()})
    assert_same(after[1], {renamed[country]: share for country, share in before[1].items()})


@settings(max_examples=60, deadline=None)
@given(networks(), st.floats(0.001, 0.999), st.randoms(use_true_random=False))
def test_a_flow_in_two_parts_in_any_order_changes_nothing(
    network: tuple[Flows, Production], part: float, shuffled: random.Random
) -> None:
    flows, known = network
    rows: list[tuple[str, str, float | None]] = [(*pair, weight * part) for pair, weight in flows.items()]
    rows += [(*pair, weight * (1 - part)) for pair, weight in flows.items()]
    shuffled.shuffle(rows)
    production = list(with_floors(flows, known).items())
    shuffled.shuffle(production)
    before, after = solved(flows, known), read(model.origin_mixes(*frames(rows, dict(production))))
    assert set(after[0]) == set(before[0])
    for country, mix in before[0].items():
        assert_same(after[0][country], mix)
    assert_same(after[1], before[1])


@settings(max_examples=60, deadline=None)
@given(networks(), st.floats(1e-6, 1e9))
def test_another_unit_of_weight_changes_nothing(network: tuple[Flows, Production], factor: float) -> None:
    flows, known = network
    scaled = {country: None if made is None else made * factor for country, made in with_floors(flows, known).items()}
    before = solved(flows, known)
    after = solved({pair: weight * factor for pair, weight in flows.items()}, scaled)
    for country, mix in before[0].items():
        assert_same(after[0][country], mix)
    assert_same(after[1], before[1])


# The same bytes, whatever the machine has

SOLVE_ONCE = """
import hashlib, random, sys
sys.path.insert(0, sys.argv[1])
from tests.test_tracing import many_networks, model
flows, pools = many_networks(int(sys.argv[2]))
print(hashlib.sha256(model.origin_mixes(flows, pools).write_csv().encode()).hexdigest())
"""


def many_networks(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return eight networks of 200 countries; the seed only shuffles their rows."""
    amounts = random.Random(1)  # noqa: S311
    names = [f"A{chr(65 + index // 26)}{chr(65 + index % 26)}" for index in range(199)] + ["CHN"]
    parts: list[tuple[pl.DataFrame, ...]] = []
    for year in range(2015, 2023):
        flows = {
            (supplier, importer): amounts.lognormvariate(5, 3)
            for supplier, importer in (amounts.sample(names, 2) for _ in range(4000))
        }
        listed: list[tuple[str, str, float | None]] = [(*pair, weight) for pair, weight in flows.items()]
        networks_of_year = frames(listed, with_floors(flows, {}))
        parts.append(tuple(frame.with_columns(year=pl.lit(year, pl.Int32)) for frame in networks_of_year))
    return (
        pl.concat(part[0] for part in parts).sample(fraction=1, shuffle=True, seed=seed),
        pl.concat(part[1] for part in parts).sample(fraction=1, shuffle=True, seed=seed),
    )


def test_threads_and_the_order_of_rows_change_no_byte() -> None:
    digests = set()
    for seed, threads in enumerate(("1", "8")):
        limits = {name: threads for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")}
        root = str(Path(__file__).resolve().parents[1])
        done = subprocess.run(
            [sys.executable, "-c", SOLVE_ONCE, root, str(seed)],
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1
    assert digests != {hashlib.sha256(b"").hexdigest() + "\n"}


# The real network


def test_the_loops_without_a_producer_are_the_two_that_are_known(built_database: Path) -> None:
    with duckdb.connect(built_database, read_only=True) as connection:
        loops = connection.execute(
            "select year, mineral_id, stage, list(country_iso3 order by country_iso3) from marts.untraceable_suppliers"
            " where unresolved_reason = 'loop_without_producer' and unresolved_share > 1 - 1e-9"
            " group by all order by all"
        ).fetchall()
    assert loops == [(2017, "manganese", "ore", ["MLI", "NER"]), (2023, "tin", "ore", ["GUY", "TTO"])]


Key = tuple[int, str, str]  # year, mineral, stage
Cell = tuple[int, str, str, str]  # and importer


def followed(connection: duckdb.DuckDBPyConnection, years: tuple[int, ...]) -> dict[Cell, dict[str, float]]:
    """Follow every purchase back step by step, from the published tables alone, as the method words it."""
    network: dict[Key, dict[tuple[str, str], list[float]]] = defaultdict(dict)
    for year, mineral, stage, supplier, importer, value, weighed, content in connection.execute(
        # flows of the codes that more than one country reports: a source of single importers tells nothing of others
        f"""
        with flows as (select * from marts.trade_flows where importer_iso3 != 'EUU' and year in {years}),
        codes as (
            select year, hs_revision, hs6_code from flows group by all having count(distinct importer_iso3) > 1
        )
        select
            year, mineral_id, stage, supplier_iso3, importer_iso3,
            sum(trade_value_usd), coalesce(sum(trade_value_usd) filter (where content_kg is not null), 0),
            coalesce(sum(content_kg), 0)
        from flows semi join codes using (year, hs_revision, hs6_code)
        group by all order by all
        """
    ).fetchall():
        network[year, mineral, stage][supplier, importer] = [value, weighed, content]
    made: dict[Key, dict[str, float]] = defaultdict(dict)
    for year, mineral, stage, country, tonnes in connection.execute(
        # what a country makes of one mineral says nothing of its trade in a code that holds several
        f"""
        select year, mineral_id, stage, country_iso3, production_t from marts.import_reliance
        where production_t is not null and year in {years} and (year, mineral_id, stage) not in (
            select (flows.year, flows.mineral_id, flows.stage) from marts.trade_flows as flows
            inner join marts.mineral_products as products using (mineral_id, stage, hs_revision, hs6_code)
            where products.is_basket and flows.importer_iso3 != 'IND'
        )
        """
    ).fetchall():
        made[year, mineral, stage][country] = tonnes * 1000
    purchases: dict[Key, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for year, mineral, stage, importer, supplier, share in connection.execute(
        "select year, mineral_id, stage, importer_iso3, supplier_iso3, weight_share from marts.supplier_shares"
        f" where weight_share is not null and year in {years}"
    ).fetchall():
        purchases[year, mineral, stage][importer][supplier] = share
    results: dict[Cell, dict[str, float]] = {}
    for key, flows in network.items():
        results |= {(*key, importer): shares for importer, shares in walked(flows, made[key], purchases[key]).items()}
    return results


def walked(
    flows: dict[tuple[str, str], list[float]], made: dict[str, float], purchases: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    names = sorted({name for pair in flows for name in pair} | {"CHN", NOWHERE})
    place = {name: index for index, name in enumerate(names)}
    size = len(names)
    value, weighed, weight = (np.zeros((size, size)) for _ in range(3))  # importer, supplier
    for (supplier, importer), (all_value, weighed_value, kilograms) in flows.items():
        value[place[importer], place[supplier]] = all_value
        weighed[place[importer], place[supplier]] = weighed_value
        weight[place[importer], place[supplier]] = kilograms
    bought, sold = value.sum(1), value.sum(0)
    imports_known = (weighed.sum(1) >= 0.8 * bought) | (bought - weighed.sum(1) <= 0.05 * sold)
    exports_known = weighed.sum(0) >= 0.8 * sold
    production = np.maximum(0, weight.sum(0) - weight.sum(1))
    is_floor = np.ones(size, bool)
    for country, kilograms in made.items():
        if country in place:
            production[place[country]], is_floor[place[country]] = kilograms, False
    pool = production + weight.sum(1)
    is_lost = ~imports_known | (is_floor & ~exports_known) | (pool == 0)
    is_lost[place[NOWHERE]] = True
    arrived = {}
    for reading in ("origin", "via"):
        step, ends = np.zeros((size, size)), np.zeros((size, size))
        for row, name in enumerate(names):
            if reading == "via" and name == "CHN":
                ends[row, row] = 1
            elif not is_lost[row]:
                ends[row, row] = production[row] / pool[row]
                step[row] = weight[row] / pool[row]
        for _ in range(60):  # 2^60 steps
            ends, step = ends + step @ ends, step @ step
            if step.max() < 1e-18:
                break
        arrived[reading] = ends
    china = place["CHN"]
    results = {}
    for importer, shares in purchases.items():
        first = np.zeros(size)
        for supplier, share in shares.items():
            if supplier in place:
                first[place[supplier]] = share
        origins = first @ arrived["origin"]
        results[importer] = {
            "via": float(first @ arrived["via"][:, china]),
            "origin": float(origins[china]),
            "estimated": float(origins[is_floor].sum()),
            "reached": float(origins.sum()),
        }
    return results


def test_an_independent_walk_over_the_published_tables_agrees(published: duckdb.DuckDBPyConnection) -> None:
    years = (2023, 2024)
    expected = followed(published, years)
    cells = {
        tuple(row[:4]): row[4:]
        for row in published.execute(
            "select year, mineral_id, stage, importer_iso3, china_via_share, china_origin_share,"
            " estimated_origin_share, china_weight_share, tracing_missing_reason from marts.china_dependence"
            f" where year in {years} and tracing_missing_reason is distinct from 'codes_not_known_for_all_importers'"
            " and tracing_missing_reason is distinct from 'weights_missing'"
            " and tracing_missing_reason is distinct from 'china_weight_missing' order by all"
        ).fetchall()
    }
    of_india = [cell for cell in cells if cell[3] == "IND" and cell[0] >= 2023]
    assert len(of_india) > 60
    chosen = [*of_india, *random.Random(5).sample(sorted(cells), 1000)]  # noqa: S311
    differing = []
    for cell in chosen:
        via, origin, estimated, direct, reason = cells[cell]
        walk = expected[cell]
        if walk["reached"] < 0.95:
            agrees = reason == "origin_unresolved" and via is None
        else:
            agrees = reason is None and (via, origin, estimated) == pytest.approx(
                (walk["via"], walk["origin"], walk["estimated"]), abs=1e-9
            ) and via >= direct - 1e-12  # fmt: skip
        if not agrees:
            differing.append((cell, cells[cell], walk))
    assert differing == []
    assert any(cells[cell][4] for cell in chosen)
