"""What we promise about data: one Great Expectations suite per table, by layer.

`expectations/<layer>/<table>.py` guards `<layer>.<table>`; its `SUITE` is a list of expectations. Nothing
registers a suite: the file is enough. `validate` runs them inside DuckDB and hands back plain results; who
stops a run because of them, and where they are written, is not this room's business.
"""

from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LAYERS = ("raw", "staging", "intermediate", "marts")

PASSED, FAILED, WARNED, ERRORED = "passed", "failed", "warned", "errored"


@dataclass(frozen=True)
class CheckResult:
    """What one check found; all fields but the last are the columns of `meta.checks`.

    `status` is passed, failed, warned (it failed, and is not grave) or errored (it could not tell).
    `unexpected_row` is the first row that breaks a rule, whole: enough to find its line in the source file.
    """

    layer: str
    table_name: str
    check_name: str
    tool: str
    status: str
    observed: str
    expected: str
    # a result is told from another by what it says; a dict would also make it unhashable
    unexpected_row: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def suites(layer: str) -> dict[str, list[Any]]:
    """Return the suites of a layer by table name: every module of the layer's folder has one.

    Raises:
        ValueError: there is no such layer.
    """
    if layer not in LAYERS:
        raise ValueError(f"expectations: no layer {layer!r}; there are {', '.join(LAYERS)}")
    _telemetry_off()
    folder = Path(__file__).parent / layer
    tables = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    return {table: list(importlib.import_module(f"{__name__}.{layer}.{table}").SUITE) for table in tables}


def validate(
    database: Path, layer: str, tables: Collection[str] | None = None, *, memory_limit: str | None = None
) -> list[CheckResult]:
    """Check the tables of a layer (all that have a suite, or only `tables`) and return every result.

    The database is opened for reading only and is free again afterwards. A check that could not run, a suite
    without checks and a table that is missing are `errored`: nothing that was not evaluated counts as passed.
    DuckDB takes no more than `memory_limit` (as `2GB`; None is its own default).

    Raises:
        ValueError: there is no such layer, or a suite gives two checks the same name.
    """
    results: list[CheckResult] = []
    with _quiet(), _opened(database, memory_limit) as source:
        found = suites(layer)
        wanted = sorted(found if tables is None else tables)
        present = _tables_of(source, layer)
        for table in wanted:
            if table not in found:
                results.append(_errored(layer, table, "table has a suite", f"no expectations/{layer}/{table}.py"))
            elif table not in present:
                results.append(_errored(layer, table, "table is there", f"{layer}.{table} does not exist"))
            else:
                results.extend(_run_suite(source, layer, table, found[table]))
    return results


def _run_suite(source: Any, layer: str, table: str, suite: list[Any]) -> list[CheckResult]:
    """Run one suite on its table; results come in the order of the suite."""
    import great_expectations as gx

    from expectations.rules import check_name, in_words

    if not suite:
        return [_errored(layer, table, "suite has checks", f"the suite of {layer}.{table} is empty")]
    named = {check_name(expectation): expectation for expectation in suite}
    if len(named) != len(suite):
        names = [check_name(expectation) for expectation in suite]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"expectations/{layer}/{table}.py: two checks are called {', '.join(twice)}")

    # Great Expectations returns results in an order of its own and marks what it was given: copies, by name
    copies = [expectation.copy(deep=True, update={"meta": {"name": name}}) for name, expectation in named.items()]
    # a table asset would lose the schema
    asset = source.add_query_asset(f"{layer}.{table}", query=f"select * from {layer}.{table}")
    batch = asset.add_batch_definition_whole_table("whole").get_batch()
    run = batch.validate(gx.ExpectationSuite(name=table, expectations=copies), result_format="COMPLETE")
    outcomes = {outcome.expectation_config.meta["name"]: outcome for outcome in run.results}

    results = []
    for name, expectation in named.items():
        status, observed = _read_outcome(outcomes.get(name), str(expectation.severity.value))
        first = None if status == PASSED else _first_row(outcomes.get(name))
        results.append(CheckResult(layer, table, name, "gx", status, observed, in_words(expectation), first))
    return results


