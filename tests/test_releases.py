"""Kept releases: what differs between them by rows and checks, going back to one, and which are kept.

Releases are published from a private database made by hand, so what must differ is known: 2,000 flows, 25 minerals,
three countries, and an edit in SQL.
"""

from __future__ import annotations

import csv
import dataclasses
import errno
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from flows import run as steps_of_a_run
from flows.cli import app
from flows.release_comparison import compare
from flows.release_tables import TableChange, TableComparison, compare_tables
from tests.conftest import MadeOnce, Refreshed
from tests.small_build import numbered_checks, write_small_build
from warehouse import landing, run_history
from warehouse.database import connect
from warehouse.errors import InputRejected, RunInProgress, WarehouseError
from warehouse.kept_releases import kept, roll_back, verify
from warehouse.lock import hold
from warehouse.paths import DataHome
from warehouse.release import KEPT_RELEASES, SCHEMA_VERSION, Check, Release, clear_leftovers, named_release, publish
from warehouse.steps import before_step

FLOWS = 2_000


def publish_small(
    home: DataHome,
    month: int,
    edit: str = "",
    *,
    year: int = 2026,
    checks: Sequence[Check] = tuple(numbered_checks(1)),
    as_of: datetime | None = None,
) -> Release:
    """Publish the small build, edited, on the first of a month."""
    build = home.root / "build.duckdb"
    home.root.mkdir(exist_ok=True)
    write_small_build(build, 1, FLOWS)
    with connect(build) as connection:
        if edit:
            connection.execute(edit)
    release = publish(
        home,
        build,
        checks=checks,
        code_version="1",
        controls_as_of=None,
        as_of=as_of,
        now=datetime(year, month, 1, tzinfo=UTC),
    )
    build.unlink()
    return release


def copied(home: DataHome, root: Path) -> DataHome:
    shutil.copytree(home.root, root, symlinks=True)
    return DataHome(root)


# In 2022 there are 250 flows, of which the even ones come from China.
SECOND = """
    delete from marts.trade_flows where year = 2022 and supplier_iso3 = 'CHN';
    update marts.trade_flows set trade_value_usd = 7 where year = 2021 and mineral_id = 'mineral_3';
    insert into marts.trade_flows by name
        select * replace ('USA' as importer_iso3) from marts.trade_flows where year = 2015 and supplier_iso3 = 'CHL';
    update marts.countries set is_group = null where iso3 = 'CHL';
    update intermediate.int_vintages set sha256 = repeat('1', 64), newest_period = '2025';
"""


@pytest.fixture(scope="module")
def _two(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataHome, str, str]:
    home = DataHome(tmp_path_factory.mktemp("two") / "home")
    first = publish_small(home, 1)
    second = publish_small(home, 2, SECOND)
    return home, first.release_id, second.release_id


