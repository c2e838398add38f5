"""The process that answers queries from outside: it holds one published database, no environment and no way to write.

Its parent is `warehouse.sandbox`, which kills it when a query runs too long: no engine is asked to stop, so every query
stops, whatever it was doing. Three walls stand behind each other: the question is taken apart before it runs (a clear
reason for what is not offered), the engine may neither read nor write a file nor change a setting, and the kernel lets
the process write no file and take no more memory.
"""

from __future__ import annotations

import json
import os
import queue
import re
import resource
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.database import connect_sandboxed
from warehouse.sandbox import DONE, FAILED, READY, ROWS

# As many rows as the engine works on at once: wide ones would fill the memory before they can be sent.
ROWS_AT_ONCE = 2_048
# How far the rows beyond those that are shown are counted.
COUNTED_BEYOND = 10_000

# Table functions that compute or look at the tables; every other one of the installed engine is refused.
TABLE_FUNCTIONS = {
    *("range", "generate_series", "repeat", "repeat_row", "unnest", "json_each", "json_tree", "summary"),
    *("histogram", "histogram_values", "icu_calendar_names", "pg_timezone_names"),
    *("duckdb_tables", "duckdb_columns", "duckdb_views", "duckdb_schemas", "duckdb_constraints", "duckdb_indexes"),
    *("duckdb_functions", "duckdb_types", "duckdb_keywords"),
    *("pragma_table_info", "pragma_show", "pragma_version", "test_all_types", "test_vector_types"),
}
# Other functions that tell of the machine or leave something behind, or run a text that nobody took apart.
REFUSED_FUNCTIONS = {"current_setting", "getenv", "json_serialize_plan", "write_log"}
# The engine's own views over settings and paths.
REFUSED_VIEWS = {"duckdb_databases", "duckdb_logs", "pg_settings", "pragma_database_list"}
# What a query is put together from; the engine also takes steps that write, such as `with gone as (delete ...)`.
READING_STEPS = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
WRITING_STEPS = {"copy", "insert", "update", "delete", "truncate", "merge"}

OFFERED = "ask one query that reads: select, from, with, values, pivot, describe, summarize, show tables or explain"
CHANGES_DATA = "a release never changes"
CHANGES_SETTING = "settings are fixed here"
KEEPS_NOTHING = "nothing is kept between two queries"
REASONS = {
    "COPY": "no file is read or written from SQL; --format and --output write the rows of a query",
    "EXPORT": "no file is read or written from SQL; --format and --output write the rows of a query",
    "ATTACH": "no other database is opened",
    "DETACH": "no other database is opened",
    "LOAD": "no extension is loaded",
    "SET": CHANGES_SETTING,
    "PRAGMA": f"{CHANGES_SETTING} and nothing is imported; describe TABLE and show tables tell of the tables",
    "CALL": "functions are called within a query, as in from range(3), and only those that read",
    "PREPARE": KEEPS_NOTHING,
    "EXECUTE": KEEPS_NOTHING,
    "TRANSACTION": KEEPS_NOTHING,
    "CREATE": f"{CHANGES_DATA}, and temporary tables are not offered; name the steps of a query by with",
}
MORE_MEMORY = "stopped at the memory limit of {}; ask for less or raise --memory"
# The beginning of an explain statement; what follows is taken apart like any query.
EXPLAIN = re.compile(r"\s*explain(?P<analyze>\s+analyze)?\b(?!\s*\()", re.IGNORECASE)
# Types that would reach the reader as other values than the query's: Arrow has no equal.
WITHOUT_EQUAL = re.compile(r"UHUGEINT|BIGNUM|\bBIT\b|TIME WITH TIME ZONE|VARIANT|GEOMETRY|AGGREGATE_STATE")


class Refused(Exception):
    """A question that is not answered; the text says why."""


