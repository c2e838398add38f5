"""One screen behind a score: what it says is what the release holds, in words, and can be asked again in SQL."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.why import QUERIES, by_stage, explain, in_words
from flows.why_screen import UNCERTAINTIES, plain_console
from tests.conftest import Refreshed
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.paths import REPOSITORY, SEEDS, DataHome
from warehouse.release import DATABASE_NAME

Asked = Callable[..., str]


def ask(home: DataHome, *arguments: str, code: int = 0) -> str:
    """Return what `why` prints; a release is only read, so the command runs in this process."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
        done = CliRunner().invoke(app, ["why", *arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def one_line(text: str) -> str:
    """Return a screen as one line: where it breaks lines is of no matter."""
    return " ".join(text.split())


def one(database: Path, query: str) -> tuple[Any, ...]:
    with connect(database, read_only=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


@pytest.fixture
def other(several_sources: Refreshed, tmp_path: Path) -> Iterator[Callable[[str], DataHome]]:
    """Make a home whose current release is a copy of a real one, edited by SQL; the real one is beside it."""
    made = several_sources.release

    def edited(sql: str) -> DataHome:
        home = DataHome(tmp_path / "other")
        for name in (made.release_id, "20270101T000000Z-eeeeeeee"):
            folder = home.releases / name
            folder.mkdir(parents=True)
            (folder / DATABASE_NAME).write_bytes(made.database.read_bytes())
            (folder / "manifest.json").write_text(json.dumps({"release_id": name, "content_hash": "0"}))
        home.current.symlink_to(folder)
        with connect(folder / DATABASE_NAME) as connection:
            connection.execute(sql)
        return home

    yield edited
    shutil.rmtree(tmp_path / "other", ignore_errors=True)


# --- what the screen says --------------------------------------------------------------------------------


def test_the_headline_is_the_published_score(refreshed: Refreshed) -> None:
    score, band, rank, low, high, probability, count = one(
        refreshed.release.database,
        "select risk_score, risk_band, risk_rank, rank_p05, rank_p95, risk_band_probability,"
        " (select count(risk_score) from marts.mineral_risk where importer_iso3 = 'IND' and year = 2024)"
        " from marts.mineral_risk where importer_iso3 = 'IND' and year = 2024 and mineral_id = 'magnesium'",
    )
    told = one_line(ask(refreshed.home, "magnesium"))
    assert told.startswith(
        f"Magnesium, India, 2024: risk {score:.1f} of 100 ({band.replace('_', ' ')}), rank {rank} of {count} minerals"
    )
    assert f"rank {low} to {high}, risk" in told
    assert (
        "Half of the draws take the geometric mean, which only lowers a score, so it lies high in that range." in told
    )
    assert f"{probability:.0%} of them say {band.replace('_', ' ')}." in told
    assert "The year is finished." in told
    assert "The chain breaks at its worst material stage: refined, shown here." in told
    # who bought where is not known of its codes: that is not nothing. What China sells is China's all the same
    assert "RUS Russian Federation" in told and told.count("not traced") == 5
    assert "From or through China" not in told


def test_the_contributions_on_the_screen_add_up_to_its_score(refreshed: Refreshed) -> None:
    text = ask(refreshed.home, "magnesium")
    (score,) = re.findall(r"risk ([0-9.]+) of 100", text)
    # component, figure, unit, goalposts, points, weight, adds
    rows = re.findall(r"^\S.* to [0-9.]+ +[0-9.]+ +([0-9.]+) +([0-9.]+)$", text, re.MULTILINE)
    assert [weight for weight, _ in sorted(rows)] == ["10", "10", "15", "15", "20", "30"]
    assert sum(float(added) for _, added in rows) == pytest.approx(float(score), abs=0.35)


def test_india_buys_rare_earth_compounds_of_china_behind_japan_and_korea(refreshed: Refreshed) -> None:
    """The worked example of docs/tracing.md."""
    screen = ask(refreshed.home, "rare_earths", "--stage", "compound")
    told = one_line(screen)
    assert re.search(
        r"China directly: [0-9.]+% of the value, 65\.9% of the weight\."
        r" From or through China: up to 87\.7% of the weight;",
        told,
    )
    assert "up to 21.8% stands behind others (Japan 11.5%, Rep. of Korea 6.0%, USA 3.0%)." in told
    assert "First produced in China: not told, for China buys more of it than it sells." in told
    assert "100.0% of the origin is estimated" in told
    assert re.search(r"CHN China +[0-9.]+ +32\.6% +65\.9% +100\.0%", screen)
    # Japan sells 15 % of the weight, of which 75 % come from or through China
    assert re.search(r"JPN Japan +[0-9.]+ +[0-9.]+% +15\.2% +75\.2%", screen)
    assert "the mineral is judged by its worst material stage, product" in told


def test_suppliers_beyond_the_sixth_are_one_row_and_the_unspecified_one_more(
    other: Callable[[str], DataHome], several_sources: Refreshed
) -> None:
    mineral, stage, count, smallest = one(
        several_sources.release.database,
        "select mineral_id, stage, count(*), min_by(supplier_iso3, import_value_usd) from marts.supplier_shares"
        " where importer_iso3 = 'DEU' and year = 2024 group by all having count(*) > 8 order by all limit 1",
    )
    home = other(
        "update marts.supplier_shares set supplier_iso3 = 'XXX', supplier_rank = null where importer_iso3 = 'DEU'"
        f" and mineral_id = '{mineral}' and stage = '{stage}' and year = 2024 and supplier_iso3 = '{smallest}'"
    )
    table = ask(home, mineral, "--importer", "DEU", "--year", "2024", "--stage", stage).partition("China directly")[0]
    shares = re.findall(r"^(\S.*?) +[0-9,.]+ +([0-9.]+)% ", table, re.MULTILINE)
    assert [name for name, _ in shares[6:]] == [f"{count - 7} others", "unspecified"]
    assert sum(float(share) for _, share in shares) == pytest.approx(100, abs=0.4)


def test_measures_on_the_screen_are_those_that_bind_the_suppliers(refreshed: Refreshed) -> None:
    database = refreshed.release.database
    bound = one(
        database,
        "select list(control_id order by control_id) from marts.supplier_controls"
        " where importer_iso3 = 'IND' and year = 2024 and mineral_id = 'bismuth' and stage = 'refined'",
    )[0]
    text = ask(refreshed.home, "bismuth")
    assert bound and all(f"{control_id} CHN licensing from 2025" in text for control_id in bound)


def test_a_change_is_told_as_risk_and_coverage_with_reasons_in_words(refreshed: Refreshed) -> None:
    database = refreshed.release.database
    mineral, year, stage, change = one(
        database,
        "select mineral_id, year, stage, score_change from marts.risk_score_changes"
        " where importer_iso3 = 'IND' and component_id = 'import_reliance' and coverage_reason = 'component_appeared'"
        " and abs(coverage_change) > 1 order by all limit 1",
    )
    told = one_line(ask(refreshed.home, mineral, "--year", str(year), "--stage", stage))
    risk, coverage = one(
        database,
        "select sum(risk_change), sum(coverage_change) from marts.risk_score_changes where importer_iso3 = 'IND'"
        f" and mineral_id = '{mineral}' and year = {year} and stage = '{stage}'",
    )
    assert min(abs(change), abs(risk), abs(coverage)) > 0.05
    assert (
        f"{change:+.1f} points against {year - 1}: {risk:+.1f} is risk, {coverage:+.1f} is what".replace("-", "−")
        in told
    )
    assert re.search("Measured otherwise: [^:]*Import reliance[^:]*: the component had no value the year before", told)


def test_what_is_missing_is_said_and_not_read_as_safe(refreshed: Refreshed) -> None:
    told = one_line(ask(refreshed.home, "germanium"))
    assert told.startswith("Germanium, India, 2024: no score, which is not without risk")
    assert "refined: only a code that it shares with other minerals covers it. Not known is not safe." in told
    assert "None" not in told and "0.0" not in told


def test_what_does_not_apply_to_china_is_not_said_of_china(refreshed: Refreshed) -> None:
    told = one_line(ask(refreshed.home, "copper", "--importer", "CHN"))
    assert "Dependence on China: dependence on China does not apply to China itself. Its weight of 30 goes to" in told
    assert "China directly" not in told


def test_the_minerals_own_change_comes_before_that_of_its_stage(refreshed: Refreshed) -> None:
    # another stage is the worst one now: its change is not the mineral's
    old, old_stage, new, new_stage, of_the_stage = one(
        refreshed.release.database,
        "select last_year.risk_score, last_year.bottleneck_stage, this_year.risk_score, this_year.bottleneck_stage,"
        " (select any_value(score_change) from marts.risk_score_changes where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'cobalt' and stage = this_year.bottleneck_stage)"
        " from marts.mineral_risk as this_year"
        " inner join marts.mineral_risk as last_year using (importer_iso3, mineral_id)"
        " where this_year.year = 2024 and last_year.year = 2023 and importer_iso3 = 'IND' and mineral_id = 'cobalt'",
    )
    assert old_stage != new_stage and new < old and of_the_stage > 0
    assert (
        f"Against the year before The mineral: −{old - new:.1f} points, from {old:.1f} in 2023 (worst material stage:"
        f" {old_stage}) to {new:.1f} ({new_stage}). Stage {new_stage}: +{of_the_stage:.1f} points against 2023: "
    ) in one_line(ask(refreshed.home, "cobalt"))


def test_a_stage_that_no_source_covered_is_not_called_untraded(refreshed: Refreshed) -> None:
    old, old_stage = one(
        refreshed.release.database,
        "select risk_score, bottleneck_stage from marts.mineral_risk"
        " where importer_iso3 = 'IND' and year = 2023 and mineral_id = 'rare_earths'",
    )
    told = one_line(ask(refreshed.home, "rare_earths"))
    assert f"from {old:.1f} in 2023 (worst material stage: {old_stage})" in told
    assert (
        "Stage product: nothing to compare with. In 2023: no loaded trade source covers the codes of this stage."
        in told
    )
    assert "no trade" not in told.lower().replace("no trade source", "")


@pytest.mark.parametrize(
    ("last_year", "told"),
    [
        ("stages_without_imports = 'compound, ore'", "No trade at this stage in 2023."),
        ("stages_immaterial = 'compound'", "No score at this stage in either year."),
        (
            "stages_missing = 'compound', missing_reasons = 'compound: import_reliance: exports_unknown'",
            "In 2023: import reliance: no source tells the country's exports.",
        ),
    ],
)
def test_nothing_to_compare_with_has_its_reason(last_year: str, told: str, other: Callable[[str], DataHome]) -> None:
    home = other(
        "delete from marts.risk_score_changes where importer_iso3 = 'IND' and mineral_id = 'lithium' and year = 2024;"
        "update marts.mineral_risk set risk_score = null, stages_without_imports = null, stages_missing = null,"
        " missing_reasons = null where importer_iso3 = 'IND' and mineral_id = 'lithium' and year = 2023;"
        f"update marts.mineral_risk set {last_year}"
        " where importer_iso3 = 'IND' and mineral_id = 'lithium' and year = 2023"
    )
    screen = one_line(ask(home, "lithium"))
    assert f"The mineral: no score in 2023. Stage compound: nothing to compare with. {told}" in screen


def test_the_first_year_of_a_release_has_nothing_before_it(refreshed: Refreshed) -> None:
    assert "The release does not tell of 2014." in one_line(ask(refreshed.home, "lithium", "--year", "2015"))


def test_what_is_not_known_of_a_supplier_is_not_called_nothing(other: Callable[[str], DataHome]) -> None:
    def known(supplier: str, **columns: str) -> str:
        values = ", ".join(f"{name} = {value}" for name, value in columns.items())
        return (
            f"update marts.china_behind_suppliers set {values} where importer_iso3 = 'IND' and year = 2024"
            f" and mineral_id = 'cobalt' and stage = 'refined' and supplier_iso3 = '{supplier}';"
        )

    # nothing of it leads to China, as far as it leads to a producer: 5 % may be open, more may not
    home = other(
        known("BEL", supplier_china_via_share="0", supplier_unresolved_share="0.06")
        + known("USA", supplier_china_via_share="0.06", supplier_unresolved_share="0.5")
        + known("JPN", supplier_china_via_share="0", supplier_unresolved_share="0.05")
        + known("FIN", supplier_china_via_share="null", supplier_unresolved_share="null")
        + known("GBR", weight_share="null", supplier_china_via_share="0.273", supplier_unresolved_share="0")
        + "update marts.supplier_shares set weight_share = null where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'cobalt' and stage = 'refined' and supplier_iso3 = 'GBR'"
    )
    screen = ask(home, "cobalt", "--stage", "refined")
    told = dict(re.findall(r"^([A-Z]{3}) .*?%  +[0-9.a-z]+%?  +(\S.*?)  +\S+$", screen, re.MULTILINE))
    assert told == {
        "BEL": "unknown",
        "USA": "at least 6.0%",
        "CHN": "100.0%",
        "JPN": "0.0%",
        "FIN": "not traced",
        "GBR": "27.3%",
    }


@pytest.mark.parametrize(
    ("arguments", "supplier"),
    [
        (["rare_earths", "--importer", "GRC", "--stage", "refined"], "DEU Germany"),
        (["tantalum", "--year", "2021"], "GBR United Kingdom"),
    ],
)
def test_a_supplier_that_leads_to_no_producer_is_unknown(
    arguments: list[str], supplier: str, refreshed: Refreshed
) -> None:
    assert re.search(rf"^{supplier} .*% +unknown +none$", ask(refreshed.home, *arguments), re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["potash"], "No source covers any stage: what was imported is not known."),
        (["magnesium", "--importer", "EUU"], "No source covers any stage: what was imported is not known."),
        (["magnesium", "--year", "2023"], "No source covers any stage: what was imported is not known."),
        (["germanium"], "No source covers any stage by a code of its own: what was imported is not known."),
        (["antimony", "--importer", "ABW"], "Nothing was imported at a stage that the sources cover."),
    ],
)
def test_what_no_source_covers_is_not_called_not_imported(
    arguments: list[str], told: str, refreshed: Refreshed
) -> None:
    screen = one_line(ask(refreshed.home, *arguments))
    assert f"no score, which is not without risk {told} " in screen
    assert "The year is finished." not in screen


def test_what_moves_the_rank_is_told_in_ranks(other: Callable[[str], DataHome], several_sources: Refreshed) -> None:
    cell = "importer_iso3 = 'IND' and mineral_id = 'cobalt' and year = 2024"
    home = other(
        f"update marts.rank_sensitivity set is_largest = uncertainty_id = 'weights', rank_standard_deviation = 0.5,"
        f" rank_standard_deviation_of_all = 1.3 where {cell};"
        f"update marts.mineral_risk set risk_score = 21, score_p05 = 20, score_p95 = 30 where {cell}"
    )
    told = one_line(ask(home, "cobalt"))
    assert (
        "Half of the draws take the geometric mean, which only lowers a score. What alone moves the rank most: the"
        " weights of the components, by 0.5 ranks; all six together by 1.3 (standard deviations)."
    ) in told
    assert "of the variance" not in told


def test_where_the_rank_stands_still_it_is_told_in_points(other: Callable[[str], DataHome]) -> None:
    home = other(
        "update marts.rank_sensitivity set is_largest = uncertainty_id = 'mean', rank_standard_deviation = 0,"
        " score_standard_deviation = 2, score_standard_deviation_of_all = 3 where mineral_id = 'cobalt'"
    )
    told = (
        "What alone moves the score most: the arithmetic or the geometric mean, by 2.0 points; all six together by 3.0"
    )
    assert told in one_line(ask(home, "cobalt"))


def test_every_uncertainty_has_its_words() -> None:
    with (SEEDS / "seed_rank_uncertainties.csv").open(newline="", encoding="utf-8") as stream:
        assert {row["uncertainty_id"] for row in csv.DictReader(stream)} == set(UNCERTAINTIES)


CHINA = """
    update marts.china_dependence set
        china_value_share = {value}, china_weight_share = {weight}, china_via_share = {via},
        china_hidden_share = {via} - {weight}, china_origin_share = {origin}, estimated_origin_share = {estimated},
        china_world_share = {world}, tracing_missing_reason = null
    where importer_iso3 = 'IND' and year = 2024 and mineral_id = 'cobalt' and stage = 'refined'
"""
FIGURES = {"value": 0.2, "weight": 0.25, "via": 0.5, "origin": 0.125, "estimated": 0.75, "world": 0.5}
UPPER = (
    "From or through China: up to 50.0% of the weight; up to 25.0% stands behind others",
    "what suppliers make and use at home is not seen, so less may stand behind others."
    " The draws leave tracing as it is.",
)


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, UPPER),
        ({"estimated": 0.5}, ("From or through China: 50.0% of the weight; 25.0% stands", "tells). China holds")),
        # nothing stands behind others: nothing of it is too much
        ({"weight": 0.5}, ("From or through China: 50.0% of the weight; 0.0% stands", "tells). China holds")),
        ({}, ("The score uses the largest: what comes from or through China.",)),
        ({"value": 0.6}, ("The score uses the largest: that of the value.",)),
        ({"weight": 0.5}, ("The score uses the largest: that of the weight.",)),
        ({}, ("First produced in China: 12.5%.",)),
        ({"origin": 0}, ("First produced in China: not told, for China buys more of it than it sells.",)),
        ({"origin": 0.005}, ("First produced in China: not told, for China sells hardly more of it than it buys.",)),
        ({"origin": 0, "via": 0.1, "weight": 0.1}, ("not told, for China buys more",)),
        ({"origin": 0, "via": 0.1, "weight": 0.1, "world": 0.1}, ("First produced in China: 0.0%.",)),
        # hardly anything comes through China at all, or a table says that China makes none
        ({"origin": 0, "via": 0.005, "weight": 0.0}, ("First produced in China: 0.0%.",)),
        ({"origin": 0, "estimated": 0.25}, ("First produced in China: 0.0%.",)),
    ],
)
def test_what_is_said_of_china_rests_on_what_is_known(
    figures: dict[str, float], told: tuple[str, ...], other: Callable[[str], DataHome]
) -> None:
    screen = one_line(ask(other(CHINA.format(**FIGURES | figures)), "cobalt", "--stage", "refined"))
    for text in told:
        assert text in screen


