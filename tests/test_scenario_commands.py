"""`mineral-risk scenario`: what it prints is what the release holds, and a file goes the way of the seeds."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from flows import scenario_screens, scenarios
from flows.cli import app
from flows.scenario_screens import NO_IMPROVEMENT
from tests.conftest import Refreshed
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.lock import run_lock
from warehouse.paths import DataHome
from warehouse.release import current_release

AGREEMENT = """\
scenario_id: my_agreement
question: What would fixed quantities of concentrate change?
importer_iso3: IND
baseline_year: 2024
assumptions: the quantities are assumptions
source: a test
shocks:
  - {shock_type: fixed_quantity, supplier_iso3: CHL, mineral_id: copper, stage: ore,
     quantity: 300000, quantity_unit: t_gross, source: an assumption}
  - {shock_type: fixed_quantity, supplier_iso3: PER, mineral_id: copper, stage: ore,
     quantity: 200000, quantity_unit: t_gross, source: an assumption}
"""
CUT = """\
scenario_id: my_cut
question: What would India lack without half of Peru's concentrate?
importer_iso3: IND
assumptions: half is an assumption
source: a test
shocks:
  - shock_type: supply_cut
    supplier_iso3: PER
    mineral_id: copper
    stage: ore
    fraction: 0.5
    source: an assumption
"""
PATH = """\
scenario_id: my_path
question: How far does demand carry reliance?
importer_iso3: IND
baseline_year: 2024
assumptions: demand doubles
source: a test
shocks:
  - {shock_type: demand_growth, mineral_id: copper, stage: ore, factor: 2, demand_basis: consumption,
     from_year: 2024, to_year: 2030, source: an assumption}
paths:
  - {mineral_id: copper, stage: ore, end_year: 2047, published_baseline_reliance: 0.9,
     published_end_reliance: 0.94, source: an assumption}
