"""The command line. Heavy libraries are imported by the commands that need them, so that help answers at once."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from warehouse import redaction
from warehouse.errors import InputRejected, WarehouseError
from warehouse.machine_faults import told_plainly
from warehouse.paths import data_home, data_home_to_write

if TYPE_CHECKING:
    from flows.progress import Screen

EXIT_CODES = """
Exit codes: 0 done · 1 an error that the line says · 2 wrong usage · 3 a file was refused, nothing of it was kept ·
4 a check failed, nothing was published · 5 another run is under way · 6 nothing is published yet ·
7 a setting of the method contradicts itself, nothing was started · 8 doctor: warnings · 9 doctor: something critical ·
10 scenario diversify: no such mix of suppliers.
"""

app = typer.Typer(
    help="Supply risk of critical minerals: who supplies an importer, how much rests on China, and how bad that is.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
Format = Literal["table", "csv", "json"]
OnFailure = Annotated[
    str | None,
    typer.Option(
        "--on-failure",
        metavar="COMMAND",
        help="Command that gets the text of a failure on its standard input (default: MINERAL_RISK_ON_FAILURE).",
        show_default=False,
    ),
]
MOMENT_FORMS = "expected a day as 2026-11-22 or a moment as 2026-11-22T18:00:00, both in UTC"


def _moment(text: str) -> datetime:
    """Return the moment that a time of the command line names, or the last moment of a day, in UTC."""
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:  # the form is right and there is no such day or time
        raise typer.BadParameter(f"{text}: {error}; {MOMENT_FORMS}") from error
    raise typer.BadParameter(f"{text}: {MOMENT_FORMS}")


@app.command(epilog="Example: mineral-risk run")
def run(
    controls_as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day on which current export controls are read (default: newest evidence).",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment,
            metavar="DAY|MOMENT",
            help="Rebuild what was known by the end of this day (UTC) or at this moment; `current` stays.",
        ),
    ] = None,
    prefect: Annotated[
        bool, typer.Option(help="Go through Prefect; --no-prefect calls the same steps directly.")
    ] = True,
    on_failure: OnFailure = None,
) -> None:
    """Refresh everything: land, load, build, check, publish. The last release stays until the new one is whole."""
    from flows import progress, screens

    _tell_failures_to(on_failure)
    controls_day = controls_as_of.date() if controls_as_of else None
    with progress.on_screen() as screen:
        release_id = _refresh(controls_day, as_of, screen, through_prefect=prefect)
    if as_of is None:
        screens.riskiest(data_home())
    else:
        screens.rebuilt(data_home(), release_id)


@app.command(epilog="Example: mineral-risk ingest baci --from BACI_HS17_V202601.zip")
def ingest(
    source: Annotated[str, typer.Argument(help="Source: baci, comtrade, tradestat, usgs, wgi or world_mining_data.")],
    file: Annotated[
        Path | None, typer.Option("--from", help="File from the publisher; without it, the bundled files.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="name=value, for what the file's name does not tell.")
    ] = None,
    accept_fewer_rows: Annotated[
        bool,
        typer.Option("--accept-fewer-rows", help="Land a file that holds far fewer rows than the one it replaces."),
    ] = False,
    accept_other_figures: Annotated[
        bool,
        typer.Option(
            "--accept-other-figures", help="Land a file whose figures are of another size than those landed before."
        ),
    ] = False,
) -> None:
    """Land a publisher's file after checking it. A refused file leaves nothing behind."""
    from flows import admission, method_settings
    from flows.sources import discover

    home = data_home_to_write()
    method_settings.check()  # what a file is held against must itself be right
    sources = discover()
    if source not in sources:
        raise InputRejected(f"source {source!r}: expected one of {', '.join(sources)}")
    if file is None:
        if option:
            raise InputRejected("--option describes a file: give it with --from")
        for line in admission.admit_bundled(home, sources[source]):
            typer.echo(line)
        return
    options = dict(_name_and_value(text) for text in option or [])
    admission.admit_bundled(home, sources[source])  # what comes with the project is there to compare with
    told = admission.admit(
        home,
        sources[source],
        file,
        options,
        accept_fewer_rows=accept_fewer_rows,
        accept_other_figures=accept_other_figures,
    )
    typer.echo(told)
    typer.echo("Next: mineral-risk run")


