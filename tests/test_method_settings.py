"""A seed that contradicts itself, its rules or another seed stops a run before any work, and is told with its place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows import method_settings
from warehouse.errors import SettingsRejected
from warehouse.paths import REPOSITORY, SEEDS

COMPONENTS, THRESHOLDS, MEASURES = "seed_risk_components.csv", "seed_thresholds.csv", "seed_control_measures.csv"
REGISTER = "seed_export_controls.csv"
PRODUCTS, MINERALS, COUNTRIES = "seed_mineral_products.csv", "seed_minerals.csv", "seed_countries.csv"
CONCORDANCE, REVISIONS, AGREEMENTS = "seed_hs_concordance.csv", "seed_hs_revisions.csv", "seed_trade_agreements.csv"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    for seed in SEEDS.glob("*.csv"):
        shutil.copyfile(seed, folder / seed.name)
    return folder


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
        (COMPONENTS, "\nimport_reliance,", "\nworld_concentration,",
            "lines 4 and 5: component_id 'world_concentration': expected one row, found 2"),
        (COMPONENTS, ",15,false,what is", ",15,perhaps,what is", "expected true or false, found 'perhaps'"),
        (COMPONENTS, "export_controls,Export controls by suppliers,", "export_controls,",
         "line 7: expected 10 cells, as in the header, found 9"),
        (THRESHOLDS, "completeness_share,0.70", "completeness_share,70", "from 0 to 1 (share 0-1), found '70'"),
        (THRESHOLDS, "completeness_share,0.70", "completeness_share,", "from 0 to 1 (share 0-1), found ''"),
        (THRESHOLDS, "exposure_weight,0.5", "exposure_weight,0.6", "parts that add up to 1, found 1.1"),
        (MEASURES, "ban,1.0,1.0,1.3", "ban,1.5,1.0,1.3",
         "column severity: expected a number as in 0.25 from 0 to 1, found '1.5'"),
        (MEASURES, "ban,1.0,1.0,1.3", "ban,1.0,1.1,1.3",
         "column supply_cut_share: expected a number as in 0.25 from 0 to 1, found '1.1'"),
        (MEASURES, "ban,1.0,1.0,1.3", "ban,1.0,1.0,0.8", "expected a number from 1 (neutral) to 2, found '0.8'"),
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
        (MEASURES, "ban,1.0,1.0,1.3", "ban,1.0,1.0,13",
         "column trade_parameter: expected a number as in 0.25 from 0 to 2"),
        (MEASURES, "quota,0.6", "quotas,0.6",
         "expected the measure of a row of seed_control_measures.csv, found 'quota'"),
        (MEASURES, "share,trade_parameter", "share,parameter", "line 1: expected the columns trade_parameter"),
        (MEASURES, "quota,0.6", "ban,0.6", "measure 'ban': expected one row, found 2"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_with_its_place(seeds: Path, file: str, old: str, new: str, told: str) -> None:
    edit(seeds / file, old, new)
    with pytest.raises(SettingsRejected) as rejected:
        method_settings.check(seeds)
    assert told in str(rejected.value) and file in str(rejected.value)
    assert "\n" not in str(rejected.value)


# file, what stands there, what is put in its place, the place that is told, what is told
BROKEN = {
    "a cell too few": (
        "seed_transit_hubs.csv", "HKG,entrepot of mainland China: ", "HKG:", "line 3",
        "expected 4 cells, as in the header, found 3"),
    "a cell too many": (
        REVISIONS, "HS22,H6,3", "HS22,H6,,3", "line 4", "expected 7 cells, as in the header, found 8"),
    "a blank line": (
        "seed_transit_hubs.csv", "\nHKG,", "\n\nHKG,", "line 3", "expected 4 cells, as in the header, found 0"),
    "a quote that never ends": (
        "seed_transit_hubs.csv", "HKG,entrepot", 'HKG,"entrepot', "line 3", "expected cells between commas, found"),
    "a column missing": (
        "seed_transit_hubs.csv", "country_iso3,reason,", "country_iso3,", "line 1", "expected the columns reason"),
    "a column renamed": (
        MINERALS, "mineral_id,mineral_name", "id,mineral_name", "line 1",
        "expected the columns mineral_id, found 'id'"),
    "a column twice": (
        REVISIONS, "is_mapped,source,note", "is_mapped,source,source,note", "line 1",
        "each once, found 'source' too"),
    "a column that nobody declared": (
        REVISIONS, "is_mapped,source,note", "is_mapped,source,note,remark", "line 1",
        "found 'remark' too; remove it, or declare it in seeds.yml"),
    "a zero byte": (
        "seed_transit_hubs.csv", "HKG,entrepot", "HKG,entre\0pot", "line 3", "expected UTF-8, found b'\\x00'"),
    "text in a whole number": (
        REVISIONS, "HS17,H5,2,", "HS17,H5,two,", "line 3, column priority",
        "expected a whole number from 1, found 'two'"),
    "a fraction in a whole number": (
        REVISIONS, "HS17,H5,2,", "HS17,H5,2.5,", "line 3, column priority", "a whole number from 1, found '2.5'"),
    "a negative priority": (
        REVISIONS, "HS17,H5,2,", "HS17,H5,-2,", "line 3, column priority", "a whole number from 1, found '-2'"),
    "yes for true": (
        REVISIONS, "2017,true", "2017,yes", "line 3, column is_mapped", "expected true or false, found 'yes'"),
    "a thousands separator": (
        "seed_risk_bands.csv", "high,50,75", 'high,50,"7,5"', "line 4, column score_below",
        "expected a number as in 0.25, found '7,5'"),
    "infinity": (
        "seed_risk_bands.csv", "high,50,75", "high,50,inf", "line 4, column score_below", "found 'inf'"),
    "a share above 1": (
        "seed_world_shares.csv", "copper,ore,CHL,2024,0.2402", "copper,ore,CHL,2024,24.02", "line 2, column share",
        "expected a number as in 0.25 from 0 to 1, found '24.02'"),
    "a negative share": (
        "seed_end_uses.csv", "other,Abrasives,0.02", "other,Abrasives,-0.02", "line 2, column share",
        "from 0 to 1, found '-0.02'"),
    "a year of two digits": (
        "seed_world_shares.csv", "copper,ore,CHL,2024,", "copper,ore,CHL,24,", "line 2, column year",
        "from 1900 to 2100, found '24'"),
    "more decimals than are kept": (
        CONCORDANCE, "HS12,250410,HS17,250410,1:1,1,", "HS12,250410,HS17,250410,1:1,0.999999999,",
        "line 2, column weight", "1 digits before the point and 8 after it, found '0.999999999'"),
    "a day that is none": (
        REGISTER, "in_force,2023-07-03,", "in_force,2023-02-30,", "line 2, column announced_on",
        "expected a day, a month or a year as in 2024-05-31, 2024-05 or 2024, found '2023-02-30'"),
    "a day in another order": (
        AGREEMENTS, "PTA,in_force,2026-01-30,2006-03-08,2007-08,", "PTA,in_force,2026-01-30,08/03/2006,2007-08,",
        "line 2, column signed_on", "found '08/03/2006'"),
    "a month that is none": (
        AGREEMENTS, "PTA,in_force,2026-01-30,2006-03-08,2007-08,", "PTA,in_force,2026-01-30,2006-03-08,2007-13,",
        "line 2, column in_force_from", "found '2007-13'"),
    "a code without its zero": (
        PRODUCTS, "antimony,,ore,261710,261710,261710", "antimony,,ore,26171,261710,261710",
        "line 2, column hs6_hs92",
        "expected an HS code of six digits as text, found '26171'"),
    "a code that a spreadsheet made a number": (
        PRODUCTS, "antimony,,ore,261710,261710,261710", "antimony,,ore,261710.0,261710,261710",
        "line 2, column hs6_hs92", "found '261710.0'"),
    "a list of codes separated otherwise": (
        REGISTER, "XC001,CHN,gallium,refined,811292;811299", "XC001,CHN,gallium,refined,811292 811299",
        "line 2, column hs6_list", "expected HS codes of six digits, separated by ;, found '811292 811299'"),
    "SQL in a code": (
        PRODUCTS, "antimony,,ore,261710,261710,261710", "antimony,,ore,261710,261710,26'); --",
        "line 2, column hs6_hs22",
        'found "26\'); --"'),
    "a country in small letters": (
        "seed_transit_hubs.csv", "HKG,entrepot", "hkg,entrepot", "line 3, column country_iso3",
        "expected a country's three capitals, found 'hkg'"),
    "a country that no seed has": (
        "seed_transit_hubs.csv", "HKG,entrepot", "QQQ,entrepot", "line 3, column country_iso3",
        "expected the iso3 of a row of seed_countries.csv, found 'QQQ'"),
    "a member of a group that no seed has": (
        "seed_country_groups.csv", "(27 members),AUT", "(27 members),QQQ", "line 2, column member_iso3",
        "expected the iso3 of a row of seed_countries.csv, found 'QQQ'"),
    "a partner that no seed has": (
        AGREEMENTS, "AG001,IND,CHL", "AG001,IND,QQQ", "line 2, column partner_iso3", "found 'QQQ'"),
    "an unknown mineral": (
        PRODUCTS, "antimony,,ore,261710", "unobtainium,,ore,261710", "line 2, column mineral_id",
        "expected the mineral_id of a row of seed_minerals.csv, found 'unobtainium'"),
    "an unknown mineral of a series": (
        "seed_production_series.csv", "thousand metric tons,aluminium,refined,aluminium_smelter",
        "thousand metric tons,aluminum,refined,aluminium_smelter", "line 2, column mineral_id",
        "expected the mineral_id of a row of seed_minerals.csv, found 'aluminum'"),
    "an unknown stage": (
        PRODUCTS, "antimony,,ore,261710", "antimony,,mined,261710", "line 2, column stage",
        "expected one of ore, intermediate, compound, refined, product, scrap, found 'mined'"),
    "an unknown measure": (
        REGISTER, "811292;811299,HS22,licensing", "811292;811299,HS22,licence", "line 2, column measure",
        "expected the measure of a row of seed_control_measures.csv, found 'licence'"),
    "an unknown status": (
        REGISTER, "811292;811299,HS22,licensing,in_force", "811292;811299,HS22,licensing,in force",
        "line 2, column status", "expected one of in_force, easing"),
    "an unknown HS revision": (
        "seed_national_hs_revisions.csv", "IND,2012,HS12", "IND,2012,HS13", "line 2, column hs_revision",
        "expected the hs_revision of a row of seed_hs_revisions.csv, found 'HS13'"),
    "an unknown source": (
        "seed_trade_sources.csv", "comtrade,2,", "comtrad,2,", "line 3, column source_id",
        "expected one of baci, comtrade, tradestat, usgs, wgi, world_mining_data, found 'comtrad'"),
    "an unknown kind of agreement": (
        AGREEMENTS, "India-Chile Preferential Trade Agreement,PTA", "India-Chile Preferential Trade Agreement,PTB",
        "line 2, column agreement_type",
        "expected the agreement_type of a row of seed_agreement_types.csv, found 'PTB'"),
    "an unknown region": (
        "seed_end_uses.csv", "mineral products,EU,2023", "mineral products,Mars,2023", "line 2, column region",
        "expected the region of a row of seed_end_use_regions.csv, found 'Mars'"),
    "an unknown confidence": (
        AGREEMENTS, "2007-08,no,high", "2007-08,no,certain", "line 2, column confidence",
        "expected high, medium or low, found 'certain'"),
    "blank where something must be": (
        REVISIONS, "HS17,H5,2,2017", "HS17,H5,2,", "line 3, column in_force_from_year", "expected a text, found ''"),
    "a mineral without a name": (
        PRODUCTS, "antimony,,ore,261710", ",,ore,261710", "line 2, column mineral_id", "expected a text, found ''"),
    "a fact without a source": (
        "seed_transit_hubs.csv", "and metal warehouses,project method section 1", "and metal warehouses,",
        "line 5, column source",
        "expected a text, found ''"),
    "a key with a blank in it": (
        "seed_risk_bands.csv", "\nhigh,50,75", "\n,50,75", "line 4: risk_band",
        "expected a key, found a blank in it"),
    "a key twice": (
        "seed_transit_hubs.csv", "\nHKG,", "\nARE,", "lines 2 and 3",
        "country_iso3 'ARE': expected one row, found 2"),
    "a priority twice": (
        REVISIONS, "HS22,H6,3", "HS22,H6,2", "lines 3 and 4", "priority '2': expected one row, found 2"),
    "a code that becomes none in use": (
        CONCORDANCE, "HS12,250410,HS17,250410,1:1,1,", "HS12,250410,HS17,999999,1:1,1,", "seed_hs_concordance.csv",
        "hs concordance is well set"),
    "bands with a gap": (
        "seed_risk_bands.csv", "high,50,75", "high,55,75", "seed_risk_bands.csv: line",
        "risk bands meet without gap"),
    "contents in the wrong order": (
        PRODUCTS, ",0.5,0.1,0.65,Sb", ",0.5,0.7,0.65,Sb", "line 2", "contents lie within their range"),
    "a mapped revision without a priority": (
        REVISIONS, "HS22,H6,3,2022", "HS22,H6,,2022", "line 4", "hs revisions are well set"),
    "a byte-order mark": (
        "seed_transit_hubs.csv", "country_iso3,reason", "\ufeffcountry_iso3,reason", "line 1",
        "expected the columns country_iso3"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_seed_is_told_with_its_place(case: str, seeds: Path) -> None:
    name, old, new, place, told = BROKEN[case]
    file = seeds / name
    text = file.read_text(encoding="utf-8")
    assert old in text, case
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsRejected) as rejected:
        method_settings.check(seeds)
    line = str(rejected.value)
    assert rejected.value.exit_code == 7
    assert line.startswith(name) or f"; {name}" in line or name in line.split(": expected")[0], line
    assert place in line and told in line, line
    assert "Correct the seed" in line and "\n" not in line


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file: file.write_bytes(file.read_bytes() + "café".encode("cp1252")), "expected UTF-8, found b'.xe9'"),
        (lambda file: file.write_text(file.read_text("utf-8"), "utf-16"), "line 1: expected UTF-8"),
        (lambda file: file.write_text(file.read_text("utf-8").splitlines()[0] + "\n"), "found only a header"),
        (lambda file: file.write_bytes(b""), "line 1: expected the columns measure, severity"),
        (lambda file: file.unlink(), "expected a file, as seeds.yml declares it, found none"),
        (lambda file: file.rename(file.with_name("seed_unheard_of.csv")), "seed_unheard_of.csv: expected a seed that"),
    ],
    ids=["cp1252", "UTF-16", "only a header", "empty", "missing", "not declared"],
)
def test_a_file_that_is_no_seed_is_told(seeds: Path, spoil: Callable[[Path], object], told: str) -> None:
    spoil(seeds / MEASURES)
    with pytest.raises(SettingsRejected, match=told) as rejected:
        method_settings.check(seeds)
    assert MEASURES in str(rejected.value) and "\n" not in str(rejected.value)


def test_a_line_is_one_of_the_file_even_after_a_cell_of_two_lines(seeds: Path) -> None:
    edit(
        seeds / "seed_transit_hubs.csv",
        "HKG,entrepot of mainland China: what it sells was mostly made there,",
        'HKG,"entrepot\nof mainland China: what it sells was mostly made there"' + ",",
    )
    edit(seeds / "seed_transit_hubs.csv", "\nNLD,", "\nQQQ,")
    with pytest.raises(SettingsRejected, match="seed_transit_hubs.csv: line 5, column country_iso3: .*'QQQ'"):
        method_settings.check(seeds)


def test_of_many_faults_the_first_are_told_and_the_rest_counted(seeds: Path) -> None:
    file = seeds / "seed_end_uses.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",EU,2023,", ",Mars,2023,"), encoding="utf-8")
    with pytest.raises(SettingsRejected) as rejected:
        method_settings.check(seeds)
    assert str(rejected.value).count("found 'Mars'") == method_settings.MOST_FAULTS_TOLD
    assert re.search("; and [1-9][0-9]+ more", str(rejected.value))


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
    # nothing landed, no lock, no server's database: only that a run was refused is written down
    assert {path.name for path in home.iterdir()} == {"runs"}