"""


def ask(home: DataHome, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
        return CliRunner().invoke(app, ["scenario", *arguments])


def told(home: DataHome, *arguments: str) -> str:
    done = ask(home, *arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(home: DataHome, *arguments: str) -> str:
    done = ask(home, *arguments)
    assert isinstance(done.exception, InputRejected), (done.output, done.exception)
    assert done.exception.exit_code == 3
    return str(done.exception)


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def home(refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """The home of the whole run, to work in, while others look at the original."""
    root = tmp_path_factory.mktemp("scenarios") / "home"
    shutil.copytree(refreshed.home.root, root, symlinks=True, copy_function=os.link)
    return DataHome(root)


def file_with(folder: Path, text: str) -> Path:
    file = folder / "mine.yml"
    file.write_text(text, encoding="utf-8")
    return file


# --- what a release holds


def test_the_list_has_every_scenario_and_what_is_lacking_at_the_most(
    refreshed: Refreshed, published: duckdb.DuckDBPyConnection
) -> None:
    rows = {
        row["scenario_id"]: row for row in csv.DictReader(io.StringIO(told(refreshed.home, "list", "--format", "csv")))
    }
    assert set(rows) == {row[0] for row in published.execute("select scenario_id from marts.scenarios").fetchall()}
    assert len(rows) == 12
    largest = published.execute(
        "select max(unmet_share), sum(value_lost_usd) from marts.scenario_results"
        " where scenario_id = 'china_full_export_stop'"
    ).fetchall()[0]
    stop = rows["china_full_export_stop"]
    assert (float(stop["largest_unmet_share"]), float(stop["value_lost_usd"])) == pytest.approx(largest)
    # a variant stands below the scenario that it varies
    order = list(rows)
    assert order.index("copper_2047_without_agreements") == order.index("copper_2047") + 1
    assert "china_full_export_stop" in told(refreshed.home, "list")


def test_a_definition_names_what_is_assumed_and_where_it_comes_from(refreshed: Refreshed) -> None:
    screen = one_line(told(refreshed.home, "show", "chile_peru_copper_fta"))
    assert "no tonnage is published" in screen
    assert "an agreement guarantees, from CHL:" in screen and "copper ore, 300,000 t of goods a year" in screen
    assert "Reuters, 15 Jul 2025" in screen
    written = json.loads(told(refreshed.home, "show", "copper_2047", "--format", "json"))
    assert [shock["shock_type"] for shock in written["shocks"]].count("demand_growth") == 1


@pytest.mark.parametrize("scenario", ["china_full_export_stop", "chile_peru_copper_fta", "drc_cobalt_quota"])
def test_csv_and_json_are_the_rows_of_the_release(
    refreshed: Refreshed, published: duckdb.DuckDBPyConnection, scenario: str
) -> None:
    rows = list(csv.DictReader(io.StringIO(told(refreshed.home, "run", scenario, "--format", "csv"))))
    found = published.execute(
        "select mineral_id, stage, unmet_share, value_lost_usd from marts.scenario_results where scenario_id = ?",
        [scenario],
    ).fetchall()
    assert sorted(
        (row["mineral_id"], row["stage"], row["unmet_share"], row["value_lost_usd"]) for row in rows
    ) == sorted(tuple("" if cell is None else str(cell) for cell in row) for row in found)
    whole = json.loads(told(refreshed.home, "run", scenario, "--format", "json"))
    assert len(whole["results"]) == len(rows)
    assert whole["scenario"][0]["scenario_id"] == scenario
    assert whole["is_published"] is True


def test_what_is_lacking_leads_and_no_ban_is_called_an_improvement(
    refreshed: Refreshed, published: duckdb.DuckDBPyConnection
) -> None:
    lines = told(refreshed.home, "run", "china_full_export_stop").splitlines()
    assert lines[0].startswith("China stops exporting")
    assert lines[1].startswith("Lacking: goods in 3 of ")
    (lost,) = published.execute(
        "select sum(value_lost_usd) from marts.scenario_results where scenario_id = 'china_full_export_stop'"
    ).fetchall()[0]
    assert f"worth {lost / 1e6:,.1f} m USD" in lines[1]
    screen = one_line(" ".join(lines))
    assert one_line(NO_IMPROVEMENT) in screen
    # the code of magnets holds ferrite ones too
    assert "rare_earths product*" in screen and "*: the code holds other goods" in screen
    assert "magnesium refined*" not in screen
    # the worst market is pictured, with what nobody delivers
    assert "LACKING" in screen
    deal = one_line(told(refreshed.home, "run", "chile_peru_copper_fta"))
    assert "Lacking: nothing, in 1 market." in deal
    assert one_line(NO_IMPROVEMENT) not in deal


def test_the_bars_are_to_scale(refreshed: Refreshed) -> None:
    lines = told(refreshed.home, "run", "chile_peru_copper_fta").splitlines()
    chile = next(line for line in lines if line.startswith("CHL") and "█" in line).split()
    peru = next(line for line in lines if line.startswith("PER") and "█" in line).split()
    # 300,000 and 200,000 t of concentrate that holds 27 % copper
    assert (chile[3], peru[3]) == ("81,000", "54,000")
    assert len(chile[4]) == 24 and len(peru[4]) == 16


def test_a_path_shows_what_was_published_and_says_when_one_country_is_too_much(refreshed: Refreshed) -> None:
    screen = one_line(told(refreshed.home, "run", "copper_2047"))
    assert "case: published" in screen
    assert "2024 270,000 27,000" in screen and "90% 90%" in screen and "97% 97%" in screen
    assert "No single country ever stands for more than 65% of use." in screen
    assert "goods that hold 0.284 of the mineral (by their codes 0.270), and 48,600 t made at home in 2047" in screen
    magnets = one_line(told(refreshed.home, "run", "india_magnet_scheme"))
    assert "One country stands for more than 65% of use in every year." in magnets
    assert "Case content low: what is bought holds none of the mineral by this reading." in magnets


def test_one_mineral_alone(refreshed: Refreshed) -> None:
    screen = told(refreshed.home, "run", "china_full_export_stop", "--mineral", "bismuth")
    assert "bismuth refined" in screen and "magnesium" not in screen
    assert "it meets" in refused(refreshed.home, "run", "chile_peru_copper_fta", "--mineral", "bismuth")


def test_two_scenarios_side_by_side(refreshed: Refreshed) -> None:
    names = ("chile_peru_copper_fta", "indonesia_concentrate_stop")
    (row,) = csv.DictReader(io.StringIO(told(refreshed.home, "compare", *names, "--format", "csv")))
    sides = {name: json.loads(told(refreshed.home, "run", name, "--format", "json"))["results"] for name in names}
    for side, name in zip(("first", "second"), names, strict=True):
        (copper,) = (found for found in sides[name] if found["is_shocked"])
        assert row[f"scenario_id_{side}"] == name
        assert float(row[f"hhi_value_after_{side}"]) == copper["hhi_value_after"]
        assert float(row[f"unmet_share_{side}"]) == copper["unmet_share"]
    screen = one_line(told(refreshed.home, "compare", *names))
    assert "A: chile_peru_copper_fta B: indonesia_concentrate_stop (IND, 2024)" in screen
    assert one_line(NO_IMPROVEMENT) in screen


def test_an_unknown_scenario_is_refused_with_the_nearest(refreshed: Refreshed) -> None:
    assert "nearest: copper_2047" in refused(refreshed.home, "run", "coper_2047")
    assert "nearest" in refused(refreshed.home, "show", "china")


# --- a file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (CUT.replace("fraction: 0.5", "fraction: 1.5"), "shock 1: .*a fraction outside 0 to 1"),
        (CUT.replace("fraction: 0.5", "fraction: -0.5"), "shock 1: .*a fraction outside 0 to 1"),
        (CUT.replace("fraction: 0.5", "fraction: half"), "shock 1, column fraction: expected a number.*'half'"),
        (CUT.replace("fraction: 0.5", "fraction: .nan"), "shock 1, column fraction: expected a number.*nan'"),
        (CUT.replace("fraction: 0.5", "fraction: yes"), "shock 1, column fraction: expected a number.*'yes'"),
        (CUT.replace("fraction: 0.5", "fracton: 0.5"), "shock 1: fracton: .*is it fraction"),
        (CUT.replace("    fraction: 0.5\n", ""), "shock 1: .*a cut takes a fraction and nothing else"),
        (CUT.replace("PER", "PRU"), "shock 1, column supplier_iso3: .*'PRU'"),
        (CUT.replace("PER", "XXX"), "shock 1: .*suppliers are others"),
        (CUT.replace("PER", "IND"), "shock 1: .*suppliers are others"),
        (CUT.replace("mineral_id: copper", "mineral_id: coper"), "shock 1, column mineral_id: .*'coper'"),
        (CUT.replace("stage: ore", "stage: mine"), "shock 1, column stage: .*'mine'"),
        (CUT.replace("supply_cut", "ban"), "shock 1: .*no such shock_type"),
        (CUT.replace("    source: an assumption\n", ""), "shock 1, column source: expected a text, found ''"),
        (CUT.replace("importer_iso3: IND", "importer_iso3: INDIA"), "the scenario, column importer_iso3: .*'INDIA'"),
        (CUT.replace("assumptions: half is an assumption\n", ""), "the scenario: .*no assumptions"),
        (CUT.replace("my_cut", "copper_2047"), "a scenario of the project has this id"),
        (CUT.replace("scenario_id: my_cut\n", ""), "scenario_id: expected a name"),
        (CUT + CUT.split("shocks:\n")[1], "shock [12]: .*contradict"),
        (CUT + "title: one\ntitle: two\n", "line 14: expected each name once"),
        (CUT + "headroom_low_share: 0.3\nheadroom_share: 0.2\nheadroom_high_share: 0.1\n", "headroom that is not low"),
        (CUT + "colour: red\n", "colour: expected one of"),
        (CUT + "paths:\n  - {mineral_id: tin, stage: ore, end_year: 2030, source: x}\n", "path 1: .*no shock"),
        (AGREEMENT.replace(", quantity_unit: t_gross", ""), "shock 1: .*a quantity without a unit"),
        (AGREEMENT.replace("t_gross", "kg"), "shock 1: .*neither t_gross nor t_content"),
        (AGREEMENT.replace("supplier_iso3: PER", "supplier_iso3: CHL"), "shock [12]: .*contradict"),
        ("- a list\n", "the file: expected names with values.*a list"),
        ("shocks: [\n", "expected a scenario in YAML"),
        ("scenario_id: x\nshocks: none\n", "shocks: expected a list"),
        ("scenario_id: x\nshocks: [1]\n", "shock 1: expected names with values"),
        ("!!python/object/apply:os.system [true]\n", "the file: expected names with values"),
        ("", "the file: expected names with values.*nothing"),
        (CUT.replace("IND", "!!python/name:os.system IND"), "importer_iso3: expected a text or a number"),
        (CUT.replace("fraction: 0.5", "fraction: [0.5]"), "shock 1: fraction: expected a text or a number.*a list"),
        (CUT.replace("fraction: 0.5", f"fraction: {'9' * 5000}"), "shock 1, column fraction: expected a number"),
        (CUT + "baseline_year: 2024-13-45\n", "column baseline_year: expected a whole number.*'2024-13-45'"),
        (CUT + "headroom_share: 0.5\n", "headroom that is not low to high"),
        (AGREEMENT.replace("copper", "pge"), "shock 1: .*a mineral that stands for several"),
        (PATH.replace("2047", "2024"), "path 1: .*an end_year that is not after"),
        (PATH.replace("reliance: 0.9", "reliance: 0"), "path 1: .*published_baseline_reliance that is not between"),
        (PATH.replace("consumption", "imports"), "path 1: .*only growth of consumption"),
        (PATH.replace("2030", "2060"), "path 1: .*only growth of consumption"),
        (PATH.replace("baseline_year: 2024\n", ""), "path 1: .*without a baseline_year"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_the_rules_is_refused_with_its_row(
    home: DataHome, tmp_path: Path, text: str, found: str
) -> None:
    file = file_with(tmp_path, text)
    with pytest.raises(InputRejected, match=found) as refusal:
        scenarios.worked(home, str(file))
    assert str(refusal.value).startswith(str(file))
    assert not home.build.exists() or not list(home.build.iterdir())


def test_a_file_that_is_not_there_or_too_large_is_refused(home: DataHome, tmp_path: Path) -> None:
    assert "No such file" in refused(home, "run", str(tmp_path / "none.yml"))
    assert "at most 1,000,000 bytes" in refused(home, "run", str(file_with(tmp_path, "#" * 1_000_001)))


def test_a_path_that_rests_on_figures_of_one_importer_is_asked_of_no_other(home: DataHome, tmp_path: Path) -> None:
    assert "its path rests on figures of IND" in refused(home, "run", "copper_2047", "--importer", "JPN")
    file = file_with(tmp_path, PATH)
    assert "its path rests on figures of IND" in refused(home, "run", str(file), "--importer", "JPN")
    assert "importer_iso3: expected" in refused(home, "run", "china_full_export_stop", "--importer", "zzz")


def test_another_run_is_not_disturbed(home: DataHome, tmp_path: Path) -> None:
    with run_lock(home):
        done = ask(home, "run", str(file_with(tmp_path, CUT)))
    assert done.exception is not None and getattr(done.exception, "exit_code", None) == 5


def test_a_file_with_the_shocks_of_a_scenario_gives_its_figures_and_publishes_nothing(
    home: DataHome, tmp_path: Path, published: duckdb.DuckDBPyConnection
) -> None:
    before = current_release(home), sorted(home.releases.iterdir())
    mine = json.loads(told(home, "run", str(file_with(tmp_path, AGREEMENT)), "--format", "json"))
    theirs = json.loads(told(home, "run", "chile_peru_copper_fta", "--format", "json"))
    assert mine["is_published"] is False
    for part in ("results", "suppliers"):
        assert len(mine[part]) > 0
        assert [without_id(row) for row in mine[part]] == [without_id(row) for row in theirs[part]]
    assert (current_release(home), sorted(home.releases.iterdir())) == before
    assert list(home.build.iterdir()) == []


def without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "scenario_id"}


# --- many scenarios on the real data, in one private build


def scenario(name: str, *shocks: dict[str, Any], **settings: Any) -> dict[str, list[dict[str, str]]]:
    rows = {
        "seed_scenarios": [
            {
                "scenario_id": name,
                "question": "?",
                "importer_iso3": "IND",
                "baseline_year": "2024",
                "assumptions": "!",
                "source": "a test",
            }
            | {key: str(value) for key, value in settings.items()}
        ],
        "seed_scenario_shocks": [
            {"shock_id": f"{name}_{number}", "scenario_id": name, "source": "a test"}
            | {key: str(value) for key, value in shock.items()}
            for number, shock in enumerate(shocks)
        ],
        "seed_scenario_paths": [],
    }
    return rows


def cut(supplier: str, fraction: float, mineral: str = "all", stage: str = "all") -> dict[str, Any]:
    return {
        "shock_type": "supply_cut",
        "supplier_iso3": supplier,
        "mineral_id": mineral,
        "stage": stage,
        "fraction": fraction,
    }


def agreement(supplier: str, quantity: float) -> dict[str, Any]:
    return {
        "shock_type": "fixed_quantity",
        "supplier_iso3": supplier,
        "mineral_id": "copper",
        "stage": "ore",
        "quantity": quantity,
        "quantity_unit": "t_gross",
    }


DEPTHS = (0.25, 0.5, 0.75, 1.0)
HEADROOMS = (0.0, 0.05, 0.2, 1.0)
MINERALS_OF_TWO = [cut("CHN", 0.5, "bismuth"), cut("CHN", 1.0, "magnesium"), cut("RUS", 0.7, "magnesium")]
ASKED = [
    scenario("nothing_happens"),
    # Liechtenstein sells India no copper ore, and nobody else either
    scenario("a_stranger_is_banned", cut("LIE", 1.0, "copper", "ore")),
    *(scenario(f"cut_{depth:g}".replace(".", "_"), cut("CHN", depth)) for depth in DEPTHS),
    *(
        scenario(
            f"room_{room:g}".replace(".", "_"),
            cut("CHN", 1.0),
            headroom_low_share=room,
            headroom_share=room,
            headroom_high_share=room,
        )
        for room in HEADROOMS
    ),
    scenario("in_order", *MINERALS_OF_TWO, agreement("CHL", 300_000), agreement("PER", 200_000)),
    scenario("in_another_order", agreement("PER", 200_000), *reversed(MINERALS_OF_TWO), agreement("CHL", 300_000)),
    scenario("too_much_agreed", agreement("CHL", 700_000), agreement("PER", 700_000)),
    scenario("germany", cut("CHN", 1.0), importer_iso3="DEU"),
    # the bundle has magnesium of India alone
    scenario("no_data", cut("CHN", 1.0, "magnesium", "refined"), importer_iso3="DEU"),
    # of purchases that have a weight in part
    scenario("europe", cut("BRA", 1.0), importer_iso3="EUU"),
]


@pytest.fixture(scope="module")
def built(home: DataHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The private database of all of these, worked out at once."""
    seeds, kept = tmp_path_factory.mktemp("seeds"), tmp_path_factory.mktemp("kept") / "build.duckdb"
    rows = {seed: [row for asked in ASKED for row in asked[seed]] for seed in ASKED[0]}
    scenarios.write_seeds(seeds, rows)
    names = [row["scenario_id"] for row in rows["seed_scenarios"]]
    with scenarios.private_build(home, current_release(home), seeds, names) as database:
        shutil.copyfile(database, kept)
    with connect(kept, read_only=True) as connection:
        yield connection