@pytest.fixture
def two(_two: tuple[DataHome, str, str], tmp_path: Path) -> tuple[DataHome, str, str]:
    """A data home with two releases; readers see the second."""
    home, first, second = _two
    return copied(home, tmp_path / "home"), first, second


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Call the command line in this process and return what it prints."""

    def call(home: DataHome, *arguments: str) -> str:
        monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    return call


def mineral_risk(home: DataHome, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env=os.environ | {"MINERAL_RISK_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )


# --- rows, checks and inputs -------------------------------------------------------------------------------


def table(found: TableComparison, name: str) -> TableChange:
    return next(change for change in found.tables if change.table_name == name)


def test_rows_added_removed_and_changed_are_counted(two: tuple[DataHome, str, str]) -> None:
    found = compare_tables(*two)
    flows = table(found, "marts.trade_flows")
    # of 2022 half of 250 went, of 2015 the 125 odd ones came for another importer; mineral 3 has 10 flows a year
    assert (flows.rows_added, flows.rows_removed, flows.rows_changed) == (125, 125, 10)
    assert (flows.first_rows, flows.second_rows) == (FLOWS, FLOWS)
    assert flows.changed_columns == {"trade_value_usd": 10}
    # a value that becomes null is a change
    assert table(found, "marts.countries").changed_columns == {"is_group": 1}
    assert {change.table_name for change in found.tables if change.is_same} == {
        "marts.latest_risk",
        "marts.minerals",
        "marts.risk_scores",
    }


def test_the_other_way_round_added_is_removed(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    flows = table(compare_tables(home, second, first), "marts.trade_flows")
    assert (flows.rows_added, flows.rows_removed, flows.rows_changed) == (125, 125, 10)


def test_a_release_is_not_compared_with_itself(two: tuple[DataHome, str, str]) -> None:
    home, _, second = two
    with pytest.raises(InputRejected, match="found the same one twice"):
        compare_tables(home, second, "current")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            "alter table marts.countries add column region varchar;"
            "update marts.countries set region = 'Asia', country_name = 'Z' where iso3 = 'IND'",
            (3, 3, 0, 0, 1, {"country_name": 1}, "new column region"),
        ),
        (
            "alter table marts.countries drop column is_group",
            (3, 3, 0, 0, 0, {}, "column is_group is gone"),
        ),
        (
            "alter table marts.countries alter is_group type varchar",
            (3, 3, 0, 0, 0, {}, "column is_group was BOOLEAN and is VARCHAR: not compared"),
        ),
        (
            # a row that stands there twice has no key: the odd one came, the changed one went and came
            "insert into marts.countries from marts.countries where iso3 = 'IND';"
            "update marts.countries set is_group = true where iso3 = 'CHL'",
            (3, 4, 2, 1, None, {}, "no key in both: a changed row counts as one removed and one added"),
        ),
        (
            "alter table marts.countries rename column iso3 to code",
            (
                3, 3, 0, 0, None, {},
                "new column code; column iso3 is gone",
            ),
        ),
        ("drop table marts.countries", (3, None, 0, 3, 0, {}, "no longer published")),
        (
            # a table that the contract does not name has no key that we know of
            "create table marts.islands as select 1 as number",
            (3, 3, 0, 0, 0, {}, None),
        ),
    ],
    ids=["new column", "column gone", "other type", "twice", "other key", "table gone", "table new"],
)  # fmt: skip
def test_other_columns_keys_and_tables_are_told(
    edit: str, expected: tuple[object, ...], two: tuple[DataHome, str, str]
) -> None:
    home, first, _ = two
    third = publish_small(home, 3, edit).release_id
    found = compare_tables(home, first, third)
    change = table(found, "marts.countries")
    assert (
        change.first_rows,
        change.second_rows,
        change.rows_added,
        change.rows_removed,
        change.rows_changed,
        change.changed_columns,
        change.note,
    ) == expected
    if "islands" in edit:
        new = table(found, "marts.islands")
        assert (new.first_rows, new.second_rows, new.rows_added, new.note) == (None, 1, 1, "new table")


def test_names_in_a_release_are_quoted(two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    odd = 'a"; drop table marts.countries; --'
    for month in (3, 4):
        quoted = odd.replace('"', '""')
        publish_small(home, month, f'alter table marts.countries add column "{quoted}" integer default {month}')
    ids = [release.release_id for release in kept(home)]
    assert table(compare_tables(home, ids[1], ids[0]), "marts.countries").changed_columns == {odd: 3}


def test_inputs_are_told_by_dataset(two: tuple[DataHome, str, str]) -> None:
    found = compare_tables(*two).inputs
    assert found is not None
    (changed,) = found
    assert (changed.source_id, changed.dataset) == ("baci", "hand_made")
    assert (changed.first_newest_period, changed.second_newest_period) == ("2024", "2025")


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        ("passed", "warned", "newly warned"),
        (None, "warned", "newly warned"),
        ("warned", "passed", "no longer warned"),
        ("warned", None, "no longer checked"),
        ("passed", "failed", "newly failing"),
        ("warned", "errored", "newly failing"),
        (None, "passed", "new check"),
        ("warned", "warned", None),
        ("passed", "passed", None),
    ],
)
def test_checks_move(before: str | None, after: str | None, move: str | None, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")

    def checks(status: str | None) -> list[Check]:
        moving = Check("marts", "countries", "has rows", "gx", status or "", "3", "some")
        # whether unit tests ran in a run or were remembered says nothing of its data
        unit = Check("marts", "countries", f"by hand {status}", "dbt", "passed", "", "the rows worked out by hand")
        return [*numbered_checks(1), unit, *([moving] if status else [])]

    first = publish_small(home, 1, checks=checks(before)).release_id
    # a same release has another moment, and no other row
    second = publish_small(home, 2, checks=checks(after)).release_id
    found = compare_tables(home, first, second)
    assert [(check.check_name, check.move) for check in found.checks] == ([("has rows", move)] if move else [])
    assert all(change.is_same for change in found.tables) and found.inputs == ()


def test_diff_prints_tables_and_checks(two: tuple[DataHome, str, str], command: Callable[..., str]) -> None:
    home, first, second = two
    warned = [*numbered_checks(1), Check("raw", "[red]baci[/]", "odd", "gx", "warned", "=1+1", "none")]
    third = publish_small(home, 3, SECOND, checks=warned).release_id
    told = command(home, "diff", first, second, "--part", "tables")
    assert " ".join(told.split()).count("trade_flows 2,000 2,000 125 125 10 trade_value_usd") == 1
    assert "3 of 5 tables hold the same rows." in told
    assert "Input baci hand_made: other bytes, through 2024, now 2025" in told
    told = command(home, "diff", second, third, "--part", "checks")
    assert "Checks: 1 newly warned." in told
    assert "newly warned: raw: [red]baci[/]: odd: expected none, found =1+1" in told
    assert command(home, "diff", first, second, "--part", "checks") == "Checks: every result is the same.\n"
    rows = json.loads(command(home, "diff", first, second, "--part", "tables", "--format", "json"))
    assert {row["table_name"]: row["rows_added"] for row in rows}["marts.trade_flows"] == 125
    (check,) = csv.DictReader(io.StringIO(command(home, "diff", second, third, "--part", "checks", "--format", "csv")))
    assert (check["move"], check["observed"]) == ("newly warned", "'=1+1")


# --- the list ----------------------------------------------------------------------------------------------


def test_releases_are_listed_newest_first(two: tuple[DataHome, str, str], command: Callable[..., str]) -> None:
    home, first, second = two
    rebuilt = publish_small(home, 3, as_of=datetime(2025, 12, 24, tzinfo=UTC)).release_id
    rows = json.loads(command(home, "releases", "--format", "json"))
    assert [row["release_id"] for row in rows] == [rebuilt, second, first]
    assert [row["is_current"] for row in rows] == [False, True, False]
    assert [row["as_of"] for row in rows] == ["2025-12-24T00:00:00.000000Z", None, None]
    # what was rebuilt is compared with the newest of everything, which never is compared with a rebuilt one
    assert [row["compared_with"] for row in rows] == [second, first, None]
    assert [(row["tables_changed"], row["rows_added"], row["rows_removed"]) for row in rows[:2]] == [(2, 125, 125)] * 2
    assert rows[1]["rows_changed"] == 11  # ten flows and a country
    assert rows[1]["inputs_changed"] == "baci hand_made: other bytes, through 2024, now 2025"
    assert rows[2]["not_compared"] == "no older release is kept"
    told = command(home, "releases", "--no-changes")
    assert f"{second}  " in told and "CURRENT" in next(line for line in told.splitlines() if second in line)
    assert "rebuilt: what was known at 2025-12-24" in told


def test_a_damaged_release_is_listed_as_damaged(two: tuple[DataHome, str, str], command: Callable[..., str]) -> None:
    home, first, second = two
    manifest = home.releases / first / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    told = command(home, "releases")
    assert "damaged: manifest.json cannot be read" in told
    rows = json.loads(command(home, "releases", "--format", "json"))
    assert "expected the manifest of a release" in rows[0]["not_compared"]


def test_no_release_is_said(tmp_path: Path) -> None:
    done = mineral_risk(DataHome(tmp_path), "releases")
    assert (done.returncode, done.stdout) == (6, "")
    assert "make one with: mineral-risk run" in done.stderr


def test_the_largest_move_of_a_score_is_told(
    several_sources: Refreshed, made_once: MadeOnce, command: Callable[..., str]
) -> None:
    """On the scores of a run: lithium up by 1.5 points, nickel down by 2.5, under other statistics."""

    def make(folder: Path) -> None:
        home, build = copied(several_sources.home, folder / "home"), folder / "build.duckdb"
        shutil.copyfile(several_sources.build, build)
        with connect(build) as connection:
            checks = [Check(*row) for row in connection.execute("select * from meta.checks").fetchall()]
            newest = "importer_iso3 = 'IND' and year = (select max(year) from marts.latest_risk)"
            for mineral, points in (("lithium", 1.5), ("nickel", -2.5)):
                where = f"{newest} and mineral_id = '{mineral}'"
                connection.execute(f"update marts.mineral_risk set risk_score = risk_score + {points} where {where}")
                connection.execute(
                    f"update marts.risk_components set contribution = contribution + {points}"
                    f" where {where} and component_id = 'supplier_concentration' and stage ="
                    f" (select bottleneck_stage from marts.mineral_risk where {where})"
                )
            connection.execute(
                "update intermediate.int_vintages set sha256 = repeat('0', 64) where source_id = 'usgs' and is_newest"
            )
        publish(home, build, checks=checks, code_version="by hand", controls_as_of=None)

    home = DataHome(made_once("moved_scores", make) / "home")
    row, before = json.loads(command(home, "releases", "--format", "json"))
    assert row["compared_with"] == before["release_id"] == several_sources.release.release_id
    assert row["not_compared"] is None
    assert (row["largest_move_mineral_id"], row["made_from_changed"]) == ("nickel", "statistics")
    assert row["largest_move"] == pytest.approx(-2.5)
    # a score and a component of each of two minerals; the marts have more that were not edited
    assert (row["tables_changed"], row["rows_changed"], row["rows_added"]) == (2, 2 + 2, 0)
    told = command(home, "diff", before["release_id"], row["release_id"])
    assert "nickel" in told and "mineral_risk" in told and "every result is the same" in told


def test_status_tells_age_checks_by_layer_and_how_new_each_source_is(
    two: tuple[DataHome, str, str], command: Callable[..., str]
) -> None:
    home, _, _ = two
    checks = [
        *(Check("raw", "baci_trade", f"check {number}", "gx", "passed", "", "e") for number in range(3)),
        Check("marts", "minerals", "odd", "dbt", "warned", "two", "none"),
        Check("seeds", "seed_minerals", "builds", "dbt", "passed", "", "e"),
    ]
    # an older file of the source, and one that is not finished
    third = publish_small(
        home,
        3,
        "insert into intermediate.int_vintages by name select * replace ('b' as dataset, 'v' as vintage_id, true as"
        " is_provisional, '202601' as newest_period, date '2026-01-31' as newest_period_end) from"
        " intermediate.int_vintages; insert into intermediate.int_vintages by name select * replace ('w' as vintage_id,"
        " false as is_newest, timestamp '2029-01-01' as retrieved_at, date '2029-01-01' as newest_period_end)"
        " from intermediate.int_vintages limit 1",
        checks=checks,
    ).release_id
    told = json.loads(command(home, "status", "--format", "json"))
    assert told["release"]["release_id"] == third
    today = datetime.now(UTC).date()
    assert told["release"]["age_days"] == (today - date(2026, 3, 1)).days
    assert told["release"]["data_through_year"] == 2022
    assert [tuple(row.values()) for row in told["checks"]] == [("seeds", 1, 0, 0), ("raw", 3, 0, 0), ("marts", 0, 1, 0)]
    assert [row["check_name"] for row in told["warned"]] == ["odd"]
    (source,) = told["sources"]
    assert (source["datasets"], source["newest_period"], source["is_provisional"]) == (2, "202601", True)
    assert source["newest_period_age_days"] == (today - date(2026, 1, 31)).days
    assert source["landed_age_days"] == (today - date(2026, 1, 1)).days
    assert len(told["files"]) == 3
    screen = command(home, "status")
    assert third in screen and "Trade through 2022" in screen
    assert "warned: marts: minerals: odd: two" in screen and "newest year provisional" in " ".join(screen.split())


# --- is it still what was published --------------------------------------------------------------------------


def writable(file: Path) -> Path:
    file.parent.chmod(0o755)
    file.chmod(0o644)
    return file


def flip(file: Path, offset: int) -> None:
    with writable(file).open("r+b") as stream:
        stream.seek(offset)
        (byte,) = stream.read(1)
        stream.seek(offset)
        stream.write(bytes([byte ^ 0xFF]))


def test_what_was_published_is_whole(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    for release_id in (first, second):
        found = verify(home, release_id)
        assert found.is_whole and found.not_tested is None
        files = [file for file in (home.releases / release_id).rglob("*") if file.is_file()]
        assert found.file_count == len(files) - 1  # the manifest cannot hold its own hash
        assert found.byte_count == sum(file.stat().st_size for file in files if file.name != "manifest.json")


def test_any_flipped_byte_of_a_release_is_noticed(two: tuple[DataHome, str, str]) -> None:
    home, _, second = two
    folder = home.releases / second
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json")
    assert {file.suffix for file in files} >= {".duckdb", ".parquet"}
    draw = random.Random(6)  # noqa: S311 - any bytes will do, the same ones every time
    for file in files:
        for offset in (0, file.stat().st_size - 1, draw.randrange(file.stat().st_size)):
            flip(file, offset)
            name = file.relative_to(folder).as_posix()
            assert verify(home, second).damage == (f"{name}: not the bytes that were published",)
            flip(file, offset)
    assert verify(home, second).is_whole


def test_any_flipped_byte_of_a_manifest_is_noticed(two: tuple[DataHome, str, str]) -> None:
    """The manifest has no hash, but what it says stands elsewhere, too: in the database, in the files, in its id."""
    home, _, second = two
    file = writable(home.releases / second / "manifest.json")
    whole = file.read_bytes()
    # who ran and how large the build was are for people, and nothing rests on them
    unverified = {b"run_id", b"build_bytes"}
    lines = whole.splitlines(keepends=True)
    free = [start for start, line in _starts(lines) if any(word in line for word in unverified)]
    draw = random.Random(6)  # noqa: S311 - any bytes will do, the same ones every time
    for offset in (0, len(whole) - 2, *draw.sample(range(len(whole)), 150)):
        start = max(start for start, _ in _starts(lines) if start <= offset)
        if start in free:
            continue
        flipped = bytearray(whole)
        flipped[offset] ^= draw.choice((0x01, 0x02, 0x20, 0xFF))
        file.write_bytes(bytes(flipped))
        try:
            unchanged = json.loads(flipped) == json.loads(whole)  # a blank for a line break
        except ValueError:
            unchanged = False
        try:
            noticed = bool(verify(home, second).damage)
        except WarehouseError:
            noticed = True
        assert noticed != unchanged, (offset, bytes(flipped[start : start + 80]))
    file.write_bytes(whole)
    assert verify(home, second).is_whole


def _starts(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    start = 0
    for line in lines:
        yield start, line
        start += len(line)


def remove(file: Path) -> None:
    writable(file).unlink()


def truncate(file: Path) -> None:
    os.truncate(writable(file), 100)


def add(file: Path) -> None:
    writable(file).with_name(f"{file.name}.wal").write_bytes(b"")


def link_elsewhere(file: Path) -> None:
    remove(file)
    file.symlink_to("/etc/hostname")


DATABASE = "mineral_risk.duckdb"
DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "file gone": (remove, f"{DATABASE}: missing"),
    "file truncated": (truncate, f"{DATABASE}: not the bytes that were published"),
    # a reader would replay it
    "log added": (add, f"{DATABASE}.wal: not a file of the release"),
    "link out of the release": (link_elsewhere, f"{DATABASE}: leads out of the release"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_other_damage_is_noticed(damage: str, two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    do, told = DAMAGES[damage]
    do(home.releases / first / DATABASE)
    assert verify(home, first).damage == (told,)


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "parquet/../../../secret", "..", ""])
def test_a_manifest_that_was_meddled_with_leads_nowhere(name: str, two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    (home.root / "secret").write_text("nothing of ours")
    manifest = writable(home.releases / first / "manifest.json")
    facts = json.loads(manifest.read_text())
    facts["files_sha256"][name] = "0" * 64
    manifest.write_text(json.dumps(facts))
    (told,) = verify(home, first).damage
    assert told in (f"{name}: leads out of the release", f"{name}: missing")
    assert (told == f"{name}: missing") == (name == "")


def swap_databases(home: DataHome, first: str, second: str) -> None:
    """Put the first release's database into the second's folder and hash, as a restore gone wrong would."""
    ours, theirs = (home.releases / release_id / DATABASE for release_id in (second, first))
    writable(ours).write_bytes(theirs.read_bytes())
    manifest = writable(ours.with_name("manifest.json"))
    facts = json.loads(manifest.read_text())
    facts["database_sha256"] = json.loads(theirs.with_name("manifest.json").read_text())["database_sha256"]
    facts["files_sha256"][DATABASE] = facts["database_sha256"]
    manifest.write_text(json.dumps(facts))


def test_a_database_of_another_release_is_noticed(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    swap_databases(home, first, second)
    damage = verify(home, second).damage
    assert f"{DATABASE}: meta.release says release_id {first}, the manifest {second}" in damage


def test_a_release_before_hashes_of_files_is_tested_by_its_database(two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    manifest = writable(home.releases / first / "manifest.json")
    facts = json.loads(manifest.read_text())
    del facts["files_sha256"]
    # a release of 1.4.0 that lost its hashes is damaged, one of 1.3.0 never had them
    manifest.write_text(json.dumps(facts))
    assert "manifest.json: does not tell the hashes of the release's files" in verify(home, first).damage
    manifest.write_text(json.dumps(facts | {"schema_version": "1.3.0"}))
    found = verify(home, first)
    assert found.file_count == 1 and found.not_tested is not None
    # that it says 1.3.0 and its database another one is noticed all the same
    assert found.damage == (f"{DATABASE}: meta.release says schema_version {SCHEMA_VERSION}, the manifest 1.3.0",)


# --- going back ----------------------------------------------------------------------------------------------


def seen(home: DataHome) -> tuple[str, int]:
    """Return the release that a reader finds, by what the file says, and a figure of it."""
    with connect(home.published_database, read_only=True) as connection:
        ((release_id, count),) = connection.execute(
            "select release_id, (select count(*) from marts.trade_flows where importer_iso3 = 'USA') from meta.release"
        ).fetchall()
    return release_id, count


def test_readers_see_the_older_release_after_a_rollback(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    assert seen(home) == (second, 125)
    done = mineral_risk(home, "rollback", first)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Readers see {first} now, in place of {second}." in done.stdout
    assert f"rollback {second}" in done.stdout
    assert seen(home) == (first, 0)
    assert home.current.readlink() == Path("releases") / first  # a home that is copied or moved keeps working
    assert {release.release_id for release in kept(home)} == {first, second}
    record = run_history.recorded(home)[0]
    assert (record.status, record.release_id) == ("rolled_back", first)
    assert not list(home.root.glob(".current*"))
    # and forth
    assert mineral_risk(home, "rollback", second).returncode == 0
    assert seen(home) == (second, 125)


def test_a_reader_that_has_the_file_open_keeps_what_it_reads(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    with connect(home.published_database, read_only=True) as reader:
        roll_back(home, first, code_version="1")
        assert reader.execute("select release_id from meta.release").fetchall() == [(second,)]
        assert reader.execute("select count(*) from marts.trade_flows").fetchall() == [(FLOWS,)]
    assert seen(home)[0] == first


def test_a_rollback_to_the_current_release_changes_nothing(two: tuple[DataHome, str, str]) -> None:
    home, _, second = two
    for name in (second, "current"):
        done = mineral_risk(home, "rollback", name)
        assert done.returncode == 0 and f"Readers see {second} already; nothing was changed." in done.stdout
    assert seen(home)[0] == second
    assert run_history.recorded(home) == []


def test_the_next_publish_after_a_rollback_is_newer_and_current(two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    roll_back(home, first, code_version="1")
    third = publish_small(home, 3)
    assert seen(home)[0] == third.release_id == max(release.release_id for release in kept(home))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_is_not_rolled_back_to(damage: str, two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    do, told = DAMAGES[damage]
    do(home.releases / first / DATABASE)
    done = mineral_risk(home, "rollback", first)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"mineral-risk: release {first} is damaged: {told}; readers still see {second}")
    assert seen(home)[0] == second


def test_a_damaged_current_release_can_be_left(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    flip(home.releases / second / DATABASE, 5_000)
    (writable(home.releases / second / "manifest.json")).write_text("{")
    roll_back(home, first, code_version="1")
    assert seen(home)[0] == first


def test_a_current_release_that_is_gone_can_be_left(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    (home.releases / second).chmod(0o755)
    shutil.rmtree(home.releases / second)
    done = roll_back(home, first, code_version="1")
    assert (done.before, done.has_moved) == (second, True)
    assert seen(home)[0] == first


def test_a_current_that_is_no_link_is_left_alone(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    home.current.unlink()
    shutil.copytree(home.releases / second, home.current)
    with pytest.raises(WarehouseError, match="expected a link to a release, found a file or folder"):
        roll_back(home, first, code_version="1")
    assert seen(home)[0] == second


def test_a_rollback_waits_for_no_run_and_stops_none(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    with hold(home.lock, "a run"):
        done = mineral_risk(home, "rollback", first)
    assert done.returncode == 5
    assert "a run is under way" in done.stderr and f"process {os.getpid()}" in done.stderr
    assert seen(home)[0] == second
    roll_back(home, first, code_version="1")
    with hold(home.lock, "a rollback"), pytest.raises(RunInProgress, match="a rollback is under way"):
        roll_back(home, second, code_version="1")


def test_a_rebuilt_release_may_be_shown_and_is_told(two: tuple[DataHome, str, str]) -> None:
    home, _, second = two
    rebuilt = publish_small(home, 3, as_of=datetime(2025, 12, 24, tzinfo=UTC)).release_id
    assert seen(home)[0] == second
    done = mineral_risk(home, "rollback", rebuilt)
    assert "readers see what was known at 2025-12-24T00:00:00.000000Z" in done.stdout
    assert seen(home)[0] == rebuilt


def test_another_major_version_of_the_schema_is_told(
    two: tuple[DataHome, str, str], command: Callable[..., str]
) -> None:
    home, first, second = two
    # the current release is of the future: what it says of itself is not verified, the target is
    manifest = writable(home.releases / second / "manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": "2.0.0"}))
    told = command(home, "rollback", first)
    assert "the schema goes from 2.0.0 to 1." in told
    assert f"diff {second} {first} --part tables" in told


def test_the_end_of_a_killed_run_is_known_before_readers_see_another_release(two: tuple[DataHome, str, str]) -> None:
    """A run that published and was killed before it said so: what readers see decides, and is about to change."""
    home, first, second = two
    (home.releases / f".unfinished-{second}").touch()
    record = run_history.new_record(datetime(2026, 2, 1, tzinfo=UTC), code_version="1", started_by="command")
    run_history.Recorder(
        home, code_version="1", started_by="command", now=lambda: datetime(2026, 2, 1, tzinfo=UTC)
    ).start()
    manifest = writable(home.releases / second / "manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"run_id": record.run_id}))
    roll_back(home, first, code_version="1")
    assert (home.releases / second / DATABASE).exists()  # readers had seen it: it is kept
    assert [found.status for found in run_history.recorded(home)] == ["rolled_back", "published"]


# A process that rolls back and is killed at the n-th of its steps.
KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse import kept_releases, steps
from warehouse.paths import DataHome

left = int(sys.argv[3])
def count(step):
    global left
    print(step, flush=True)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

steps.before_step.set(count)
kept_releases.roll_back(DataHome(Path(sys.argv[1])), sys.argv[2], code_version="1")
"""


