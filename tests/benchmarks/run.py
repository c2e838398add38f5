"""Measure the warehouse, print the figures and write BENCHMARKS.md: `make bench`.

Machines are noisy, so what can be is given as a ratio against a bare baseline in the same run, the median of
several pairs. No test asserts a time.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flows import admission, ingest, scenarios
from flows import run as steps
from flows.refresh import refresh
from flows.sources import discover
from tests.readers_under_load import KINDS, MISTAKEN, Load, reading
from tests.release_reader import PAUSE_SECONDS
from tests.small_build import NUMBER_IN_TABLE
from warehouse import landing
from warehouse.database import connect
from warehouse.dbt import DbtResult, DbtSession, project_state, remember_unit_tests
from warehouse.paths import BUNDLED, DBT_PROJECT, REPOSITORY, DataHome

LARGE_ROWS = 11_000_000
YEARS = 30
PAIRS = 5
WHAT_A_READER_DOES = {
    "short": "opens, asks, closes",
    "reconnects": "asks ten times per connection",
    "long_lived": "keeps its connection",
    "attaches": "attaches the file to its own database",
    "parquet": "reads the Parquet files",
    MISTAKEN: "without rights: tries to write, then opens, asks, closes",
}
# what every supplier's stop and the draws of export measures are made of, beside the engine of scenarios
STRESS_MODELS = (
    "int_exports_elsewhere",
    "int_supply_options",
    "int_control_announcements",
    "int_control_draws",
    "metric_single_supplier_stops",
    "metric_value_at_risk",
    "single_supplier_stops",
    "value_at_risk",
)
MIB = 1024 * 1024


def main() -> None:
    """Run every section and write the page, or print the one section named on the command line."""
    if len(sys.argv) > 2:  # one measurement in a process of its own, for its peak memory
        MEASUREMENTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory(prefix="mineral-risk-bench-") as folder:
        if len(sys.argv) == 2:
            print(SECTIONS[sys.argv[1]](Path(folder)))
            return
        sections = []
        for name, section in SECTIONS.items():
            scratch = Path(folder) / name
            scratch.mkdir()
            sections.append(section(scratch))
            shutil.rmtree(scratch)
    text = "\n\n".join([header(), *sections]) + "\n"
    print(text)
    (REPOSITORY / "BENCHMARKS.md").write_text(text, encoding="utf-8")


def header() -> str:
    """Say where and when."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        "# Benchmarks\n\n"
        f"Measured by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {memory:.0f} GiB, {model},"
        f" Python {platform.python_version()}. Written by the command; do not edit."
    )


def whole_run(scratch: Path) -> str:
    """`mineral-risk run` on the bundled data, as a user starts it: first with an empty home, then again."""
    environment = {**os.environ, "MINERAL_RISK_HOME": str(scratch / "whole")}
    environment.pop("PREFECT_API_URL", None)
    rows = []
    for what in ("first run, empty data home", "second run"):
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", "run"], env=environment, stdout=subprocess.DEVNULL, cwd=REPOSITORY
        )
        peak = peak_memory_of_tree(process)
        seconds = time.monotonic() - started
        if process.returncode != 0:
            raise SystemExit(f"bench: the run ended with {process.returncode}")
        rows.append(f"| {what} | {seconds:.1f} s | {peak / MIB:,.0f} MiB |")
    return (
        "## `mineral-risk run` on the bundled data, through Prefect\n\n"
        "Peak memory is the largest sum of resident memory over all processes of the run (Prefect's temporary server,"
        " dbt, ours), sampled every 50 ms. Aim: under 75 s and 2 GB.\n\n"
        "| | time | peak memory |\n|---|---:|---:|\n" + "\n".join(rows)
    )


