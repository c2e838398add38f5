"""The published file: its answers, its macros, and its readers. Its shape is in test_contract.py."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Refreshed
from warehouse.database import connect
from warehouse.paths import BUNDLED, SEEDS

INDIA_2024 = "importer_iso3 = 'IND' and year = 2024"


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None, query
    return tuple(row)


def test_every_layer_is_in_meta_checks_and_none_failed(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute("select distinct layer, tool, status from meta.checks").fetchall()
    assert {(layer, tool) for layer, tool, _ in found} >= {
        *((layer, "gx") for layer in ("raw", "staging", "intermediate", "marts")),
        *((layer, "dbt") for layer in ("seeds", "staging", "intermediate", "metrics", "marts")),
    }
    assert {status for _, _, status in found} == {"passed", "warned"}
    # lithium carbonate rose by 6.7 in 2022: said, and no reason to stop
    warned = one(published, "select string_agg(observed) from meta.checks where status = 'warned'")
    assert "283691" in str(warned[0])


# --- answers, worked out from the bundled rows by the project's publishers or by hand -------------------


def test_india_copper_ore(published: duckdb.DuckDBPyConnection) -> None:
    found = one(
        published,
        "select hhi_value, top_supplier_iso3, top1_share, supplier_count, import_value_usd, net_weight_kg"
        f" from marts.supplier_concentration where {INDIA_2024} and mineral_id = 'copper' and stage = 'ore'",
    )
    assert found[0] == pytest.approx(0.22686, abs=5e-6)
    assert found[1] == "CHL"
    assert found[2] == pytest.approx(0.3402, abs=5e-5)
    assert found[3] == 17
    assert found[4] == pytest.approx(3_937_510_000, abs=500)  # the bundle's notice: thousand USD
    assert found[5] == pytest.approx(879_004_000, abs=500_000)  # tons


@pytest.mark.parametrize(
    ("mineral", "stage", "column", "expected", "tolerance"),
    [
        ("rare_earths", "refined", "china_value_share", 0.7169, 5e-5),
        ("rare_earths", "refined", "china_weight_share", 0.8580, 5e-5),
        ("rare_earths", "product", "china_value_share", 0.84, 5e-3),
        ("bismuth", "refined", "china_value_share", 0.8544, 5e-5),
    ],
)
def test_china_in_indias_imports(
    mineral: str,
    stage: str,
    column: str,
    expected: float,
    tolerance: float,
    published: duckdb.DuckDBPyConnection,
) -> None:
    (found,) = one(
        published,
        f"select {column} from marts.china_dependence"
        f" where {INDIA_2024} and mineral_id = '{mineral}' and stage = '{stage}'",
    )
    assert found == pytest.approx(expected, abs=tolerance)


def test_chinas_share_of_the_worlds_magnets_is_the_published_one(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Of the magnets' code the bundle has India's imports alone: they say nothing about the world."""
    assert one(
        published,
        "select china_world_share, china_world_share_basis from marts.china_dependence"
        f" where {INDIA_2024} and mineral_id = 'rare_earths' and stage = 'product'",
    ) == (0.9, "published")


def test_all_importers_are_scored(published: duckdb.DuckDBPyConnection) -> None:
    assert one(published, "select count(distinct importer_iso3) from marts.risk_scores") == (219 + 1,)  # and EUU
    assert one(published, "select min(year), max(year), count(distinct year) from marts.risk_scores") == (
        2015,
        2024,
        10,
    )


def test_germanium_after_2016_is_absent_with_a_reason(published: duckdb.DuckDBPyConnection) -> None:
    assert one(published, "select count(*) from marts.risk_scores where mineral_id = 'germanium' and year > 2016") == (
        0,
    )
    rows = published.execute(
        "select risk_score, risk_band, risk_rank, stages_missing, missing_reasons from marts.mineral_risk"
        " where mineral_id = 'germanium' and year > 2016"
    ).fetchall()
    assert len(rows) > 1000
    for score, band, rank, stages, reasons in rows:
        assert (score, band, rank) == (None, None, None)
        assert "refined" in stages
        assert "refined: no_source_covers_its_codes" in reasons or "refined: only_a_basket_code_covers_it" in reasons


