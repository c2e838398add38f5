"""What was known when, what changed since, what is not finished, and what may not leave."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from flows import cli, ingest
from flows import run as steps
from flows.refresh import refresh
from flows.sources import discover
from tests.conftest import Rebuilt, Refreshed
from tests.several_sources import FIRST_LANDING, RESTRICTED_VALUES_USD, SECOND_LANDING
from tests.small_build import write_small_build
from warehouse import landing
from warehouse import release as releases
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import DBT_PROJECT, REPOSITORY, DataHome
from warehouse.release import Release

MODELS = DBT_PROJECT / "models"
TRADE = {"stg_baci__trade_flows", "stg_comtrade__trade_flows", "stg_tradestat__figures"}
PRODUCTION = {"stg_usgs__figures", "stg_world_mining_data__production"}
# a mart of what sources said, by source, has no year that could be unfinished; governance only asks what is traded
WITHOUT_PROVISIONAL = {"flow_accounting", "trade_revisions", "source_disagreements", "production", "reserves"}
# governance is published whole; of trade, scenarios and their shocks tell only whether there is any
WITHOUT_FLAGS = {"governance", "scenarios", "scenario_shocks"}


def parquet_hashes(release: Release) -> dict[str, str]:
    manifest = json.loads((release.folder / "manifest.json").read_text(encoding="utf-8"))
    return dict(manifest["parquet_sha256"])


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def made_at_the_time(known_at_first: Refreshed) -> Release:
    """The release of a run that was made after the first landing and before the second, in a home of its own."""
    return known_at_first.release


def test_as_of_a_moment_rebuilds_what_was_known_then_to_the_last_byte(
    several_sources: Refreshed, made_at_the_time: Release, rebuilt: Rebuilt
) -> None:
    made = rebuilt.rebuilt
    assert parquet_hashes(made) == parquet_hashes(made_at_the_time)
    assert made.content_hash == made_at_the_time.content_hash != several_sources.release.content_hash
    # readers of the newest figures are not given old ones
    assert rebuilt.home.current.resolve() == rebuilt.current.folder.resolve()
    assert rows(made.database, "select as_of from meta.release") == [(FIRST_LANDING.replace(tzinfo=None),)]
    assert rows(made.database, "select max(retrieved_at) from meta.sources") == [(FIRST_LANDING.replace(tzinfo=None),)]
    # 6,000,000 became 6,543,217 later
    argentina = (
        "select trade_value_usd from marts.trade_flows where importer_iso3 = 'IND' and supplier_iso3 = 'ARG'"
        " and year = 2025 and hs6_code = '283691'"
    )
    assert rows(made.database, argentina) == [(6_000_000,)]
    assert rows(several_sources.release.database, argentina) == [(6_543_217,)]


def test_what_publishers_changed_is_listed_with_old_new_and_difference(
    several_sources: Refreshed, made_at_the_time: Release
) -> None:
    found = rows(
        several_sources.release.database,
        "select source_id, period, importer_iso3, supplier_iso3, hs6_code, change_type, previous_trade_value_usd,"
        " trade_value_usd, trade_value_change_usd, net_weight_change_kg from marts.trade_revisions order by all",
    )
    assert found == [
        ("baci", "2024", "IND", "CHL", "283691", "revised", 40_000_000, 44_000_000, 4_000_000, 0),
        ("baci", "2024", "IND", "DEU", "283691", "added", None, 900_000, 900_000, 40_000),
        ("baci", "2024", "IND", "KOR", "283691", "deleted", 700_000, None, -700_000, -50_000),
        ("comtrade", "2025", "IND", "ARG", "283691", "revised", 6_000_000, 6_543_217, 543_217, 0),
    ]
    assert rows(made_at_the_time.database, "select count(*) from marts.trade_revisions") == [(0,)]


def test_what_was_deleted_upstream_is_gone_and_no_older_vintage_speaks_for_it(several_sources: Refreshed) -> None:
    suppliers = (
        "select string_agg(supplier_iso3, ' ' order by supplier_iso3) from marts.trade_flows"
        " where importer_iso3 = 'IND' and year = 2024 and hs6_code = '283691' and hs_revision = 'HS92'"
    )
    assert rows(several_sources.release.database, suppliers) == [("ARG CHL CHN DEU",)]


@pytest.fixture
def landed(several_sources: Refreshed, tmp_path: Path) -> DataHome:
    """A home of its own with the landed files of several sources: other tests look at the shared one."""
    home = DataHome(tmp_path / "home")
    shutil.copytree(several_sources.home.landing, home.landing)
    return home


def test_the_same_bytes_three_times_land_nothing(landed: DataHome) -> None:
    before = sorted(landed.landing.rglob("*"))
    newest_files = [
        (source, newest)
        for source in discover().values()
        for newest in landing.newest_by_dataset(landed, source.source_id).values()
        if newest.retrieved_at >= landing.utc_timestamp(FIRST_LANDING)
    ]
    assert {source.source_id for source, _ in newest_files} == {"baci", "comtrade", "tradestat"}
    for _ in range(3):
        for source, newest in newest_files:
            file = newest.file(landed)
            delivery = source.describe(file, {"covers_all_importers": "false"} if source.source_id == "baci" else {})
            assert ingest.land_file(landed, source, file, delivery) == (newest, False)
    assert sorted(landed.landing.rglob("*")) == before


def test_nothing_can_be_rebuilt_of_a_day_before_the_first_landing(landed: DataHome) -> None:
    with (
        pytest.raises(WarehouseError, match="nothing had been landed by then; the first vintage is of 2026-11-2"),
        steps.begin(landed, as_of=datetime(2020, 1, 1, tzinfo=UTC)) as run,
    ):
        refresh(run)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22", datetime(2026, 11, 22, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-11-22T00:00:00", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T06:00:00", datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_day_on_the_command_line_lasts_until_its_end_and_a_moment_is_that_moment(
    text: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime | None] = []

    def refuse(controls_as_of: object, as_of: datetime | None, *_: object, **__: object) -> str:
        asked.append(as_of)
        raise WarehouseError("far enough")

    monkeypatch.setattr(cli, "_refresh", refuse)
    assert isinstance(CliRunner().invoke(cli.app, ["run", "--as-of", text]).exception, WarehouseError)
    assert asked == [moment]


@pytest.mark.parametrize(
    "text",
    ["2026-11-22 06:00:00", "2026-11-22T06:00", "2026-11-22T06:00:00Z", "2026-11-22T06:00:00+05:30", "22.11.2026",
     "20261122", "2026-2-3", "2026-W47-7", "2026-02-30", "2026-11-22T24:30:00", "2026-11-22\n", "now", ""],
)  # fmt: skip
def test_another_form_of_a_moment_is_wrong_usage_and_the_two_forms_are_named(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_refresh", None)  # a form that is let through starts no run here
    done = CliRunner().invoke(cli.app, ["run", "--as-of", text], env={"COLUMNS": "400"})
    assert done.exit_code == 2
    assert "expected a day as 2026-11-22 or a moment as 2026-11-22T18:00:00, both in UTC" in done.stderr


def test_rebuilt_releases_push_no_regular_one_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "KEPT_RELEASES", 2)
    home = DataHome(tmp_path / "home")
    build = tmp_path / "build.duckdb"
    write_small_build(build, 1, rows=10)
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def publish(day: int, as_of: datetime | None = None) -> str:
        now = start + timedelta(days=day)
        made = releases.publish(home, build, checks=[], code_version="test", controls_as_of=None, as_of=as_of, now=now)
        return made.release_id

    half_removed = home.releases / "20250101T000000Z-12345678"
    half_removed.mkdir(parents=True)
    regular = [publish(day) for day in range(3)]
    rebuilt = [publish(day, as_of=start) for day in range(3, 7)]
    assert sorted(path.name for path in home.releases.iterdir()) == regular[1:] + rebuilt[2:]
    regular += [publish(day) for day in range(7, 10)]
    # nor do regular ones push rebuilt ones out
    assert sorted(path.name for path in home.releases.iterdir()) == rebuilt[2:] + regular[4:]
    assert releases.current_release(home).release_id == regular[-1]


@pytest.mark.parametrize(
    "mart", ["trade_flows", "supplier_shares", "supplier_concentration", "china_dependence", "risk_components",
             "risk_methods", "risk_scores", "mineral_risk"]
)  # fmt: skip
def test_a_year_of_nine_months_is_provisional_wherever_it_is_used(several_sources: Refreshed, mart: str) -> None:
    minerals = "importer_iso3 = 'IND' and mineral_id in ('cobalt', 'lithium')"
    states = f"select distinct is_provisional from marts.{mart} where {minerals} and year = "
    assert rows(several_sources.release.database, states + "2026") == [(True,)]
    assert rows(several_sources.release.database, states + "2023") == [(False,)]


def test_scores_say_what_is_provisional(several_sources: Refreshed) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "scores", "--year", "2026", "--mineral", "lithium"],
        env={"MINERAL_RISK_HOME": str(several_sources.home.root), "PATH": "", "COLUMNS": "200"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Provisional, the year is not finished: Lithium compound (comtrade, 9 months)." in done.stdout


def test_sources_say_how_new_and_how_whole_they_are(several_sources: Refreshed) -> None:
    found = {
        (source_id, dataset): row
        for source_id, dataset, *row in rows(
            several_sources.release.database,
            "select source_id, dataset, newest_period, newest_period_end, newest_year_months,"
            " newest_year_importer_count, newest_year_value_ratio, is_provisional from meta.sources where is_newest",
        )
    }
    period, period_end, months, importers, _, is_provisional = found["comtrade", "india_2026"]
    assert (period, str(period_end), months, importers, is_provisional) == ("202609", "2026-09-30", 9, 1, True)
    # 9 months of Chile and Argentina beside 2025 without the goods that return: 9 * 5,623,459 / 86,543,217
    assert found["comtrade", "india_2026"][4] == pytest.approx(9 * 5_623_459 / 86_543_217)
    ages = rows(
        several_sources.release.database,
        "select newest_period_age_days - date_diff('day', newest_period_end, created_at::date)"
        " from meta.sources cross join meta.release",
    )
    assert set(ages) == {(0,)}


def test_what_may_not_leave_is_in_the_database_alone(several_sources: Refreshed) -> None:
    release = several_sources.release
    for canary in RESTRICTED_VALUES_USD:
        # nine months of Chile are summed up
        shown = canary * 9 if canary == RESTRICTED_VALUES_USD[1] else canary
        assert rows(
            release.database,
            f"select distinct is_redistributable from marts.trade_flows where trade_value_usd = {shown}",
        ) == [(False,)]
        for file in sorted(path for path in release.folder.rglob("*") if path.is_file()):
            if file == release.database:
                continue
            texts = [file.read_bytes().decode("latin-1")]
            if file.suffix == ".parquet":
                with connect() as connection:
                    texts += [str(row) for row in connection.execute(f"from read_parquet('{file}')").fetchall()]
            digits = re.compile(rf"(?<!\d)({canary}|{shown})(?!\d)")
            assert not [text[:200] for text in texts if digits.search(text.replace(",", ""))], file


def test_parquet_holds_all_that_may_leave(several_sources: Refreshed) -> None:
    release = several_sources.release
    with connect(release.database, read_only=True) as connection:
        for file in sorted((release.folder / "parquet").glob("*.parquet")):
            table = f"marts.{file.stem}"
            columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
            condition = "is_redistributable" if "is_redistributable" in columns else "true"
            (expected,) = _one(connection, f"select count(*) from {table} where {condition}")
            (found,) = _one(connection, f"select count(*) from read_parquet('{file}')")
            assert found == expected, table


def test_what_is_computed_from_rows_that_may_not_leave_stays_with_them(several_sources: Refreshed) -> None:
    release = several_sources.release
    computed = "newest_year_importer_count, newest_year_importer_ratio, newest_year_value_ratio"
    exported = f"read_parquet('{release.folder / 'parquet' / 'meta' / 'sources.parquet'}')"
    with connect(release.database, read_only=True) as connection:
        withheld = "from meta.sources where source_id = 'comtrade' and dataset = 'india_2026'"
        (count, importers, value) = _one(connection, f"select {computed} {withheld}")
        assert count == 1 and importers is not None and value is not None
        assert _one(
            connection,
            f"select count(*), count(source_id), {', '.join(f'count({name})' for name in computed.split(', '))}"
            f" from {exported} where not is_redistributable",
        ) == (*_one(connection, "select count(*), count(*) from meta.sources where not is_redistributable"), 0, 0, 0)
        # what may leave is as it was, all columns of it
        whole = "from meta.sources where is_redistributable order by all"
        expected = connection.execute(f"select * {whole}").fetchall()
        assert connection.execute(f"select * {whole.replace('meta.sources', exported)}").fetchall() == expected
        assert any(None not in row for row in connection.execute(f"select {computed} {whole}").fetchall())


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def test_every_mart_of_trade_or_production_says_whether_it_is_finished_and_may_leave() -> None:
    references = {
        file.stem: set(re.findall(r"ref\('([a-z0-9_]+)'\)", file.read_text(encoding="utf-8")))
        for file in MODELS.rglob("*.sql")
    }

    def ancestors(model: str) -> set[str]:
        found: set[str] = set()
        open_models = [model]
        while open_models:
            new = references.get(open_models.pop(), set()) - found
            found |= new
            open_models += new
        return found

    marts = sorted(file.stem for file in (MODELS / "marts").glob("*.sql"))
    assert len(marts) > 20
    for mart in marts:
        published = (MODELS / "marts" / f"{mart}.yml").read_text(encoding="utf-8")
        above = ancestors(mart)
        if mart not in WITHOUT_FLAGS:
            assert ("name: is_redistributable" in published) == bool(above & (TRADE | PRODUCTION)), mart
            expects_provisional = bool(above & TRADE) and mart not in WITHOUT_PROVISIONAL
            assert ("name: is_provisional" in published) == expects_provisional, mart


def test_a_release_after_the_second_landing_was_made_of_the_newest_vintages(several_sources: Refreshed) -> None:
    newest = rows(
        several_sources.release.database,
        "select count(*), max(retrieved_at) from meta.sources where is_newest and source_id in ('baci', 'comtrade')"
        " and dataset in ('hs92_2024_some_importers', 'india')",
    )
    assert newest == [(2, SECOND_LANDING.replace(tzinfo=None))]


def test_of_figures_that_are_not_compared_the_newest_vintage_alone_is_loaded(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older table of producers beside a newer one would speak for what the newer one left out."""
    monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
    home = DataHome(tmp_path / "home")
    sources = discover()
    for source in sources.values():
        ingest.land_bundled(home, source)
    for name, bundled in (("wgi", "wgi_2014_2023.csv"), ("usgs", "usgs_mcs_figures.csv")):
        shorter = tmp_path / bundled
        shorter.write_text("".join((small_bundle / bundled).read_text(encoding="utf-8").splitlines(True)[:-1]))
        landing.land(home, ingest.arrival(sources[name], sources[name].bundled[0].delivery), shorter, FIRST_LANDING)
    with steps.begin(home) as run:
        steps.load(run)
        loaded = rows(run.database, "select source_id, count(*), sum(rows_loaded::int) from raw.landed_vintages"
                      " where source_id in ('wgi', 'usgs') group by all order by all")  # fmt: skip
        for name, table in (("usgs", "usgs_figures"), ("wgi", "wgi_governance")):
            bundled = sources[name].bundled[0].file_name
            lines = (small_bundle / bundled).read_text(encoding="utf-8").count("\n")
            assert (name, 1, lines - 2) in loaded
            assert rows(run.database, f"select count(*) from raw.{table}") == [(lines - 2,)]