def peak_memory_of_tree(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process and return the peak of the summed resident memory of it and its descendants, in bytes."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(resident_bytes(pid) for pid in descendants(process.pid)))
        time.sleep(0.05)
    return peak


def descendants(root: int) -> list[int]:
    """Return a process id and those of all its descendants."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended between the listing and the reading
        parents[int(status.parent.name)] = int(fields[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def split_of_a_run(scratch: Path) -> str:
    """Where the time of a run goes, and the models' SQL bare in DuckDB beside it."""
    seconds: dict[str, float] = {}
    opened: list[tuple[str, float]] = []

    def before(step: str) -> None:
        now = time.monotonic()
        if opened:
            name, since = opened.pop()
            seconds[name] = seconds.get(name, 0) + now - since
        opened.append((step.split()[0], now))

    results: list[DbtResult] = []
    build = DbtSession.build

    def recorded(self: DbtSession, layer: str) -> list[DbtResult]:
        results.extend(found := build(self, layer))
        return found

    DbtSession.build = recorded  # type: ignore[method-assign]
    token = steps.before_step.set(before)
    try:
        with steps.begin(DataHome(scratch / "split")) as run:
            refresh(run)
            before("end")
            dbt_seconds = sum(result.seconds for result in results)
            bare = bare_models(run, [result.name for result in results if result.resource_type == "model"], scratch)
    finally:
        steps.before_step.reset(token)
        DbtSession.build = build  # type: ignore[method-assign]

    dbt_start = timed(
        lambda: subprocess.run(
            [
                sys.executable,
                "-c",
                "from dbt.cli.main import cli; cli()",
                "parse",
                "--no-partial-parse",
                "--quiet",
                "--project-dir",
                str(DBT_PROJECT),
                "--profiles-dir",
                str(DBT_PROJECT),
                "--target-path",
                str(scratch / "target"),
                "--log-path",
                str(scratch / "logs"),
            ],
            env={**os.environ, "MINERAL_RISK_BUILD_DATABASE": str(scratch / "none.duckdb")},
            check=True,
        )
    )
    server = (
        timed(lambda: start_prefect(scratch / "prefect-cold")),
        timed(lambda: start_prefect(scratch / "prefect-cold")),
    )
    gx_import = timed(lambda: subprocess.run([sys.executable, "-c", "import great_expectations"], check=True))
    return (
        "## Where the time goes\n\n"
        "One run in process, without Prefect; Prefect, dbt's start and GX's import measured alone beside it. dbt starts"
        " once per run and parses while raw rows load; one start per layer would cost four more.\n\n"
        "| part | time |\n|---|---:|\n"
        f"| Prefect: import and temporary server, first time in a data home | {server[0]:.1f} s |\n"
        f"| Prefect: the same again | {server[1]:.1f} s |\n"
        f"| dbt: one start (import and parse) as a process | {dbt_start:.1f} s |\n"
        f"| GX: import | {gx_import:.1f} s |\n"
        f"| land the bundled files | {seconds.get('land', 0):.1f} s |\n"
        f"| load raw rows and seeds, waiting for dbt's parse | {seconds.get('load', 0):.1f} s |\n"
        f"| GX: all checks of four layers, import included | {seconds.get('check', 0):.1f} s |\n"
        f"| dbt: layers, wall time | {seconds.get('build', 0):.1f} s |\n"
        f"| dbt: sum over seeds, models and tests as dbt reports them | {dbt_seconds:.1f} s |\n"
        f"| the models' SQL bare in DuckDB, same threads | {bare:.1f} s |\n"
        f"| publish: Parquet, copy, verify, swap | {seconds.get('publish', 0):.1f} s |\n"
        f"| ratio dbt layers / bare SQL | {seconds.get('build', 0) / bare:.1f} |"
    )


def start_prefect(folder: Path) -> None:
    """Start Prefect's temporary server with its state in a folder, as `mineral-risk run` does."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from pathlib import Path\nfrom flows import prefect_settings\nfrom warehouse.paths import DataHome\n"
            f"prefect_settings.configure(DataHome(Path({str(folder)!r})), quiet=True)\n"
            "from flows import refresh\nassert refresh.why_no_server() is None",
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )


def bare_models(run: steps.Run, models: list[str], scratch: Path) -> float:
    """Run the compiled SQL of the models, in dbt's order, in a DuckDB of their own; returns the seconds."""
    compiled = compiled_models(run)
    with connect(scratch / "bare.duckdb", threads=2) as connection:
        connection.execute(f"attach '{run.database}' as build (read_only)")
        for schema in ("raw", "seeds", "staging", "intermediate", "metrics", "marts"):
            connection.execute(f"create schema if not exists {schema}")
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'build'"
            " and schema_name in ('raw', 'seeds')"
        ).fetchall():
            connection.execute(f"create table {schema}.{table} as from build.{schema}.{table}")
        for macro, parameters, definition in connection.execute(
            "select function_name, parameters, macro_definition from duckdb_functions()"
            " where database_name = 'build' and function_type = 'macro' and not internal"
        ).fetchall():
            connection.execute(f"create macro {macro}({', '.join(parameters)}) as {definition}")
        in_python = connection.execute(
            "select table_name, schema_name from duckdb_tables() where database_name = 'build'"
        ).fetchall()
        for model, schema in in_python:
            if model in models and model not in compiled:  # not SQL: its table is taken as it is
                connection.execute(f"create table {schema}.{model} as from build.{schema}.{model}")
        started = time.monotonic()
        for model in models:
            if model in compiled:
                schema = compiled[model].parent.name if compiled[model].parent.parent.name != "staging" else "staging"
                connection.execute(f"create table {schema}.{model} as {compiled_sql(run, model)}")
        return time.monotonic() - started