def refused_names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the functions of the installed engine that no query may name."""
    rows = connection.execute(
        "select lower(function_name) from duckdb_functions()"
        " where internal and function_type in ('table', 'table_macro')"
    ).fetchall()
    return {name for (name,) in rows} - TABLE_FUNCTIONS | REFUSED_FUNCTIONS


def vetted(connection: duckdb.DuckDBPyConnection, text: str, refused: set[str]) -> str:
    """Return the one query of a text, as it may be run.

    Raises:
        Refused: it is no single query, does more than read, or names what is not offered.
        duckdb.Error: it cannot be parsed.
    """
    try:
        statements = [(statement.type.name, statement.query) for statement in connection.extract_statements(text)]
    except ValueError as error:  # a kind that the engine's Python side has no name for, such as update extensions
        raise Refused(f"a statement of this kind is not offered; {OFFERED}") from error
    if not statements:
        raise Refused(f"there is no query in the text; {OFFERED}")
    if len(statements) > 1:
        raise Refused(f"{len(statements)} statements in one text; ask one query at a time")
    ((kind, query),) = statements
    if kind == "EXPLAIN":
        found = EXPLAIN.match(query)
        if found is None:
            raise Refused("explain with options or a comment in front is not offered: explain [analyze] QUERY")
        # put together anew from what was taken apart, so that nothing else can run
        return f"explain {found['analyze'] or ''} {vetted(connection, query[found.end() :], refused)}"
    if kind == "MULTI":  # a pivot that looks up its columns first; the engine does not take it apart for us
        for name in sorted(refused | REFUSED_VIEWS | WRITING_STEPS):
            if re.search(rf"\b{re.escape(name)}\b", query, re.IGNORECASE):
                raise Refused(_not_offered(name) + " (a pivot may not even mention it)")
        return query
    if kind != "SELECT":
        raise Refused(_no_reading(kind))
    ((taken_apart,),) = connection.execute("select json_serialize_sql($query)", {"query": query}).fetchall()
    try:
        tree = json.loads(taken_apart)
    except RecursionError as error:
        raise Refused("the query is nested too deeply to be taken apart; name its steps by with") from error
    if tree.get("error", True):
        raise Refused(f"the query cannot be taken apart ({tree.get('error_message', 'no reason given')}); {OFFERED}")
    for node in _nodes(tree):
        name, kind = str(node.get("function_name", "")).lower(), str(node.get("type"))
        if name in refused:
            raise Refused(_not_offered(name))
        if kind == "BASE_TABLE" and str(node.get("table_name")).lower() in REFUSED_VIEWS:
            raise Refused(_not_offered(str(node["table_name"])))
        if kind.endswith("_NODE") and kind not in READING_STEPS:
            raise Refused(_no_reading(kind.removesuffix("_QUERY_NODE")))
        if node.get("show_type") == "SHOW":
            raise Refused("show of a name is not offered, for it would show settings: describe TABLE, show tables")
    return query


def _no_reading(kind: str) -> str:
    verb = kind.replace("_", " ").lower()
    return f"{verb} is not offered: {REASONS.get(kind, CHANGES_DATA)}; {OFFERED}"


def _not_offered(name: str) -> str:
    return f"{name} is not offered: a query reads the release, no file, no setting and nothing of the machine"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]  # a loop and not a recursion: a query may be nested deeper than Python is
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def answer(
    connection: duckdb.DuckDBPyConnection, parent: Connection, question: dict[str, Any], refused: set[str]
) -> None:
    """Send the rows of one query to the parent, batch by batch, and how many there were, or why there are none."""
    query = vetted(connection, question["text"], refused)
    # a relation hands its rows out while it runs; a connection's own reader would first hold all of them in memory
    relation = connection.sql(query, params=question["parameters"])
    for name, kind in zip(relation.columns, relation.types, strict=True):
        if unequal := WITHOUT_EQUAL.search(str(kind)):
            raise Refused(f"column {name} holds {unequal[0].lower()}, which no format here holds: cast it to varchar")
    reader = relation.to_arrow_reader(ROWS_AT_ONCE)
    parent.send_bytes(ROWS + _as_stream(reader.schema, None))  # the columns, also where there are no rows
    most, sent, seen = question["most"], 0, 0
    for batch in reader:
        seen += batch.num_rows
        if most is None or sent < most:
            wanted = batch if most is None else batch.slice(0, most - sent)
            parent.send_bytes(ROWS + _as_stream(reader.schema, wanted))
            sent += wanted.num_rows
        elif seen > most + COUNTED_BEYOND:
            break
    more = most is not None and seen > most + COUNTED_BEYOND
    parent.send_bytes(DONE + json.dumps({"rows": seen, "more": more}).encode())


def _as_stream(schema: pa.Schema, batch: pa.RecordBatch | None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        if batch is not None:
            stream.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def _lock_in(memory: int) -> None:
    """Have the kernel refuse every file that would be written, and memory beyond what the engine counts."""
    for limit, wanted in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        # the engine does not count every allocation of a function; libraries and threads need some of their own
        (resource.RLIMIT_DATA, 2 * memory + 2**29),
    ):
        _, highest = resource.getrlimit(limit)
        if highest != resource.RLIM_INFINITY:
            wanted = min(wanted, highest)
        resource.setrlimit(limit, (wanted, wanted))


def _listen(parent: Connection, questions: queue.Queue[dict[str, Any]]) -> None:
    try:
        while True:
            questions.put(json.loads(parent.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)  # the parent is gone, and nobody waits for the query that still runs


def main() -> None:
    """Answer the questions of the parent until it goes."""
    descriptor, database, memory_limit, threads = sys.argv[1:]
    parent = Connection(int(descriptor))
    questions: queue.Queue[dict[str, Any]] = queue.Queue()
    try:
        with connect_sandboxed(Path(database), memory_limit=memory_limit, threads=int(threads)) as connection:
            ((memory,),) = connection.execute("select parse_formatted_bytes($size)", {"size": memory_limit}).fetchall()
            _lock_in(int(memory))
            threading.Thread(target=_listen, args=(parent, questions), daemon=True).start()
            refused = refused_names(connection)
            parent.send_bytes(READY)
            while True:
                try:
                    answer(connection, parent, questions.get(), refused)
                except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError):
                    _fail(parent, MORE_MEMORY.format(memory_limit))
                except (Refused, duckdb.Error, pa.ArrowException) as error:
                    _fail(parent, str(error))
                except OSError as error:  # how Arrow's reader tells what the engine said while rows were fetched
                    said = str(error)
                    _fail(parent, MORE_MEMORY.format(memory_limit) if "Out of Memory" in said else said)
    except Exception as error:  # told to the parent, which is all that can be done with it here
        _fail(parent, str(error) if isinstance(error, duckdb.Error) else f"{type(error).__name__}: {error}")


def _fail(parent: Connection, message: str) -> None:
    parent.send_bytes(FAILED + message.encode(errors="replace"))


if __name__ == "__main__":
    main()
