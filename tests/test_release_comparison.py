"""What moved a score between two releases: the parts by hand on made-up releases, and on two real ones."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.release_comparison import PARTS, Comparison, MineralChange, compare
from tests.conftest import Rebuilt
from warehouse import release as releases
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DBT_PROJECT, DataHome

FIRST, SECOND = "20260101T000000Z-aaaaaaaa", "20260201T000000Z-bbbbbbbb"

# One mineral at one stage, from China and Indonesia, half and half. Two components:
#   china_dependence: 100 x 0.5 x (0.5 + 0.25 x 0.4 + 0.25 x 0) = 30, weight 60, goalposts 0 and 100: 30 points
#   export_controls:  0.5 x 0 + 0.5 x 0.1 = 0.05, weight 40, goalposts 0 and 0.25: 20 points
#   score: 0.6 x 30 + 0.4 x 20 = 26
BASE: dict[str, float] = {
    "china_share": 0.5,
    "china_severity": 0.0,
    "indonesia_severity": 0.1,
    "china_weight": 60,
    "controls_weight": 40,
    "controls_goalpost": 0.25,
    "exposure_weight": 0.5,
    "licensing": 0.5,
}
WORLD_SHARE = 0.4


def dependence(facts: Mapping[str, float]) -> float:
    leverage = facts["exposure_weight"] + 0.25 * WORLD_SHARE + 0.25 * facts["china_severity"]
    return 100 * facts["china_share"] * leverage


def restricted(facts: Mapping[str, float]) -> float:
    return facts["china_share"] * facts["china_severity"] + (1 - facts["china_share"]) * facts["indonesia_severity"]


def contributions(facts: Mapping[str, float]) -> dict[str, float]:
    together = facts["china_weight"] + facts["controls_weight"]
    return {
        "china_dependence": facts["china_weight"] * min(100, dependence(facts)) / together,
        "export_controls": facts["controls_weight"]
        * min(100, 100 * restricted(facts) / facts["controls_goalpost"])
        / together,
    }


def formulas() -> str:
    """The macros of the published file, as dbt creates them."""
    text = (DBT_PROJECT / "macros" / "create_published_macros.sql").read_text(encoding="utf-8")
    return text.split("{% macro create_scalar_macros() %}")[1].split("{% endmacro %}")[0]


def write_release(
    home: DataHome,
    release_id: str,
    facts: Mapping[str, float] = BASE,
    *,
    made_from: tuple[str, str, str] | None = ("figures", "register", "method"),
    years: tuple[int, ...] = (2023,),
    newest: int = 2023,
    edit: str = "",
) -> None:
    """Write a release that holds what a comparison reads; `made_from` are its hashes, None for an older schema."""
    folder = home.releases / release_id
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"release_id": release_id, "content_hash": "0"}))
    parts = contributions(facts)
    score = sum(parts.values())
    raw = {"china_dependence": dependence(facts), "export_controls": restricted(facts)}
    cells = [(year, "IND", "tin", "refined") for year in years]
    with connect(folder / releases.DATABASE_NAME) as connection:
        connection.execute(formulas())
        connection.execute("create schema marts; create schema meta")
        hashes = "" if made_from is None else ", ? as statistics_hash, ? as register_hash, ? as method_hash"
        connection.execute(
            "create table meta.release as select timestamp '2026-01-01 06:00:00' as created_at,"
            f" null::timestamp as as_of, '{'1.2.0' if made_from is None else '1.3.0'}' as schema_version{hashes}",
            list(made_from or ()),
        )
        connection.execute(f"create table marts.latest_risk as select {newest} as year")
        connection.execute(
            "create table meta.checks (layer varchar, table_name varchar, check_name varchar, status varchar,"
            " observed varchar, expected varchar); create table meta.sources (source_id varchar)"
        )
        connection.execute(
            "create table marts.mineral_risk (year integer, importer_iso3 varchar, mineral_id varchar,"
            " bottleneck_stage varchar, risk_score double, risk_rank integer, missing_reasons varchar);"
            "create table marts.risk_components (year integer, importer_iso3 varchar, mineral_id varchar,"
            " stage varchar, component_id varchar, raw_value double, contribution double);"
            "create table marts.china_dependence (year integer, importer_iso3 varchar, mineral_id varchar,"
            " stage varchar, china_dependence_score double, china_world_share double, china_control_severity double);"
            "create table marts.supplier_shares (year integer, importer_iso3 varchar, mineral_id varchar,"
            " stage varchar, supplier_iso3 varchar, value_share double, control_severity double)"
        )
        for cell in cells:
            connection.execute("insert into marts.mineral_risk values (?, ?, ?, ?, ?, 1, null)", [*cell, score])
            connection.executemany(
                "insert into marts.risk_components values (?, ?, ?, ?, ?, ?, ?)",
                [(*cell, name, raw[name], parts[name]) for name in parts],
            )
            connection.execute(
                "insert into marts.china_dependence values (?, ?, ?, ?, ?, ?, ?)",
                [*cell, raw["china_dependence"], WORLD_SHARE, facts["china_severity"]],
            )
            connection.executemany(
                "insert into marts.supplier_shares values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (*cell, "CHN", facts["china_share"], facts["china_severity"]),
                    (*cell, "IDN", 1 - facts["china_share"], facts["indonesia_severity"]),
                ],
            )
        connection.execute(
            "create table marts.risk_component_definitions as from (values"
            f" ('china_dependence', {facts['china_weight']}::double, 0.0::double, 100.0::double),"
            f" ('export_controls', {facts['controls_weight']}::double, 0.0::double,"
            f" {facts['controls_goalpost']}::double)) as rows (component_id, weight, goalpost_0, goalpost_100);"
            "create table marts.method_thresholds as from (values"
            f" ('china_dependence_exposure_weight', {facts['exposure_weight']}::double),"
            " ('china_dependence_world_share_weight', 0.25::double),"
            " ('china_dependence_control_weight', 0.25::double)) as rows (threshold_id, value);"
            "create table marts.export_controls as from (values"
            f" ('licensing', {facts['licensing']}::double), ('ban', 1.0::double)) as rows (measure, severity)"
        )
        if edit:
            connection.execute(edit)


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    return DataHome(tmp_path / "home")


def tin(home: DataHome) -> MineralChange:
    found = [change for change in compare(home, FIRST, SECOND, "IND").minerals if change.mineral_id == "tin"]
    assert len(found) == 1
    return found[0]


def known(change: MineralChange) -> dict[str, float | None]:
    return {part: value if value is None else round(value, 9) for part, value in change.parts.items()}


# What the second release has otherwise, which of its hashes differ, and what each part must then be, by hand.
OTHER_SHARES = {"china_share": 0.6}
OTHER_WEIGHTS: dict[str, float] = {"china_weight": 50, "controls_weight": 50}
LICENCES = {"china_severity": 0.4}
SPLITS: dict[str, tuple[dict[str, float], str, dict[str, float]]] = {
    # 100 x 0.6 x 0.6 = 36 points; 0.4 x 0.1 = 0.04, 16 points: 21.6 + 6.4 = 28
    "figures alone": (OTHER_SHARES, "s", {"statistics": 2}),
    # 100 x 0.5 x (0.6 + 0.1) = 35 points; 0.5 x 0.4 + 0.05 = 0.25, 100 points: 21 + 40 = 61
    "register alone": (LICENCES, "r", {"register": 35}),
    # 0.5 x 30 + 0.5 x 20 = 25
    "weights alone": (OTHER_WEIGHTS, "m", {"method": -1}),
    # 0.05 of 0.5 are 10 points: 18 + 4 = 22
    "a goalpost alone": ({"controls_goalpost": 0.5}, "m", {"method": -4}),
    # 100 x 0.5 x (0.7 + 0.1) = 40 points: 24 + 8 = 32
    "a threshold alone": ({"exposure_weight": 0.7}, "m", {"method": 6}),
    # register first, on the old shares: 61; then 100 x 0.6 x 0.7 = 42 points, and still 100: 25.2 + 40 = 65.2
    "figures and register": (OTHER_SHARES | LICENCES, "sr", {"register": 35, "statistics": 4.2}),
    # register first, on the old shares: 32.5 and 0.5 x 0.2 + 0.05 = 0.15, 60 points: 19.5 + 24 = 43.5;
    # then 100 x 0.6 x 0.65 = 39 and 0.6 x 0.2 + 0.4 x 0.1 = 0.16, 64 points: 23.4 + 25.6 = 49
    "figures and a milder measure": (
        OTHER_SHARES | {"china_severity": 0.2},
        "sr",
        {"register": 17.5, "statistics": 5.5},
    ),
    # weights first: 25; then licences under them: 17.5 + 50 = 67.5
    "register and weights": (LICENCES | OTHER_WEIGHTS, "rm", {"method": -1, "register": 42.5}),
    # weights -1, licences +42.5 as above; the threshold is seen in neither: 100 x 0.5 x 0.9 = 45, 22.5 + 50 = 72.5
    "register, weights and a threshold": (
        LICENCES | OTHER_WEIGHTS | {"exposure_weight": 0.7},
        "rm",
        {"method": -1 + 5, "register": 42.5},
    ),
    # a licence weighs more, too: who can say how much of 0.4 is that?
    "register and severities": (
        LICENCES | OTHER_WEIGHTS | {"licensing": 0.6},
        "rm",
        {"method": -1, "not_separable": 42.5},
    ),
    # weights: 25; then 0.5 x 36 + 0.5 x 16 = 26, by figures or by a formula
    "figures and method": (OTHER_SHARES | OTHER_WEIGHTS, "sm", {"method": -1, "not_separable": 1}),
    # weights 25, licences 67.5; then 0.5 x 42 + 0.5 x 100 = 71
    "all three": (
        OTHER_SHARES | OTHER_WEIGHTS | LICENCES,
        "srm",
        {"method": -1, "register": 42.5, "not_separable": 3.5},
    ),
}


@pytest.mark.parametrize("case", SPLITS)
def test_a_change_is_split_by_hand(case: str, home: DataHome) -> None:
    changed, differing, expected = SPLITS[case]
    second = BASE | changed
    write_release(home, FIRST)
    write_release(home, SECOND, second, made_from=hashes_but(differing))
    change = tin(home)
    assert change.first_score == pytest.approx(26, abs=1e-9)
    assert known(change) == {part: pytest.approx(expected.get(part, 0), abs=1e-9) for part in PARTS}
    assert change.score_change == pytest.approx(sum(expected.values()), abs=1e-9)
    by_component = [sum(parts.values()) for parts in change.by_component.values()]
    assert sum(by_component) == pytest.approx(change.score_change, abs=1e-9)


def hashes_but(differing: str) -> tuple[str, str, str]:
    """The hashes of the first release, but for those of statistics, register or method, named by their first letter."""
    statistics, register, method = (
        name if letter not in differing else f"another {name}"
        for letter, name in (("s", "figures"), ("r", "register"), ("m", "method"))
    )
    return statistics, register, method


def test_a_new_period_is_read_from_the_second_release_alone(home: DataHome) -> None:
    write_release(home, FIRST)
    # figures of 2023 revised from 26 to 28; 2024 stands at 30.5
    write_release(
        home,
        SECOND,
        BASE | OTHER_SHARES,
        made_from=hashes_but("s"),
        years=(2023, 2024),
        newest=2024,
        edit="update marts.mineral_risk set risk_score = 30.5, bottleneck_stage = 'ore' where year = 2024",
    )
    change = tin(home)
    assert known(change) == {"new_period": 2.5, "statistics": 2, "register": 0, "method": 0, "not_separable": 0}
    assert change.score_change == pytest.approx(4.5)
    assert change.note == "the bottleneck moved from refined (2023) to ore (2024)"


def test_a_component_that_appears_is_part_of_what_made_it_known(home: DataHome) -> None:
    # without controls the first score is 30
    write_release(
        home,
        FIRST,
        edit="update marts.risk_components set raw_value = null, contribution = null"
        " where component_id = 'export_controls';"
        "update marts.risk_components set contribution = 30 where component_id = 'china_dependence';"
        "update marts.mineral_risk set risk_score = 30",
    )
    write_release(home, SECOND, BASE | OTHER_WEIGHTS, made_from=hashes_but("sm"))
    change = tin(home)
    # other weights change nothing while there is one component; then 25
    assert known(change) == {"new_period": 0, "statistics": 0, "register": 0, "method": 0, "not_separable": -5}


def test_a_supplier_that_is_gone_is_no_news_of_the_register(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(
        home,
        SECOND,
        BASE | {"china_share": 1.0},
        made_from=hashes_but("sr"),
        edit="delete from marts.supplier_shares where supplier_iso3 = 'IDN'",
    )
    change = tin(home)
    # 100 x 1 x 0.6 = 60 points, no controls: 36
    assert known(change) == {"new_period": 0, "statistics": 10, "register": 0, "method": 0, "not_separable": 0}


def test_a_change_without_a_cause_is_said_loudly(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, BASE | OTHER_SHARES)
    with pytest.raises(WarehouseError, match=r"tin: \+2\.000000000 .* has no cause: .* error of the warehouse"):
        compare(home, FIRST, SECOND, "IND")


def test_the_register_cannot_explain_what_no_severity_moved(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, BASE | OTHER_SHARES, made_from=hashes_but("r"))
    with pytest.raises(WarehouseError, match="has no cause"):
        compare(home, FIRST, SECOND, "IND")


def test_equal_releases_differ_in_nothing(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND)
    found = compare(home, FIRST, SECOND, "IND")
    assert (found.differs, found.notes) == ((), ())
    assert known(tin(home)) == dict.fromkeys(PARTS, 0)


OTHER_BOTTLENECK = "update marts.mineral_risk set bottleneck_stage = 'ore', risk_score = 29"


@pytest.mark.parametrize(
    ("differing", "parts"),
    [
        ("s", {"statistics": 3, "register": 0, "method": 0, "not_separable": 0}),
        ("m", {"statistics": 0, "register": 0, "method": 3, "not_separable": 0}),
        ("sm", {"statistics": None, "register": None, "method": None, "not_separable": 3}),
        ("rm", {"statistics": None, "register": None, "method": None, "not_separable": 3}),
    ],
)
def test_another_bottleneck_is_named_and_split_only_where_one_cause_is_left(
    differing: str, parts: dict[str, float | None], home: DataHome
) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, made_from=hashes_but(differing), edit=OTHER_BOTTLENECK)
    change = tin(home)
    assert known(change) == {"new_period": 0, **parts}
    assert change.note == f"the bottleneck of 2023 is refined in {FIRST} and ore in {SECOND}"


@pytest.mark.parametrize(
    ("edit_first", "edit_second", "told"),
    [
        (
            "update marts.mineral_risk set risk_score = null, missing_reasons = 'ore: no_source_covers_its_codes'",
            "",
            f"no score in {FIRST} (2023): ore: no_source_covers_its_codes",
        ),
        (
            "",
            "update marts.mineral_risk set risk_score = null",
            f"no score in {SECOND} (2023): no stage has material imports",
        ),
        (
            "",
            "update marts.mineral_risk set mineral_id = 'lead'",
            f"no score in {SECOND} (2023): it does not tell of the mineral in this year",
        ),
    ],
    ids=["no score in the first", "none in the second", "not in the second"],
)
def test_a_score_that_only_one_release_has_gives_no_change_and_a_reason(
    edit_first: str, edit_second: str, told: str, home: DataHome
) -> None:
    write_release(home, FIRST, edit=edit_first)
    write_release(home, SECOND, made_from=hashes_but("s"), edit=edit_second)
    change = tin(home)
    assert change.score_change is None
    assert change.parts == dict.fromkeys(PARTS)
    assert change.note == told


def test_a_year_that_the_second_release_no_longer_has_leaves_the_parts_unknown(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, BASE | OTHER_SHARES, made_from=hashes_but("s"), years=(2024,), newest=2024)
    change = tin(home)
    assert change.score_change == pytest.approx(2)
    assert change.parts == dict.fromkeys(PARTS)
    assert change.note == f"not split: {SECOND} has no score of 2023: it does not tell of the mineral in this year"


@pytest.mark.parametrize("older", [FIRST, SECOND])
def test_an_older_release_does_not_say_what_it_was_made_from(
    older: str, home: DataHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_release(home, FIRST, made_from=None if older == FIRST else hashes_but(""))
    write_release(
        home,
        SECOND,
        BASE | OTHER_SHARES,
        made_from=None if older == SECOND else hashes_but(""),
        years=(2023, 2024),
        newest=2024,
        # the first releases had no such tables
        edit="update marts.mineral_risk set risk_score = 30 where year = 2024;"
        + (
            "drop table marts.risk_component_definitions; drop table marts.method_thresholds" if older == SECOND else ""
        ),
    )
    change = tin(home)
    assert known(change) == {"new_period": 2, "statistics": None, "register": None, "method": None, "not_separable": 2}
    monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
    done = CliRunner().invoke(app, ["diff", FIRST, SECOND])
    assert done.exit_code == 0
    told = [line for line in done.output.splitlines() if "has schema 1.2.0: before 1.3.0" in line]
    assert len(told) == 1 and told[0].startswith(older)


def test_how_to_separate_is_said_with_the_moment_of_the_first_release(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, BASE | OTHER_SHARES | OTHER_WEIGHTS, made_from=hashes_but("sm"))
    (note,) = compare(home, FIRST, SECOND, "IND").notes
    assert note.startswith("statistics and method differ, so a part is not separable")
    assert "mineral-risk run --as-of 2026-01-01T06:00:00 " in note
    assert f"mineral-risk diff {FIRST} R " in note and f"mineral-risk diff R {SECOND} " in note


def test_a_rebuilt_release_knew_what_it_was_rebuilt_for(home: DataHome) -> None:
    write_release(home, FIRST, edit="update meta.release set as_of = '2025-12-24 18:00:00'")
    write_release(home, SECOND, BASE | OTHER_SHARES | OTHER_WEIGHTS, made_from=hashes_but("sm"))
    (note,) = compare(home, FIRST, SECOND, "IND").notes
    assert "mineral-risk run --as-of 2025-12-24T18:00:00 " in note


def test_as_table_csv_and_json(home: DataHome, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "[red]tin[/] :ok:"
    # 21 + 40 - 26 = 35 for one and nothing for the other
    write_release(home, FIRST, edit=f"insert into marts.mineral_risk values (2023, 'IND', '{odd}', 'ore', 10, 2, null)")
    write_release(
        home,
        SECOND,
        BASE | LICENCES,
        made_from=hashes_but("sr"),
        edit=f"insert into marts.mineral_risk values (2023, 'IND', '{odd}', 'scrap', 12, 2, null)",
    )
    monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
    table = CliRunner().invoke(app, ["diff", FIRST, SECOND]).output
    assert odd in table
    assert re.search(r"tin +26\.0 +61\.0 +\+35\.0 +1 → 1 +0 +0 +\+35\.0 +0 +0\b", table)
    assert re.search(r"10\.0 +12\.0 +\+2\.0 +2 → 2 +0 +– +– +– +\+2\.0", table)
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(app, ["diff", FIRST, SECOND, "--format", "csv"]).output)))
    assert [row["mineral_id"] for row in rows] == [odd, "tin"]
    assert float(rows[1]["register"]) == pytest.approx(35)
    assert rows[0]["register"] == ""
    told = json.loads(CliRunner().invoke(app, ["diff", FIRST, SECOND, "--format", "json"]).output)
    assert told[1]["score_change"] == pytest.approx(35)
    assert told[0]["register"] is None


@pytest.mark.parametrize(
    "name", ["../../etc", "..", "", "20260101T000000Z-aaaaaaaa/../x", "20270101T000000Z-cccccccc", "x'--"]
)
def test_an_id_that_is_not_kept_is_refused_and_leads_nowhere(name: str, home: DataHome) -> None:
    write_release(home, FIRST)
    (home.root / "manifest.json").write_text("{}")
    with pytest.raises(InputRejected, match=f"expected current or a kept release, of {FIRST}"):
        compare(home, FIRST, name, "IND")


def test_current_is_a_release_and_the_same_one_twice_is_refused(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND, BASE | OTHER_SHARES, made_from=hashes_but("s"))
    home.current.symlink_to(home.releases / SECOND)
    assert compare(home, FIRST, "current", "IND").second.release_id == SECOND
    with pytest.raises(InputRejected, match="found the same one twice"):
        compare(home, "current", SECOND, "IND")


def test_an_importer_without_scores_is_refused(home: DataHome) -> None:
    write_release(home, FIRST)
    write_release(home, SECOND)
    with pytest.raises(InputRejected, match=f"--importer ZZZ: release {FIRST} .* it has IND"):
        compare(home, FIRST, SECOND, "ZZZ")


# --- what a release was made from ----------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in ("models", "macros", "seeds"):
        shutil.copytree(DBT_PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(DBT_PROJECT / "dbt_project.yml", folder / "dbt_project.yml")
    return folder


def method_and_register(project: Path) -> tuple[str, str]:
    return releases.method_hash(project), releases.register_hash(project, "2026-03-04")


@pytest.mark.parametrize(
    ("file", "method", "register"),
    [
        ("models/metrics/metric_risk_scores.sql", True, False),
        ("models/intermediate/int_origin_mixes.py", True, False),
        ("macros/threshold.sql", True, False),
        ("seeds/seed_thresholds.csv", True, False),
        ("dbt_project.yml", True, False),
        ("seeds/seed_export_controls.csv", False, True),
        ("seeds/seed_trade_agreements.csv", False, True),
        # what is said of a number does not move it
        ("models/docs.md", False, False),
        ("models/metrics/metric_risk_scores.yml", False, False),
        ("seeds/seeds.yml", False, False),
    ],
)
def test_a_hash_tells_what_was_edited(file: str, method: bool, register: bool, project: Path) -> None:
    before = method_and_register(project)
    with (project / file).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    after = method_and_register(project)
    assert (before[0] != after[0], before[1] != after[1]) == (method, register)


def test_a_file_that_moves_or_is_split_is_another_method(project: Path) -> None:
    before = releases.method_hash(project)
    moved = project / "models" / "marts" / "risk_scores.sql"
    moved.rename(project / "models" / "metrics" / "risk_scores.sql")
    assert releases.method_hash(project) != before


def test_another_day_of_current_controls_is_another_register() -> None:
    assert releases.register_hash(DBT_PROJECT, "2026-03-04") != releases.register_hash(DBT_PROJECT, "2026-03-05")


# --- two real releases ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def revised(rebuilt: Rebuilt) -> tuple[DataHome, str, str]:
    """A home with a release of what was known after the first landing, and one of the second, which revised it."""
    return rebuilt.home, rebuilt.rebuilt.release_id, rebuilt.current.release_id


def facts(home: DataHome, release_id: str) -> dict[str, str]:
    manifest: dict[str, str] = json.loads((home.releases / release_id / "manifest.json").read_text())
    return manifest


def test_real_releases_say_what_they_were_made_from(revised: tuple[DataHome, str, str]) -> None:
    home, first, second = revised
    before, after = facts(home, first), facts(home, second)
    assert before["statistics_hash"] != after["statistics_hash"]
    assert (before["register_hash"], before["method_hash"]) == (after["register_hash"], after["method_hash"])
    with connect(home.releases / second / releases.DATABASE_NAME, read_only=True) as connection:
        found = connection.execute("select statistics_hash, register_hash, method_hash from meta.release").fetchall()
    assert found == [tuple(after[name] for name in ("statistics_hash", "register_hash", "method_hash"))]


def test_a_revision_moves_lithium_and_nothing_else(revised: tuple[DataHome, str, str]) -> None:
    home, first, second = revised
    found = compare(home, first, second, "IND")
    assert found.differs == ("statistics",)
    moved = {change.mineral_id for change in found.minerals if abs(change.score_change or 0) > 1e-9}
    assert moved == {"lithium"}
    lithium = next(change for change in found.minerals if change.mineral_id == "lithium")
    assert lithium.parts["statistics"] == pytest.approx(lithium.score_change, abs=1e-9)
    assert [lithium.parts[part] for part in PARTS if part != "statistics"] == [0, 0, 0, 0]


@pytest.mark.parametrize("importer", ["IND", "DEU", "USA", "CHN"])
@pytest.mark.parametrize("swapped", [False, True], ids=["forward", "back"])
def test_the_parts_add_up_for_every_mineral(importer: str, swapped: bool, revised: tuple[DataHome, str, str]) -> None:
    home, *names = revised
    first, second = reversed(names) if swapped else names
    split = [
        change for change in compare(home, first, second, importer).minerals if change.parts["new_period"] is not None
    ]
    assert len(split) > 10
    for change in split:
        assert sum(part or 0.0 for part in change.parts.values()) == pytest.approx(change.score_change, abs=1e-9)


@pytest.fixture(scope="module")
def edited(revised: tuple[DataHome, str, str]) -> Callable[[str, str], Comparison]:
    """Compare a real release with a copy of it that was edited by SQL and says that one hash is another."""
    home, _, second = revised

    def compared(differing: str, sql: str) -> Comparison:
        release_id = "20270101T000000Z-eeeeeeee"
        folder = home.releases / release_id
        folder.mkdir()
        try:
            database = folder / releases.DATABASE_NAME
            database.write_bytes((home.releases / second / releases.DATABASE_NAME).read_bytes())
            (folder / "manifest.json").write_text(json.dumps({"release_id": release_id, "content_hash": "0"}))
            with connect(database) as connection:
                connection.execute(f"update meta.release set {differing}_hash = 'another'")
                connection.execute(sql)
            return compare(home, second, release_id, "IND")
        finally:
            shutil.rmtree(folder)

    return compared


SCORED_ANEW = """
    create temp table anew as
    select
        year, importer_iso3, mineral_id, stage, component_id,
        definitions.weight * goalpost_score(raw_value, goalpost_0, goalpost_100)
        / sum(definitions.weight) filter (where raw_value is not null)
            over (partition by year, importer_iso3, mineral_id, stage) as contribution
    from marts.risk_components inner join marts.risk_component_definitions as definitions using (component_id);
    update marts.risk_components as components set contribution = anew.contribution from anew
    where components.year = anew.year and components.importer_iso3 = anew.importer_iso3
        and components.mineral_id = anew.mineral_id and components.stage = anew.stage
        and components.component_id = anew.component_id;
    update marts.mineral_risk as risks set risk_score = scores.score
    from (select year, importer_iso3, mineral_id, stage, sum(contribution) as score from anew group by all) as scores
    where risks.year = scores.year and risks.importer_iso3 = scores.importer_iso3 and risks.risk_score is not null
        and risks.mineral_id = scores.mineral_id and risks.bottleneck_stage = scores.stage
"""


def test_other_weights_are_all_method_on_real_figures(edited: Callable[[str, str], Comparison]) -> None:
    found = edited(
        "method",
        "update marts.risk_component_definitions set weight = weight + case component_id"
        " when 'supplier_concentration' then 10 when 'china_dependence' then -10 else 0 end;" + SCORED_ANEW,
    )
    moved = [change for change in found.minerals if abs(change.score_change or 0) > 0.05]
    assert len(moved) > 20
    for change in moved:
        assert change.parts["method"] == pytest.approx(change.score_change, abs=1e-9)


def test_real_scores_that_move_without_a_cause_are_noticed(edited: Callable[[str, str], Comparison]) -> None:
    with pytest.raises(WarehouseError, match="has no cause"):
        edited("register", "update marts.mineral_risk set risk_score = risk_score + 0.001 where mineral_id = 'lithium'")