def compiled_models(run: steps.Run) -> dict[str, Path]:
    """Return the file of every model whose SQL dbt compiled in a run."""
    return {
        file.stem: file
        for file in (run.folder / "dbt" / "target" / "compiled").rglob("models/**/*.sql")
        # the tests that stand in a YAML are compiled into a folder of its name
        if file.parent.suffix != ".yml"
    }


def compiled_sql(run: steps.Run, model: str) -> str:
    """Return the SQL of a model, without the database's name that dbt quotes into every reference."""
    return compiled_models(run)[model].read_text(encoding="utf-8").replace('"build".', "")


def write_baci(file: Path) -> None:
    """Write a BACI-shaped CSV of a year; one code in thirty is one that the seeds name, as in a full release."""
    with connect(threads=2) as connection:
        connection.execute(
            f"""
            copy (
                select
                    2024 as t,
                    4 + hash(n) % 890 as i,
                    4 + hash(n + 1) % 890 as j,
                    -- one code in thirty is one that the seeds name, as in a full release
                    if(
                        hash(n + 2) % 30 = 0,
                        (select list(distinct hs6_hs17 order by hs6_hs17) from read_csv(
                            '{DBT_PROJECT}/seeds/seed_mineral_products.csv', all_varchar = true, nullstr = ''
                        ))[1 + (hash(n + 3) % 150)::integer],
                        printf('%06d', (10000 + hash(n + 3) % 5000 * 190)::integer)
                    ) as k,
                    cast((1 + hash(n + 4) % 100000000) / 1000 as decimal(18, 3)) as v,
                    if(
                        hash(n + 5) % 30 = 0, '          NA',
                        cast(cast(hash(n + 6) % 100000000 / 1000 as decimal(18, 3)) as varchar)
                    ) as q
                from range({LARGE_ROWS}) as numbers(n)
            ) to '{file}' (header)
            """
        )


def large_file(scratch: Path) -> str:
    """A BACI-shaped file of 11 million rows through landing and load, against a bare read with the same filter."""
    file = scratch / "BACI_HS17_Y2024_V202601.csv"
    write_baci(file)
    times: dict[str, list[float]] = {"bare": [], "warehouse": []}
    peaks: dict[str, list[float]] = {"bare": [], "warehouse": []}
    for pair in range(PAIRS + 1):
        for what in times:
            work = scratch / f"large-{what}"
            work.mkdir()
            printed = measured(what, file, work)
            shutil.rmtree(work)
            seconds, peak = printed.split()
            if pair:  # the first pair warms the page cache
                times[what].append(float(seconds))
                peaks[what].append(float(peak))
    ratios = [ours / bare for ours, bare in zip(times["warehouse"], times["bare"], strict=True)]
    return (
        f"## {LARGE_ROWS // 1_000_000} million rows of CSV ({file.stat().st_size / MIB:,.0f} MiB)\n\n"
        f"Median of {PAIRS} pairs after one that is not counted, each in a process of its own. The warehouse copies and"
        " hashes the file into landing, verifies it, counts every code that no seed names and loads the rows of the"
        " others; the baseline reads the same file into a table with the same filter and does nothing else."
        " Aim: ratio 1.5, under 1 GB.\n\n"
        "| | time | peak memory |\n|---|---:|---:|\n"
        f"| bare `read_csv`, same filter | {statistics.median(times['bare']):.2f} s | {max(peaks['bare']):,.0f} MiB |\n"
        f"| landing and load | {statistics.median(times['warehouse']):.2f} s | {max(peaks['warehouse']):,.0f} MiB |\n"
        f"| ratio, median (range) | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | |"
    )