def test_an_empty_scenario_equals_the_baseline_byte_for_byte(built: duckdb.DuckDBPyConnection) -> None:
    tables = built.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
        " where schema_name in ('intermediate', 'metrics') and table_name not like 'int_scenario%'"
        " and table_name not like 'metric_scenario%' and table_name != 'metric_reliance_paths'"
        " group by all having list_contains(list(column_name), 'scenario_id') order by 1"
    ).fetchall()
    compared = 0
    for table, columns in tables:
        importer = "importer_iso3" if "importer_iso3" in columns else "country_iso3"
        before = (
            f"select * exclude (scenario_id) from {table}"
            f" where scenario_id = 'baseline' and {importer} = 'IND' and year = 2024"
        )
        for name in ("nothing_happens", "a_stranger_is_banned"):
            after = f"select * exclude (scenario_id) from {table} where scenario_id = '{name}'"
            differing = built.execute(
                f"select count(*) from ((({before}) except all ({after})) union all (({after}) except all ({before})))"
            ).fetchall()[0][0]
            assert differing == 0, (table, name)
        compared += built.execute(f"select count(*) from ({before})").fetchall()[0][0]
    assert len(tables) >= 18
    assert compared > 4_000


def test_a_scenario_in_which_nothing_happens_lacks_nothing(built: duckdb.DuckDBPyConnection) -> None:
    changed = built.execute(
        "select count(*) > 50, sum(unmet_share), sum(value_lost_usd), max(abs(risk_score_change)),"
        " max(abs(hhi_value_change)) from marts.scenario_results"
        " where scenario_id in ('nothing_happens', 'a_stranger_is_banned')"
    ).fetchall()[0]
    assert changed == (True, 0, 0, 0, 0)


