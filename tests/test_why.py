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
from flows.why import QUERIES, explain, in_words
from flows.why_screen import plain_console
from tests.conftest import Refreshed
from warehouse.database import connect, connect_sandboxed
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
    assert f"{probability:.0%} of them say {band.replace('_', ' ')}." in told
    assert "The year is finished." in told
    assert "The chain breaks at its worst stage: refined, shown here." in told
    # who bought where is not known of its codes: that is not nothing
    assert "RUS Russian Federation" in told and told.count("not traced") == 6
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
        r"China directly: [0-9.]+% of the value, 65\.9% of the weight\. From or through China: 87\.7%;", told
    )
    assert "21.8% stands hidden behind others (Japan 11.5%, Rep. of Korea 6.0%, USA 3.0%)." in told
    assert "First produced in China: 0.0%; 100.0% of the origin is estimated" in told
    assert re.search(r"CHN China +[0-9.]+ +32\.6% +65\.9% +100\.0%", screen)
    # Japan sells 15 % of the weight, of which 75 % come from or through China
    assert re.search(r"JPN Japan +[0-9.]+ +[0-9.]+% +15\.2% +75\.2%", screen)
    assert "the mineral is judged by its worst stage, product" in told


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


@pytest.mark.parametrize("mineral", ["magnesium", "bismuth", "rare_earths", "copper"])
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
    assert "\n" not in str(refused.value)


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
def test_the_printed_sql_gives_every_block_in_the_sandbox(mineral: str, several_sources: Refreshed) -> None:
    text = ask(several_sources.home, mineral, "--sql")
    statements = dict(re.findall(r"^-- (.+)\n((?:.+\n|\n(?!-- ))*)", text, re.MULTILINE))
    assert list(statements) == list(QUERIES)
    assert "$" not in text
    found = explain(several_sources.home, mineral, importer="IND")
    with connect_sandboxed(several_sources.release.database) as connection:
        for name, statement in statements.items():
            cursor = connection.execute(statement)
            columns = [column[0] for column in cursor.description or []]
            assert [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()] == found.rows[name], name


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
