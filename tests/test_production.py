"""Production and reserves: what publishers print, in their layouts and with their traps, becomes tonnes or a reason."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from flows import admission, ingest
from flows.sources import Source, discover
from flows.sources.usgs import BUNDLE_NAME, COLUMNS, bundled_figures, figures, write_bundle
from tests.conftest import SHARED_DATA
from warehouse import landing
from warehouse.database import connect
from warehouse.errors import InputRejected
from warehouse.paths import BUNDLED, DBT_PROJECT, DataHome

USGS = discover()["usgs"]
WORLD_MINING_DATA = discover()["world_mining_data"]
WIDE_FILE = "MCS2025_World_Data.csv"
LONG_FILE = "MCS2026_Commodities_Data.csv"
WIDE_HEADER = (
    "SOURCE,COMMODITY,COUNTRY,TYPE,UNIT_MEAS,PROD_2023,PROD_EST_ 2024,PROD_NOTES,CAP_2023,CAP_EST_ 2024,CAP_NOTES,"
    "RESERVES_2024,RESERVE_NOTES"
)
LONG_HEADER = (
    "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,"
    "Is critical mineral 2025,Other notes"
)
PUBLISHED = [SHARED_DATA / "usgs_mcs" / name for name in (WIDE_FILE, LONG_FILE)]
KG, T, KT = "kilograms", "metric tons", "thousand metric tons"
ILMENITE = "Mine production, ilmentite, titanium dioxide (TiO2) content"
RUTILE = "Mine production, rutile, titanium dioxide (TiO2) content"
CHROMITE = "Mine production, grosss weight, marketable chromite ore"

# Texts as the USGS prints them, blanks at the ends and misspellings included; the numbers are made up.
# commodity, country, type, unit, 2023, 2024, note, reserves, note of reserves
WIDE_ROWS = [
    ("Gemanium", "China", "Primary and secondary refinery production", KG, "5000", "", "", "", ""),
    ("Gallium ", "China", "Primary production", KG, "2000", "3000", "", "", ""),
    ("Rhenium", "Chile", "Mine production, rhenium content", KG, "30000", "29000", "", "1300000", ""),
    ("Platinum-Group metals", "Russia ", "Mine production, Palladium content", KG, "75000", "", "", "63000000", ""),
    ("Platinum-Group metals", "Russia ", "Mine production, Platinum content", KG, "25000", "", "", "", ""),
    ("Titanium Mineral Concentrates", "India", ILMENITE, T, "200", "210", "", "15000", ""),
    ("Titanium Mineral Concentrates", "India", RUTILE, T, "10", "", "", "", "NA"),
    ("Titanium Mineral Concentrates", "Sierra Leone", RUTILE, "", "100", "60", "", "2900", ""),
    ("Titanium Mineral Concentrates", "World total (ilmenite, rounded)", ILMENITE, T, "300", "", "", "", ""),
    ("Titanium Mineral Concentrates", "World total (rutile, rounded)", RUTILE, T, "110", "", "", "", ""),
    ("Titanium Mineral Concentrates", "World total (ilmenite and rutile, rounded)", ILMENITE, T, "410", "", "", "", ""),
    ("Chromium", "India", CHROMITE, KT, "1000", "4100", "estimated 2023", "79000", ""),
    ("Silicon", "Russia ", "Plant production, Ferosilicon, silicon content ", KT, "400", "470", "", "", ""),
    ("Silicon", "Russia ", "Plant production, silicon metal", KT, "50", "", "", "", ""),
    ("Silicon", "India", "Plant production, Ferosilicon, silicon content ", KT, "60", "60", "", "", ""),
    ("Silicon", "India", "Plant production, silicon metal", KT, "", "", "", "", ""),
    ("Molybdenum ", "Chile", "Mine production, molybdenum content", T, "40000", "", "", "1400", ""),
    ("Vanadium", "China", "Mine production, vanadium content", T, "70000", "", "", "4100", ""),
    ("Potash  ", "Canada ", "Mine production, potassium oxide (K2O) equivalent", KT, "1000", "", "", "", "Large"),
    ("Rare earths", "Burma", "Mine production, rare-earth-oxide equivalent", T, "100000", "", "", "", "NA"),
    ("Zirconium and Hafnium", "Australia", "Mine production, zirconium, gross weight", KT, "500", "", "", "55000", ""),
    ("Manganese", "Gabon", "Mine production, manganese content", KT, "4000", "", "", "61000", ""),
    ("Manganese", "Côte d’Ivoire", "Mine production, manganese content", KT, "300", "", "", "", "NA"),
    ("Manganese", "Other Countries", "Mine production, manganese content", KT, "100", "", "", "", "Small"),
    ("Antimony", "China", "Mine production, antimony content", T, "60", "60", "", "640000", ""),
    ("Antimony", "World total (rounded) 10", "Mine production, antimony content", T, "60", "60", "", ">2000000", ""),
    ("Barite  ", "United States", "Mine production, barite, estimated", KT, "", "", "W for 23-24", "", "NA"),
    ("Indium", "China", "Refinery production", T, "690", "760", "", "1100", ""),
    ("Copper ", "Congo (Kinshasa)", "Mine production, recoverable copper content", KT, "2930", "3300", "", "80000", ""),
    ("Titanium Mineral Concentrates", "United States", ILMENITE, T, "100", "", "", "", ""),
    ("Titanium Mineral Concentrates", "United States", RUTILE, T, "", "",
     "United States rutile production and reserves data are included with ilmenite.", "", ""),
    ("Zinc", "Atlantis", "Mine production, zinc content", KT, "1", "1", "", "1", ""),
]  # fmt: skip

# commodity, country, statistic, detail, unit, year, value, note
LONG_ROWS = [
    *(
        ("Copper", country, "Production", "Refinery production", KT, "2025", value, note)
        for country, value, note in (
            ("Chile", "1,700", "Estimated."), ("China", "14000", ""), ("Japan", "0.5", "Reported."), ("India", "W", ""),
            ("Germany", "NA", ""), ("Poland", "XX", ""), ("Peru", "E", ""), ("Australia", "—", ""),
            ("Canada", "–", ""), ("Mexico", "-", ""), ("Russia", "--", ""), ("Zambia", "Large", ""),
            ("Kazakhstan", "Moderate to large", ""), ("Indonesia", "Small", ""), ("United States", "s", ""),
            ("Korea, Republic of", ">1,000", ""), ("Congo (Kinshasa)", "<1/2 unit", ""), ("Other countries", "", ""),
        )
    ),
    ("Copper", "World total", "Production", "Refinery production: rounded", KT, "2025", "16,000", ""),
    ("Manganese", "Côte d’Ivoire", "Production", "Mine production", KT, "2025", "350", ""),
    ("Manganese", "Côte d’Ivoire", "Reserves", "Reserves", KT, "2025", "NA", ""),
    ("Vanadium", "China", "Reserves", "Reserves", T, "2025", "5,800", ""),
    ("Chromium", "India", "Reserves", "Reserves: Cr2O3 content", KT, "2025", "1,000", ""),
    ("Chromium", "India", "Reserves", "Reserves: Ore", KT, "2024", "3,000", ""),
    ("Titanium Mineral Concentrates", "India", "Production", "Mine production: Ilmenite", KT, "2024", "300", ""),
    ("Titanium Mineral Concentrates", "India", "Production", "Mine production: Rutile", KT, "2024", "20", ""),
    ("Selenium", "United States", "Production", "Refinery production: crude and anode slimes", T, "2025", "W", ""),
    ("Boron", "Turkey", "Production", "Production—refined borates", KT, "2025", "1,500", ""),
    ("Copper", "Chile", "Capacity", "Refinery capacity", KT, "2025", "9,999", ""),
]  # fmt: skip

# 2022 is a year that the USGS editions do not cover, 2025 one that they do
WORLD_MINING_ROWS = """\
commodity,Country,Country_Code,Country_ISO,unit,data_source,year,production
Copper,Chile,152,CHL,metr. t,r,2022,30.0
Copper,Taiwan,490,S19,metr. t,e,2022,12.000000000000002
Copper,Peru,604,PER,metr. t,r,2022,
Copper,India,699,IND,metr. t,p,2022,0.0
Copper,Total,DELETE,DELETE,metr. t,nan,2022,42.0
Lithium (Li2O),Chile,152,CHL,metr. t,r,2022,1000.0
Rhodium,South Africa,710,ZAF,kg,r,2022,5000.0
Petroleum,Chile,152,CHL,metr. t,r,2022,1.0
Cobalt,French Guiana,328,GUY,metr. t,r,2023,7.0
Cobalt,Total,DELETE,DELETE,metr. t,nan,2023,7.0
"""


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def wide_text(rows: Iterable[tuple[str, ...]] = WIDE_ROWS) -> str:
    cells = (
        ("MCS2025", commodity, country, kind, unit, before, now, note, "", "", "", reserves, reserves_note)
        for commodity, country, kind, unit, before, now, note, reserves, reserves_note in rows
    )
    return WIDE_HEADER + "\n" + as_csv(cells)


def long_text(rows: Iterable[tuple[str, ...]] = LONG_ROWS) -> str:
    cells = [
        (commodity.upper(), "World Production and Reserves", *row, "Yes", "") for row in rows for commodity in row[:1]
    ]
    salient = ("COPPER", "Salient Statistics—United States", "Copper", "United States", "Production", "Mine", KT)
    return LONG_HEADER + "\n" + as_csv([(*salient, "2024", "1,100", "", "Yes", ""), *cells])


def write_wide(folder: Path, text: str | None = None, encoding: str = "utf-8-sig") -> Path:
    file = folder / WIDE_FILE
    file.write_bytes((wide_text() if text is None else text).encode(encoding))
    return file


def write_long(folder: Path, text: str | None = None, encoding: str = "cp1252") -> Path:
    file = folder / LONG_FILE
    file.write_bytes((long_text() if text is None else text).encode(encoding))
    return file


# --- the reader: only movement ------------------------------------------------------------------------------------


def test_a_wide_row_becomes_three_figures_and_nothing_is_changed(tmp_path: Path) -> None:
    found = [figure for figure in figures(write_wide(tmp_path)) if figure["file_row"] == "6"]
    shared = {
        "edition": "MCS2025",
        "file_row": "6",
        "commodity": "Platinum-Group metals",
        "detail": "Mine production, Platinum content",
        "unit": KG,
        "country": "Russia ",
        "note": "",
    }
    assert found == [
        shared | {"statistic": "production", "heading": "PROD_2023", "year": "2023", "value": "25000"},
        shared | {"statistic": "production", "heading": "PROD_EST_ 2024", "year": "2024", "value": ""},
        shared | {"statistic": "reserves", "heading": "RESERVES_2024", "year": "2024", "value": ""},
    ]


def test_a_long_file_gives_its_world_tables_and_neither_capacity_nor_the_united_states_statistics(
    tmp_path: Path,
) -> None:
    found = list(figures(write_long(tmp_path)))
    assert len(found) == len(LONG_ROWS) - 1  # capacity
    # the header is line 1, the row of United States statistics line 2
    assert found[0] == {
        "edition": "MCS2026",
        "file_row": "3",
        "commodity": "Copper",
        "statistic": "production",
        "heading": "Production",
        "detail": "Refinery production",
        "unit": KT,
        "country": "Chile",
        "year": "2025",
        "value": "1,700",
        "note": "Estimated.",
    }
    assert {figure["country"] for figure in found} >= {"Côte d’Ivoire"}  # Windows-1252
    assert {figure["value"] for figure in found} >= {"—", "–", "", "<1/2 unit"}


def test_the_line_is_the_publishers_even_after_a_note_of_two_lines(tmp_path: Path) -> None:
    rows = [(*LONG_ROWS[0][:7], "one\ntwo"), LONG_ROWS[1]]
    assert [figure["file_row"] for figure in figures(write_long(tmp_path, long_text(rows)))] == ["3", "5"]


REFUSED: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "a renamed column": (
        lambda folder: write_wide(folder, wide_text().replace("UNIT_MEAS", "UNIT")),
        [WIDE_FILE, "line 1", "UNIT_MEAS", "publisher's own file"],
    ),
    "a column more in the header alone": (
        lambda folder: write_long(folder, long_text().replace("Other notes", "Other notes,More")),
        [LONG_FILE, "line 2", "expected 13 cells, found 12"],
    ),
    "the other layout": (
        lambda folder: write_wide(folder, long_text(), "cp1252"),
        [WIDE_FILE, "line 2", "UTF-8", "0x97"],  # the dash of the section
    ),
    "the wide layout in Windows-1252": (
        lambda folder: write_wide(folder, encoding="cp1252"),
        [WIDE_FILE, "line 24", "UTF-8"],  # Côte d’Ivoire
    ),
    "the long layout in UTF-8": (
        lambda folder: write_long(folder, encoding="utf-8"),
        [LONG_FILE, "Windows-1252", "another encoding"],
    ),
    "UTF-16": (lambda folder: write_long(folder, encoding="utf-16"), [LONG_FILE, "Windows-1252"]),
    "a ragged row": (
        lambda folder: write_wide(folder, wide_text() + "MCS2025,Tin,Peru\n"),
        [WIDE_FILE, f"line {len(WIDE_ROWS) + 2}", "expected 13 cells, found 3"],
    ),
    "a quote that never ends": (
        lambda folder: write_long(folder, long_text() + '"COPPER,World\n'),
        [LONG_FILE, f"line {len(LONG_ROWS) + 3}", "expected 12 cells"],
    ),
    "a file cut off": (lambda folder: write_long(folder, long_text()[:-5]), [LONG_FILE, "cut off"]),
    "an empty file": (lambda folder: write_long(folder, ""), [LONG_FILE, "empty file"]),
    "another edition than the name says": (
        lambda folder: write_wide(folder, wide_text().replace("MCS2025,Zinc", "MCS2024,Zinc")),
        [WIDE_FILE, f"line {len(WIDE_ROWS) + 1}", "MCS2024", "which edition"],
    ),
    "a name that tells no edition": (
        lambda folder: write_wide(folder).rename(folder / "world.csv"),
        ["world.csv", "MCS2025_World_Data.csv"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_the_publishers_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    make, words = REFUSED[case]
    file, home = make(tmp_path), DataHome(tmp_path / "home")
    with pytest.raises(InputRejected) as refusal:
        admission.admit(home, USGS, file, {})
    text = str(refusal.value)
    assert "\n" not in text
    for word in words:
        assert word in text, text
    assert landing.vintages(home, "usgs") == []


@pytest.mark.parametrize("source", [USGS, WORLD_MINING_DATA], ids=lambda source: source.source_id)
def test_an_option_is_refused(source: Source, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="takes none"):
        source.describe(tmp_path / WIDE_FILE, {"year": "2025"})


def test_a_workbook_is_not_world_mining_data(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match=r"6.5.xlsx: expected a CSV"):
        WORLD_MINING_DATA.describe(tmp_path / "6.5.xlsx", {})


# --- the bundle ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the publisher's files are not part of the repository")
def test_the_bundle_is_what_the_reader_gives_of_the_publishers_files(tmp_path: Path) -> None:
    written = tmp_path / BUNDLE_NAME
    assert write_bundle(PUBLISHED, written) == sum(1 for _ in bundled_figures(PUBLISHED))
    assert written.read_bytes() == (BUNDLED / BUNDLE_NAME).read_bytes()


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the publisher's files are not part of the repository")
@pytest.mark.parametrize(("file", "rows"), zip(PUBLISHED, (3 * 1250, 3083), strict=True), ids=("wide", "long"))
def test_the_publishers_own_files_are_admitted(file: Path, rows: int, tmp_path: Path) -> None:
    # rows of the wide file, three figures each; rows of the long file in a section World… that are no capacity
    home = DataHome(tmp_path)
    assert f"{rows:,} rows" in admission.admit(home, USGS, file, {})
    (vintage,) = landing.vintages(home, "usgs")
    assert vintage.file(home).read_bytes() == file.read_bytes()


def bundled_long_text(change: Callable[[dict[str, str]], dict[str, str]] = lambda row: row) -> str:
    """The long file as the USGS would print the bundled rows of 2026, each row changed."""
    with (BUNDLED / BUNDLE_NAME).open(newline="", encoding="utf-8") as stream:
        rows = [change(row) for row in csv.DictReader(stream) if row["edition"] == "MCS2026"]
    order = ("commodity", "country", "heading", "detail", "unit", "year", "value", "note")
    return long_text(tuple(row[column] for column in order) for row in rows)


CHILEAN_COPPER = {"commodity": "Copper", "detail": "Refinery production", "country": "Chile", "year": "2025"}


def changing(cells: dict[str, str]) -> Callable[[dict[str, str]], dict[str, str]]:
    """A change of the one row of copper refined in Chile in 2025."""
    return lambda row: row | cells if CHILEAN_COPPER.items() <= row.items() else row


def test_a_long_file_is_admitted_and_lands_untouched(tmp_path: Path) -> None:
    file, home = write_long(tmp_path, bundled_long_text()), DataHome(tmp_path / "home")
    assert "landed as" in admission.admit(home, USGS, file, {})
    (vintage,) = landing.vintages(home, "usgs")
    assert (vintage.dataset, vintage.parameters) == ("mcs2026", {"edition": "MCS2026"})
    assert vintage.file(home).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"country": "Atlantis"}, ["country is known", "country=Atlantis"]),
        ({"value": "plenty"}, ["number or a known symbol", "value=plenty"]),
        ({"value": "1,7OO"}, ["number or a known symbol", "value=1,7OO"]),
        ({"unit": "metric tons"}, ["unit is the series' own", "unit=metric tons"]),
        ({"country": "China"}, ["figure is there once", "country=China"]),
        ({"year": "25"}, ["year has four digits", "year=25"]),
    ],
    ids=("country", "symbol", "typed number", "unit", "twice", "year"),
)
def test_a_surprise_stops_the_file_and_names_its_row(cells: dict[str, str], words: list[str], tmp_path: Path) -> None:
    file, home = write_long(tmp_path, bundled_long_text(changing(cells))), DataHome(tmp_path / "home")
    with pytest.raises(InputRejected) as refusal:
        admission.admit(home, USGS, file, {})
    text = str(refusal.value)
    for word in [LONG_FILE, "edition=MCS2026", *words]:
        assert word in text, text
    spoiled = (CHILEAN_COPPER | cells).items()
    lines = [figure["file_row"] for figure in figures(file) if spoiled <= figure.items()]
    assert any(f"file_row={line}," in text for line in lines), text
    assert "\n" not in text
    assert landing.vintages(home, "usgs") == []


def test_an_edition_without_series_in_the_seed_is_refused(tmp_path: Path) -> None:
    file = write_long(tmp_path, bundled_long_text()).rename(tmp_path / "MCS2027_Commodities_Data.csv")
    with pytest.raises(InputRejected, match="seed_production_series names the series of every edition") as refusal:
        admission.admit(DataHome(tmp_path / "home"), USGS, file, {})
    assert "edition=MCS2027" in str(refusal.value)


def test_a_series_that_the_publisher_renames_is_missed(tmp_path: Path) -> None:
    text = bundled_long_text(lambda row: row | {"commodity": row["commodity"].replace("Gallium", "Galium")})
    with pytest.raises(InputRejected, match="edition has all its series") as refusal:
        admission.admit(DataHome(tmp_path / "home"), USGS, write_long(tmp_path, text), {})
    assert "commodity=Gallium" in str(refusal.value)


# --- from a publisher's file to tonnes: one small warehouse of made-up numbers ------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models of production, built on the two USGS layouts and World Mining Data above."""
    folder = tmp_path_factory.mktemp("production")
    database = folder / "small.duckdb"
    mining = folder / "mining.csv"
    mining.write_text(WORLD_MINING_ROWS, encoding="utf-8")
    home = DataHome(folder / "home")
    with connect(database) as connection:
        ingest.create_raw_tables(connection, discover())
        for source, file in ((USGS, write_wide(folder)), (USGS, write_long(folder)), (WORLD_MINING_DATA, mining)):
            vintage, _ = ingest.land_file(home, source, file, source.describe(file, {}))
            ingest.load_landed(connection, home, source, vintage, folder)
    models = (
        "stg_landing__vintages", "stg_usgs__figures", "stg_world_mining_data__production", "int_production_figures",
        "int_production",
        "int_production_tables", "int_production_rows_left_out", "production", "reserves",
    )  # fmt: skip
    seeds = [f"seed_production_{name}" for name in ("series", "countries", "symbols", "sources")]
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--quiet", "--profiles-dir", str(DBT_PROJECT)]
    command += ["--project-dir", str(DBT_PROJECT), "--target-path", str(folder / "target")]
    command += ["--log-path", str(folder / "logs"), "--exclude-resource-type", "test", "unit_test", "--select"]
    command += ["seed_mineral_products", *seeds, *models]
    environment = os.environ | {"MINERAL_RISK_BUILD_DATABASE": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    with connect(database, read_only=True) as connection:
        yield connection


def produced(small: duckdb.DuckDBPyConnection, where: str) -> dict[str, tuple[float | None, str | None]]:
    rows = small.execute(
        f"select country_iso3, production_t, missing_reason from marts.production where {where}"
    ).fetchall()
    return {country: (tonnes, reason) for country, tonnes, reason in rows}


def test_every_symbol_is_a_number_a_zero_or_a_reason(small: duckdb.DuckDBPyConnection) -> None:
    assert produced(small, "mineral_id = 'copper' and stage = 'refined' and year = 2025") == {
        "CHL": (1_700_000, None),
        "CHN": (14_000_000, None),
        "JPN": (500, None),
        "IND": (None, "withheld"),
        "DEU": (None, "not_available"),
        "POL": (None, "not_applicable"),
        "PER": (None, "not_applicable"),
        "AUS": (0, None),
        "CAN": (0, None),
        "MEX": (0, None),
        "RUS": (0, None),
        "ZMB": (None, "only_a_word"),
        "KAZ": (None, "only_a_word"),
        "IDN": (None, "only_a_word"),
        "USA": (None, "included_elsewhere"),
        "KOR": (None, "only_a_bound"),
        "COD": (None, "only_a_bound"),
        "XXX": (None, "not_reported"),
    }


def test_the_table_behind_it_tells_who_is_withheld(small: duckdb.DuckDBPyConnection) -> None:
    found = small.execute(
        "select listed_production_t, other_countries_t, country_count, withheld_countries, world_total_t"
        " from intermediate.int_production_tables where mineral_id = 'copper' and stage = 'refined' and year = 2025"
    ).fetchone()
    # 1,700,000 + 14,000,000 + 500
    assert found == (15_700_500, None, 17, "COD DEU IDN IND KAZ KOR PER POL USA ZMB", 16_000_000)


# what stands in the seeds: TiO2 0.5993, K2O 0.8301, rare-earth oxide 0.84, ZrO2 0.7403; chromite 0.2 / 0.2874 / 0.3558,
# zircon 0.45 / 0.4852 / 0.4977
MADE_OF = {
    "kilograms, misspelled Gemanium": ("germanium", "refined", "CHN", 5, 5, 5),
    "kilograms of gallium": ("gallium", "refined", "CHN", 2, 2, 2),
    "kilograms of rhenium": ("rhenium", "ore", "CHL", 30, 30, 30),
    "kilograms of palladium": ("palladium", "ore", "RUS", 75, 75, 75),
    "kilograms of platinum": ("platinum", "ore", "RUS", 25, 25, 25),
    # (200 + 10) thousand tonnes that are printed as tonnes, misspelled ilmentite
    "two titanium minerals": ("titanium", "ore", "IND", 125_853, 125_853, 125_853),
    "a titanium row without a unit": ("titanium", "ore", "SLE", 59_930, 59_930, 59_930),
    "gross weight, misspelled grosss": ("chromium", "ore", "IND", 200_000, 287_400, 355_800),
    "ferrosilicon and silicon metal": ("silicon", "refined", "RUS", 450_000, 450_000, 450_000),
    "potassium oxide": ("potash", "refined", "CAN", 830_100, 830_100, 830_100),
    "rare-earth oxide": ("rare_earths", "ore", "MMR", 84_000, 84_000, 84_000),
    "zircon, gross weight": ("zirconium", "ore", "AUS", 225_000, 242_600, 248_850),
    "the curly apostrophe": ("manganese", "ore", "CIV", 300_000, 300_000, 300_000),
    "other countries": ("manganese", "ore", "XXX", 100_000, 100_000, 100_000),
    "plain thousand tonnes": ("copper", "ore", "COD", 2_930_000, 2_930_000, 2_930_000),
}


@pytest.mark.parametrize("case", MADE_OF)
def test_a_unit_and_a_content_are_what_is_meant_not_what_is_printed(
    case: str, small: duckdb.DuckDBPyConnection
) -> None:
    mineral, stage, country, *wanted = MADE_OF[case]
    found = small.execute(
        "select production_low_t, production_t, production_high_t from marts.production"
        " where year = 2023 and mineral_id = ? and stage = ? and country_iso3 = ?",
        [mineral, stage, country],
    ).fetchall()
    assert found == [tuple(wanted)]


def test_one_missing_series_leaves_a_country_unknown(small: duckdb.DuckDBPyConnection) -> None:
    silicon = "mineral_id = 'silicon' and year = 2023"
    assert produced(small, silicon)["IND"] == (None, "not_reported")
    # a blank is missing, though a note says W for 23-24
    assert produced(small, "mineral_id = 'baryte' and year = 2023") == {"USA": (None, "not_reported")}


def test_what_is_counted_in_another_series_is_not_missing(small: duckdb.DuckDBPyConnection) -> None:
    # 100 thousand tonnes TiO2 of ilmenite, rutile included as its note says
    assert produced(small, "mineral_id = 'titanium' and year = 2023")["USA"] == (59_930, None)


def test_totals_are_controls_and_a_total_of_two_series_is_none(small: duckdb.DuckDBPyConnection) -> None:
    totals = small.execute(
        "select mineral_id, listed_production_t, world_total_t from intermediate.int_production_tables"
        " where year = 2023 and mineral_id in ('titanium', 'antimony') order by all"
    ).fetchall()
    # (300 + 110) thousand tonnes TiO2 are 245,713 t of titanium; "World total (rounded) 10" is a total, too
    assert [tuple(map(float, row[1:])) for row in totals] == [(60.0, 60.0), (245_713.0, 245_713.0)]
    assert produced(small, "country_iso3 = 'WLD'") == {}


def test_the_newer_edition_speaks_whole(small: duckdb.DuckDBPyConnection) -> None:
    # 2024: the older edition lists Sierra Leone, the newer one India alone: (300 + 20) thousand tonnes TiO2
    assert produced(small, "mineral_id = 'titanium' and year = 2024") == {"IND": (191_776.0, None)}
    editions = small.execute(
        "select distinct edition, is_speaking from intermediate.int_production_figures"
        " where mineral_id = 'titanium' and year = 2024 and statistic = 'production' order by all"
    ).fetchall()
    assert editions == [("MCS2025", False), ("MCS2026", True)]


def test_the_second_source_speaks_where_the_first_has_nothing(small: duckdb.DuckDBPyConnection) -> None:
    assert produced(small, "mineral_id = 'copper' and stage = 'ore' and year = 2022") == {
        "CHL": (30, None),
        "TWN": (12, None),
        "PER": (None, "not_reported"),
        "IND": (0, None),
    }
    # Li2O 0.4645; kilograms; its ISO column calls French Guiana Guyana
    assert produced(small, "mineral_id = 'lithium' and year = 2022") == {"CHL": (464.5, None)}
    assert produced(small, "mineral_id = 'rhodium' and year = 2022") == {"ZAF": (5, None)}
    assert produced(small, "mineral_id = 'cobalt' and year = 2023") == {"GUF": (7, None)}
    found = small.execute("select distinct source_id, edition from marts.production where year = 2022").fetchall()
    assert found == [("world_mining_data", "to 2023")]


RESERVES = {
    "kilograms": (2024, "rhenium", "CHL", 1_300, None),
    "all platinum-group metals, beside palladium": (2024, "pge", "RUS", 63_000, None),
    "thousand tonnes under metric tons, in a note": (2024, "molybdenum", "CHL", 1_400_000, None),
    "thousand tonnes under metric tons, 2025": (2024, "vanadium", "CHN", 4_100_000, None),
    "thousand tonnes under metric tons, 2026": (2025, "vanadium", "CHN", 5_800_000, None),
    "zirconium oxide": (2024, "zirconium", "AUS", 40_716_500, None),
    "gross weight beside content": (2024, "manganese", "GAB", 23_180_000, None),  # 61,000,000 x 0.38
    "chromium oxide and not ore": (2025, "chromium", "IND", 684_200, None),
    "a word in a note": (2024, "potash", "CAN", None, "not_reported"),
    "not available": (2025, "manganese", "CIV", None, "not_available"),
}


@pytest.mark.parametrize("case", RESERVES)
def test_reserves(case: str, small: duckdb.DuckDBPyConnection) -> None:
    year, mineral, country, *wanted = RESERVES[case]
    found = small.execute(
        "select reserves_t, missing_reason from marts.reserves where year = ? and mineral_id = ? and country_iso3 = ?",
        [year, mineral, country],
    ).fetchall()
    assert found == [tuple(wanted)]


def test_capacity_in_the_column_of_reserves_is_none(small: duckdb.DuckDBPyConnection) -> None:
    assert small.execute("select count(*) from marts.reserves where mineral_id = 'indium'").fetchone() == (0,)


def test_what_is_left_out_is_counted(small: duckdb.DuckDBPyConnection) -> None:
    found = small.execute(
        "select source_id, commodity, statistic, reason, sum(row_count)::int"
        " from intermediate.int_production_rows_left_out where commodity in"
        " ('Zinc', 'Indium', 'Boron', 'Chromium', 'Petroleum', 'Titanium Mineral Concentrates')"
        " group by all order by all"
    ).fetchall()
    assert found == [
        ("usgs", "Boron", "production", "series_left_out", 1),
        ("usgs", "Chromium", "reserves", "series_left_out", 1),
        ("usgs", "Indium", "reserves", "series_left_out", 1),
        ("usgs", "Titanium Mineral Concentrates", "production", "total_of_several_series", 2),
        ("usgs", "Titanium Mineral Concentrates", "reserves", "total_of_several_series", 1),
        ("usgs", "Zinc", "production", "no_series_names_it", 2),
        ("usgs", "Zinc", "reserves", "no_series_names_it", 1),
        ("world_mining_data", "Petroleum", "production", "no_series_names_it", 1),
    ]


def test_a_figure_can_be_found_in_the_publishers_file(small: duckdb.DuckDBPyConnection) -> None:
    found = small.execute(
        "select row_references, is_estimated from marts.production"
        " where year = 2023 and mineral_id = 'titanium' and country_iso3 = 'IND'"
    ).fetchall()
    assert found == [("MCS2025 row 7; MCS2025 row 8", False)]
    estimated = small.execute(
        "select country_iso3 from marts.production"
        " where year = 2025 and mineral_id = 'copper' and stage = 'refined' and is_estimated"
    ).fetchall()
    assert estimated == [("CHL",)]


# --- World Mining Data: optional, never bundled ---------------------------------------------------------------------


def test_world_mining_data_is_admitted_and_a_surprise_is_not(tmp_path: Path) -> None:
    file, home = tmp_path / "mining.csv", DataHome(tmp_path / "home")
    file.write_text(WORLD_MINING_ROWS, encoding="utf-8")
    assert "10 rows" in admission.admit(home, WORLD_MINING_DATA, file, {})
    file.write_text(WORLD_MINING_ROWS.replace("Copper,Chile", "Copper,Atlantis"), encoding="utf-8")
    with pytest.raises(InputRejected, match=r"mining.csv, line 2: country is known: .*Country=Atlantis"):
        admission.admit(home, WORLD_MINING_DATA, file, {})
    assert len(landing.vintages(home, "world_mining_data")) == 1


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="World Mining Data must not be part of the repository")
def test_the_real_world_mining_data_is_admitted(tmp_path: Path) -> None:
    (file,) = (SHARED_DATA / "world_mining_data").glob("*.csv")
    assert "9,840 rows" in admission.admit(DataHome(tmp_path), WORLD_MINING_DATA, file, {})