def amounts(built: duckdb.DuckDBPyConnection, column: str, scenario_id: str) -> dict[tuple[str, str], float | None]:
    return {
        (mineral, stage): amount
        for mineral, stage, amount in built.execute(
            f"select mineral_id, stage, {column} from marts.scenario_results where scenario_id = ? and is_shocked",
            [scenario_id],
        ).fetchall()
    }


@pytest.mark.parametrize("column", ["unmet_share", "unmet_share_low", "unmet_share_high", "value_lost_usd"])
def test_on_the_real_data_a_deeper_cut_lacks_no_less_and_more_headroom_no_more(
    built: duckdb.DuckDBPyConnection, column: str
) -> None:
    deeper = [amounts(built, column, f"cut_{depth:g}".replace(".", "_")) for depth in DEPTHS]
    roomier = [amounts(built, column, f"room_{room:g}".replace(".", "_")) for room in reversed(HEADROOMS)]
    for steps in (deeper, roomier):
        assert all(step.keys() == steps[0].keys() for step in steps) and len(steps[0]) > 40
        for market in steps[0]:
            series = [step[market] for step in steps]
            known = [amount for amount in series if amount is not None]
            assert len(known) in (0, len(series)), market
            assert all(a <= b * (1 + 1e-12) + 1e-12 for a, b in zip(known, known[1:], strict=False)), (market, series)
    assert sum(amount or 0 for amount in deeper[-1].values()) > sum(amount or 0 for amount in deeper[0].values())
    assert sum(amount or 0 for amount in roomier[-1].values()) > sum(amount or 0 for amount in roomier[0].values())


