"""Measure the warehouse, print the figures and write BENCHMARKS.md: `make bench`.

Machines are noisy, so what can be is given as a ratio against a bare baseline in the same run, the median of
several pairs. No test asserts a time.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from flows.sources import discover
from warehouse.database import connect
from warehouse.dbt import DbtResult, DbtSession
from warehouse.paths import DBT_PROJECT, REPOSITORY, DataHome

LARGE_ROWS = 11_000_000
PAIRS = 5
MIB = 1024 * 1024


def main() -> None:
    """Run every measurement, or the one named on the command line (a process of its own, for its peak memory)."""
    if len(sys.argv) > 1:
        {"bare": bare_read, "warehouse": land_and_load}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory(prefix="mineral-risk-bench-") as folder:
        scratch = Path(folder)
        sections = [whole_run(scratch), split_of_a_run(scratch), large_file(scratch), beside_the_library()]
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
    # the tests that stand in a YAML are compiled into a folder of its name
    compiled = {
        file.stem: file
        for file in (run.folder / "dbt" / "target" / "compiled").rglob("models/**/*.sql")
        if file.parent.suffix != ".yml"
    }
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
        started = time.monotonic()
        for model in models:
            # dbt quotes the database's name into every reference
            text = compiled[model].read_text(encoding="utf-8").replace('"build".', "")
            schema = compiled[model].parent.name if compiled[model].parent.parent.name != "staging" else "staging"
            connection.execute(f"create table {schema}.{model} as {text}")
        return time.monotonic() - started


def large_file(scratch: Path) -> str:
    """A BACI-shaped file of 11 million rows through landing and load, against a bare read with the same filter."""
    file = scratch / "BACI_HS17_Y2024_V202601.csv"
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
    times: dict[str, list[float]] = {"bare": [], "warehouse": []}
    peaks: dict[str, list[float]] = {"bare": [], "warehouse": []}
    for pair in range(PAIRS + 1):
        for what in times:
            work = scratch / f"large-{what}"
            work.mkdir()
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.run", what, str(file), str(work)],
                capture_output=True,
                text=True,
                check=True,
                cwd=REPOSITORY,
            )
            shutil.rmtree(work)
            seconds, peak = done.stdout.split()
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


def beside_the_library() -> str:
    """Repeat the times that `make compare` measured: both sides in one run of that command, not of this one."""
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
        connection.execute(
            f"create table flows as select * from read_csv('{file}', header = true, auto_detect = false, delim = ',',"
            f" columns = {dict.fromkeys('tijkvq', 'VARCHAR')})"
            f" where k in ({', '.join(repr(code) for code in codes)})"
        )
        print_cost(started)


def land_and_load(file: Path, work: Path) -> None:
    """Land a BACI CSV and load it from landing; print seconds and peak MiB."""
    source = discover()["baci"]
    home = DataHome(work / "home")
    with connect(work / "build.duckdb", threads=2) as connection:
        ingest.create_raw_tables(connection, {source.source_id: source})
        started = time.monotonic()
        vintage, _ = ingest.land_file(home, source, file, source.describe(file, {}))
        ingest.load_landed(connection, home, source, vintage, work)
        print_cost(started)


def print_cost(started: float) -> None:
    """Print seconds since `started` and the peak memory of this process in MiB."""
    print(time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