def test_no_share_is_the_largest_where_all_are_nothing(other: Callable[[str], DataHome]) -> None:
    nothing = CHINA.format(**FIGURES | {"value": 0, "weight": 0, "via": 0})
    assert "The score uses" not in one_line(ask(other(nothing), "cobalt", "--stage", "refined"))


def test_an_origin_that_ends_in_an_untraceable_china_is_not_told(other: Callable[[str], DataHome]) -> None:
    home = other(
        CHINA.format(**FIGURES | {"origin": 0})
        + "; insert into marts.untraceable_suppliers by name select 2024 as year, 'cobalt' as mineral_id,"
        " 'refined' as stage, 'CHN' as country_iso3, 'unknown_pool' as unresolved_reason, 1 as unresolved_share,"
        " true as is_redistributable"
    )
    told = "First produced in China: not told, for where China has it from is not known."
    assert told in one_line(ask(home, "cobalt", "--stage", "refined"))


def test_a_register_that_binds_nobody_here_is_not_an_empty_one(refreshed: Refreshed) -> None:
    title = "Export controls on these suppliers, in 2024 and since"
    assert f"{title} None binds these suppliers." in one_line(ask(refreshed.home, "cobalt"))
    assert f"{title} None in the register." in one_line(ask(refreshed.home, "vanadium"))