def test_without_headroom_all_that_is_cut_is_lacking(built: duckdb.DuckDBPyConnection) -> None:
    rows = built.execute(
        "select unmet_share, china_weight_share_before, mineral_id from marts.scenario_results"
        " where scenario_id = 'room_0' and is_shocked and missing_reason is null"
        # where every purchase has a weight, the shares by weight and by content are the same
        " and mineral_id in ('magnesium', 'bismuth', 'silicon')"
    ).fetchall()
    assert len(rows) >= 3
    for unmet, china, mineral in rows:
        assert unmet == pytest.approx(china, rel=1e-3), mineral


def test_the_order_of_shocks_changes_no_figure(built: duckdb.DuckDBPyConnection) -> None:
    for table in ("scenario_results", "scenario_supplier_shares"):
        first, second = (
            f"select * exclude (scenario_id) from marts.{table} where scenario_id = '{name}'"
            for name in ("in_order", "in_another_order")
        )
        (differing, rows) = built.execute(
            f"select count(*), (select count(*) from ({first}))"
            f" from ((({first}) except all ({second})) union all (({second}) except all ({first})))"
        ).fetchall()[0]
        assert (differing, rows > 40) == (0, True), table


def test_agreements_above_demand_are_refused_with_their_rows_and_spoil_no_other(
    built: duckdb.DuckDBPyConnection,
) -> None:
    refusals = built.execute(
        "select scenario_id, refusal_reason, refused_shock_ids from marts.scenarios where refusal_reason is not null"
        " order by 1"
    ).fetchall()
    assert refusals == [
        ("no_data", "no_source_covers_its_codes", "no_data_0"),
        ("too_much_agreed", "agreements_above_demand", "too_much_agreed_0 too_much_agreed_1"),
    ]
    said = built.execute(
        "select count(*), count(unmet_share), count(risk_score_after) from marts.scenario_results"
        " where scenario_id = 'too_much_agreed'"
    ).fetchall()[0]
    assert said[0] > 40 and said[1:] == (0, 0)