def test_nothing_of_world_mining_data_is_bundled() -> None:
    assert WORLD_MINING_DATA.bundled == ()
    with (BUNDLED / BUNDLE_NAME).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    assert {row["edition"] for row in rows} == {"MCS2025", "MCS2026"}


def test_a_run_is_green_without_a_file_of_an_optional_source(built_database: Path) -> None:
    with connect(built_database, read_only=True) as connection:
        assert connection.execute("select count(*) from raw.world_mining_data").fetchone() == (0,)
        assert connection.execute("select distinct source_id from marts.production").fetchall() == [("usgs",)]


# --- the published figures, compared with what is printed -----------------------------------------------------------

PRINTED = {
    "copper mined in Chile": ("copper", "ore", "CHL", 2024, 5_510_000),
    "copper mined in India": ("copper", "ore", "IND", 2025, 23_000),
    "copper refined in India": ("copper", "refined", "IND", 2025, 620_000),
    "rare-earth oxide in China, 270,000 t": ("rare_earths", "ore", "CHN", 2025, 226_800),
    "magnesium smelted in China": ("magnesium", "refined", "CHN", 2025, 950_000),
    "ferrosilicon and silicon metal in China, 3,500 + 4,000": ("silicon", "refined", "CHN", 2025, 7_500_000),
    "gallium in China, 900,000 kg": ("gallium", "refined", "CHN", 2025, 900),
}


@pytest.mark.parametrize("case", PRINTED)
def test_published_production_is_what_is_printed(case: str, published: duckdb.DuckDBPyConnection) -> None:
    *key, wanted = PRINTED[case]
    found = published.execute(
        "select production_t from marts.production"
        " where mineral_id = ? and stage = ? and country_iso3 = ? and year = ?",
        key,
    ).fetchall()
    assert found == [(wanted,)]