def test_killed_at_any_step_readers_see_one_of_the_two_releases(two: tuple[DataHome, str, str]) -> None:
    home, first, second = two

    def roll_back_and_die(point: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", KILLED, str(home.root), first, str(point)],
            capture_output=True,
            text=True,
            check=False,
        )

    steps: list[str] = []
    for point in range(1, 100):
        # what a dead run may have left, so that clearing has steps, too
        (home.build / "dead").mkdir(parents=True, exist_ok=True)
        (home.build / "dead" / "build.duckdb").touch()
        done = roll_back_and_die(point)
        steps = done.stdout.split("\n")[:-1]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        found, _ = seen(home)
        assert found in (first, second)
        # past the swap it is the new one, before it the old one
        assert found == (first if {"swap fsync", "rollback note"} & set(steps) else second), steps
        assert all(verify(home, release_id).is_whole for release_id in (first, second))
        # the next one needs nobody to clear up
        roll_back(home, second, code_version="1")
        assert seen(home)[0] == second
        assert not [*home.root.glob(".current*"), *home.build.glob("*")]
    assert seen(home)[0] == first
    assert {"rollback verify", "swap link", "swap replace", "swap fsync", "rollback note"} <= set(steps)
    assert len(steps) == point - 1


# --- ids that are file names ---------------------------------------------------------------------------------

