"""A seed of the method that contradicts itself stops a run before any work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows import method_settings
from warehouse.errors import SettingsRejected
from warehouse.paths import REPOSITORY, SEEDS

COMPONENTS, THRESHOLDS, MEASURES = "seed_risk_components.csv", "seed_thresholds.csv", "seed_control_measures.csv"
REGISTER = "seed_export_controls.csv"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for name in (COMPONENTS, THRESHOLDS, MEASURES, REGISTER):
        shutil.copyfile(SEEDS / name, tmp_path / name)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_seeds_of_the_project_are_well_set(seeds: Path) -> None:
    method_settings.check(seeds)
    assert len(method_settings.known_components()) == 6


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (COMPONENTS, "dence_score,0,100,30,", "dence_score,0,100,31,", "add up to 100, found 101"),
        (COMPONENTS, "dence_score,0,100,30,", "dence_score,0,100,,", "found ''"),
        (COMPONENTS, "dence_score,0,100,30,", "dence_score,0,100,nan,", "found 'nan'"),
        (COMPONENTS, "hhi_value,0.10,0.90,20", "hhi_value,0.90,0.10,20", "line 3: supplier_concentration: expected"),
        (COMPONENTS, "hhi_value,0.10,0.90,20", "hhi_value,0.90,0.90,20", "goalpost_0 below goalpost_100"),
        (COMPONENTS, "\nimport_reliance,", "\nimport_relience,", "line 5: component_id 'import_relience'"),
        (COMPONENTS, "\nimport_reliance,", "\nimport_relience,", "expected a row for import_reliance too"),
        (COMPONENTS, "\nimport_reliance,", "\nworld_concentration,", "expected one row, found 2"),
        (COMPONENTS, ",15,false,what is", ",15,perhaps,what is", "expected true or false, found 'perhaps'"),
        (COMPONENTS, "export_controls,Export controls by suppliers,", "export_controls,", "line 7: expected 10 cells"),
        (THRESHOLDS, "completeness_share,0.70", "completeness_share,70", "from 0 to 1 (share 0-1), found '70'"),
        (THRESHOLDS, "completeness_share,0.70", "completeness_share,", "from 0 to 1 (share 0-1), found ''"),
        (THRESHOLDS, "exposure_weight,0.5", "exposure_weight,0.6", "parts that add up to 1, found 1.1"),
        (MEASURES, "ban,1.0,1.3", "ban,1.5,1.3", "ban.severity: expected a number from 0 to 1, found '1.5'"),
        (MEASURES, "ban,1.0,1.3", "ban,1.0,0.8", "expected a number from 1 (neutral) to 2, found '0.8'"),
        (THRESHOLDS, "completeness_share,0.70,share 0-1", "completeness_share,70,percent", "unit: expected one of"),
        (THRESHOLDS, "agreement_parameter,0.8", "agreement_parameter,8", "from 0 to 1 (factor 0-1), found '8'"),
        (THRESHOLDS, "\ncompleteness_share,", "\ncompleteness,", "expected a row for completeness_share too"),
        (THRESHOLDS, "\ncompleteness_share,", "\ncompleteness,", "nothing reads completeness"),
        (THRESHOLDS, "rank_draw_count,1000", "rank_draw_count,0", "a number from 1 to 10000 (draws), found '0'"),
        (THRESHOLDS, "rank_draw_count,1000", "rank_draw_count,10001", "1 to 10000 (draws), found '10001'"),
        (THRESHOLDS, "rank_draw_count,1000", "rank_draw_count,10.5", "a whole number (draws), found '10.5'"),
        (THRESHOLDS, "rank_draw_seed,1,", "rank_draw_seed,-1,", "from 0 to 4.29497e+09 (seed number), found '-1'"),
        (THRESHOLDS, "rank_draw_seed,1,", "rank_draw_seed,1.5,", "a whole number (seed number), found '1.5'"),
        (THRESHOLDS, "weight_concentration,50", "weight_concentration,0.5", "from 1 (parameter sum), found '0.5'"),
        (THRESHOLDS, "floor_points,1,", "floor_points,0,", "a number above 0 (points 0-100), found '0'"),
        (THRESHOLDS, "floor_points,1,", "floor_points,101,", "a number from 0 to 100 (points 0-100), found '101'"),
        (THRESHOLDS, "threshold_id,", "\ufeffthreshold_id,", "line 1: expected the columns threshold_id"),
        (MEASURES, "ban,1.0,1.3", "ban,1.0,13", "ban.trade_parameter: expected a number from 1 (neutral) to 2"),
        (MEASURES, "quota,0.6", "quotas,0.6", "expected a row for quota too"),
        (MEASURES, "severity,trade_parameter", "severity,parameter", "line 1: expected the columns trade_parameter"),
        (MEASURES, "quota,0.6", "ban,0.6", "measure 'ban': expected one row, found 2"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_with_its_place(seeds: Path, file: str, old: str, new: str, told: str) -> None:
    edit(seeds / file, old, new)
    with pytest.raises(SettingsRejected) as rejected:
        method_settings.check(seeds)
    assert told in str(rejected.value) and file in str(rejected.value)
    assert "\n" not in str(rejected.value)


def test_a_seed_that_is_no_utf8_is_told(seeds: Path) -> None:
    (seeds / MEASURES).write_bytes((seeds / MEASURES).read_bytes() + "café".encode("cp1252"))
    with pytest.raises(SettingsRejected, match="seed_control_measures.csv: expected UTF-8, found b'.xe9'"):
        method_settings.check(seeds)


def test_a_run_stops_before_any_work(tmp_path: Path) -> None:
    """The command itself, on a copy of the project whose weights add up to 110."""
    project = tmp_path / "project"
    for room in ("flows", "warehouse", "expectations", "dbt_project"):
        shutil.copytree(
            REPOSITORY / room, project / room, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    edit(
        project / "dbt_project" / "seeds" / COMPONENTS,
        "china_dependence_score,0,100,30,",
        "china_dependence_score,0,100,40,",
    )
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "flows", "run"],
        cwd=project,
        env={**os.environ, "MINERAL_RISK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("mineral-risk:")]
    assert len(said) == 1 and "expected weights that add up to 100, found 110" in said[0]
    assert not home.exists()  # nothing landed, no lock, no server's database