def test_another_importer_has_its_own_baseline(built: duckdb.DuckDBPyConnection) -> None:
    rows = built.execute(
        "select distinct importer_iso3 from marts.scenario_results where scenario_id = 'germany'"
    ).fetchall()
    assert rows == [("DEU",)]
    differing = built.execute(
        "select count(*) from marts.scenario_results as results"
        " left join metrics.metric_supplier_concentration as concentration"
        " on concentration.scenario_id = 'baseline' and results.importer_iso3 = concentration.importer_iso3"
        " and results.year = concentration.year and results.mineral_id = concentration.mineral_id"
        " and results.stage = concentration.stage"
        " where results.scenario_id = 'germany' and results.hhi_value_before is distinct from concentration.hhi_value"
    ).fetchall()[0][0]
    assert differing == 0


def test_what_no_source_tells_of_is_named_and_is_no_market_in_which_nothing_happens(
    built: duckdb.DuckDBPyConnection,
) -> None:
    without = dict(built.execute("select scenario_id, markets_without_data from marts.scenarios").fetchall())
    assert "magnesium refined" in without["germany"].split("; ")
    assert "magnesium refined" not in without["cut_1"].split("; ")
    assert without["nothing_happens"] is None
    told = built.execute(
        "select mineral_id || ' ' || stage from marts.scenario_results where scenario_id = 'germany'"
    ).fetchall()
    assert {row[0] for row in told}.isdisjoint(without["germany"].split("; "))