def _read_outcome(outcome: Any, severity: str) -> tuple[str, str]:
    """Return the status of a check and what it saw, in one line."""
    if outcome is None:
        return ERRORED, "it was not evaluated"
    error = _error_message(outcome.exception_info)
    if error:
        return ERRORED, error
    if not outcome.result:
        return ERRORED, "it evaluated nothing"
    if outcome.success:
        return PASSED, _observed(outcome.result)
    return (WARNED if severity == "warning" else FAILED), _observed(outcome.result)


def _first_row(outcome: Any) -> Mapping[str, Any] | None:
    """Return the first row that a rule found, if the rule finds rows."""
    rows = ((outcome.result or {}).get("details") or {}).get("unexpected_rows") if outcome else None
    return rows[0] if rows else None


def _error_message(exception_info: dict[str, Any]) -> str:
    """Return why a check could not run, or nothing if it could."""
    # either one record, or one per metric that could not be computed
    records = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    messages = [
        str(record.get("exception_message") or "it raised") for record in records if record.get("raised_exception")
    ]
    # the statement that follows is the suite's own
    return _one_line(messages[0].split("[SQL:")[0], 300) if messages else ""


def _observed(result: dict[str, Any]) -> str:
    """Return what a check saw: counts, and enough of the first offenders to find them."""
    details = result.get("details") or {}
    if "unexpected_rows" in details:
        rows = details["unexpected_rows"]
        if not rows:
            return "no such row"
        pairs = ", ".join(f"{column}={_value(value)}" for column, value in rows[0].items())
        return f"{_rows(result['observed_value'])}, first: {pairs}"
    if "mismatched" in details:
        wrong = details["mismatched"]
        return "; ".join(f"{kind}: {', '.join(columns)}" for kind, columns in sorted(wrong.items()) if columns)
    if "unexpected_count" in result:
        count = result["unexpected_count"]
        if not count:
            return f"{_rows(result['element_count'])}, none unexpected"
        examples = ", ".join(_value(value) for value in result.get("partial_unexpected_list", [])[:2])
        return f"{count} of {_rows(result['element_count'])}: {examples}"
    value = result.get("observed_value")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return _rows(value) if isinstance(value, int) else _value(value)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _value(value: Any) -> str:
    """Return a value as text that stays on its line, whatever a publisher wrote into it."""
    if value is None:
        return "null"
    text = str(value)
    return _one_line(text if text.isprintable() and text.strip() else repr(text), 80)


def _one_line(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _errored(layer: str, table: str, name: str, observed: str) -> CheckResult:
    return CheckResult(layer, table, name, "gx", ERRORED, observed, name)


def _tables_of(source: Any, layer: str) -> set[str]:
    """Return the names of the tables that a layer has in the database."""
    from sqlalchemy import text

    query = text("select table_name from information_schema.tables where table_schema = :layer")
    with source.get_engine().connect() as connection:
        return {str(name) for (name,) in connection.execute(query, {"layer": layer}).fetchall()}


@contextmanager
def _opened(database: Path, memory_limit: str | None) -> Iterator[Any]:
    """Open a database for Great Expectations, read only, and let go of the file afterwards."""
    if not database.is_file():
        raise FileNotFoundError(f"expectations: there is no database {database}")
    from sqlalchemy.dialects import registry

    _telemetry_off()
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    registry.register("duckdb.gx", "expectations.duckdb_dialect", "Dialect")
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            # without this a temporary folder for a site that is never built stays behind
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
        ),
    )
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "database",
        # the path is no part of the address: there a ? or a $ in a folder's name would mean something else
        connection_string="duckdb+gx://",
        create_temp_table=False,
        kwargs={
            "connect_args": {
                "database": str(database),
                "read_only": True,
                "config": {} if memory_limit is None else {"memory_limit": memory_limit},
            }
        },
    )
    try:
        yield source
    finally:
        # it has two: one to look around, one to evaluate
        source.get_engine().dispose()
        source.get_execution_engine().engine.dispose()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings and logged tracebacks of the libraries off the screen: results say what went wrong."""
    logger = logging.getLogger("great_expectations")
    # some of its loggers set a level of their own, so it is the way up that has to be closed
    silent, propagates = logging.NullHandler(), logger.propagate
    logger.addHandler(silent)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(silent)


def _telemetry_off() -> None:
    """Switch off telemetry; it counts only if it comes before Great Expectations is imported."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