def thirty_years(scratch: Path, years: int = YEARS) -> str:
    """A release of thirty such years, one after the other into one database, against bare reads of the same files."""
    file = scratch / "BACI_HS17_Y2024_V202601.csv"
    write_baci(file)
    seconds: dict[str, list[float]] = {}
    peaks: dict[str, list[float]] = {}
    for what in ("bare_years", "warehouse_years"):
        work = scratch / what
        work.mkdir()
        (work / "years").write_text(str(years), encoding="utf-8")
        lines = measured(what, file, work).splitlines()
        seconds[what], peaks[what] = ([float(line.split()[column]) for line in lines] for column in (0, 1))
        shutil.rmtree(work)
    bare, ours = seconds["bare_years"], seconds["warehouse_years"]
    third = years // 3
    growth = [sum(times[-third:]) / sum(times[:third]) for times in (bare, ours)]
    return (
        f"## {years} years of {LARGE_ROWS // 1_000_000} million rows"
        f" ({years * file.stat().st_size / 1024**3:,.1f} GiB)\n\n"
        "One file a year, each landed, verified and loaded into the same database, which keeps the rows of the named"
        " codes; the baseline reads the same files into one table with the same filter. Peak memory is that of the"
        " process up to then. Aim: under 1,500 MiB whatever the number of years, linear, ratio 1.5.\n\n"
        "| | time | last third against first | peak after 1 year | peak after all |\n|---|---:|---:|---:|---:|\n"
        f"| bare `read_csv`, same filter | {sum(bare):.1f} s | {growth[0]:.2f} |"
        f" {peaks['bare_years'][0]:,.0f} MiB | {peaks['bare_years'][-1]:,.0f} MiB |\n"
        f"| landing and load | {sum(ours):.1f} s | {growth[1]:.2f} |"
        f" {peaks['warehouse_years'][0]:,.0f} MiB | {peaks['warehouse_years'][-1]:,.0f} MiB |\n"
        f"| ratio | {sum(ours) / sum(bare):.2f} | | | |"
    )


