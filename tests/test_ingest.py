"""Files from outside: taken whole and untouched, or refused in one line that says where and why."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows import admission, ingest
from flows.sources import Delivery, discover
from flows.sources.archives import member_names
from tests.conftest import SHARED_DATA
from warehouse import landing
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome

BACI = discover()["baci"]
YEAR_FILE = "BACI_HS17_Y2024_V202601.csv"
ZIP_FILE = "BACI_HS17_V202601.zip"
# China and the United States (842) sell magnets to India (699); live horses (010121) are no mineral
GOOD = (
    "t,i,j,k,v,q\n"
    "2024,156,699,850511,162787.054,20057.216\n"
    "2024,842,699,850511,812.5,          NA\n"
    "2024,276,699,850511,1.001,\n"
    "2024,276,699,010121,55.0,1.5\n"
)


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    return DataHome(tmp_path / "home")


def write(folder: Path, text: str | bytes, name: str = YEAR_FILE) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def zipped(folder: Path, members: dict[str, str], name: str = ZIP_FILE) -> Path:
    file = folder / name
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return file


def admit(home: DataHome, file: Path, **options: str) -> str:
    return admission.admit(home, BACI, file, options)


def raw_rows(home: DataHome, tmp_path: Path) -> list[tuple[str | None, ...]]:
    with connect() as connection:
        ingest.create_raw_tables(connection, {"baci": BACI})
        for vintage in landing.newest_by_dataset(home, "baci").values():
            ingest.load_landed(connection, home, BACI, vintage, tmp_path)
        return connection.execute("select t, i, j, k, v, q from raw.baci_trade order by all").fetchall()


def test_a_yearly_csv_lands_untouched_with_its_manifest(home: DataHome, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    told = admit(home, file)
    assert "3 rows of 4 carry a code that a seed names" in told
    (vintage,) = landing.vintages(home, "baci")
    assert vintage.file(home).read_bytes() == file.read_bytes()
    assert stat.S_IMODE(vintage.file(home).stat().st_mode) == 0o444
    manifest = json.loads((vintage.folder(home) / "manifest.json").read_text())
    assert manifest["size_bytes"] == len(GOOD)
    assert manifest["licence"] == "Etalab Open Licence 2.0"
    assert manifest["covers_all_importers"] is True
    assert manifest["parameters"] == {"baci_release": "202601", "hs_revision": "HS17", "year": "2024"}
    assert manifest["retrieved_at"].endswith("Z")
    # printf of the text above through sha256sum
    assert manifest["sha256"] == __import__("hashlib").sha256(GOOD.encode()).hexdigest()


def test_a_zip_as_cepii_releases_it_loads_every_year_and_only_named_codes(home: DataHome, tmp_path: Path) -> None:
    file = zipped(
        tmp_path,
        {
            "BACI_HS17_Y2023_V202601.csv": GOOD.replace("2024,", "2023,"),
            YEAR_FILE: GOOD,
            "country_codes_V202601.csv": "country_code,country_name,country_iso2,country_iso3\n699,India,IN,IND\n",
            "product_codes_HS17_V202601.csv": "code,description\n850511,Magnets\n",
            "Readme.txt": "BACI",
        },
    )
    admit(home, file)
    rows = raw_rows(home, tmp_path)
    assert [row[:4] for row in rows if row[0] == "2023"] == [
        ("2023", "156", "699", "850511"),
        ("2023", "276", "699", "850511"),
        ("2023", "842", "699", "850511"),
    ]
    # the publisher's own text: padding and blanks are staging's business
    assert ("2024", "842", "699", "850511", "812.5", "          NA") in rows
    assert ("2024", "276", "699", "850511", "1.001", None) in rows


def test_rows_without_a_seed_are_counted_per_code(home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD + "2024,276,699,010121,1,1\n2024,276,699,010129,1,1\n"))
    with connect() as connection:
        ingest.create_raw_tables(connection, {"baci": BACI})
        (vintage,) = landing.vintages(home, "baci")
        loaded = ingest.load(connection, BACI, vintage, vintage.file(home), tmp_path)
    assert loaded.unnamed_row_counts == {"010121": 2, "010129": 1}
    assert loaded.row_counts["baci_trade"] == 3


def test_the_same_bytes_again_land_nothing_new(home: DataHome, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    for _ in range(3):
        told = admit(home, file)
    assert "nothing new" in told
    assert len(landing.vintages(home, "baci")) == 1


def test_columns_that_a_source_ignores_are_told(home: DataHome, tmp_path: Path) -> None:
    def describe(file: Path, options: Mapping[str, str]) -> Delivery:
        known = BACI.describe(file, options)
        return replace(known, parameters={**known.parameters, "ignored_columns": "w, x"})

    told = admission.admit(home, replace(BACI, describe=describe), write(tmp_path, GOOD), {})
    assert "3 rows of 4 carry a code that a seed names; columns not known, ignored: w, x;" in told


def test_what_a_killed_landing_left_is_removed_by_the_next_one(home: DataHome, tmp_path: Path) -> None:
    left = home.landing / "baci" / ".incoming-killed"
    left.mkdir(parents=True)
    (left / YEAR_FILE).write_text(GOOD[:20])
    file = write(tmp_path, GOOD)
    ingest.land_file(home, BACI, file, BACI.describe(file, {}))
    assert not left.exists()
    assert len(landing.vintages(home, "baci")) == 1


def test_a_landing_waits_for_another_one_and_leaves_its_files_alone(home: DataHome, tmp_path: Path) -> None:
    incoming = home.landing / "baci" / ".incoming-alive"
    incoming.mkdir(parents=True)
    file = write(tmp_path, GOOD)
    other = os.open(incoming.parent, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with ThreadPoolExecutor(max_workers=1) as executor:
        landed = executor.submit(ingest.land_file, home, BACI, file, BACI.describe(file, {}))
        try:
            with pytest.raises(TimeoutError):
                landed.result(timeout=0.3)
            assert incoming.exists()
        finally:
            os.close(other)
        assert landed.result()[1]


def test_a_row_that_is_there_twice_is_loaded_twice(home: DataHome, tmp_path: Path) -> None:
    """The raw suite refuses it with its line; a loader that lets it disappear would hide it."""
    file = write(tmp_path, GOOD + "2024,842,699,850511,812.5,          NA\n")
    vintage, _ = ingest.land_file(home, BACI, file, BACI.describe(file, {}))
    assert raw_rows(home, tmp_path).count(("2024", "842", "699", "850511", "812.5", "          NA")) == 2
    with pytest.raises(InputRejected, match="flow is there once"):
        admit(home, file)


def test_a_vintage_knows_its_rows_and_years_beside_others_in_the_same_table(home: DataHome, tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        file = write(tmp_path, GOOD.replace("2024,", f"{year},"), YEAR_FILE.replace("2024", year))
        ingest.land_file(home, BACI, file, BACI.describe(file, {}))
    with connect() as connection:
        ingest.create_raw_tables(connection, {"baci": BACI})
        for vintage in landing.vintages(home, "baci"):
            ingest.load_landed(connection, home, BACI, vintage, tmp_path)
        told = connection.execute("select years, rows_loaded from raw.landed_vintages order by all").fetchall()
    assert told == [("2023", "3"), ("2024", "3")]


def test_bytes_that_return_after_a_revision_are_a_vintage_of_their_own(home: DataHome, tmp_path: Path) -> None:
    for text in (GOOD, GOOD.replace("812.5", "900"), GOOD):
        admit(home, write(tmp_path, text))
    assert len(landing.vintages(home, "baci")) == 3
    assert ("2024", "842", "699", "850511", "812.5", "          NA") in raw_rows(home, tmp_path)


def test_a_landed_file_that_was_changed_is_noticed(home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD))
    (vintage,) = landing.vintages(home, "baci")
    vintage.file(home).chmod(0o644)
    vintage.file(home).write_text(GOOD.replace("812.5", "912.5"))
    with pytest.raises(WarehouseError, match="landed file was changed"):
        landing.verify(home, vintage)


def with_row(row: str) -> str:
    return GOOD + row + "\n"


REFUSED: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "truncated zip": (
        lambda folder: write(folder, zipped(folder, {YEAR_FILE: GOOD * 50}).read_bytes()[:-40], ZIP_FILE),
        [ZIP_FILE, "whole zip", "download it again"],
    ),
    "zip with a damaged member": (
        lambda folder: _damaged_zip(folder),
        [ZIP_FILE, YEAR_FILE, "damaged"],
    ),
    "zip without yearly files": (
        lambda folder: zipped(folder, {"Readme.txt": "BACI"}),
        [ZIP_FILE, "found none"],
    ),
    "missing column": (
        lambda folder: write(folder, "t,i,j,k,v\n2024,156,699,850511,1.0\n"),
        [YEAR_FILE, "line 1", "expected the columns t,i,j,k,v,q", "missing: q"],
    ),
    "renamed column": (
        lambda folder: write(folder, GOOD.replace("t,i,j,k,v,q", "t,i,j,k,value,q")),
        [YEAR_FILE, "line 1", "missing: v", "not expected: value"],
    ),
    "columns in another order": (
        lambda folder: write(folder, GOOD.replace("t,i,j,k,v,q", "t,j,i,k,v,q")),
        [YEAR_FILE, "line 1", "another order"],
    ),
    "text in a number": (
        lambda folder: write(folder, with_row("2024,250,699,850511,12 tons,3").replace("250,", "251,")),
        [YEAR_FILE, "line 6", "12 tons"],
    ),
    "thousands separator": (
        lambda folder: write(folder, with_row('2024,251,699,850511,"1,234.5",3')),
        [YEAR_FILE, "line 6", "1,234.5"],
    ),
    "number that is none": (
        lambda folder: write(folder, with_row("2024,251,699,850511,1e309,3")),
        [YEAR_FILE, "line 6", "1e309"],
    ),
    "negative value": (
        lambda folder: write(folder, with_row("2024,251,699,850511,-5,3")),
        [YEAR_FILE, "line 6", "-5"],
    ),
    "HS code without its zero": (
        lambda folder: write(folder, with_row("2024,251,699,10121,5,3")),
        [YEAR_FILE, "line 6", "10121", "six digits"],
    ),
    "HS code as a float": (
        lambda folder: write(folder, with_row("2024,251,699,280530.0,5,3")),
        [YEAR_FILE, "line 6", "280530.0", "six digits"],
    ),
    "unknown country": (
        lambda folder: write(folder, with_row("2024,999,699,850511,5,3")),
        [YEAR_FILE, "line 6", "999"],
    ),
    "India's ISO number, which BACI uses only to 1974": (
        lambda folder: write(folder, with_row("2024,156,356,850511,5,3")),
        [YEAR_FILE, "line 6", "356"],
    ),
    "empty file": (lambda folder: write(folder, ""), [YEAR_FILE, "empty file"]),
    "only a header": (lambda folder: write(folder, "t,i,j,k,v,q\n"), [YEAR_FILE, "only a header"]),
    "wrong year": (
        lambda folder: write(folder, with_row("2023,251,699,850511,5,3")),
        [YEAR_FILE, "line 6", "2023"],
    ),
    "duplicate flow": (
        lambda folder: write(folder, with_row("2024,842,699,850511,5,3")),
        [YEAR_FILE, "842", "850511"],
    ),
    "ragged row": (
        lambda folder: write(folder, with_row("2024,251,699,850511,5")),
        [YEAR_FILE, "line 6", "expected 6 columns (t,i,j,k,v,q), found 5"],
    ),
    "two kinds of line ends": (
        lambda folder: write(folder, GOOD + "2024,251,699,850511,5,1\r\n"),
        [YEAR_FILE, "line 6", "another line end than the header has"],
    ),
    "a line of ten megabytes": (
        lambda folder: write(folder, with_row(f"2024,251,699,850511,5,{'1' * 10_000_000}")),
        [YEAR_FILE, "line 6", "found 10,000,023 bytes in it where 1,048,576 are read"],
    ),
    "no HS code": (
        lambda folder: write(folder, with_row("2024,251,699,,5,1")),
        [YEAR_FILE, "line 6", "column k", "six digits"],
    ),
    "text in a number, after a byte order mark": (
        lambda folder: write(folder, "\ufeff" + with_row("2024,251,699,850511,12 tons,3")),
        [YEAR_FILE, "line 6", "12 tons"],
    ),
    "bytes that are no Parquet": (lambda folder: write(folder, b"PAR1 PAR1", "x.parquet"), ["x.parquet", "--option"]),
    "cut off in the last row": (lambda folder: write(folder, GOOD[:-2]), [YEAR_FILE, "cut off"]),
    "UTF-16": (lambda folder: write(folder, GOOD.encode("utf-16")), [YEAR_FILE, "line 1", "UTF-8"]),
    "no code that a seed names": (
        lambda folder: write(folder, "t,i,j,k,v,q\n2024,276,699,010121,55.0,1.5\n"),
        [YEAR_FILE, "found 1 other codes", "seed_mineral_products.csv"],
    ),
    "a zip whose members are of another revision": (
        lambda folder: zipped(folder, {YEAR_FILE.replace("HS17", "HS92"): GOOD}),
        [ZIP_FILE, "found HS92", "HS17"],
    ),
    "an HS revision that no seed knows": (
        lambda folder: write(folder, GOOD, YEAR_FILE.replace("HS17", "HS27")),
        ["HS27", "expected one of HS02, HS07, HS12, HS17, HS22, HS92, HS96", "seed_hs_revisions.csv"],
    ),
    "a name that tells nothing": (lambda folder: write(folder, GOOD, "flows.csv"), ["flows.csv", "--option"]),
    "no such file": (lambda folder: folder / "nothing.csv", ["nothing.csv", "found none"]),
}


def _damaged_zip(folder: Path) -> Path:
    file = zipped(folder, {YEAR_FILE: GOOD * 200})
    content = bytearray(file.read_bytes())
    middle = 120
    content[middle : middle + 8] = bytes(byte ^ 0xFF for byte in content[middle : middle + 8])
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_in_one_line_and_nothing_is_kept(case: str, home: DataHome, tmp_path: Path) -> None:
    make, words = REFUSED[case]
    file = make(tmp_path)
    with pytest.raises(InputRejected) as refusal:
        admit(home, file)
    text = str(refusal.value)
    assert "\n" not in text
    for word in words:
        assert word in text
    assert landing.vintages(home, "baci") == []
    assert not list(home.root.rglob("*.csv"))
    assert not list(home.root.rglob(".incoming*"))


def test_the_command_line_says_it_in_one_line_and_exits_with_3(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD.replace("850511", "85051"))
    environment = {**os.environ, "MINERAL_RISK_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "flows", "ingest", "baci", "--from", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "line 2" in done.stderr


@pytest.mark.parametrize(
    ("landed", "given"),
    [
        (YEAR_FILE, "BACI_HS17_Y2024_V202501.csv"),
        # another year, or all of them: a file speaks for whatever it holds
        (YEAR_FILE, "BACI_HS17_Y2023_V202501b.csv"),
        (YEAR_FILE, "BACI_HS17_V202501.zip"),
        ("BACI_HS17_Y2024_V202601B.csv", "BACI_HS17_Y2024_V202601.csv"),
    ],
)
def test_an_older_release_of_baci_does_not_take_over(landed: str, given: str, home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD, landed))
    with pytest.raises(InputRejected) as refusal:
        admit(home, write(tmp_path, GOOD.replace("812.5", "900"), given))
    newest = landed.split("_V")[1].removesuffix(".csv").lower()
    older = given.split("_V")[1].partition(".")[0]
    assert str(refusal.value).startswith(f"{given}: release V{older} is older than V{newest}, which is landed")
    assert len(landing.vintages(home, "baci")) == 1


def test_an_older_release_than_the_bundled_files_is_refused(home: DataHome, tmp_path: Path) -> None:
    ingest.land_bundled(home, BACI)
    for revision in ("HS17", "HS92"):
        with pytest.raises(InputRejected, match="V202501 is older than V202601, which is landed"):
            admit(home, write(tmp_path, GOOD, f"BACI_{revision}_Y2024_V202501.csv"))


@pytest.mark.parametrize(
    "given",
    [
        # corrected, the same again, next year's
        "BACI_HS17_Y2024_V202601b.csv",
        "BACI_HS17_Y2023_V202601.csv",
        "BACI_HS17_Y2024_V202701.csv",
        # of another HS revision
        "BACI_HS12_Y2024_V202501.csv",
    ],
)
def test_a_release_that_is_not_older_is_taken(given: str, home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD, YEAR_FILE))
    year = given.split("_Y")[1][:4]
    told = admit(home, write(tmp_path, GOOD.replace("2024,", f"{year},").replace("812.5", "900"), given))
    assert "landed as" in told


def test_a_release_that_is_not_told_is_not_held_to_be_old(home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD, "mine.csv"), hs_revision="HS17", covers_all_importers="false")
    admit(home, write(tmp_path, GOOD))
    admit(home, write(tmp_path, GOOD, "other.csv"), hs_revision="HS17", covers_all_importers="false")
    assert len(landing.vintages(home, "baci")) == 3


def test_what_is_landed_last_speaks_whatever_the_clock_says(home: DataHome, tmp_path: Path) -> None:
    """A clock that was ahead is set back: of what was landed since, the last comes after all before."""
    ahead = datetime(2999, 1, 1, tzinfo=UTC)
    first = write(tmp_path, GOOD)
    landing.land(home, ingest.arrival(BACI, BACI.describe(first, {})), first, ahead)
    revised = write(tmp_path, GOOD.replace("812.5", "900"))
    vintage, _ = ingest.land_file(home, BACI, revised, BACI.describe(revised, {}))
    assert vintage.retrieved_at == "2999-01-01T00:00:00.000001Z"
    # files of other datasets tell of the same flows
    zip_file = zipped(tmp_path, {YEAR_FILE: GOOD})
    last, _ = ingest.land_file(home, BACI, zip_file, BACI.describe(zip_file, {}))
    assert last.retrieved_at == "2999-01-01T00:00:00.000002Z"
    assert [found.file_name for found in landing.vintages(home, "baci")] == [YEAR_FILE, YEAR_FILE, ZIP_FILE]
    # the day of a bundled file is the day it entered the project
    assert {found.retrieved_at[:10] for found in ingest.land_bundled(home, BACI)} == {"2026-11-22"}


def test_an_option_that_contradicts_the_name_is_refused(home: DataHome, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="its name says HS17, the option HS92"):
        admit(home, write(tmp_path, GOOD), hs_revision="HS92")


def test_a_file_with_far_fewer_rows_does_not_replace_a_landed_one(home: DataHome, tmp_path: Path) -> None:
    ingest.land_bundled(home, BACI)  # 52 suppliers of India's magnets in 2024
    file = write(tmp_path, GOOD)
    with pytest.raises(InputRejected) as refusal:
        admit(home, file)
    assert "2024 850511: expected at least half of the 52 rows of baci_hs17_2024_india.csv" in str(refusal.value)
    assert "found 3" in str(refusal.value)
    assert len(landing.vintages(home, "baci")) == 3
    assert "landed as" in admission.admit(home, BACI, file, {}, accept_fewer_rows=True)

    wgi = discover()["wgi"]
    (bundled,) = ingest.land_bundled(home, wgi)
    thinned = tmp_path / "wgi.csv"
    thinned.write_text("".join(bundled.file(home).read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(InputRejected, match=r"2014: expected at least half of the 211 rows"):
        admission.admit(home, wgi, thinned, {})


def test_the_manifests_name_is_taken(home: DataHome, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="rename the file"):
        admit(home, write(tmp_path, GOOD, "manifest.json"), hs_revision="HS17", covers_all_importers="false")
    assert landing.vintages(home, "baci") == []


def test_an_extract_for_one_importer_says_so(home: DataHome, tmp_path: Path) -> None:
    admit(home, write(tmp_path, GOOD, "mine.csv"), hs_revision="HS17", covers_all_importers="false")
    (vintage,) = landing.vintages(home, "baci")
    assert vintage.covers_all_importers is False


@pytest.mark.parametrize(
    "member",
    [
        "../BACI_HS17_Y2024_V202601.csv",
        "/BACI_HS17_Y2024_V202601.csv",
        "C:\\BACI_HS17_Y2024_V202601.csv",
        "a/../../b.csv",
    ],
)
def test_a_zip_member_that_leaves_its_folder_is_refused(member: str, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="leaves its folder"):
        member_names(zipped(tmp_path, {member: GOOD}))


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ZIP_FILE
    link = zipfile.ZipInfo(YEAR_FILE)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(InputRejected, match="leaves its folder"):
        member_names(file)


def test_a_zip_that_names_a_file_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="two members"):
        member_names(zipped(tmp_path, {f"a/{YEAR_FILE}": GOOD, f"b/{YEAR_FILE}": GOOD}))


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="ratio"):
        member_names(zipped(tmp_path, {YEAR_FILE: "0" * 20_000_000}))


def test_bundled_files_land_once_with_a_date_before_any_ingested_one(home: DataHome) -> None:
    first = ingest.land_bundled(home, BACI)
    again = ingest.land_bundled(home, BACI)
    assert first == again
    assert len(landing.vintages(home, "baci")) == 3
    assert max(vintage.retrieved_at for vintage in first) <= landing.utc_timestamp(datetime.now(UTC))


def test_a_newer_file_takes_over_from_the_bundled_one_and_stays(home: DataHome, tmp_path: Path) -> None:
    wgi = discover()["wgi"]
    (bundled,) = ingest.land_bundled(home, wgi)
    file = tmp_path / "wgi_2024.csv"
    file.write_text("".join(bundled.file(home).read_text().splitlines(keepends=True)[:50]))
    newer, is_new = ingest.land_file(home, wgi, file, wgi.describe(file, {}))
    assert is_new
    assert ingest.land_bundled(home, wgi) == [bundled]  # every run lands the bundle again
    assert landing.newest_by_dataset(home, "wgi") == {"wgi": newer}


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(CELLS, CELLS, CELLS, st.sampled_from(["850511", "010121"]), CELLS, CELLS),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_loaded_is_what_the_file_says(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in the cells, the loader keeps every cell as it is or refuses the file: no row is lost."""
    folder = tmp_path_factory.mktemp("cells")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("t", "i", "j", "k", "v", "q"), *rows])
    file = write(folder, stream.getvalue())
    delivery = BACI.describe(file, {})
    vintage, _ = ingest.land_file(DataHome(folder / "home"), BACI, file, delivery)
    with connect() as connection:
        ingest.create_raw_tables(connection, {"baci": BACI})
        try:
            loaded = ingest.load(connection, BACI, vintage, file, folder)
        except InputRejected:
            return
        found = connection.execute("select t, i, j, k, v, q from raw.baci_trade").fetchall()
    wanted = [tuple(cell or None for cell in row) for row in rows if row[3] == "850511"]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    assert sum(loaded.unnamed_row_counts.values()) == sum(row[3] == "010121" for row in rows)


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real HS17 file is not part of the repository")
def test_the_real_hs17_file_and_a_zip_made_from_it_give_the_same_rows(tmp_path: Path) -> None:
    real = SHARED_DATA / "baci_hs17_2024"
    archive = tmp_path / ZIP_FILE
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for member in sorted(real.iterdir()):
            opened.write(member, member.name)
    rows = []
    for name, file in (("csv", real / YEAR_FILE), ("zip", archive)):
        home = DataHome(tmp_path / name)
        admit(home, file)
        rows.append(raw_rows(home, tmp_path))
    assert rows[0] == rows[1]
    # wc -l of the file, less its header: every one of its 30 codes is named by a seed or counted
    with connect() as connection:
        total = connection.execute(
            f"select count(*) from read_csv('{real / YEAR_FILE}', all_varchar = true)"
        ).fetchone()
    assert total == (21_723,)