TRAVERSALS = (
    "..", ".", "", "/", "../..", "../../etc/passwd", "/etc/passwd", "releases/../..", "~", "~root",
    "{first}/..", "{first}/../{first}", "../releases/{first}", "./{first}", "{first}/", "/{first}", "{first}\\..",
    "{first}\n", "\n{first}", "{first} ", "-{first}", "{first}\u0000", "{first};ls", "$(ls)", "`ls`",
    "{first}'--", '"', "*", "[2]*", ".incoming-x", ".unfinished-{first}", "current/..", "CURRENT", "current\n",
    "%2e%2e%2f", "..%2f", "．．／", "２０２６０１０１T000000Z-00000000", "20260101T000000Z-0000000",
    "20260101T000000Z-000000000", "20260101T000000Z-ABCDEF00", "x" * 5_000,
)  # fmt: skip


def test_an_id_that_is_no_kept_release_leads_nowhere(
    two: tuple[DataHome, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, first, second = two
    # whoever leaves the folder of releases finds something that looks like one
    for folder in (home.root, home.root.parent, home.releases):
        (folder / "manifest.json").write_text(json.dumps({"release_id": first, "content_hash": "0"}))
    monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
    uses: dict[str, Callable[[str], object]] = {
        "named_release": lambda name: named_release(home, name),
        "roll_back": lambda name: roll_back(home, name, code_version="1"),
        "verify": lambda name: verify(home, name),
        "first of two": lambda name: compare_tables(home, name, "current"),
        "second of two": lambda name: compare_tables(home, "current", name),
        "why": lambda name: compare(home, name, "current", "IND"),
        "rollback": lambda name: CliRunner().invoke(app, ["rollback", "--", name], catch_exceptions=False),
        "diff": lambda name: CliRunner().invoke(app, ["diff", "--", name, second], catch_exceptions=False),
    }
    for name in (template.format(first=first) for template in TRAVERSALS):
        for use, call in uses.items():
            try:
                call(name)
            except InputRejected as error:
                assert "expected current or a kept release" in str(error), (use, name)
            else:
                pytest.fail(f"{use}: {name!r} was taken for a release")
    assert seen(home)[0] == second
    assert not home.lock.exists()  # each was refused before anything was touched


@pytest.mark.parametrize("source", ["../baci", "baci/..", "/etc/passwd", "..", "", "baci\n", "BACI", "{x}"])
def test_a_source_that_is_none_lands_nothing(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = DataHome(tmp_path / "home")
    monkeypatch.setenv("MINERAL_RISK_HOME", str(home.root))
    with pytest.raises(InputRejected, match="expected one of baci"):
        CliRunner().invoke(app, ["ingest", "--", source], catch_exceptions=False)
    assert not home.root.exists()


NAMES_THAT_LEAD_AWAY = ("..", ".", "", "../baci", "/etc/passwd", "../../secret", "a/b", "manifest.json", None, 7)


@pytest.mark.parametrize("entry", ["source_id", "vintage_id", "file_name"])
def test_a_landing_manifest_that_was_meddled_with_leads_nowhere(entry: str, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    (tmp_path / "secret").write_text("nothing of ours")
    file = tmp_path / "file.csv"
    file.write_text("a,b\n")
    arrival = landing.Arrival("baci", "hand_made", "CEPII", "t", "l", "c", "https://example.org/", True, {})
    vintage, _ = landing.land(home, arrival, file)
    manifest = vintage.folder(home) / "manifest.json"
    whole = manifest.read_text()
    manifest.chmod(0o644)
    for number, name in enumerate(NAMES_THAT_LEAD_AWAY):
        if entry == "vintage_id" and name == "manifest.json":
            continue
        manifest.write_text(json.dumps(json.loads(whole) | {entry: name}))
        os.utime(manifest, (number, number))  # a manifest is read again when it is another one
        with pytest.raises(WarehouseError, match="expected the manifest of this folder and of a file in it"):
            landing.vintages(home, "baci")
    manifest.write_text(whole)
    os.utime(manifest, (99, 99))
    assert landing.vintages(home, "baci") == [vintage]


@pytest.mark.parametrize("arguments", ["scores", "status", "why lithium", "sql select", "diff {first} {second}"])
@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_a_damaged_database_is_one_line(size: int, arguments: str, two: tuple[DataHome, str, str]) -> None:
    home, first, second = two
    os.truncate(writable(home.releases / second / DATABASE), size)
    done = mineral_risk(home, *arguments.format(first=first, second=second).split())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mineral-risk: ") and len(done.stderr.splitlines()) == 1, done.stderr


# --- which are kept --------------------------------------------------------------------------------------------


def months(home: DataHome) -> list[str]:
    return [release.release_id[:6] for release in kept(home)]


def test_kept_are_the_newest_ten_of_each_kind_and_what_readers_see(tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    build = tmp_path / "build.duckdb"
    write_small_build(build, 1, 10)

    def publish_in(year: int, month: int, as_of: datetime | None = None) -> str:
        moment = datetime(year, month, 1, tzinfo=UTC)
        return publish(
            home, build, checks=numbered_checks(1), code_version="1", controls_as_of=None, as_of=as_of, now=moment
        ).release_id

    for month in range(1, 12):
        publish_in(2026, month)
    assert KEPT_RELEASES == 10
    assert months(home) == [f"2026{month:02}" for month in range(11, 1, -1)]
    # readers go back to the oldest, and what is rebuilt meanwhile pushes no other out, however much it is
    oldest = kept(home)[-1].release_id
    roll_back(home, oldest, code_version="1")
    for month in range(1, 12):
        publish_in(2027, month, as_of=datetime(2025, 1, 1, tzinfo=UTC))
    assert months(home) == [f"2027{month:02}" for month in range(11, 1, -1)] + [
        f"2026{month:02}" for month in range(11, 1, -1)
    ]
    assert seen_id(home) == oldest
    # a clock that went back: the newest release has the oldest name, and is what readers see
    turned_back = publish_in(2024, 1)
    assert seen_id(home) == turned_back
    # to be among the ten newest by name it is too old; it is kept because readers see it
    assert months(home)[-1] == "202401" and len(months(home)) == 21
    # once they see another one it goes
    newest = publish_in(2028, 1)
    assert seen_id(home) == newest
    assert "202401" not in months(home) and len(months(home)) == 20
    clear_leftovers(home)
    assert {path.name for path in home.releases.iterdir()} == {release.release_id for release in kept(home)}


def seen_id(home: DataHome) -> str:
    with connect(home.published_database, read_only=True) as connection:
        ((release_id,),) = connection.execute("select release_id from meta.release").fetchall()
    return str(release_id)


def test_a_damaged_old_release_stops_no_publish(two: tuple[DataHome, str, str]) -> None:
    home, first, _ = two
    writable(home.releases / first / "manifest.json").write_text("{")
    assert publish_small(home, 3).release_id == seen(home)[0]


def test_what_cannot_be_removed_stops_no_publish_and_no_rollback(tmp_path: Path) -> None:
    """A file that nobody may remove lies in what a dead run left, of each kind."""
    chattr = shutil.which("chattr")
    if chattr is None:
        pytest.skip("needs chattr: root ignores modes")
    home = DataHome(tmp_path / "home")
    first = publish_small(home, 1).release_id
    unseen = "20260115T000000Z-00000000"
    (home.releases / f".unfinished-{unseen}").touch()
    stuck = [
        home.build / "dead" / "dbt" / "manifest.json",
        home.releases / ".incoming-dead" / "manifest.json",
        home.releases / ".removing-20251201T000000Z-00000000" / "manifest.json",
        home.releases / unseen / "manifest.json",
        home.landing / "baci" / ".incoming-dead" / "file.csv",
    ]
    removable = home.build / "later" / "build.duckdb"
    for file in (*stuck, removable):
        file.parent.mkdir(parents=True)
        file.touch()
    immutable = [str(file) for file in stuck]
    done = subprocess.run([chattr, "+i", *immutable], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs files that can be made immutable: {done.stderr}")
    try:
        told = clear_leftovers(home)
        # what no reader saw was set aside before its files were tried
        stuck[3] = home.releases / f".removing-{unseen}" / "manifest.json"
        immutable[3] = str(stuck[3])
        immutable[4] = str(stuck[4].parent)
        assert sorted(str(error.filename) for error in told) == sorted(immutable)
        assert all(file.exists() for file in stuck)
        assert not removable.parent.exists() and not [*home.releases.glob(".unfinished-*")]
        assert [release.release_id for release in kept(home)] == [first]
        second = publish_small(home, 2).release_id
        assert roll_back(home, first, code_version="1").has_moved
        assert seen(home)[0] == first and {release.release_id for release in kept(home)} == {first, second}
        file = tmp_path / "file.csv"
        file.write_text("year,value\n2024,1\n")
        assert landing.land(home, landing.Arrival("baci", "2024", "CEPII", "", "", "", "", True, {}), file)[1]
    finally:
        subprocess.run([chattr, "-i", *(str(file) for file in stuck if file.exists())], check=True)
    assert clear_leftovers(home) == []
    assert not any(file.exists() for file in stuck)


def test_a_run_notes_what_it_could_not_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = DataHome(tmp_path / "home")
    dead = home.build / "dead"
    dead.mkdir(parents=True)

    def refuse(path: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    def begin_dbt(*_: object, **__: object) -> None:
        raise WarehouseError("far enough")

    monkeypatch.setattr("warehouse.release._remove", refuse)
    monkeypatch.setattr(steps_of_a_run, "dbt_session", begin_dbt)
    with pytest.raises(WarehouseError, match="far enough"), steps_of_a_run.begin(home):
        pass
    (noted,) = [line for line in capsys.readouterr().err.splitlines() if str(dead) in line]
    assert noted.startswith(f"mineral-risk: note: {dead}: Operation not permitted: left by an earlier run")


def test_one_old_release_that_cannot_be_removed_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = DataHome(tmp_path / "home")
    ids = [publish_small(home, month).release_id for month in range(1, 4)]
    monkeypatch.setattr("warehouse.release.KEPT_RELEASES", 1)
    # a folder that is in the way of setting the middle one aside
    aside = home.releases / f".removing-{ids[1]}"
    aside.mkdir()
    (aside / "manifest.json").touch()
    with pytest.raises(WarehouseError, match=r"is published, but an older one could not be removed: .*" + ids[1]):
        publish_small(home, 4)
    assert [release.release_id[:6] for release in kept(home)] == ["202604", "202602"]


@pytest.mark.parametrize("name", ["2025-annual-report", "{first}.backup", "20990101T000000Z-0000000g"])
def test_a_folder_that_is_no_release_is_not_removed_nor_counted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = DataHome(tmp_path / "home")
    monkeypatch.setattr("warehouse.release.KEPT_RELEASES", 2)
    first = publish_small(home, 1).release_id
    theirs = home.releases / name.format(first=first)
    theirs.mkdir()
    (theirs / "report.md").write_text("ours")
    (home.releases / f".unfinished-{theirs.name}").touch()
    for month in (2, 3, 4):
        publish_small(home, month)
        clear_leftovers(home)
        assert (theirs / "report.md").read_text() == "ours"
        # counted, it would take the place of a release
        assert len(kept(home)) == 2


def a_run(number: int) -> run_history.RunRecord:
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return dataclasses.replace(
        run_history.new_record(started, code_version="1", started_by="command"),
        ended_at=None if number % 2 else landing.utc_timestamp(started + timedelta(seconds=1.5)),
        status="died" if number % 2 else "failed",
        message="; 'quoted' \N{EURO SIGN}" if number % 3 else None,
    )


def test_the_newest_thousand_runs_are_published_the_publishing_one_included(tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    home.runs.mkdir(parents=True)
    records = [a_run(number) for number in range(1_001)]
    for record in records:
        (home.runs / f"{record.run_id}.json").write_text(json.dumps(dataclasses.asdict(record)))
    recorder = run_history.Recorder(home, code_version="1", started_by="command")
    assert recorder.start() == [] and recorder.record.run_id > records[-1].run_id
    folder = home.build / "run"
    folder.mkdir(parents=True)
    write_small_build(folder / "build.duckdb", 1, FLOWS)
    run = steps_of_a_run.Run(home, folder, cast(Any, None), {}, None, None, "", False, recorder)
    run.checks = numbered_checks(1)
    steps_of_a_run.publish(run)
    with connect(home.published_database, read_only=True) as connection:
        rows = connection.execute(
            "select run_id, started_at, ended_at, seconds, status, message, as_of from meta.runs order by run_id"
        ).fetchall()
    # of the 1,001 before it the oldest two have no room
    assert [row[0] for row in rows] == [record.run_id for record in (*records[2:], recorder.record)]
    for row, record in zip(rows, records[2:], strict=False):
        started_at = datetime.fromisoformat(record.started_at).replace(tzinfo=None)
        ended_at = None if record.ended_at is None else started_at + timedelta(seconds=1.5)
        assert row[1:] == (started_at, ended_at, record.seconds, record.status, record.message, None)


def test_the_last_step_of_a_run_that_published_is_of_publishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = DataHome(tmp_path / "home")
    oldest = publish_small(home, 1).folder
    monkeypatch.setattr("warehouse.release.KEPT_RELEASES", 1)
    recorder = run_history.Recorder(home, code_version="1", started_by="command")
    announced: list[str] = []
    token = before_step.set(announced.append)
    try:
        with steps_of_a_run._steps_on_record(recorder):
            publish_small(home, 2)
    finally:
        before_step.reset(token)
    assert not oldest.exists()
    # whoever watches is told of the removal
    assert f"retire {oldest.name}" in announced and "clear minerals.parquet" in announced
    assert run_history.recorded(home)[0].last_step == "publish finish"


@pytest.fixture
def on_the_disk(monkeypatch: pytest.MonkeyPatch) -> dict[Path, set[str]]:
    """The names in each folder at the moment when it was last synced: what a power cut leaves."""
    synced: dict[Path, set[str]] = {}
    really_sync = os.fsync

    def sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            synced[path] = {item.name for item in path.iterdir()}
        really_sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    return synced


def test_the_first_landing_of_a_source_is_on_the_disk(tmp_path: Path, on_the_disk: dict[Path, set[str]]) -> None:
    home = DataHome(tmp_path / "home")
    home.root.mkdir()
    file = tmp_path / "file.csv"
    file.write_text("year,value\n2024,1\n")
    vintage, _ = landing.land(home, landing.Arrival("baci", "2024", "CEPII", "", "", "", "", True, {}), file)
    assert on_the_disk[home.root] == {"landing"}
    assert on_the_disk[home.landing] == {"baci"}
    assert on_the_disk[home.landing / "baci"] == {vintage.vintage_id}


def test_a_published_release_is_on_the_disk_without_its_marker(
    tmp_path: Path, on_the_disk: dict[Path, set[str]]
) -> None:
    home = DataHome(tmp_path / "home")
    rebuilt = publish_small(home, 1, as_of=datetime(2025, 12, 24, tzinfo=UTC))
    assert on_the_disk[home.releases] == {rebuilt.release_id}


def test_the_same_rows_without_a_key_are_no_difference(two: tuple[DataHome, str, str]) -> None:
    home = two[0]
    create = "create table marts.islands as select * from (values (1, '{}'), (1, '{}')) as rows (number, name);"
    one, other = (
        publish_small(home, month, create.format(*names)) for month, names in ((3, ("a", "b")), (4, ("b", "a")))
    )
    # another column gives its file other bytes, so that it is read
    more = publish_small(home, 5, create.format("a", "c") + "alter table marts.islands alter number type bigint")
    assert table(compare_tables(home, one.release_id, other.release_id), "marts.islands").is_same
    found = table(compare_tables(home, one.release_id, more.release_id), "marts.islands")
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (1, 1, None)


def test_rows_that_are_the_same_but_have_no_key_are_read_and_are_no_difference(
    two: tuple[DataHome, str, str],
) -> None:
    """Hashes that differ although the rows do not, as those of a file that another version wrote."""
    home, first, _ = two
    same = publish_small(home, 3)
    manifest = writable(same.folder / "manifest.json")
    facts = json.loads(manifest.read_text())
    facts["parquet_sha256"]["trade_flows"] = "0" * 64
    manifest.write_text(json.dumps(facts))
    for name in (first, same.release_id):
        database = writable(home.releases / name / "mineral_risk.duckdb")
        with connect(database) as connection:  # twice the rows: none has a key
            connection.execute("insert into marts.trade_flows from marts.trade_flows")
    found = table(compare_tables(home, first, same.release_id), "marts.trade_flows")
    assert (found.rows_added, found.rows_removed, found.rows_changed, found.note) == (0, 0, None, None)
    assert found.is_same


def test_a_table_without_a_column_in_common_is_told_in_one_note(two: tuple[DataHome, str, str]) -> None:
    home = two[0]
    one = publish_small(home, 3, "create table marts.islands as select 1 as first_number")
    other = publish_small(home, 4, "create table marts.islands as select 1 as second_number from range(2)")
    found = table(compare_tables(home, one.release_id, other.release_id), "marts.islands")
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (2, 1, None)
    assert (found.note or "").endswith("no column is the same in both: every row counts as one removed or one added")


def test_a_manifest_that_does_not_tell_rows_stops_no_list(
    two: tuple[DataHome, str, str], command: Callable[..., str]
) -> None:
    home, first, second = two
    manifest = writable(home.releases / first / "manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"rows": {}}))
    assert table(compare_tables(home, first, second), "marts.minerals").is_same
    assert f"since {first}: " in command(home, "releases")