def test_indias_tin_ore_is_a_trifle(published: duckdb.DuckDBPyConnection) -> None:
    found = one(
        published,
        "select s.is_material, s.risk_rank, c.import_value_usd from marts.risk_scores s"
        " join marts.supplier_concentration c using (year, importer_iso3, mineral_id, stage)"
        f" where {INDIA_2024} and mineral_id = 'tin' and stage = 'ore'",
    )
    assert found[:2] == (False, None)
    assert 500 < float(str(found[2])) < 1500  # the method's note: 900 dollars
    assert one(
        published,
        f"select bottleneck_stage, risk_score from marts.mineral_risk where {INDIA_2024} and mineral_id = 'tin'",
    ) == (
        None,
        None,
    )


def test_the_first_rows_are_the_minerals_an_expert_would_name(published: duckdb.DuckDBPyConnection) -> None:
    first = published.execute(
        f"select mineral_id, stage from marts.risk_scores where {INDIA_2024} and risk_rank <= 5"
    ).fetchall()
    assert set(first) == {
        ("rare_earths", "product"),
        ("bismuth", "refined"),
        ("magnesium", "refined"),
        ("rare_earths", "refined"),
        ("silicon", "refined"),
    }


def test_one_revision_speaks_and_the_other_only_adds(published: duckdb.DuckDBPyConnection) -> None:
    def codes(mineral: str) -> tuple[object, ...]:
        return one(
            published,
            f"select code_set from marts.supplier_concentration where {INDIA_2024} and mineral_id = '{mineral}'"
            " and stage = 'refined'",
        )

    assert codes("tungsten") == ("HS17:810194 HS92:810110",)  # powders, and unwrought metal that HS92's file lacks
    assert codes("tantalum") == ("HS92:810310",)  # HS17 810320 is inside it
    assert codes("vanadium") == ("HS92:720292",)  # not the basket 811292: a clean code exists


def test_every_row_of_trade_is_accounted_for(published: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        published.execute(
            "select disposition, sum(flow_count)::bigint from marts.flow_accounting group by 1"
        ).fetchall()
    )
    # the notice: 222,079 rows of HS92; wc -l: 193 rows of India's HS17; tantalum's four are contained
    assert found == {"used": 222_079 + 193 - 4, "contained_in_other_revision": 4}


@pytest.fixture(scope="module")
def bismuth() -> dict[str, float]:
    """India's refined bismuth 2024 by plain arithmetic on the publishers' rows; nothing comes from a model."""
    with (SEEDS / "seed_countries.csv").open(newline="", encoding="utf-8") as stream:
        iso3 = {int(row["code"]): row["iso3"] for row in csv.DictReader(stream)}
    with (BUNDLED / "wgi_2014_2023.csv").open(newline="", encoding="utf-8") as stream:
        stability = {row["iso3"]: row["pv_estimate"] for row in csv.DictReader(stream) if row["year"] == "2023"}
    with (BUNDLED / "usgs_mcs_figures.csv").open(newline="", encoding="utf-8") as stream:
        printed = {
            row["country"]: row["value"]
            for row in csv.DictReader(stream)
            if (row["edition"], row["commodity"], row["statistic"], row["year"])
            == ("MCS2026", "Bismuth", "production", "2024")
        }
    flows = (
        duckdb.connect()
        .execute(f"select i, j, v, q from '{BUNDLED / 'baci_hs92_2015_2024.parquet'}' where t = 2024 and k = '810600'")
        .fetchall()
    )
    value = {i: float(v) for i, j, v, _ in flows if j == 699}
    weight = {i: float(q) for i, j, _, q in flows if j == 699 and q is not None}
    exported = sum(float(q) for i, _, _, q in flows if i == 699 and q is not None)

    assert printed.pop("World total") == "16,300"  # rounded: the shares are of the sum
    assert printed.pop("United States") == "—"  # a printed zero; India is not listed and no rest is
    produced = sorted((float(tonnes.replace(",", "")) for tonnes in printed.values()), reverse=True)
    assert produced[0] == float(printed["China"].replace(",", "")) == 14_000
    imported = sum(weight.values())
    unstable = sum(tonnes * (2.5 - float(stability[iso3[i]])) / 5 for i, tonnes in weight.items())
    hhi_production = sum((tonnes / sum(produced)) ** 2 for tonnes in produced)
    return {
        "china": max(value[156] / sum(value.values()), weight[156] / imported),
        "china_in_world": produced[0] / sum(produced),
        "cdi_1": sum((part / sum(value.values())) ** 2 for part in value.values()),
        "top3_share": sum(produced[:3]) / sum(produced),
        # India produces none: consumption is what it imports on balance, of the same content
        "net_import_reliance": 1.0,
        "crma_65": max(weight.values()) / (imported - exported),
        "geopolrisk": hhi_production * unstable / imported,
    }


