"""What-if scenarios: those of a release, and those that a user asks in a file, worked out in a private build.

A scenario of a file goes through the rules of the seeds and the models of a run; nothing of it is published.
"""

from __future__ import annotations

import csv
import difflib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import method_settings
from flows import run as steps
from flows.release_screens import rows_of
from flows.sources import discover
from warehouse.database import connect, memory_limit
from warehouse.dbt import dbt_session
from warehouse.errors import InputRejected, SettingsRejected, WarehouseError
from warehouse.lock import run_lock
from warehouse.machine_faults import told_plainly
from warehouse.paths import SEEDS, DataHome
from warehouse.release import Release, clear_leftovers, current_release, read_manifest

if TYPE_CHECKING:
    import duckdb

OLDEST_SCHEMA = (1, 5)
LARGEST_FILE = 1_000_000  # bytes
SCENARIOS, SHOCKS, PATHS = "seed_scenarios", "seed_scenario_shocks", "seed_scenario_paths"
# what a row of a seed gets from where it stands in a file
GIVEN = {SCENARIOS: ("variant_of",), SHOCKS: ("shock_id", "scenario_id"), PATHS: ("scenario_id",)}
LISTS = {"shocks": SHOCKS, "paths": PATHS}

# tags of plain YAML: any other would be an object of some program
NULL = "tag:yaml.org,2002:null"
PLAIN = (NULL, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp")))

Row = dict[str, Any]
Cells = dict[str, str]
Node = Any  # of PyYAML, which tells no types

LISTED = """
    with goods as (
        -- goods that several minerals share are lost once
        select scenario_id, importer_iso3, stage, code_set_hash, max(value_lost_usd) as value_lost_usd
        from marts.scenario_results
        where is_shocked
        group by all
    ),
    lost as (
        select scenario_id, sum(value_lost_usd) as value_lost_usd from goods group by all
    ),
    listed as (
    select
        scenarios.scenario_id,
        scenarios.variant_of,
        scenarios.title,
        scenarios.importer_iso3,
        scenarios.baseline_year,
        count(*) filter (where results.is_shocked) as markets_met,
        count(*) filter (where results.is_shocked and results.unmet_share is null) as markets_not_known,
        max(results.unmet_share) as largest_unmet_share,
        any_value(lost.value_lost_usd) as value_lost_usd,
        scenarios.refusal_reason
    from marts.scenarios as scenarios
    left join marts.scenario_results as results using (scenario_id)
    left join lost using (scenario_id)
    group by all
    )
    select * from listed order by coalesce(variant_of, scenario_id), scenario_id
"""

# Of one scenario; what is lacking leads, what is not known comes last; of paths the case that meets published figures.
QUERIES = {
    "scenario": "select * from marts.scenarios where scenario_id = $scenario",
    "shocks": "select * from marts.scenario_shocks where scenario_id = $scenario order by shock_id",
    "results": """
        select * from marts.scenario_results where scenario_id = $scenario
        order by
            is_shocked desc, value_lost_usd desc nulls last, withdrawn_value_usd desc nulls last,
            import_value_usd_before desc nulls last, mineral_id, stage
    """,
    "suppliers": """
        select * from marts.scenario_supplier_shares where scenario_id = $scenario
        order by mineral_id, stage, greatest(baseline_t, delivered_t) desc nulls last, supplier_iso3
    """,
    "paths": """
        select * from marts.reliance_paths where scenario_id = $scenario
        order by mineral_id, stage, case_id != 'published', case_id != 'content typical', case_id, year
    """,
    "path_suppliers": """
        select * from marts.reliance_path_suppliers where scenario_id = $scenario
        order by
            mineral_id, stage, case_id != 'published', case_id != 'content typical', case_id, year,
            delivered_t desc, supplier_iso3
    """,
}


@dataclass(frozen=True)
class Worked:
    """A scenario and what it makes of its importer's markets.

    `rows` are those of the marts by the names of `QUERIES`; `words` says what codes of reasons mean; `asked` is what
    the user asked for; `single_country_cap_share` (0-1) is the method's; `release_id` names the release whose figures
    these are, or whose data they were worked out from.
    """

    asked: str
    release_id: str
    is_published: bool
    rows: Mapping[str, list[Row]]
    words: Mapping[str, str]
    single_country_cap_share: float

    @property
    def scenario(self) -> Row:
        """The scenario's own row."""
        return self.rows["scenario"][0]

    @property
    def shocked(self) -> list[Row]:
        """The results of the markets that a shock meets."""
        return [row for row in self.rows["results"] if row["is_shocked"]]


def listed(home: DataHome) -> list[Row]:
    """Return the scenarios of the current release, one row each, with what is lacking at the most.

    Raises:
        NothingPublished: no release yet.
        WarehouseError: the release was made before scenarios were published.
    """
    with _release(home) as (_, connection):
        return rows_of(connection, LISTED)


def worked(
    home: DataHome, asked: str, *, importer: str | None = None, told: Callable[[str], None] = lambda text: None
) -> Worked:
    """Return what a scenario makes of its importer's markets.

    Args:
        home: the data home.
        asked: the id of a scenario of the release, or a YAML file with one.
        importer: whose markets, ISO 3166-1 alpha-3; None for the scenario's own importer. Another one, as a file,
            is worked out in a private build from what the current release was made of, which takes about a minute.
        told: gets a line before work that takes long.

    Raises:
        NothingPublished: no release yet.
        InputRejected: no such scenario; a file that is none; a row that its rules or the data contradict.
        SettingsRejected: the project's own seeds contradict themselves.
        RunInProgress: a file or another importer is asked for, and another process holds the run lock.
        CheckFailed: what was worked out does not hold against a data test.
        WarehouseError: the release was made before scenarios were published.
    """
    file = Path(asked)
    if file.suffix.lower() in (".yml", ".yaml") or "/" in asked:
        rows = read_file(file)
        if importer is not None and importer != rows[SCENARIOS][0]["importer_iso3"]:
            _refuse_a_path(asked, importer, rows, rows[SCENARIOS][0]["importer_iso3"])
            rows[SCENARIOS][0]["importer_iso3"] = importer
        return _work_out(home, asked, rows, file=file, told=told)
    with _release(home) as (release, connection):
        refuse_unknown(connection, asked)
        found = _read(connection, asked, release, asked, is_published=True)
    if importer is None or importer == found.scenario["importer_iso3"]:
        return _not_refused(found)
    return _work_out(home, asked, _of_another_importer(found.scenario, asked, importer), file=None, told=told)


def published(home: DataHome, scenario_id: str) -> Worked:
    """Return a scenario of the current release, also one that the data contradict.

    Raises:
        NothingPublished: no release yet.
        InputRejected: the release has no such scenario.
        WarehouseError: the release was made before scenarios were published.
    """
    with _release(home) as (release, connection):
        refuse_unknown(connection, scenario_id)
        return _read(connection, scenario_id, release, scenario_id, is_published=True)


def refuse_unknown(connection: duckdb.DuckDBPyConnection, scenario_id: str) -> None:
    """Refuse a scenario that the release does not have.

    Raises:
        InputRejected: with the nearest ids.
    """
    known = [row["scenario_id"] for row in rows_of(connection, "select scenario_id from marts.scenarios order by 1")]
    if scenario_id not in known:
        near = difflib.get_close_matches(scenario_id, known, n=3, cutoff=0.4) or known
        raise InputRejected(
            f"scenario {scenario_id!r}: not in the release, and no .yml file; nearest: {', '.join(near)};"
            " mineral-risk scenario list shows all"
        )


# --- a scenario in a file


def read_file(file: Path) -> dict[str, list[Cells]]:
    """Return the rows of seeds that a YAML file stands for, as text: those of its scenario, its shocks and its paths.

    Keys are the columns of the seeds; ids of shocks, and the scenario they belong to, come from where they stand.

    Raises:
        InputRejected: the file cannot be read, is no YAML, or has a key or a value of a form that no row takes.
    """
    written = _mapping(_yaml(file), f"{file}: the file")
    scenario = {name: value for name, value in written.items() if name not in LISTS}
    rows = {SCENARIOS: [_cells(scenario, SCENARIOS, f"{file}", also=(*LISTS,))]}
    scenario_id = rows[SCENARIOS][0]["scenario_id"]
    if not scenario_id:
        raise InputRejected(f"{file}: scenario_id: expected a name of letters, digits and _, found none")
    for name, seed in LISTS.items():
        rows[seed] = []
        for number, item in enumerate(_items(written.get(name), f"{file}: {name}"), start=1):
            place = f"{file}: {name.removesuffix('s')} {number}"
            rows[seed].append(_cells(_mapping(item, place), seed, place) | {"scenario_id": scenario_id})
    for number, shock in enumerate(rows[SHOCKS], start=1):
        shock["shock_id"] = f"{scenario_id}_shock_{number}"
    return rows


def _yaml(file: Path) -> Node | None:
    """Return what a file says as YAML takes it apart: texts, not what YAML makes of `no`, `1e3` or a date."""
    import yaml  # type: ignore[import-untyped]

    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise InputRejected(f"{file}: expected a scenario of at most {LARGEST_FILE:,} bytes, found {size:,}")
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise InputRejected(f"{file}: expected a YAML file with a scenario: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = " ".join(str(error).split())[:300]
        raise InputRejected(f"{file}: expected a scenario in YAML, UTF-8: {said}") from error


def _mapping(node: Node | None, place: str) -> dict[str, Node]:
    if node is None or node.id != "mapping":
        raise InputRejected(f"{place}: expected names with values, as in `title: ...`, found {_shown(node)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = _text(key, f"{place}: line {key.start_mark.line + 1}")
        if name in found:
            raise InputRejected(
                f"{place}: line {key.start_mark.line + 1}: expected each name once, found {name!r} again"
            )
        found[name] = value
    return found


def _items(node: Node | None, place: str) -> list[Node]:
    if node is None or (node.id == "scalar" and node.tag == NULL):
        return []
    if node.id != "sequence":
        raise InputRejected(f"{place}: expected a list, one item per row, found {_shown(node)}")
    return list(node.value)


def _text(node: Node, place: str) -> str:
    if node.id != "scalar" or node.tag not in PLAIN:
        raise InputRejected(f"{place}: expected a text or a number, found {_shown(node)}")
    return "" if node.tag == NULL else " ".join(node.value.split())


def _shown(node: Node | None) -> str:
    if node is None:
        return "nothing"
    return {"sequence": "a list", "mapping": "names with values"}.get(node.id) or f"{node.value!r:.50}"


def _cells(found: Mapping[str, Node], seed: str, place: str, also: Sequence[str] = ()) -> Cells:
    """Return a row of a seed as text; what the file does not say is blank, as in the seed."""
    columns = _columns(seed)
    allowed = [column for column in columns if column not in GIVEN[seed]]
    cells = dict.fromkeys(columns, "")
    for name, value in found.items():
        if name not in allowed:
            near = difflib.get_close_matches(name, [*allowed, *also], n=1)
            raise InputRejected(
                f"{place}: {name:.50}: expected one of {', '.join([*allowed, *also])}, found {name!r:.50}"
                + (f"; is it {near[0]}?" if near else "")
            )
        cells[name] = _text(value, f"{place}: {name}")
    return cells


def _columns(seed: str) -> list[str]:
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as stream:
        return next(csv.reader(stream))


def _of_another_importer(scenario: Row, scenario_id: str, importer: str) -> dict[str, list[Cells]]:
    """Return the rows of a scenario of the project, asked of another importer."""
    rows: dict[str, list[Cells]] = {}
    for seed in (SCENARIOS, SHOCKS, PATHS):
        with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as stream:
            rows[seed] = [row for row in csv.DictReader(stream) if row["scenario_id"] == scenario_id]
    if not rows[SCENARIOS]:
        raise InputRejected(
            f"scenario {scenario_id!r} --importer {importer}: the release has it and the project's seeds no more"
        )
    _refuse_a_path(f"scenario {scenario_id!r}", importer, rows, scenario["importer_iso3"])
    rows[SCENARIOS][0] |= {"importer_iso3": importer, "variant_of": ""}
    return rows


def _refuse_a_path(what: str, importer: str, rows: Mapping[str, list[Cells]], own_importer: str) -> None:
    if rows[PATHS]:
        raise InputRejected(
            f"{what} --importer {importer}: its path rests on figures of {own_importer};"
            f" write a scenario of your own for {importer}"
        )


# --- working it out


def _work_out(
    home: DataHome,
    asked: str,
    rows: Mapping[str, list[Cells]],
    *,
    file: Path | None,
    told: Callable[[str], None],
) -> Worked:
    method_settings.check()  # what is wrong then is the file's
    release = current_release(home)
    scenario_id = rows[SCENARIOS][0]["scenario_id"]
    importer = rows[SCENARIOS][0]["importer_iso3"]
    with told_plainly(), tempfile.TemporaryDirectory() as temporary:
        seeds = Path(temporary)
        if file is not None:
            _refuse_a_known_id(file, scenario_id)
        write_seeds(seeds, rows)
        _check_rows(seeds, rows, file, asked if file else f"scenario {asked!r} --importer {importer}")
        told("working it out, which takes about a minute; nothing is published")
        with private_build(home, release, seeds, [scenario_id]) as database, connect(database) as connection:
            found = _read(connection, asked, release, scenario_id, is_published=False)
            refusals = rows_of(connection, "select * from intermediate.int_scenario_refusals order by all")
    return _not_refused(found, refusals)


def _refuse_a_known_id(file: Path, scenario_id: str) -> None:
    with (SEEDS / f"{SCENARIOS}.csv").open(newline="", encoding="utf-8") as stream:
        if scenario_id in {row["scenario_id"] for row in csv.DictReader(stream)}:
            raise InputRejected(
                f"{file}: scenario_id {scenario_id!r}: a scenario of the project has this id; take another one"
            )


def write_seeds(folder: Path, rows: Mapping[str, list[Cells]]) -> None:
    """Copy the project's seeds, with these rows at the end, in the place of others of the same scenario."""
    asked = {row["scenario_id"] for row in rows[SCENARIOS]}
    for seed in SEEDS.glob("*.csv"):
        if seed.stem not in rows:
            shutil.copyfile(seed, folder / seed.name)
            continue
        with seed.open(newline="", encoding="utf-8") as stream:
            others = [row for row in csv.DictReader(stream) if row["scenario_id"] not in asked]
        with (folder / seed.name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, _columns(seed.stem), lineterminator="\n")
            writer.writeheader()
            writer.writerows([*others, *rows[seed.stem]])


def _check_rows(seeds: Path, rows: Mapping[str, list[Cells]], file: Path | None, what: str) -> None:
    """Hold the rows against the rules of seeds; a fault is told at its place in the file."""
    try:
        method_settings.check(seeds)
    except SettingsRejected as fault:
        said = str(fault).removesuffix(" Correct the seed: nothing was started, the last release stays.")
        for seed, name in ((SCENARIOS, ""), (SHOCKS, "shock"), (PATHS, "path")):
            with (seeds / f"{seed}.csv").open(newline="", encoding="utf-8") as stream:
                before = sum(1 for _ in csv.reader(stream)) - len(rows[seed])
            said = re.sub(
                rf"{seed}\.csv: lines? ([0-9]+)",
                lambda found, name=name, before=before: (  # type: ignore[misc]
                    f"{name} {int(found[1]) - before}" if name else "the scenario"
                ),
                said,
            )
        raise InputRejected(f"{what}: {said} {'Correct the file' if file else 'Ask another'}.") from fault


@contextmanager
def private_build(home: DataHome, release: Release, seeds: Path, scenario_ids: Sequence[str]) -> Iterator[Path]:
    """Work out scenarios from what a release was made of; what is built is removed on leaving.

    Args:
        home: the data home, whose run lock is held meanwhile.
        release: its vintages, and its day of current controls, are those that are used.
        seeds: folder with the seeds of the scenarios; all other seeds are the project's.
        scenario_ids: those of its scenarios that are worked out.

    Raises:
        RunInProgress: another process holds the run lock.
        CheckFailed: a model or a data test failed.
    """
    manifest = read_manifest(release.folder)
    known_at = datetime.fromisoformat(manifest["as_of"] or manifest["created_at"]).astimezone(UTC)
    memory_limit()  # refused before anything is started
    with run_lock(home, "a scenario"):
        for stuck in clear_leftovers(home):
            steps.note(f"{stuck.filename}: {stuck.strerror}: left by an earlier run, it could not be removed")
        folder = home.build / f"scenario-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        folder.mkdir(parents=True)
        database = folder / "build.duckdb"
        try:
            with dbt_session(
                database, folder / "dbt", variables={"controls_as_of": manifest["controls_as_of"]}, unit_tests=False
            ) as dbt:
                steps.load_raw(home, database, discover(), known_at)
                steps.refuse_failed("seeds", dbt.build("seeds"))
                with connect(database) as connection:
                    _put_rows(connection, seeds, scenario_ids)
                steps.refuse_failed("scenarios", dbt.build("scenarios"))
            yield database
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _put_rows(connection: duckdb.DuckDBPyConnection, seeds: Path, scenario_ids: Sequence[str]) -> None:
    """Leave of all scenarios in the seeds' tables those that are asked."""
    for seed in (SCENARIOS, SHOCKS, PATHS):
        connection.execute(f"delete from seeds.{seed}")
        connection.execute(
            f"insert into seeds.{seed} by name select * from read_csv(?, all_varchar = true, header = true,"
            " delim = ',', quote = '\"', escape = '\"', nullstr = '', parallel = false)"
            " where list_contains(?, scenario_id)",
            [str(seeds / f"{seed}.csv"), list(scenario_ids)],
        )


# --- what was found


@contextmanager
def _release(home: DataHome) -> Iterator[tuple[Release, duckdb.DuckDBPyConnection]]:
    release = current_release(home)
    with connect(release.database, read_only=True) as connection:
        (version,) = connection.execute("select schema_version from meta.release").fetchall()[0]
        if tuple(int(number) for number in version.split(".")[:2]) < OLDEST_SCHEMA:
            raise WarehouseError(
                f"release {release.release_id} has schema {version}, and scenarios are published since 1.5.0;"
                " make a new release with: mineral-risk run"
            )
        yield release, connection


def _read(
    connection: duckdb.DuckDBPyConnection, asked: str, release: Release, scenario_id: str, *, is_published: bool
) -> Worked:
    rows = {name: rows_of(connection, query, {"scenario": scenario_id}) for name, query in QUERIES.items()}
    # a private build has the seeds behind these two
    reasons = "marts.missing_reasons" if is_published else "seeds.seed_missing_reasons"
    thresholds = "marts.method_thresholds" if is_published else "seeds.seed_thresholds"
    words = dict(connection.execute(f"select reason_code, explanation from {reasons}").fetchall())
    ((cap,),) = connection.execute(
        f"select value from {thresholds} where threshold_id = 'single_country_cap_share'"
    ).fetchall()
    return Worked(asked, release.release_id, is_published, rows, words, cap)


def _not_refused(found: Worked, refusals: Sequence[Row] = ()) -> Worked:
    """Return a scenario of which something can be said.

    Raises:
        InputRejected: the data contradict it, or its importer has no purchases in its year.
    """
    scenario = found.scenario
    if scenario["refusal_reason"] is not None:
        reason = scenario["refusal_reason"]
        amounts = next(
            (
                f": expected at most {row['allowed_t']:,.0f} t of the mineral itself, found {row['found_t']:,.0f} t"
                for row in refusals
                if row["reason"] == reason and row["allowed_t"] is not None
            ),
            "",
        )
        rows = str(scenario["refused_shock_ids"] or "its path").replace(f"{scenario['scenario_id']}_shock_", "shock ")
        raise InputRejected(
            f"{found.asked}: {rows}: {found.words.get(reason, reason)}{amounts}; nothing is said of the scenario"
        )
    if not found.shocked and scenario["markets_without_data"] is not None:
        raise InputRejected(
            f"{found.asked}: {scenario['importer_iso3']} in {scenario['baseline_year']}: no loaded source tells of"
            f" {scenario['markets_without_data']:.200}: nothing can be said, which is not without risk"
        )
    if not found.rows["results"]:
        raise InputRejected(
            f"{found.asked}: {scenario['importer_iso3']} has no purchases in {scenario['baseline_year']};"
            " name another importer_iso3 or baseline_year"
        )
    return found