@app.command(epilog="Example: mineral-risk status")
def status(format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table") -> None:
    """Say what readers see: release, age, data through which year, checks by layer, how new each source is."""
    from flows import release_screens

    release_screens.status(data_home(), style=format)


@app.command(epilog="Example: mineral-risk scores --importer IND --year 2024 --format csv")
def scores(
    importer: Annotated[str, typer.Option(help="Importing country, ISO 3166-1 alpha-3.")] = "IND",
    year: Annotated[int | None, typer.Option(help="Year of trade (default: the newest).")] = None,
    mineral: Annotated[str | None, typer.Option(help="Only this mineral_id, immaterial stages included.")] = None,
    format: Annotated[Format, typer.Option(help="How to print.")] = "table",
) -> None:
    """Print risk scores by mineral and stage, riskiest first."""
    from flows import screens

    screens.scores(data_home(), importer=importer, year=year, mineral=mineral, style=format)


@app.command(epilog="Example: mineral-risk why magnesium --importer IND")
def why(
    mineral: Annotated[str, typer.Argument(help="Mineral, by mineral_id or name.")],
    importer: Annotated[str, typer.Option(help="Importing country, ISO 3166-1 alpha-3.")] = "IND",
    year: Annotated[int | None, typer.Option(help="Year of trade (default: the newest finished one).")] = None,
    stage: Annotated[str | None, typer.Option(help="Stage to take apart (default: the bottleneck).")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="RELEASE", help="Say also what changed since this kept release.")
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the queries behind the screen instead.")] = False,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Say what stands behind a score: suppliers, China, components, controls, change, and what is missing."""
    from flows import screens

    if against is not None and year is not None:
        raise InputRejected("--year and --against: releases are compared in their newest finished years; leave one out")
    importer, stage = importer.upper(), stage and stage.lower()
    screens.why(data_home(), mineral, importer=importer, year=year, stage=stage, against=against, sql=sql, style=format)


@app.command(epilog="Example: mineral-risk diff 20261101T060000Z-0a1b2c3d current")
def diff(
    first: Annotated[str, typer.Argument(help="Release that is compared: its id, or current.")],
    second: Annotated[str, typer.Argument(help="Release it is compared with: its id, or current.")],
    importer: Annotated[str, typer.Option(help="Importing country, ISO 3166-1 alpha-3.")] = "IND",
    part: Annotated[
        Literal["scores", "tables", "checks"] | None,
        typer.Option(help="Only this part; as csv or json, one part at a time (default: scores)."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print.")] = "table",
) -> None:
    """Say what changed between two releases: scores and why (period, statistics, register, method), rows, checks."""
    from flows import release_screens

    release_screens.diff(data_home(), first, second, importer=importer, part=part, style=format)


@app.command(epilog="Example: mineral-risk releases")
def releases(
    importer: Annotated[str, typer.Option(help="Whose largest score move is told, ISO 3166-1 alpha-3.")] = "IND",
    changes: Annotated[
        bool, typer.Option(help="Say what changed against the one before; --no-changes answers sooner.")
    ] = True,
    format: Annotated[Format, typer.Option(help="How to print.")] = "table",
) -> None:
    """List the kept releases, newest first: which one readers see, how it was made, what changed in it."""
    from flows import release_screens

    release_screens.releases(data_home(), importer=importer, changes=changes, style=format)


@app.command(epilog="Example: mineral-risk rollback 20261101T060000Z-0a1b2c3d")
def rollback(release: Annotated[str, typer.Argument(help="A kept release: mineral-risk releases lists them.")]) -> None:
    """Let readers see an older release again, after hashing all of it; the next run publishes a newer one as always."""
    from flows import release_screens

    release_screens.rollback(data_home(), release)


@app.command(epilog="Example: mineral-risk sql \"from risk('IND', 2024)\"")
def sql(
    query: Annotated[
        str | None,
        typer.Argument(help="A query; without one it is read from standard input, or asked for on a terminal."),
    ] = None,
    format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option(help="How to print; parquet into a file or a pipe.")
    ] = "table",
    output: Annotated[Path | None, typer.Option(help="File to write instead of printing.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --output.")] = False,
    rows: Annotated[int, typer.Option(min=1, help="Rows that a table shows at most.")] = 200,
    memory: Annotated[str, typer.Option(help="Memory limit.")] = "2GB",
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a query uses.")] = 2,
    seconds: Annotated[float, typer.Option(help="Time limit, from the question to the last row.")] = 60.0,
) -> None:
    """Query the published database: read-only, no files, no settings; limited memory, threads and time."""
    from flows import sql_shell

    limits = sql_shell.Limits(memory, threads, seconds, rows)
    if output is not None and format == "table":
        raise typer.BadParameter("--output: a table is for the screen; add --format csv, json or parquet")
    if format == "parquet" and output is None and sys.stdout.isatty():
        raise typer.BadParameter("--format parquet: name a file with --output, or redirect the standard output")
    if query is not None or not sys.stdin.isatty():
        text = sql_shell.standard_input() if query is None else query
        sql_shell.answer(data_home(), text, limits, style=format, output=output, force=force)
    elif output is not None or not sys.stdout.isatty():
        raise typer.BadParameter("a conversation needs a terminal to answer on: give the query as an argument")
    else:
        sql_shell.converse(data_home(), limits, style=format)


scenario = typer.Typer(
    help="What if: what a deal, a ban or a mine would change; what is lacking leads every answer.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(scenario, name="scenario")


@scenario.command("list", epilog="Example: mineral-risk scenario list")
def scenario_list(format: Annotated[Format, typer.Option(help="How to print.")] = "table") -> None:
    """List the scenarios of the current release, with what is lacking at the most."""
    from flows import scenario_screens

    scenario_screens.listing(data_home(), style=format)


@scenario.command("show", epilog="Example: mineral-risk scenario show chile_peru_copper_fta")
def scenario_show(
    scenario_id: Annotated[str, typer.Argument(metavar="ID", help="A scenario: mineral-risk scenario list.")],
    format: Annotated[Format, typer.Option(help="How to print; csv has the shocks.")] = "table",
) -> None:
    """Say what a scenario asks, assumes and changes, and where each comes from."""
    from flows import scenario_screens

    scenario_screens.definition(data_home(), scenario_id, style=format)


@scenario.command("run", epilog="Example: mineral-risk scenario run chile_peru_copper_fta")
def scenario_run(
    asked: Annotated[str, typer.Argument(metavar="ID|FILE", help="A scenario of the release, or a YAML file.")],
    importer: Annotated[
        str | None, typer.Option(help="Another importer, ISO 3166-1 alpha-3 (default: the scenario's own).")
    ] = None,
    mineral: Annotated[str | None, typer.Option(help="Only the markets of this mineral_id.")] = None,
    format: Annotated[Format, typer.Option(help="How to print; csv has the markets, json has everything.")] = "table",
) -> None:
    """Say what a scenario would change. A file, or another importer, is worked out apart and published nowhere."""
    from flows import scenario_screens, scenarios

    found = scenarios.worked(
        data_home(), asked, importer=importer.upper() if importer is not None else None, told=scenario_screens.tell
    )
    scenario_screens.result(found, mineral=mineral, style=format)


@scenario.command("compare", epilog="Example: mineral-risk scenario compare chile_peru_copper_fta my_deal.yml")
def scenario_compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A scenario of the release, or a YAML file.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The one it is compared with.")],
    format: Annotated[Format, typer.Option(help="How to print.")] = "table",
) -> None:
    """Put two scenarios of one importer side by side, market by market."""
    from flows import scenario_screens, scenarios

    home, told = data_home(), scenario_screens.tell
    scenario_screens.comparison(
        scenarios.worked(home, first, told=told), scenarios.worked(home, second, told=told), style=format
    )


@scenario.command("diversify", epilog="Example: mineral-risk scenario diversify copper --stage ore --max-share 0.25")
def scenario_diversify(
    mineral: Annotated[str, typer.Argument(help="Mineral, by mineral_id or name.")],
    max_share: Annotated[
        float,
        typer.Option(
            "--max-share", min=0, max=1, help="Most that one supplier may have, by weight: above 0, at most 1."
        ),
    ],
    stage: Annotated[str | None, typer.Option(help="Stage (default: the only one that the importer buys).")] = None,
    importer: Annotated[str, typer.Option(help="Importing country, ISO 3166-1 alpha-3.")] = "IND",
    headroom: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Part of its sales to others that a supplier could turn round, 0 to 1 (default: the method's).",
        ),
    ] = None,
    objective: Annotated[Literal["cheapest", "least-risk"], typer.Option(help="What the mix is best by.")] = "cheapest",
    part: Annotated[
        Literal["suppliers", "frontier"] | None,
        typer.Option(help="Only this part; as csv, one part at a time (default: suppliers)."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print; json has everything.")] = "table",
) -> None:
    """Share out anew what an importer buys, under a cap per supplier: the cheapest or the least risky mix."""
    from flows import diversify_screen

    code = diversify_screen.show_mix(
        data_home(), mineral, importer=importer.upper(), stage=stage and stage.lower(), objective=objective,
        max_share=max_share, headroom_share=headroom, part=part, style=format,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command(epilog="Example: mineral-risk export india --format xlsx --importer IND --year 2024")
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write; it must not be there yet, or be empty.")],
    format: Annotated[Literal["parquet", "csv", "xlsx"], typer.Option(help="What to write.")] = "csv",
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table, as risk_scores or meta.sources; may be given again.")
    ] = None,
    importer: Annotated[
        str | None, typer.Option(help="Only rows of this importer (ISO 3166-1 alpha-3), where a table says it.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Only rows of this year, where a table says it.")] = None,
    release: Annotated[str, typer.Option(metavar="ID", help="A kept release, or current.")] = "current",
) -> None:
    """Write tables as Parquet, CSV or an Excel workbook, with licences, credits and a data package; whole or not."""
    from rich.console import Console

    from flows import exports
    from warehouse.steps import before_step

    # a workbook of all tables takes minutes: a terminal is told which table is being written
    with Console(stderr=True).status("export …") as status:
        token = before_step.set(lambda step: status.update(f"{step} …"))
        try:
            done = exports.export(
                data_home(), folder, style=format, tables=table or (), importer=importer and importer.upper(),
                year=year, release=release,
            )  # fmt: skip
        finally:
            before_step.reset(token)
    for line in exports.told(done, format):
        typer.echo(line)


@app.command(epilog="Example: mineral-risk doctor --format json")
def doctor(
    max_age_days: Annotated[int, typer.Option(min=1, help="Days after which a release is too old.")] = 35,
    landing: Annotated[bool, typer.Option("--landing", help="Hash every landed file again, too.")] = False,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Examine the release, the machine and the runs, one line per check; exit code 8 for warnings, 9 for critical."""
    from flows import release_screens

    code = release_screens.doctor(data_home(), max_age_days=max_age_days, with_landing=landing, style=format)
    raise typer.Exit(code)


@app.command(epilog='Example: mineral-risk schedule --cron "0 6 5 * *"')
def schedule(
    cron: Annotated[str, typer.Option(help="When to run, as five cron fields.")] = "0 6 5 * *",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Time zone of the schedule.")] = "UTC",
    on_failure: OnFailure = None,
) -> None:
    """Run the refresh on a schedule until stopped; uses your Prefect server, or starts one of its own."""
    from flows import schedules

    _tell_failures_to(on_failure)
    schedules.serve(data_home(), cron=cron, time_zone=time_zone)


def _refresh(controls_as_of: date | None, as_of: datetime | None, screen: Screen, *, through_prefect: bool) -> str:
    from flows import method_settings, prefect_settings
    from flows import run as steps

    with steps.before_begin(data_home(), as_of=as_of):
        home = data_home_to_write()
        method_settings.check()  # before a server is started for nothing
        if controls_as_of is not None:
            method_settings.check_controls_day(controls_as_of)
        prefect_settings.configure(home, quiet=True)
    screen.step("start")
    from flows import refresh

    token = steps.before_step.set(screen.step)
    try:
        if through_prefect and (reason := refresh.why_no_server()) is None:
            try:
                return refresh.through_prefect(controls_as_of, as_of)
            except refresh.NotBegun as error:
                screen.note(f"the Prefect server would not start the run ({error}): running without it")
        elif through_prefect:
            screen.note(f"no Prefect server could be reached or started ({reason}): running without it")
        with steps.begin(home, controls_as_of=controls_as_of, as_of=as_of) as current:
            return refresh.refresh(current).release_id
    finally:
        steps.before_step.reset(token)


def _tell_failures_to(command: str | None) -> None:
    """Refuse a failure command that could not be started; it reaches every process of a run by the environment."""
    from flows import notices

    if command is not None:
        os.environ[notices.VARIABLE] = command
    notices.check()


def _name_and_value(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise InputRejected(f"--option {text}: expected name=value")
    return name, value


def main() -> None:
    """Run the command line; an error that a user can act on is one line and an exit code of its own."""
    code: int | str | None = 0
    redaction.install()
    try:
        with told_plainly():
            app()
    except SystemExit as finished:  # how typer ends, wrong usage (2) included
        code = finished.code
    except WarehouseError as error:
        print(f"mineral-risk: {redaction.redact(' '.join(str(error).split()))}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"mineral-risk: {place}{error.strerror or error}; the last release stays", file=sys.stderr)
        code = 1
    except Exception as error:
        # most commands do without DuckDB, so it is not imported to be named; its errors of SQL are ours, and go on
        duckdb = sys.modules.get("duckdb")
        if duckdb is None or not isinstance(error, duckdb.IOException):
            raise
        told = redaction.redact(str(error).splitlines()[0])
        print(f"mineral-risk: a database cannot be read: {told}; mineral-risk doctor says more", file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # duckdb's wheel reports leaked references when the interpreter ends: nothing for a user's screen
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(code)