def test_the_golden_score_of_bismuth(published: duckdb.DuckDBPyConnection, bismuth: dict[str, float]) -> None:
    # no Chinese measure on bismuth acted in 2024; what comes through China is worked out in test_tracing.py
    (via,) = one(
        published,
        f"select china_via_share from marts.china_dependence where {INDIA_2024} and mineral_id = 'bismuth'"
        " and stage = 'refined'",
    )
    assert isinstance(via, float) and via > bismuth["china"]
    dependence = 100 * via * (0.5 + 0.25 * bismuth["china_in_world"] + 0.25 * 0)
    components = {
        row[0]: row[1:]
        for row in published.execute(
            "select component_id, raw_value, component_score, contribution from marts.risk_components"
            f" where {INDIA_2024} and mineral_id = 'bismuth' and stage = 'refined'"
        ).fetchall()
    }
    assert components["china_dependence"][0] == pytest.approx(dependence, abs=1e-9)
    assert components["supplier_concentration"][0] == pytest.approx(bismuth["cdi_1"], abs=1e-12)
    # goalposts 0.10 and 0.90, weight 20 of 100; a reliance of 1 has all its 15 points
    scaled = 100 * (bismuth["cdi_1"] - 0.10) / 0.80
    assert components["supplier_concentration"][1] == pytest.approx(scaled, abs=1e-9)
    assert components["supplier_concentration"][2] == pytest.approx(20 * scaled / 100, abs=1e-9)
    assert components["import_reliance"] == (1, 100, 15)
    weights = {
        "china_dependence": 30,
        "supplier_concentration": 20,
        "world_concentration": 15,
        "import_reliance": 15,
        "supplier_governance": 10,
        "export_controls": 10,
    }
    by_hand = sum(weight * components[name][1] for name, weight in weights.items()) / 100
    assert one(
        published,
        "select risk_score, completeness, missing_components from marts.risk_scores"
        f" where {INDIA_2024} and mineral_id = 'bismuth' and stage = 'refined'",
    ) == (pytest.approx(by_hand, abs=1e-9), 1, None)


@pytest.mark.parametrize("method", ["cdi_1", "top3_share", "net_import_reliance", "crma_65", "geopolrisk"])
def test_published_methods_of_bismuth_by_hand(
    method: str, published: duckdb.DuckDBPyConnection, bismuth: dict[str, float]
) -> None:
    assert one(
        published,
        "select value, is_complete from marts.risk_methods"
        f" where {INDIA_2024} and mineral_id = 'bismuth' and stage = 'refined' and method_id = '{method}'",
    ) == (pytest.approx(bismuth[method], rel=1e-9), True)