@pytest.mark.parametrize(
    ("reasons", "stages", "told"),
    [
        (None, None, {}),
        (
            "ore: china_dependence: a; import_reliance: b, c; product: d",
            "ore, product",
            {"ore": "china_dependence: a; import_reliance: b, c", "product": "d"},
        ),
        # the component does not count for China: that is not why there is no score
        (
            "ore: china_dependence: importer_is_china; import_reliance: b; refined: d",
            "ore, refined",
            {"ore": "import_reliance: b", "refined": "d"},
        ),
        (
            "ore: china_dependence: importer_is_china",
            "ore",
            {"ore": "china_dependence: importer_is_china"},
        ),
    ],
)
def test_reasons_are_told_by_stage(reasons: str | None, stages: str | None, told: dict[str, str]) -> None:
    assert by_stage(reasons, stages) == told


def test_what_does_not_apply_is_not_called_unknown(other: Callable[[str], DataHome]) -> None:
    home = other(
        "update marts.mineral_risk set stages_missing = 'ore, scrap',"
        " missing_reasons = 'ore: china_dependence: importer_is_china; scrap: no_source_covers_its_codes'"
        " where importer_iso3 = 'CHN' and mineral_id = 'cobalt' and year = 2024"
    )
    assert (
        "ore: china dependence: dependence on China does not apply to China itself. scrap: no loaded trade source"
        " covers the codes of this stage. Not known is not safe."
    ) in one_line(ask(home, "cobalt", "--importer", "CHN"))