def test_a_stop_of_one_supplier_is_the_scenario_of_that_stop(
    built: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    compared = 0
    for importer, supplier, name in (("IND", "CHN", "cut_1"), ("DEU", "CHN", "germany"), ("EUU", "BRA", "europe")):
        stops = {
            (mineral, stage): figures
            for mineral, stage, *figures in published.execute(
                "select mineral_id, stage, unmet_share, value_lost_usd, withdrawn_t, replacement_bill_usd"
                " from marts.single_supplier_stops where importer_iso3 = ? and supplier_iso3 = ?"
                " and missing_reason is null",
                [importer, supplier],
            ).fetchall()
        }
        for mineral, stage, *figures in built.execute(
            "select mineral_id, stage, unmet_share, value_lost_usd, withdrawn_t, replacement_bill_usd"
            " from marts.scenario_results where scenario_id = ? and missing_reason is null and is_shocked",
            [name],
        ).fetchall():
            if (mineral, stage) in stops:
                assert figures == pytest.approx(stops[mineral, stage], rel=1e-9, abs=1e-6), (importer, mineral, stage)
                compared += 1
    assert compared > 80


def test_goods_that_several_minerals_share_are_lost_once(home: DataHome) -> None:
    rows = [
        row
        for row in json.loads(told(home, "run", "china_full_export_stop", "--format", "json"))["results"]
        if row["mineral_id"] in ("gallium", "indium", "hafnium", "rhenium") and row["stage"] == "refined"
    ]
    assert len(rows) == 4 and len({row["code_set_hash"] for row in rows}) == 1
    lost = rows[0]["value_lost_usd_high"]
    assert lost > 0 and [row["value_lost_usd_high"] for row in rows] == pytest.approx([lost] * 4)
    assert scenario_screens.of_goods(rows, "value_lost_usd_high") == pytest.approx(lost)


def test_years_are_said_in_spans() -> None:
    assert scenario_screens.spans([2024, 2025, 2026, 2030, 2032, 2033]) == "2024–2026, 2030, 2032–2033"


def test_a_narrow_terminal_cuts_no_figure_off(refreshed: Refreshed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_screens, "plain_console", lambda: Console(width=80, markup=False, highlight=False))
    for arguments in (
        ("run", "china_full_export_stop"),
        ("compare", "chile_peru_copper_fta", "copper_2047"),
        ("list",),
    ):
        assert "…" not in told(refreshed.home, *arguments)