def test_an_independent_query_finds_the_same_concentration_everywhere(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """HS92 codes that stand alone for their stage: shares straight from the bundled rows, in all years."""
    published.execute(
        f"""
        create temp table alone as
        with flows as (
            select t, i, j, k, sum(v) as v from '{BUNDLED / "baci_hs92_2015_2024.parquet"}'
            where k in ('260300', '280530', '810600', '760110', '261000') group by all
        ),
        shares as (select t, i, j, k, v / sum(v) over (partition by t, j, k) as share from flows)
        select t, j, k, sum(share ** 2) as hhi, coalesce(sum(share) filter (where i = 156), 0) as china
        from shares group by all
        """
    )
    compared, hhi_apart, china_apart = one(
        published,
        """
        select count(*), max(abs(a.hhi - c.hhi_value)), max(abs(a.china - d.china_value_share))
        from alone a
        join marts.supplier_concentration c on c.year = a.t and c.code_set = 'HS92:' || a.k
        join marts.china_dependence d using (year, importer_iso3, mineral_id, stage)
        join (
            select distinct f.importer_iso3, f.year, f.hs6_code, f.hs_revision from marts.trade_flows f
        ) k on k.importer_iso3 = c.importer_iso3 and k.year = c.year and k.hs6_code = a.k and k.hs_revision = 'HS92'
        join (values (699, 'IND'), (276, 'DEU'), (156, 'CHN'), (842, 'USA'), (392, 'JPN'), (410, 'KOR')) n(j, iso3)
            on n.j = a.j and n.iso3 = c.importer_iso3
        """,
    )
    assert int(str(compared)) > 250
    assert float(str(hhi_apart)) < 1e-9 and float(str(china_apart)) < 1e-9


# --- macros ------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(0.001, 1000), min_size=1, max_size=12), data=st.data())
def test_properties_of_the_hhi_macro(values: list[float], data: st.DataObject, refreshed: Refreshed) -> None:
    shares = [value / sum(values) for value in values]
    shuffled = data.draw(st.permutations(shares))
    merged = [shares[0] + shares[-1], *shares[1:-1]] if len(shares) > 1 else shares
    with connect(refreshed.release.database, read_only=True) as connection:
        hhi, again, after_merger = one(
            connection, f"select hhi({shares}::double[]), hhi({shuffled}::double[]), hhi({merged}::double[])"
        )
    assert 1 / len(shares) - 1e-9 <= float(str(hhi)) <= 1 + 1e-9
    assert again == pytest.approx(hhi, rel=1e-9)
    assert float(str(after_merger)) >= float(str(hhi)) - 1e-12


def test_a_null_into_a_macro_gives_a_null(published: duckdb.DuckDBPyConnection) -> None:
    assert one(published, "select hhi(null), hhi([]), hhi([0.5, null]), governance_risk_0_10(null)") == (None,) * 4
    assert one(published, "select hhi([0.5, 0.3, 0.2]), governance_risk_0_10(2.5), governance_risk_0_10(-3)") == (
        pytest.approx(0.38),
        0,
        10,
    )


# one call with plain numbers each; every scalar macro of the file but hhi, whose argument is a list
CALLS = {
    "governance_risk_0_10": (0.5,),
    "political_instability_0_1": (0.5,),
    "net_import_reliance": (27, 237, 6),
    "eu_supply_risk": (4, 2, 0.5, 0.1, 0.9),
    "geopolrisk_score": (0.5, 60, 100, 20),
    "china_dependence_score": (0.8, 0.6, 0.5, 0.5, 0.25, 0.25),
    "goalpost_score": (0.5, 0.1, 0.9),
    "refill_share": (30, 200, 0.1),
    "unmet_amount": (30, 200, 0.1),
}


def called(macro: str, arguments: tuple[float | None, ...]) -> str:
    return f"{macro}({', '.join('null' if argument is None else repr(argument) for argument in arguments)})"


def test_every_scalar_macro_is_called_here(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute(
        "select distinct function_name from duckdb_functions() where not internal and function_type = 'macro'"
    ).fetchall()
    assert {row[0] for row in found} == {"hhi", *CALLS}


@pytest.mark.parametrize("macro", CALLS)
def test_a_null_in_any_argument_gives_a_null(macro: str, published: duckdb.DuckDBPyConnection) -> None:
    arguments = CALLS[macro]
    assert one(published, f"select {called(macro, arguments)}") != (None,)
    for place in range(len(arguments)):
        missing = (*arguments[:place], None, *arguments[place + 1 :])
        assert one(published, f"select {called(macro, missing)}") == (None,), missing


# shares of three suppliers and the mean WGI estimates that give their published risks 6.92, 5.43 and 6.11
TANTALUM = " + ".join(
    f"{share} ^ 2 * governance_risk_0_10({estimate})"
    for share, estimate in ((0.81, -0.96), (0.14, -0.215), (0.05, -0.555))
)
BY_HAND = [
    # (4 x 0.25 + 2 x 0.75) x 0.9 x 0.9 = 2.5 x 0.81
    ("eu_supply_risk(4, 2, 0.5, 0.1, 0.9)", 2.025),
    # who imports nothing on balance has its own suppliers alone, who imports all the mean of both sides
    ("eu_supply_risk(4, 2, 0, 0, 1)", 2),
    ("eu_supply_risk(4, 2, 1, 0, 1)", 3),
    ("eu_supply_risk(4, 2, 1, 1, 1)", 0),
    # tantalum, EU 2017, suppliers alone: 0.81^2 x 6.92 + 0.14^2 x 5.43 + 0.05^2 x 6.11
    # = 4.540212 + 0.106428 + 0.015275; the study prints 4.6
    (f"eu_supply_risk({TANTALUM}, {TANTALUM}, 1, 0, 1)", 4.661915),
    # (237 - 6) / (27 + 237 - 6) = 231 / 258
    ("net_import_reliance(27, 237, 6)", 0.895349),
    ("net_import_reliance(0, 80, 5)", 1),
    ("net_import_reliance(27, 6, 6)", 0),
    ("net_import_reliance(27, 6, 237)", 0),
    ("net_import_reliance(0, 0, 0)", 0),
    # 0.5 x 60 / (20 + 100)
    ("geopolrisk_score(0.5, 60, 100, 20)", 0.25),
    # (2.5 - 0.5) / 5; the ends are clipped
    ("political_instability_0_1(0.5)", 0.4),
    ("political_instability_0_1(2.7)", 0),
    ("political_instability_0_1(-2.7)", 1),
    # 2 x (2.5 - 0.5)
    ("governance_risk_0_10(0.5)", 4),
    # 100 x 0.8 x (0.5 + 0.25 x 0.6 + 0.25 x 0.5) = 80 x 0.775
    ("china_dependence_score(0.8, 0.6, 0.5, 0.5, 0.25, 0.25)", 62),
    # (0.3 - 0.1) / 0.8; the ends are clipped
    ("goalpost_score(0.3, 0.1, 0.9)", 25),
    ("goalpost_score(0.05, 0.1, 0.9)", 0),
    ("goalpost_score(0.95, 0.1, 0.9)", 100),
]


@pytest.mark.parametrize(("call", "expected"), BY_HAND, ids=[call for call, _ in BY_HAND])
def test_macros_by_hand(call: str, expected: float, published: duckdb.DuckDBPyConnection) -> None:
    assert one(published, f"select {call}") == (pytest.approx(expected, abs=5e-7),)


def test_nothing_supplied_has_no_geopolitical_risk_score(published: duckdb.DuckDBPyConnection) -> None:
    assert one(published, "select geopolrisk_score(0.5, 0, 0, 0)") == (None,)


TONNES = st.integers(0, 10**12).map(lambda kilograms: kilograms / 1000)
SHARES = st.floats(0, 1)


@settings(max_examples=60, deadline=None)
@given(production=TONNES, imports=TONNES, exports=TONNES, factor=st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
def test_reliance_is_a_share_whatever_the_unit(
    production: float, imports: float, exports: float, factor: float, refreshed: Refreshed
) -> None:
    scaled = (production * factor, imports * factor, exports * factor)
    with connect(refreshed.release.database, read_only=True) as connection:
        reliance, in_another_unit, with_more_production = one(
            connection,
            f"select {called('net_import_reliance', (production, imports, exports))},"
            f" {called('net_import_reliance', scaled)},"
            f" {called('net_import_reliance', (production + 1, imports, exports))}",
        )
    assert 0 <= float(str(reliance)) <= 1
    assert (reliance == 0) == (imports <= exports)
    assert in_another_unit == pytest.approx(reliance, rel=1e-6, abs=1e-9)
    assert float(str(with_more_production)) <= float(str(reliance))


@settings(max_examples=60, deadline=None)
@given(sides=st.tuples(st.floats(0, 13), st.floats(0, 13)), reliance=SHARES, recycled=SHARES, substitution=SHARES)
def test_eu_supply_risk_lies_between_its_sides_and_with_both_alike_reliance_does_not_matter(
    sides: tuple[float, float], reliance: float, recycled: float, substitution: float, refreshed: Refreshed
) -> None:
    world, own = sides
    with connect(refreshed.release.database, read_only=True) as connection:
        risk, world_alone, own_alone, alike = one(
            connection,
            "select "
            + ", ".join(
                called("eu_supply_risk", arguments)
                for arguments in (
                    (world, own, reliance, recycled, substitution),
                    (world, world, 1.0, recycled, substitution),
                    (own, own, 1.0, recycled, substitution),
                    (world, world, reliance, recycled, substitution),
                )
            ),
        )
    ends = sorted([float(str(world_alone)), float(str(own_alone))])
    assert ends[0] - 1e-9 <= float(str(risk)) <= ends[1] + 1e-9
    assert alike == pytest.approx(world_alone, rel=1e-9, abs=1e-12)
    assert world_alone == pytest.approx(world * (1 - recycled) * substitution, rel=1e-9, abs=1e-12)


def test_the_table_macros_give_the_year_asked_for(published: duckdb.DuckDBPyConnection) -> None:
    for year in (2023, 2024):
        assert one(published, f"select count(*) from suppliers('IND', 'copper', {year}) where stage = 'ore'") == one(
            published,
            "select count(*) from marts.supplier_shares where importer_iso3 = 'IND' and mineral_id = 'copper'"
            f" and stage = 'ore' and year = {year}",
        )
    assert one(published, "select mineral_id from risk('IND', 2024) limit 1") == ("magnesium",)


# --- readers -------------------------------------------------------------------------------------------


def command(refreshed: Refreshed, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env={**os.environ, "MINERAL_RISK_HOME": str(refreshed.home.root), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_scores_as_table_csv_and_json(refreshed: Refreshed) -> None:
    table = command(refreshed, "scores")
    assert table.returncode == 0 and table.stderr == ""
    assert "permanent magnets" in table.stdout and "germanium" in table.stdout
    assert max(len(line) for line in table.stdout.splitlines()) <= 80
    rows = list(csv.DictReader(io.StringIO(command(refreshed, "scores", "--format", "csv").stdout)))
    assert [row["rank"] for row in rows[:3]] == ["1", "2", "3"]
    asked = command(
        refreshed, "scores", "--importer", "DEU", "--year", "2020", "--mineral", "cobalt", "--format", "json"
    )
    assert {row["mineral"] for row in json.loads(asked.stdout)} == {"Cobalt"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("scores", "--importer", "XYZ"), 3, "not in release"),
        (("scores", "--year", "1990"), 3, "2015"),
        (("scores", "--mineral", "unobtainium"), 3, "not in release"),
        (("ingest", "nobody"), 3, "expected one of baci, comtrade, tradestat, usgs, wgi"),
        (("scores", "--format", "pdf"), 2, "pdf"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(
    arguments: tuple[str, ...], code: int, words: str, refreshed: Refreshed
) -> None:
    done = command(refreshed, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1 or code == 2
    assert done.stdout == ""


def test_sql_and_status(refreshed: Refreshed) -> None:
    assert (
        command(refreshed, "sql", "select '=1+1' as text, -5 as number", "--format", "csv").stdout
        == "text,number\n'=1+1,-5\n"
    )
    asked = command(refreshed, "sql", "select mineral_id from risk('IND', 2024) limit 1", "--format", "json")
    assert json.loads(asked.stdout) == [{"mineral_id": "magnesium"}]
    told = command(refreshed, "status").stdout
    assert refreshed.release.release_id in told and "controls as" in told and "283691" in told