def test_a_stage_keeps_all_its_reasons(refreshed: Refreshed) -> None:
    told = one_line(ask(refreshed.home, "antimony", "--importer", "CHN", "--year", "2022"))
    assert (
        "ore: import reliance: no table of production covers this stage and year; world concentration: world supply is"
        " known by country and governance for less than 90 %, too little to say how concentrated it is. Not known is"
        " not safe."
    ) in told
    assert "compound, product, refined, scrap: no loaded trade source covers the codes of this stage." in told
    assert "China itself. Not known" not in told


@pytest.mark.parametrize("mineral", ["magnesium", "bismuth", "rare_earths", "copper", "cobalt"])
def test_a_screen_is_a_screen(mineral: str, refreshed: Refreshed) -> None:
    lines = ask(refreshed.home, mineral).splitlines()
    assert len(lines) <= 55
    assert max(len(line.rstrip()) for line in lines) <= 100


def test_a_provisional_year_is_told(several_sources: Refreshed) -> None:
    assert "The year is not finished: its figures will still move." in one_line(
        ask(several_sources.home, "lithium", "--year", "2026")
    )


# --- names, mistakes -------------------------------------------------------------------------------------


def test_a_mineral_is_found_by_id_and_by_name_in_any_case(several_sources: Refreshed) -> None:
    expected = ask(several_sources.home, "rare_earths")
    assert ask(several_sources.home, "Rare earth elements") == ask(several_sources.home, "RARE_EARTHS") == expected


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lithum"], "mineral 'lithum': not in the release; nearest: lithium"),
        (["x'; drop table"], 'mineral "x\'; drop table": not in the release; it has: aluminium, antimony'),
        # what has no score is not offered
        (["pges"], "mineral 'pges': not in the release; it has: aluminium"),
        (["\x1b[31mx"], "mineral '\\x1b[31mx': not in the release; it has: aluminium"),
        (["lithium", "--importer", "\x1b[31mX"], "--importer \\x1b[31MX: not in the release"),
        (["lithium", "--stage", "\x1b[31m\r"], "--stage \\x1b[31m\\r: IND imports lithium"),
        (["lithium", "--against", "\x1b[31m"], "release '\\x1b[31m': expected current or a kept release"),
        (
            ["lithium", "--against", "x", "--year", "2023"],
            "--year and --against: releases are compared in their newest",
        ),
        (
            ["pge"],
            "mineral 'pge': it has no score of its own; its members: iridium_osmium_ruthenium, palladium, platinum,"
            " rhodium",
        ),
        (["lithium", "--importer", "INDX"], "--importer INDX: not in the release; nearest: IND"),
        (["lithium", "--year", "1999"], "--year 1999: the release has IND in 2023, 2024, 2025, 2026"),
        (["lithium", "--stage", "rumour"], "--stage rumour: IND imports lithium in 2024 as compound"),
        (["germanium", "--stage", "ore"], "--stage ore: IND imports germanium in 2024 at no stage"),
        (["lithium", "--against", "../x"], "release '../x': expected current or a kept release, of 2"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_there_is(
    arguments: list[str], told: str, several_sources: Refreshed
) -> None:
    with pytest.raises(InputRejected) as refused:
        ask(several_sources.home, *arguments)
    assert str(refused.value).startswith(told)
    assert str(refused.value).isprintable()
    assert "pge," not in str(refused.value)


def test_a_country_and_a_stage_are_found_in_any_case(several_sources: Refreshed) -> None:
    expected = ask(several_sources.home, "rare_earths", "--importer", "DEU", "--stage", "refined")
    assert ask(several_sources.home, "rare_earths", "--importer", "deu", "--stage", "Refined") == expected


def test_an_older_release_is_told_in_one_line(other: Callable[[str], DataHome]) -> None:
    home = other("update meta.release set schema_version = '1.2.0'; drop table marts.risk_component_definitions")
    done = subprocess.run(
        [sys.executable, "-m", "flows", "why", "lithium"],
        cwd=REPOSITORY,
        env={**os.environ, "MINERAL_RISK_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "has schema 1.2.0, and what stands behind a score is published since 1.3.0" in done.stderr
    assert "mineral-risk run" in done.stderr


# --- text is text ----------------------------------------------------------------------------------------


def test_markup_in_the_data_is_printed_and_not_obeyed(other: Callable[[str], DataHome]) -> None:
    odd = "[bold red]Li[/] :warning: [link=http://x]"
    home = other(
        f"update marts.minerals set mineral_name = '{odd}' where mineral_id = 'lithium';"
        "update marts.countries set country_name = '[/x] Chile' where iso3 = 'CHL';"
        "update marts.missing_reasons set explanation = '[blink] not [/blink] known'"
    )
    text = ask(home, "lithium")
    assert text.startswith(f"{odd}, India, 2024: ")
    assert "CHL [/x] Chile" in text
    assert "[blink] not [/blink] known" in one_line(text)


def test_a_table_is_printed_as_it_stands_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = plain_console()
    with console.capture() as captured:
        console.print("[red]tin[/red] :ok:")
    assert captured.get() == "[red]tin[/red] :ok:\n"


# --- SQL and JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mineral", ["lithium", "magnesium", "germanium"])
def test_every_printed_query_is_answered_by_the_sql_command(mineral: str, several_sources: Refreshed) -> None:
    text = ask(several_sources.home, mineral, "--sql")
    head, *blocks = text.split("\n\n/* ")
    assert head == "/* One query at a time, on standard input or as an argument: mineral-risk sql */"
    assert "$" not in text
    queries = {block.partition(" */")[0]: f"/* {block}" for block in blocks}
    assert list(queries) == list(QUERIES)
    found = explain(several_sources.home, mineral, importer="IND")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MINERAL_RISK_HOME", str(several_sources.home.root))
        for name, query in queries.items():
            for arguments, standard_input in ((["sql", query], None), (["sql"], query)):
                done = CliRunner().invoke(
                    app, [*arguments, "--format", "json"], input=standard_input, catch_exceptions=False
                )
                assert done.exit_code == 0, done.output
                assert json.loads(done.stdout) == json.loads(json.dumps(found.rows[name], default=str)), name


def test_a_quote_in_a_value_stays_in_its_string(several_sources: Refreshed) -> None:
    from flows.why import as_sql

    found = replace(explain(several_sources.home, "lithium", importer="IND"), mineral="li'; select 1; --")
    assert "mineral_id = 'li''; select 1; --'" in as_sql(found)


def test_json_holds_the_rows_of_every_block(several_sources: Refreshed) -> None:
    told = json.loads(ask(several_sources.home, "lithium", "--format", "json"))
    assert set(told) == set(QUERIES) - {"missing reasons"}
    assert [row["mineral_id"] for row in told["score"]] == ["lithium"]
    assert sum(row["value_share"] for row in told["suppliers"]) == pytest.approx(1, abs=1e-9)
    assert sum(row["contribution"] or 0 for row in told["components"]) == pytest.approx(
        next(row["risk_score"] for row in told["stages"]), abs=1e-9
    )


# --- against another release -----------------------------------------------------------------------------


def test_against_another_release_the_parts_are_said_by_component(
    other: Callable[[str], DataHome], several_sources: Refreshed
) -> None:
    # India's newest finished year, lithium compounds: 3 points more of China, and the mineral follows
    home = other(
        "update marts.risk_components set contribution = contribution + 3 where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'lithium' and component_id = 'china_dependence';"
        "update marts.mineral_risk set risk_score = risk_score + 3 where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'lithium';"
        "update meta.release set statistics_hash = 'another'"
    )
    told = one_line(ask(home, "lithium", "--against", several_sources.release.release_id))
    assert f"Against release {several_sources.release.release_id}" in told
    assert "Of it new period 0.0, statistics +3.0, register 0.0, method 0.0, not separable 0.0." in told
    assert "china dependence: statistics +3.0" in told
    rows = json.loads(ask(home, "lithium", "--against", several_sources.release.release_id, "--format", "json"))[
        "against"
    ]
    assert rows["statistics"] == pytest.approx(3)
    assert rows["by_component"]["china_dependence"]["statistics"] == pytest.approx(3)


# --- reasons in words ------------------------------------------------------------------------------------

WORDS = {
    "no_production_table": "no table covers it",
    "imports_not_weighed": "too little is weighed",
    "component_vanished": "it has no value any more",
    "production_of": "the production is withheld",
    "no_score_in": "a year has no score",
    "basis": "it rests on another table",
}


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("no_production_table", "no table covers it"),
        ("imports_not_weighed, no_production_table", "too little is weighed, no table covers it"),
        ("component_vanished: no_production_table", "it has no value any more: no table covers it"),
        ("production_of_CHN USA", "the production is withheld (CHN USA)"),
        (
            "no_score_in_2023: import_reliance: no_production_table",
            "a year has no score (2023): import reliance: no table covers it",
        ),
        ("basis: exports -> production usgs", "it rests on another table: exports -> production usgs"),
        ("never_heard_of", "never heard of"),
    ],
)
def test_a_reason_in_words(reason: str, told: str) -> None:
    assert in_words(reason, WORDS) == told


REASONS = """
    select missing_reason from marts.risk_components
    union select missing_reason from marts.china_dependence
    union select missing_reason from marts.import_reliance
    union select tracing_missing_reason from marts.china_dependence
    union select missing_reasons from marts.mineral_risk
    union select coverage_reason from marts.risk_score_changes
"""


@pytest.mark.parametrize("found", ["refreshed", "several_sources"])
def test_every_reason_in_a_release_has_its_sentence(found: str, request: pytest.FixtureRequest) -> None:
    database = request.getfixturevalue(found).release.database
    with connect(database, read_only=True) as connection:
        reasons = {row[0] for row in connection.execute(REASONS).fetchall() if row[0]}
        words = dict(connection.execute("from marts.missing_reasons").fetchall())
        names = {
            row[0]
            for row in connection.execute(
                "select component_id from marts.risk_component_definitions union select stage from marts.risk_scores"
            ).fetchall()
        }
    assert len(reasons) > 20
    untold = set()
    for reason in reasons:
        for part in re.split("; |: |, ", reason):
            behind = re.sub("_([A-Z]{3}( [A-Z]{3})*|[0-9]{4})$", "", part)
            # what stands around an arrow, or after `basis`, is the name of a table and no code
            if not {part, behind} & (words.keys() | names) and re.fullmatch("[a-z]+(_[a-z]+)+", part):
                untold.add(part)
    assert untold == set()


def test_every_mark_of_a_publisher_has_its_sentence() -> None:
    def column(seed: str, name: str) -> set[str]:
        with (SEEDS / seed).open(newline="", encoding="utf-8") as stream:
            return {row[name] for row in csv.DictReader(stream) if row[name]}

    marks = {f"production_{mark}" for mark in column("seed_production_symbols.csv", "missing_reason")}
    assert marks and marks <= column("seed_missing_reasons.csv", "reason_code")


# --- a light command -------------------------------------------------------------------------------------


def test_nothing_heavy_is_loaded_to_answer(several_sources: Refreshed) -> None:
    script = (
        "import sys\nsys.argv = ['mineral-risk', 'why', 'lithium']\n"
        "from flows.cli import app\n"
        "try:\n    app()\nexcept SystemExit as done:\n    assert not done.code\n"
        "heavy = {'dbt', 'prefect', 'great_expectations', 'polars', 'pandas', 'numpy', 'scipy'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "MINERAL_RISK_HOME": str(several_sources.home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