def thousand_vintages(scratch: Path, vintages: int = 1000) -> str:
    """Small vintages by the thousand: of one dataset, and of as many datasets; what a run does with them."""
    source = discover()["baci"]
    options = {"hs_revision": "HS17", "covers_all_importers": "false"}
    rows = []
    for what, datasets in (("of one dataset", 1), ("of a dataset each", vintages)):
        times = []
        for number in (vintages // 10, vintages):
            folder = scratch / f"{datasets}-{number}"
            home = DataHome(folder / "home")
            folder.mkdir()
            for pull in range(number):
                file = folder / f"pull_{pull % datasets}.csv"
                flows = (f"2024,{4 + row},699,850511,{pull}.{row:03},1.5\n" for row in range(200))
                file.write_text("t,i,j,k,v,q\n" + "".join(flows), encoding="utf-8")
                ingest.land_file(home, source, file, source.describe(file, options))
            started = time.monotonic()
            loaded = load_as_a_run_does(home, folder)
            times.append(time.monotonic() - started)
            shutil.rmtree(folder)
        rows.append(f"| {number:,} {what} | {loaded:,} | {times[0]:.1f} s | {times[1]:.1f} s |")
    return (
        f"## {vintages:,} vintages of 200 rows\n\n"
        "What a run does before dbt: the bundled files of BACI landed again, manifests read, of every dataset the"
        " newest two vintages verified and loaded.\n\n"
        "| landed | loaded | a tenth of them | all |\n|---|---:|---:|---:|\n" + "\n".join(rows)
    )


def load_as_a_run_does(home: DataHome, folder: Path) -> int:
    """Land what is bundled with BACI, load the newest two vintages of each dataset; returns how many were loaded."""
    source = discover()["baci"]
    loaded = 0
    with connect(folder / "build.duckdb", threads=2) as connection:
        ingest.land_bundled(home, source)
        ingest.create_raw_tables(connection, {source.source_id: source})
        for *earlier, newest in landing.history_by_dataset(home, source.source_id).values():
            for vintage in (*earlier[-1:], newest):
                ingest.load_landed(connection, home, source, vintage, folder, is_newest=vintage is newest)
                loaded += 1
    return loaded


def nothing_new(scratch: Path) -> str:
    """What it costs to look again when no publisher has anything new."""
    home = DataHome(scratch / "home")
    sources = discover()
    file = BUNDLED / "baci_hs17_2024_india.csv"
    options = {"hs_revision": "HS17", "covers_all_importers": "false"}

    def land_again() -> None:
        for source in sources.values():
            ingest.land_bundled(home, source)

    def ingest_again() -> None:
        admission.admit(home, sources["baci"], file, options, accept_fewer_rows=True)

    land_again()
    ingest_again()
    again = [(timed(land_again), timed(ingest_again)) for _ in range(PAIRS)]
    landed, ingested = (statistics.median(times) for times in zip(*again, strict=True))
    return (
        "## Nothing new\n\n"
        f"Median of {PAIRS}. Aim: under 5 s added to a run.\n\n| | time |\n|---|---:|\n"
        f"| bundled files of all sources looked at again | {landed:.2f} s |\n"
        f"| a file ingested again: loaded, held against its checks, found to be landed already | {ingested:.2f} s |"
    )


def hundred_thousand_comtrade_records(scratch: Path, records: int = 99_999) -> str:
    """JSON as the UN Comtrade API gives it, all 47 columns; one record more would be taken for a truncated answer."""
    from flows.sources.comtrade import COLUMNS

    numbers = {"refPeriodId": 20230101, "refYear": 2023, "refMonth": 52, "aggrLevel": 6, "qtyUnitCode": 8, "motCode": 0}
    texts = {
        "typeCode": "C", "freqCode": "A", "period": "2023", "flowCode": "M", "classificationCode": "H5",
        "classificationSearchCode": "HS", "customsCode": "C00", "mosCode": "0", "cmdDesc": "x" * 60,
    }  # fmt: skip
    codes = [*(f"{281000 + code}" for code in range(970)), "850511", "260500", "280530"]
    file = scratch / "records.json"
    record: dict[str, str | float | None] = dict.fromkeys(COLUMNS)
    record |= numbers | texts | {"partner2Code": 0, "isAggregate": True}
    with file.open("w", encoding="utf-8") as stream:
        stream.write('{"elapsedTime": "1 secs", "count": ' + f'{records}, "data": [')
        for number in range(records):
            record |= {
                "reporterCode": 699, "partnerCode": 4 + number // len(codes), "cmdCode": codes[number % len(codes)],
                "netWgt": number + 0.5, "cifvalue": number + 0.25, "primaryValue": number + 0.25,
            }  # fmt: skip
            stream.write(("," if number else "") + json.dumps(record))
        stream.write('], "error": ""}')
    times, peaks = [], []
    for attempt in range(PAIRS):
        work = scratch / f"comtrade-{attempt}"
        work.mkdir()
        seconds, peak = measured("comtrade", file, work).split()
        times.append(float(seconds))
        peaks.append(float(peak))
    return (
        f"## {records:,} records of UN Comtrade's JSON ({file.stat().st_size / MIB:,.0f} MiB)\n\n"
        f"Landed, verified and loaded, median of {PAIRS}. Aim: under 5 s.\n\n| time | peak memory |\n|---:|---:|\n"
        f"| {statistics.median(times):.2f} s | {max(peaks):,.0f} MiB |"
    )


def measured(what: str, file: Path, work: Path) -> str:
    """Run one measurement in a process of its own; returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.run", what, str(file), str(work)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    return done.stdout


def beside_the_library(scratch: Path) -> str:
    """Repeat the times that `make compare` measured: both sides in one run of that command, not of this one."""
    del scratch
    page = (REPOSITORY / "docs" / "comparison.md").read_text(encoding="utf-8")
    measured = next(line for line in page.splitlines() if line.startswith("Measured by"))
    times = page.partition("\n## Times\n")[2].partition("\n## ")[0].strip()
    return (
        "## All published methods against geopolrisk-py's one\n\n"
        f"From docs/comparison.md. {measured.removesuffix(' Written by the command; do not edit.')}"
        f" Aim: 100 times faster per score.\n\n{times}"
    )


def bare_read(file: Path, work: Path) -> None:
    """Read a BACI CSV into a table, filtered to the seeds' codes; print seconds and peak MiB."""
    with connect(work / "bare.duckdb", threads=2) as connection:
        codes = ingest.named_codes(connection, "HS17")
        started = time.monotonic()
        connection.execute("create table flows as " + bare_query(file, codes))
        print_cost(started)


def bare_query(file: Path, codes: list[str]) -> str:
    """Return the SQL that reads a BACI CSV with a filter and nothing else."""
    return (
        f"select * from read_csv('{file}', header = true, auto_detect = false, delim = ',',"
        f" columns = {dict.fromkeys('tijkvq', 'VARCHAR')})"
        f" where k in ({', '.join(repr(code) for code in codes)})"
    )


def land_and_load(file: Path, work: Path, source_id: str = "baci") -> None:
    """Land a file and load it from landing; print seconds and peak MiB."""
    source = discover()[source_id]
    home = DataHome(work / "home")
    with connect(work / "build.duckdb", threads=2) as connection:
        ingest.create_raw_tables(connection, {source.source_id: source})
        started = time.monotonic()
        vintage, _ = ingest.land_file(home, source, file, source.describe(file, {}))
        ingest.load_landed(connection, home, source, vintage, work)
        print_cost(started)


def land_and_load_comtrade(file: Path, work: Path) -> None:
    """Land and load a file of UN Comtrade; print seconds and peak MiB."""
    land_and_load(file, work, "comtrade")


def yearly_files(file: Path, work: Path) -> Iterator[Path]:
    """Yield the file of each year, made from one by its year; each is removed before the next is written."""
    for year in range(2024, 2024 - int((work / "years").read_text(encoding="utf-8")), -1):
        made = work / file.name.replace("2024", str(year))
        with made.open("wb") as stream:
            subprocess.run(["sed", f"s/^2024,/{year},/", str(file)], stdout=stream, check=True)  # noqa: S607
        yield made
        made.unlink()


def bare_read_years(file: Path, work: Path) -> None:
    """Read yearly BACI CSVs into one table, filtered; print seconds and peak MiB after each."""
    with connect(work / "bare.duckdb", threads=2) as connection:
        codes = ingest.named_codes(connection, "HS17")
        connection.execute("create table flows as " + bare_query(file, codes) + " limit 0")
        for made in yearly_files(file, work):
            started = time.monotonic()
            connection.execute("insert into flows " + bare_query(made, codes))
            print_cost(started)


def land_and_load_years(file: Path, work: Path) -> None:
    """Land yearly BACI CSVs and load each from landing; print seconds and peak MiB after each."""
    source = discover()["baci"]
    home = DataHome(work / "home")
    with connect(work / "build.duckdb", threads=2) as connection:
        ingest.create_raw_tables(connection, {source.source_id: source})
        for made in yearly_files(file, work):
            started = time.monotonic()
            vintage, _ = ingest.land_file(home, source, made, source.describe(made, {}))
            ingest.load_landed(connection, home, source, vintage, work)
            print_cost(started)


def tracing(scratch: Path) -> str:
    """The origins of every country's supply, of all networks, against a bare dense solve of the same systems."""
    import numpy as np  # here, so that the other sections do not load what they do not measure
    import polars as pl

    model = python_model("intermediate", "int_origin_mixes")
    with steps.begin(DataHome(scratch / "home")) as run:
        steps.land(run)
        steps.load(run)
        steps.build(run, "staging")
        steps.build(run, "intermediate")
        with connect(run.database, read_only=True) as connection:
            flows, pools = (
                connection.sql(f"select * from intermediate.{table}").pl()
                for table in ("int_network_flows", "int_supply_pools")
            )
            flows = flows.with_columns(pl.col("content_kg").cast(pl.Float64))
            first_legs = f"create or replace temp table traced as {compiled_sql(run, 'int_traced_origins')}"
            leg_seconds = statistics.median(timed(lambda: connection.execute(first_legs)) for _ in range(PAIRS))

    def bare() -> None:
        flows_of = flows.drop_nulls("content_kg").partition_by(model.NETWORK, as_dict=True)
        for key, network_pools in pools.partition_by(model.NETWORK, as_dict=True).items():
            place = {country: index for index, country in enumerate(network_pools["country_iso3"])}
            place[model.UNSPECIFIED] = len(place)
            bought = np.zeros((len(place), len(place)))
            if key in flows_of:
                rows, columns = (
                    [place[country] for country in flows_of[key][side]] for side in ("importer_iso3", "supplier_iso3")
                )
                np.add.at(bought, (rows, columns), flows_of[key]["content_kg"].to_numpy())
            production = np.append(network_pools["production_kg"].fill_null(0).to_numpy(), 1.0)
            # a trifle of production in every pool: else a loop without a producer has no solution
            production = production + 1e-9 * (1 + bought.sum(axis=1))
            pool = production + bought.sum(axis=1)
            left = np.eye(len(place)) - bought / pool[:, None]
            np.linalg.solve(left, np.diag(production / pool))
            china = place.get(model.CHINA)
            if china is not None:
                left[china] = 0
                left[china, china] = 1
                np.linalg.solve(left, np.eye(len(place))[china])

    def as_the_model() -> None:
        model.origin_mixes(flows, pools)

    bare()
    as_the_model()
    pairs = [(timed(bare), timed(as_the_model)) for _ in range(PAIRS)]
    bare_seconds, model_seconds = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = [ours / theirs for theirs, ours in pairs]
    networks = pools.select(model.NETWORK).n_unique()
    return (
        "## Tracing\n\n"
        f"The bundled data: {networks:,} networks, {len(flows):,} flows, {len(pools):,} pools. Median of {PAIRS} pairs"
        " after one that is not counted. The model sorts, solves both readings sparsely, says where what is lost ends"
        " and checks every solution to 1e-9; the baseline fills dense matrices and solves them, nothing else."
        " Aim: all importers, codes and years under 10 s.\n\n"
        "| | time |\n|---|---:|\n"
        f"| bare `numpy.linalg.solve`, both readings | {bare_seconds:.2f} s |\n"
        f"| `int_origin_mixes`, both readings | {model_seconds:.2f} s |\n"
        f"| ratio, median (range) | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |\n"
        f"| first legs of all importers (`int_traced_origins`) | {leg_seconds:.2f} s |"
    )


def what_if(scratch: Path) -> str:
    """What the built-in scenarios add to a run, and the stress of all importers beside its bare SQL."""
    home = DataHome(scratch / "what_if")
    remember_unit_tests(home, project_state())  # they depend on the code alone, and would be measured too
    with steps.begin(home) as run:
        steps.land(run)
        steps.load(run)
        steps.build(run, "staging")
        with connect(run.database) as connection:
            for seed in (scenarios.SCENARIOS, scenarios.SHOCKS, scenarios.PATHS):
                connection.execute(f"delete from seeds.{seed}")
        without, _ = built(run)
        steps.refuse_failed("seeds", run.dbt.build("seeds"))
        having, seconds = built(run)
        with connect(run.database) as connection:
            (count,) = connection.execute("select count(*) from marts.scenarios").fetchall()[0]
            (stops,) = connection.execute("select count(*) from marts.single_supplier_stops").fetchall()[0]
            (importers,) = connection.execute(
                "select count(distinct importer_iso3) from marts.single_supplier_stops"
            ).fetchall()[0]
            bare = sum(
                timed(partial(connection.execute, f"create or replace temp table bare as {compiled_sql(run, model)}"))
                for model in STRESS_MODELS
                if model in compiled_models(run)
            )
    engine = sum(taken for name, taken in seconds.items() if name.startswith("int_scenario"))
    stress = sum(seconds[model] for model in STRESS_MODELS)
    return (
        "## What if\n\n"
        f"The layers from intermediate to marts, by dbt, without scenarios and then with the {count} built-in ones."
        " The stress asks what each of"
        f" {importers} importers would lack without each of its suppliers ({stops:,} stops), and draws export measures"
        " for value at risk. Aims: all built-in scenarios under 15 s in a run, the stress under 60 s.\n\n"
        "| | time |\n|---|---:|\n"
        f"| layers without scenarios | {without:.1f} s |\n"
        f"| layers with {count} scenarios | {having:.1f} s |\n"
        f"| what they add | {having - without:.1f} s |\n"
        f"| ratio | {having / without:.2f} |\n"
        f"| of it the engine's own models (`int_scenario*`) | {engine:.1f} s |\n"
        f"| stress, as dbt reports it | {stress:.1f} s |\n"
        f"| its SQL bare in DuckDB, without the draws | {bare:.1f} s |\n"
        f"| ratio | {stress / bare:.2f} |"
    )


def built(run: steps.Run) -> tuple[float, dict[str, float]]:
    """Build all layers after staging; returns the seconds, and those of each model."""
    started = time.monotonic()
    results = [result for layer in ("intermediate", "metrics", "marts") for result in run.dbt.build(layer)]
    took = time.monotonic() - started
    steps.refuse_failed("what if", results)
    return took, {result.name: result.seconds for result in results if result.resource_type == "model"}


def rank_draws(scratch: Path) -> str:
    """The draws of scores and ranks, against nothing but weighted means and their ranks of the same cells."""
    import numpy as np

    model = python_model("metrics", "metric_rank_draws")

    class Build:
        """What dbt hands to a Python model, on a finished build."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def config(self, **_: object) -> None:
            """Nothing to configure."""

        def ref(self, name: str) -> Any:
            """Return a model's or seed's table."""
            schema = "seeds" if name.startswith("seed_") else "metrics"
            return self.connection.sql(f"select * from {schema}.{name}")

    with steps.begin(DataHome(scratch / "home")) as run:
        steps.land(run)
        steps.load(run)
        for layer in ("staging", "intermediate", "marts"):
            steps.build(run, layer)
        with connect(run.database, read_only=True) as connection:
            build = Build(connection)
            cells = build.ref("metric_rank_cells").pl()
            weights = build.ref("seed_risk_components").pl().sort("component_id")["weight"].to_numpy().astype(float)
            points = (
                build.ref("metric_risk_components")
                .filter("scenario_id = 'baseline' and controls_basis = 'of_year'")
                .pl()
                .join(cells.select(model.CELL), on=model.CELL, how="semi")
                .pivot(on="component_id", index=model.CELL, values="component_score")
            )
            blocks = [
                block.select(sorted(set(block.columns) - set(model.CELL))).fill_null(0).to_numpy()
                for block in points.partition_by("importer_iso3", "year")
            ]

            def bare() -> None:
                drawn = np.random.default_rng(1).dirichlet(50 * weights / weights.sum(), 1000).T
                for block in blocks:
                    scores = block @ drawn
                    (scores[None, :, :] > scores[:, None, :]).sum(axis=1)

            def as_the_model() -> None:
                model.model(build, None)

            bare()
            as_the_model()
            pairs = [(timed(bare), timed(as_the_model)) for _ in range(PAIRS)]
    bare_seconds, model_seconds = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = [ours / theirs for theirs, ours in pairs]
    return (
        "## Rank intervals\n\n"
        f"The bundled data: {len(cells):,} cells of {len(blocks):,} importers and years, 1,000 draws of all six"
        f" uncertainties and of each alone, for cells and for minerals. Median of {PAIRS} pairs after one that is not"
        " counted. The model reads its tables, makes every component anew in seven sets of draws, ranks twice and takes"
        " quantiles, variances and probabilities; the baseline multiplies given points with 1,000 drawn weights and"
        " ranks once. Aim: under 20 s.\n\n"
        "| | time |\n|---|---:|\n"
        f"| bare NumPy: one set, weights alone | {bare_seconds:.2f} s |\n"
        f"| `metric_rank_draws`: seven sets | {model_seconds:.2f} s |\n"
        f"| ratio, median (range) | {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"
    )


def readers(scratch: Path, publishes: int = 20) -> str:
    """Readers while small releases are published: how long they wait, and how long publishing takes beside them."""
    kinds = (*KINDS, MISTAKEN)
    alone: list[float] = []
    beside: list[float] = []
    ratios: list[float] = []
    milliseconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for pair in range(PAIRS):
        load = Load(DataHome(scratch / str(pair) / "home"), scratch / str(pair) / "build.duckdb")
        for _ in range(publishes):
            load.publish()
        without = load.seconds[1:]  # the first has nothing to take the place of
        load.seconds.clear()
        with reading(load, kinds) as started:
            for _ in range(publishes):
                load.publish()
        alone.extend(without)
        beside.extend(load.seconds)
        ratios.append(statistics.median(load.seconds) / statistics.median(without))
        for reader in started:
            if reader.report is None or any(reader.report[sort] for sort in ("errors", "mixed", "stale")):
                raise SystemExit(f"bench: a reader ({reader.kind}) saw what it must not see: {reader.report}")
            milliseconds[reader.kind].extend(reader.report["milliseconds"])
    rows = [
        f"| {WHAT_A_READER_DOES[kind]} | {len(found):,} | "
        + " | ".join(f"{percentile(found, share):,.0f} ms" for share in (0.5, 0.95, 0.99, 1.0))
        + " |"
        for kind, found in milliseconds.items()
    ]
    return (
        "## Readers while releases are published\n\n"
        f"{len(kinds)} processes read a small release ({len(NUMBER_IN_TABLE)} tables, 2,000 flows) with one thread each"
        f" and pauses of {1000 * PAUSE_SECONDS:.0f} ms, while {PAIRS} times {publishes} releases are published without"
        " a pause, on the same cores. A read is one query over every table; opening is part of it unless a connection"
        " is kept. No read failed, was mixed or stale.\n\n"
        "| reader | reads | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|\n" + "\n".join(rows) + "\n\n"
        f"A publish beside the readers and without them: median of {PAIRS} pairs. Readers take processor time; no"
        " publish waits for them.\n\n"
        "| publish | p50 | p95 | max |\n|---|---:|---:|---:|\n"
        + "\n".join(
            f"| {what} | {percentile(found, 0.5):.2f} s | {percentile(found, 0.95):.2f} s | {max(found):.2f} s |"
            for what, found in (("without readers", alone), (f"beside {len(kinds)} readers", beside))
        )
        + f"\n| ratio of medians, median (range) | {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f}) | | |"
    )


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def python_model(layer: str, name: str) -> Any:
    """Return a dbt Python model as a module."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, DBT_PROJECT / "models" / layer / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def print_cost(started: float) -> None:
    """Print seconds since `started` and the peak memory of this process in MiB."""
    # not getrusage: what it tells begins with the memory of the process that started this one
    peak_kib = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        if line.startswith("VmHWM:")
    )
    print(time.monotonic() - started, peak_kib / 1024)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


SECTIONS: dict[str, Callable[[Path], str]] = {
    "whole_run": whole_run,
    "split_of_a_run": split_of_a_run,
    "tracing": tracing,
    "rank_draws": rank_draws,
    "what_if": what_if,
    "readers": readers,
    "large_file": large_file,
    "thirty_years": thirty_years,
    "thousand_vintages": thousand_vintages,
    "nothing_new": nothing_new,
    "hundred_thousand_comtrade_records": hundred_thousand_comtrade_records,
    "beside_the_library": beside_the_library,
}
MEASUREMENTS: dict[str, Callable[[Path, Path], None]] = {
    "bare": bare_read,
    "warehouse": land_and_load,
    "bare_years": bare_read_years,
    "warehouse_years": land_and_load_years,
    "comtrade": land_and_load_comtrade,
}


if __name__ == "__main__":
    main()
