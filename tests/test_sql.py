"""The SQL shell: what a query from outside may do, how much, in which formats, and a conversation on a terminal."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ
from typing import TypeVar

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from flows import row_writers
from flows.cli import app
from tests.conftest import Refreshed
from tests.small_build import numbered_checks, write_small_build
from warehouse.database import connect, connect_sandboxed
from warehouse.errors import WarehouseError
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import publish
from warehouse.sandbox import QueryFailed, Sandbox
from warehouse.sandbox_worker import REFUSED_VIEWS, TABLE_FUNCTIONS, refused_names

Found = TypeVar("Found")
CANARY = "canary-7341"
ENDLESS = "select count(*) from range(1000000) as a, range(1000000) as b, range(1000000) as c"  # without end, not large


def publish_small(home: DataHome, number: int) -> str:
    """Publish a hand-made release and return its id."""
    home.root.mkdir(exist_ok=True)
    build = home.root.parent / f"build-{home.root.name}.duckdb"
    write_small_build(build, number)
    with connect(build) as connection:
        connection.execute("create macro suppliers(importer) as table from range(1)")
    return publish(
        home, build, checks=numbered_checks(number), code_version=str(number), controls_as_of=None
    ).release_id


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """A data home with one small release, in whose tables the number 1 stands."""
    home = DataHome(tmp_path_factory.mktemp("sql") / "home")
    publish_small(home, 1)
    return home


@pytest.fixture(scope="module")
def sandbox(home: DataHome) -> Iterator[Sandbox]:
    """A sandbox over that release, with room for small queries."""
    with Sandbox(home.published_database.resolve(), memory_limit="500MB", threads=2) as sandbox:
        yield sandbox


def rows(sandbox: Sandbox, text: str, *, seconds: float = 60.0, most: int | None = None) -> list[tuple[object, ...]]:
    """Ask, and read all rows."""
    found = sandbox.ask(text, seconds=seconds, most=most)
    return [tuple(row.values()) for batch in found.batches for row in batch.to_pylist()]


# --- what is refused -------------------------------------------------------------------------------------

# Statements that would leave the release, by what the refusal says. {folder} holds files with a secret in them.
NO_FILES = "a query reads the release, no file, no setting"
ENGINE = "disabled by configuration"
ESCAPES: dict[str, list[str]] = {
    # functions that open what a text names
    NO_FILES: [
        "from read_csv('{folder}/secret.csv')",
        "from read_csv(['{folder}/secret.csv', '{folder}/secret.csv'], union_by_name = true)",
        "from read_csv_auto('{folder}/*.csv')",
        "from read_csv('/dev/stdin')",
        "from read_csv('/proc/self/environ')",
        "from read_csv('https://example.org/secret.csv')",
        "from read_csv('s3://bucket/secret.csv')",
        "from read_csv('{folder}/secret.csv', store_rejects = true)",
        "from read_single_csv_file('{folder}/secret.csv')",
        "from read_text('{folder}/secret.csv')",
        "from read_text('/proc/self/cmdline')",
        "from read_blob('{folder}/secret.parquet')",
        "from read_blob('{folder}/../**')",
        "from glob('{folder}/*')",
        "from glob('/root/.ssh/*')",
        "from read_parquet('{folder}/secret.parquet')",
        "from parquet_scan('{folder}/secret.parquet')",
        "from read_single_parquet_file('{folder}/secret.parquet')",
        "from parquet_schema('{folder}/secret.parquet')",
        "from parquet_metadata('{folder}/secret.parquet')",
        "from parquet_file_metadata('{folder}/secret.parquet')",
        "from parquet_full_metadata('{folder}/secret.parquet')",
        "from parquet_kv_metadata('{folder}/secret.parquet')",
        "from parquet_bloom_probe('{folder}/secret.parquet', 'text', 'x')",
        "from read_json('{folder}/secret.json')",
        "from read_json_auto('{folder}/secret.json')",
        "from read_json_objects('{folder}/secret.json')",
        "from read_json_objects_auto('{folder}/secret.json')",
        "from read_ndjson('{folder}/secret.json')",
        "from read_ndjson_auto('{folder}/secret.json')",
        "from read_ndjson_objects('{folder}/secret.json')",
        "from read_single_json_file('{folder}/secret.json')",
        "from read_duckdb('{folder}/secret.duckdb')",
        "from sniff_csv('{folder}/secret.csv')",
        # where they may hide
        "select (select any_value(content) from read_text('{folder}/secret.csv'))",
        "select * from marts.minerals where mineral_name in (select content from read_text('{folder}/secret.csv'))",
        "with secret as materialized (from read_text('{folder}/secret.csv')) from secret",
        "select 1 order by (select count(*) from glob('{folder}/*'))",
        "select 1 limit (select count(*) from glob('{folder}/*'))",
        "select count(*) filter (where exists (from glob('{folder}/*'))) from range(1)",
        "select row_number() over (order by (select count(*) from glob('{folder}/*')))",
        "select list_transform([1], lambda x: (select count(*) from glob('{folder}/*')))",
        "select * replace ((select any_value(content) from read_text('{folder}/secret.csv')) as mineral_name)"
        " from marts.minerals",
        "select 1 union all select size from read_blob('{folder}/secret.csv')",
        "from marts.minerals, lateral (from read_text('{folder}/secret.csv'))",
        "from marts.minerals join read_text('{folder}/secret.csv') on true",
        "values ((select any_value(content) from read_text('{folder}/secret.csv')))",
        "describe from read_csv('{folder}/secret.csv')",
        "summarize from read_csv('{folder}/secret.csv')",
        "explain from read_csv('{folder}/secret.csv')",
        "explain analyze from read_csv('{folder}/secret.csv')",
        "explain analyze with a as (from read_text('{folder}/secret.csv')) from a",
        "pivot (from read_csv('{folder}/secret.csv')) on text using count(*)",
        "from (pivot (from read_text('{folder}/secret.csv')) on filename using count(*))",
        "unpivot (from read_csv('{folder}/secret.csv')) on text",
        "from query('from read_text(''{folder}/secret.csv'')')",
        "from query('copy (select 1) to ''{folder}/written.csv''')",
        "from query_table('{folder}/secret.csv')",
        "from query_table(['{folder}/secret.csv'])",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "select json_serialize_plan('from read_text(''{folder}/secret.csv'')')",
        # the same names, written in other ways
        "FROM Read_CSV('{folder}/secret.csv')",
        "from \"read_csv\"('{folder}/secret.csv')",
        "from \"READ_TEXT\"('{folder}/secret.csv')",
        "from main.read_csv('{folder}/secret.csv')",
        "from system.main.read_csv('{folder}/secret.csv')",
        "from/**/read_csv/* ( */('{folder}/secret.csv')",
        "from read_csv -- ( \n ('{folder}/secret.csv')",
        "/* select 1; */ from read_csv('{folder}/secret.csv') /* -- */",
        "from\u00a0read_csv('{folder}/secret.csv')",
        "select '{folder}/secret.csv'.read_text()",
        "from read_csv(e'{folder}\\x2fsecret.csv')",
        "from read_csv($${folder}/secret.csv$$)",
        "from read_csv('{folder}/' || 'secret.csv')",
        "from read_csv('file://{folder}/secret.csv')",
        "from read_csv(getenv('HOME'))",
        # the machine, the settings, what others asked
        "select getenv('HOME')",
        "select getenv('COMTRADE_API_KEY')",
        "select current_setting('secret_directory')",
        "select current_setting('temp_directory'), current_setting('home_directory')",
        "select system.main.current_setting('extension_directories')",
        "from duckdb_settings()",
        "from duckdb_secrets()",
        "from duckdb_secrets(redact = false)",
        "from which_secret('s3://bucket', 's3')",
        "from duckdb_databases()",
        "from duckdb_databases",
        "from main.duckdb_databases",
        "from pragma_database_list",
        "from pg_catalog.pg_settings",
        "from duckdb_extensions()",
        "from duckdb_extension_repositories()",
        "from duckdb_temporary_files()",
        "from duckdb_external_file_cache()",
        "from duckdb_memory()",
        "from duckdb_logs",
        "from duckdb_logs()",
        "from duckdb_logs_parsed('QueryLog')",
        "from pragma_database_size()",
        "from pragma_user_agent()",
        "select write_log('{folder}')",
        # functions that would leave something behind
        "from enable_logging(storage = 'file', storage_path = '{folder}/written.log')",
        "from enable_profiling(save_location = '{folder}/written.json')",
        "from checkpoint()",
        "from force_checkpoint('mineral_risk')",
        "from disable_logging()",
        "from truncate_duckdb_logs()",
        "from register_external_resource_type('x', 'y', create_function := 'read_text')",
        "from register_external_resource('x', 'y', uri := '{folder}/secret.csv')",
        "from create_external_resource('x')",
        "from pandas_scan(0)",
        "from python_arrow_scan(0)",
        "from arrow_scan(0, 0, 0)",
        "from python_map_function((select 1))",
    ],
    # a file named as a table, which the engine itself keeps from being read
    ENGINE: [
        "from '{folder}/secret.csv'",
        "from '{folder}/secret.parquet'",
        "from '{folder}/secret.json'",
        "from '{folder}/secret.duckdb'",
        "from '{folder}/*.csv'",
        'from "{folder}/secret.csv"',
        "from 'https://example.org/secret.csv'",
        "from 's3://bucket/secret.parquet'",
        "with a as (from '{folder}/secret.csv') from a",
        "explain from '{folder}/secret.csv'",
        "pivot '{folder}/secret.csv' on text using count(*)",
        "describe '{folder}/secret.csv'",
    ],
    "does not exist": [
        "from '/dev/stdin'",
        "from '/etc/hostname'",
        "from a_python_variable",
        "from {folder_name}.secret",
        "from read_csv",
    ],
    "no file is read or written from SQL": [
        "with a as (copy (select 1) to '{folder}/written.csv') from a",
        "with a as (with b as (copy (select 1) to '{folder}/written.csv') select 1) from a",
        "explain copy (select 1) to '{folder}/written.csv'",
        "copy (select 1) to '{folder}/written.csv'",
        "copy marts.minerals to '{folder}/written.parquet' (format parquet)",
        "copy marts.minerals to '{folder}/written' (format parquet, partition_by (mineral_id))",
        "copy marts.minerals from '{folder}/secret.csv'",
        "copy (from read_text('{folder}/secret.csv')) to '/dev/stdout'",
        "copy (select 1) to 'relative.csv'",
        "export database '{folder}/written'",
        "export database '{folder}/written' (format parquet)",
    ],
    "syntax error": [
        "explain /* x */ analyze copy (select 1) to '{folder}/written.csv'",
        "select * into outfile '{folder}/written.csv' from marts.minerals",
        ".read {folder}/secret.csv",
        ".shell id",
        "\u202eselect 1",
        "select 1 \\g {folder}/written.csv",
    ],
    "no other database is opened": [
        "attach '{folder}/secret.duckdb'",
        "attach '{folder}/secret.duckdb' as secret (read_only)",
        "attach '{folder}/written.duckdb'",
        "attach ':memory:' as scratch",
        "attach 'sqlite:{folder}/secret.sqlite' (type sqlite)",
        "attach 'https://example.org/secret.duckdb'",
        "attach 'dbname=postgres host=127.0.0.1' as pg (type postgres)",
        "detach mineral_risk",
    ],
    "no extension is loaded": [
        "install httpfs",
        "force install httpfs",
        "install httpfs from 'https://example.org'",
        "install spatial from community",
        "load httpfs",
        "load '{folder}/written.duckdb_extension'",
    ],
    "of this kind is not offered": ["update extensions", "connect '{folder}/secret.duckdb'", "disconnect"],
    "settings are fixed here": [
        "set enable_external_access = true",
        "set global enable_external_access = true",
        "set memory_limit = '100GB'",
        "set threads = 64",
        "set lock_configuration = false",
        "set temp_directory = '{folder}/written'",
        "set secret_directory = '{folder}'",
        "set home_directory = '{folder}'",
        "set log_query_path = '{folder}/written.log'",
        "set profiling_output = '{folder}/written.json'",
        "set file_search_path = '{folder}'",
        "set python_enable_replacements = true",
        "set allow_unsigned_extensions = true",
        "set enable_progress_bar = true",
        "set enable_logging = true",
        "set allowed_directories = ['{folder}']",
        "set http_proxy = '127.0.0.1:9'",
        "set variable secret = (select any_value(content) from read_text('{folder}/secret.csv'))",
        "reset memory_limit",
        "reset variable secret",
        "set search_path = 'meta'",
        "set schema = 'meta'",
        "use meta",
        "pragma memory_limit = '100GB'",
        "pragma enable_profiling",
        "pragma enable_profiling = 'json'",
        "pragma profiling_output = '{folder}/written.json'",
        "pragma enable_progress_bar",
        "pragma enable_verification",
        "pragma enable_checkpoint_on_shutdown",
        "pragma database_list",
        "pragma show_databases",
        "pragma add_parquet_key('x', '0123456789112345')",
        "pragma storage_info('minerals')",
        "import database '{folder}'",
        "pragma import_database('{folder}')",
        "copy from database mineral_risk to scratch",
    ],
    "show of a name is not offered": ["show memory_limit", "show secret_directory", "show functions"],
    "functions are called within a query": [
        "call checkpoint()",
        "checkpoint",
        "force checkpoint",
        "call enable_logging(storage = 'file', storage_path = '{folder}/written.log')",
        "call read_text('{folder}/secret.csv')",
    ],
    "a release never changes": [
        "create table mine as select 1",
        "create table marts.mine (number integer)",
        "create or replace table marts.minerals as select 1",
        "create temp table mine as select 1",
        "create temporary table mine as from read_text('{folder}/secret.csv')",
        "create view mine as select 1",
        "create temp view mine as from '{folder}/secret.csv'",
        "create macro mine() as 1",
        "create or replace temp macro current_setting(name) as 'mine'",
        "create temp macro mine(path) as table from read_text(path)",
        "create sequence mine",
        "create type mine as enum ('a')",
        "create schema mine",
        "create index mine on marts.minerals (mineral_id)",
        "create secret mine (type s3)",
        "create persistent secret mine (type s3)",
        "drop secret mine",
        "drop table marts.minerals",
        "drop schema marts cascade",
        "alter table marts.minerals add column mine integer",
        "comment on table marts.minerals is 'mine'",
        "insert into marts.minerals default values",
        "with mine as (insert into marts.minerals default values returning *) from mine",
        "with mine as (delete from marts.minerals returning *) from mine",
        "explain analyze with mine as (delete from marts.minerals returning *) from mine",
        "insert or replace into marts.minerals from marts.minerals",
        "with mine as (select 1) insert into marts.minerals from mine",
        "update marts.minerals set mineral_name = 'mine'",
        "delete from marts.minerals",
        "truncate marts.minerals",
        "merge into marts.minerals using marts.countries on true when matched then delete",
        "vacuum",
        "vacuum analyze",
        "analyze",
        "deallocate mine",
    ],
    "nothing is kept between two queries": [
        "prepare mine as select 1",
        "prepare mine as from read_text('{folder}/secret.csv')",
        "execute mine",
        "begin",
        "commit",
        "rollback",
    ],
    "statements in one text": [
        "select 1; select 2",
        "select 1; copy (select 1) to '{folder}/written.csv'",
        "select 1;; set lock_configuration = false",
        "select 1; -- \n attach '{folder}/secret.duckdb'",
        "select ';'; install httpfs",
    ],
    "a pivot may not even mention it": [
        "with a as (copy (select 1) to '{folder}/written.csv') pivot marts.minerals on mineral_id using count(*)",
        "pivot (from query('select 1')) on a using count(*)",
        "pivot marts.minerals on mineral_id || getenv('HOME') using count(*)",
        "pivot duckdb_databases on path using count(*)",
    ],
    "there is no query in the text": ["", " \n", ";", "-- select 1", "/* select 1 */"],
    "Values were not provided": ["select $1", "from marts.minerals where mineral_id = ?", "select $name"],
}
CASES = [(statement, words) for words, statements in ESCAPES.items() for statement in statements]
a_python_variable = [{"text": CANARY}]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same secret in every format that the engine reads by itself."""
    folder = tmp_path_factory.mktemp("secrets")
    with connect() as connection:
        connection.execute(f"create table secret as select '{CANARY}' as text")
        for suffix in ("csv", "json", "parquet"):
            connection.execute(f"copy secret to '{folder}/secret.{suffix}'")
    with connect(folder / "secret.duckdb") as connection:
        connection.execute(f"create table secret as select '{CANARY}' as text")
    return folder


def filled(statement: str, folder: Path) -> str:
    return statement.replace("{folder}", str(folder)).replace("{folder_name}", folder.name)


def tree(*folders: Path) -> dict[str, tuple[int, str]]:
    """Every file below the folders, with when it was written and what is in it."""
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
        for folder in folders
        for path in (folder, *folder.rglob("*"))
    }


def test_the_corpus_is_large() -> None:
    assert len(CASES) == len({statement for statement, _ in CASES}) >= 200


@pytest.mark.parametrize("words", ESCAPES)
def test_every_escape_is_refused_for_a_reason_and_the_next_query_is_answered(
    words: str, sandbox: Sandbox, secrets: Path, home: DataHome
) -> None:
    before = tree(secrets, home.root)
    for statement in ESCAPES[words]:
        text = filled(statement, secrets)
        with pytest.raises(QueryFailed) as refused:
            rows(sandbox, text)
        assert words in str(refused.value), (text, str(refused.value))
        assert "\n" not in str(refused.value) and CANARY not in refused.value.detail, text
        worker = sandbox._process
        assert rows(sandbox, "select 42") == [(42,)], text
        assert worker is not None and sandbox._process is worker, f"{text}: the process did not survive"
    assert tree(secrets, home.root) == before
    assert not (REPOSITORY / "relative.csv").exists()


def test_the_engine_alone_lets_nothing_out_and_nothing_in(secrets: Path, home: DataHome) -> None:
    """The second wall: without anybody who takes a query apart, no statement reaches a file."""
    before = tree(secrets, home.root)
    answered = []
    waiting = [statement for statement, _ in CASES]
    while waiting:
        with connect_sandboxed(home.published_database) as connection:
            while waiting:
                statement = waiting.pop()
                try:
                    found = connection.execute(filled(statement, secrets))
                    told = str(found.fetchall()) if found is not None and found.description else ""
                except (duckdb.Error, ValueError, RuntimeError):
                    continue
                answered.append(statement)
                assert CANARY not in told, statement
                break  # what was answered may have changed the connection: the next one gets another
    assert tree(secrets, home.root) == before
    opened = [
        s for s in answered if "read_" in s or "copy" in s.split("(")[0] or s.startswith(("attach '{", "install"))
    ]
    # a view or macro over a file may be named, but never be read; what is prepared never runs
    assert [s for s in opened if not s.startswith(("create temp", "prepare", "select json_serialize_plan"))] == []


def test_the_kernel_lets_the_process_write_no_file_and_hands_it_no_environment(
    home: DataHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third wall."""
    monkeypatch.setenv("COMTRADE_API_KEY", CANARY)
    with Sandbox(home.published_database.resolve(), memory_limit="500MB", threads=1) as sandbox:
        assert rows(sandbox, "select 1") == [(1,)]
        assert sandbox._process is not None
        process = Path(f"/proc/{sandbox._process.pid}")
        limits = (process / "limits").read_text()
        assert re.search(r"Max file size +0 +0 ", limits) and re.search(r"Max core file size +0 +0 ", limits)
        assert re.search(rf"Max data size +{2 * 500_000_000 + 2**29} ", limits)
        assert CANARY not in (process / "environ").read_text()
        assert {(process / "fd" / name).readlink().name for name in "012"} == {"null"}


def test_every_table_function_of_the_engine_is_offered_by_name_or_refused(sandbox: Sandbox) -> None:
    with connect() as connection:
        installed = {
            name
            for (name,) in connection.execute(
                "select distinct function_name from duckdb_functions() where function_type in ('table', 'table_macro')"
            ).fetchall()
        }
        takes_a_place = {
            name
            for (name,) in connection.execute(
                "select distinct function_name from duckdb_functions() where function_type = 'table' and list_has_any("
                "parameters, ['path', 'paths', 'file', 'files', 'pattern', 'uri', 'storage_path', 'save_location'])"
            ).fetchall()
        }
        refused = refused_names(connection)
    takes_a_place -= {"json_each", "json_tree"}  # a path within a text
    assert installed >= TABLE_FUNCTIONS and installed - TABLE_FUNCTIONS <= refused
    assert len(takes_a_place) > 20 and takes_a_place <= refused
    corpus = " ".join(statement.lower() for statement, _ in CASES)
    assert [name for name in sorted(takes_a_place) if f"{name}(" not in corpus] == []
    for name in sorted(refused):
        with pytest.raises(QueryFailed, match=f"{name} is not offered"):
            rows(sandbox, f"select * from {name}()")


def test_every_kind_of_statement_that_the_engine_knows_is_in_the_corpus(secrets: Path) -> None:
    seen = set()
    with connect() as connection:
        for statement, _ in CASES:
            try:
                seen |= {found.type.name for found in connection.extract_statements(filled(statement, secrets))}
            except (duckdb.Error, ValueError):
                continue
    never_parsed = {"INVALID", "RELATION", "LOGICAL_PLAN", "EXTENSION", "CREATE_FUNC", "VARIABLE_SET", "ANALYZE"}
    assert set(duckdb.StatementType.__members__) - seen - never_parsed == {"COPY_DATABASE"}


def test_no_setting_can_be_set_reset_or_shown(sandbox: Sandbox) -> None:
    with connect() as connection:
        settings = [name for (name,) in connection.execute("select name from duckdb_settings()").fetchall()]
    assert len(settings) > 150
    for name in settings:
        for text in (f"set {name} = 1", f"reset {name}", f"pragma {name} = 1", f"show {name}"):
            with pytest.raises(QueryFailed, match="not offered|syntax error"):
                rows(sandbox, text)


def test_no_view_of_the_engine_tells_where_the_files_are(sandbox: Sandbox, home: DataHome) -> None:
    with connect() as connection:
        views = [
            f"{schema}.{view}"
            for schema, view in connection.execute(
                "select schema_name, view_name from duckdb_views() where internal"
            ).fetchall()
        ]
    told = ""
    for view in views:
        if view.partition(".")[2] not in REFUSED_VIEWS:
            told += str(rows(sandbox, f"from {view}"))
    assert len(views) > 30 and str(home.root) not in told and "/" + str(home.root.parent.name) not in told


OFFERED = {
    "select 1 + 1": [(2,)],
    "from range(2)": [(0,), (1,)],
    "values (1), (2)": [(1,), (2,)],
    "with steps as (select 20 as number) select number + 1 from steps": [(21,)],
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 4) select sum(i) from n": [(10,)],
    "select hhi([0.5, 0.3, 0.2])::decimal(9, 2)::varchar": [("0.38",)],
    "from suppliers('IND')": [(0,)],
    "select unnest([7, 8])": [(7,), (8,)],
    "select count(*) from minerals": [(25,)],
    "select count(*) from marts.minerals": [(25,)],
    "select code_version from meta.release": [("1",)],
    "pivot (values ('a', 1), ('b', 2)) as t (k, v) on k using sum(v)": [(1, 2)],
    "from (describe marts.countries) select column_name limit 1": [("iso3",)],
    "select count(*) > 8 from (show all tables)": [(True,)],
    "/* what */ select 1 -- one;": [(1,)],
    "select 'read_csv(''x'')', 'a;b'": [("read_csv('x')", "a;b")],
    "with query as (select 3 as checkpoint) select checkpoint from query": [(3,)],
    "select json_extract_string('{\"a\": [1, 2]}', '$.a[1]')": [("2",)],
    "select regexp_extract('HS17:282200', '[0-9]{6}')": [("282200",)],
    "select 1;": [(1,)],
}


@pytest.mark.parametrize("text", OFFERED)
def test_what_only_reads_is_answered(text: str, sandbox: Sandbox) -> None:
    assert rows(sandbox, text) == OFFERED[text]


@pytest.mark.parametrize("text", ["explain select 1", "explain analyze select 1", "EXPLAIN\nfrom marts.minerals"])
def test_a_plan_can_be_seen(text: str, sandbox: Sandbox) -> None:
    assert "─" in str(rows(sandbox, text))


# --- limits ----------------------------------------------------------------------------------------------

STOPPED = {
    "a cross join": ENDLESS,
    "a series": "select sum(a.generate_series) from generate_series(1, 1000000000000) as a",
    "a recursion": "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n",
    "a sleep inside one operator": "select sleep_ms(3600000)",
    "one function of one value": "select levenshtein(repeat('a', 200000), repeat('b', 200000))",
    "a regular expression": "select count(*) from range(1000000000) where regexp_matches(range || repeat('a', 5000),"
    " '(a|aa|aaa)*(b|bb)+(a?){50}c')",
    "rows without end": "select range from range(100000000000)",
    "a text taken apart": "select 1" + " union all select 1" * 3000,
}


@pytest.mark.parametrize("case", STOPPED)
def test_a_query_that_takes_too_long_is_stopped_whatever_it_does(case: str, home: DataHome) -> None:
    with Sandbox(home.published_database.resolve(), memory_limit="1GB", threads=2) as sandbox:
        assert rows(sandbox, "select 1") == [(1,)]
        worker = sandbox._process
        with pytest.raises(QueryFailed, match=r"^sql: stopped after 1 s; ask for less or raise --seconds$"):
            rows(sandbox, STOPPED[case], seconds=1.0)
        assert worker is not None and worker.returncode == -signal.SIGKILL
        assert rows(sandbox, "select 42") == [(42,)]


def test_the_time_counts_while_the_rows_are_read_by_us(sandbox: Sandbox) -> None:
    found = sandbox.ask("from range(1000000)", seconds=1.0)
    next(found.batches)
    time.sleep(1.1)
    with pytest.raises(QueryFailed, match="stopped after 1 s"):
        next(found.batches)


@pytest.mark.parametrize(
    "text",
    [
        "select length(repeat('a', 3000000000))",
        "select len(range(1000000000))",
        "select count(distinct hash(range)) from range(1000000000)",
        "from range(1000000000) order by hash(range) limit 1 offset 500000000",
        "select list(range) from range(1000000000)",
        "select range, repeat('x', 1000000) from range(10000)",
    ],
)
def test_a_query_that_takes_too_much_memory_is_stopped(text: str, home: DataHome) -> None:
    with Sandbox(home.published_database.resolve(), memory_limit="200MB", threads=2) as sandbox:
        with pytest.raises(QueryFailed, match="memory|ask for less"):
            rows(sandbox, text)
        assert rows(sandbox, "select 42") == [(42,)]


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 50_000 + "1" + ")" * 50_000,
        "select " + "[" * 900 + "1" + "]" * 900,
        "select 1" + " + 1" * 90_000,
    ],
    ids=["parentheses", "lists", "additions"],
)
def test_a_query_that_is_nested_too_deeply_is_one_line(text: str, sandbox: Sandbox) -> None:
    with pytest.raises(QueryFailed, match="depth|deeply|broke its process"):
        rows(sandbox, text)
    assert rows(sandbox, "select 42") == [(42,)]


def test_a_query_takes_the_threads_it_was_given(home: DataHome) -> None:
    for threads in (1, 3):
        with connect_sandboxed(home.published_database, threads=threads) as connection:
            assert connection.execute("select current_setting('threads')").fetchall() == [(threads,)]


def test_a_process_whose_parent_was_killed_ends(home: DataHome) -> None:
    command = [sys.executable, "-m", "flows", "sql", STOPPED["one function of one value"]]
    parent = subprocess.Popen(command, env=environment(home), cwd=REPOSITORY)
    workers = patiently(lambda: children(parent.pid))
    patiently(lambda: ticks(workers[0]) > 300)  # more than its start takes: the query runs
    parent.kill()
    parent.wait()
    patiently(lambda: not [pid for pid in workers if running(pid)])


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ticks(pid: int) -> int:
    """How much a process has worked, in hundredths of a second."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


def running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"  # nobody may be there to collect it
    except (FileNotFoundError, ProcessLookupError):
        return False


def patiently(look: Callable[[], Found]) -> Found:
    """Return what a look finds as soon as it finds something."""
    until = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


def environment(home: DataHome) -> dict[str, str]:
    return {**os.environ, "MINERAL_RISK_HOME": str(home.root), "COLUMNS": "80"}


# --- formats and files -----------------------------------------------------------------------------------

# A row of what tables hold, and texts that would do something where they arrive.
SAMPLE = """
    select 1 as whole, -2.5::double as number, true as yes, null::varchar as nothing, '' as empty,
        '=1+1' as formula, '-5' as "=header", 'a,"b"' || chr(10) || 'ü' as text, date '2024-02-29' as day,
        timestamp '2024-02-29 12:30:00' as moment, 12.50::decimal(9, 2) as price, sum(n) as total,
        [1, 2] as list, {'a': 1} as struct
    from (values (1), (2)) as numbers (n)
"""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: bytes
    stderr: bytes


def asked(home: DataHome, *arguments: str, text: str | bytes = b"") -> Done:
    """Run the command here, which spares a start; the line of an error is the one that `main` prints."""
    done = CliRunner().invoke(app, ["sql", *arguments], input=text, env=environment(home))
    if isinstance(done.exception, WarehouseError):
        return Done(done.exception.exit_code, done.stdout_bytes, str(done.exception).encode())
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout_bytes, done.stderr_bytes)


def really_asked(home: DataHome, *arguments: str) -> Done:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", "sql", *arguments],
        env=environment(home),
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_csv_is_formula_safe_and_keeps_numbers(home: DataHome) -> None:
    done = asked(home, SAMPLE, "--format", "csv")
    assert done.returncode == 0 and done.stderr == b""
    header, row = csv.reader(io.StringIO(done.stdout.decode(), newline=""))
    told = dict(zip(header, row, strict=True))
    assert told == {
        **{"whole": "1", "number": "-2.5", "yes": "True", "nothing": "", "empty": "", "formula": "'=1+1"},
        **{"'=header": "'-5", "text": 'a,"b"\nü', "day": "2024-02-29", "moment": "2024-02-29 12:30:00"},
        **{"price": "12.50", "total": "3", "list": "[1, 2]", "struct": "{'a': 1}"},
    }


def test_json_keeps_types_and_is_valid_whatever_the_number(home: DataHome) -> None:
    done = asked(home, "--format", "json", text=SAMPLE)
    (told,) = json.loads(done.stdout)
    assert told["whole"] == 1 and told["number"] == -2.5 and told["yes"] is True and told["nothing"] is None
    assert told["total"] == 3 and told["list"] == [1, 2] and told["struct"] == {"a": 1} and told["formula"] == "=1+1"
    assert (told["day"], told["moment"], told["price"]) == ("2024-02-29", "2024-02-29 12:30:00", "12.50")
    odd = asked(home, "select 'nan'::double as a, ['inf'::double] as b, 9007199254740993 as c", "--format", "json")
    assert json.loads(odd.stdout, parse_constant=pytest.fail) == [{"a": "nan", "b": ["inf"], "c": 9007199254740993}]
    assert json.loads(asked(home, "from range(0)", "--format", "json").stdout) == []
    assert len(json.loads(asked(home, "from range(5000)", "--format", "json").stdout)) == 5000


def test_parquet_goes_to_a_file_or_a_pipe(home: DataHome, tmp_path: Path) -> None:
    done = asked(home, "select 1 as a, 'x' as b, null::double as c union all select 2, 'y', 0.5", "--format", "parquet")
    assert done.returncode == 0
    found = pq.read_table(io.BytesIO(done.stdout))
    assert found.to_pydict() == {"a": [1, 2], "b": ["x", "y"], "c": [None, 0.5]}
    file = tmp_path / "flows.parquet"
    done = asked(home, "from range(250000) as numbers (n)", "--format", "parquet", "--output", str(file))
    assert done.returncode == 0 and done.stdout == b"" and [path.name for path in tmp_path.iterdir()] == [file.name]
    assert pq.read_table(file)["n"].to_pylist() == list(range(250_000))
    assert pq.read_metadata(file).num_row_groups == 3  # and not one for each small batch
    with connect() as connection:
        assert connection.execute(f"select sum(n) from '{file}'").fetchall() == [(249_999 * 250_000 // 2,)]


@pytest.mark.parametrize("style", ["csv", "json", "parquet"])
def test_an_empty_result_has_its_columns(style: str, home: DataHome) -> None:
    told = asked(home, "select mineral_id, 1 as n from minerals where false", "--format", style).stdout
    assert told in (b"mineral_id,n\n", b"[]\n") or pq.read_table(io.BytesIO(told)).column_names == ["mineral_id", "n"]


def test_a_file_is_never_lost_and_never_half(home: DataHome, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    arguments = ("--format", "csv", "--output", str(file))
    assert asked(home, "select 1 as a", *arguments).returncode == 0 and file.read_text() == "a\n1\n"
    refused = asked(home, "select 2 as a", *arguments)
    assert refused.returncode == 1 and b"is there already" in refused.stderr and file.read_text() == "a\n1\n"
    assert asked(home, "select 2 as a", *arguments, "--force").returncode == 0 and file.read_text() == "a\n2\n"
    late = "select if(range = 90000, error('late'), 'x') as a from range(100000)"
    for style in ("csv", "json", "parquet"):
        failed = asked(home, late, "--format", style, "--output", str(file), "--force")
        assert failed.returncode == 1 and b"late" in failed.stderr and file.read_text() == "a\n2\n"
    # Parquet on the standard output is whole or nothing, too: a part of it would not look like one
    assert asked(home, late, "--format", "parquet").stdout == b""
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_nothing_is_written_into_the_data_home_or_to_where_there_is_no_folder(home: DataHome, tmp_path: Path) -> None:
    before = tree(home.root)
    for target in (home.root / "x.csv", home.current / "mineral_risk.duckdb", home.releases / ".." / "x.csv"):
        done = asked(home, "select 1", "--format", "csv", "--output", str(target), "--force")
        assert done.returncode == 1 and b"lies in the data home" in done.stderr
    done = really_asked(home, "select 1", "--format", "csv", "--output", str(tmp_path / "no" / "x.csv"))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and b"No such file" in done.stderr
    assert tree(home.root) == before


def test_a_table_shows_its_first_rows_and_says_how_many_there_are(home: DataHome) -> None:
    told = asked(home, "from range(300) as numbers (n)", "--rows", "3").stdout.decode().splitlines()
    assert [line.strip() for line in told[-4:]] == [
        *("0", "1", "2"),
        "The first 3 of 300 rows; --rows shows more, --format csv all",
    ]
    told = asked(home, "from range(3) as numbers (n)", "--rows", "3").stdout.decode().splitlines()
    assert told[-1] == "3 rows"
    assert asked(home, "select 1").stdout.decode().splitlines()[-1] == "1 row"
    endless = asked(home, "from range(100000000000)", "--rows", "3").stdout.decode().splitlines()
    assert re.fullmatch(r"The first 3 of more than 1[0-9],[0-9]{3} rows; .*", endless[-1])


def test_a_table_shows_what_is_there_and_steers_no_terminal(home: DataHome) -> None:
    query = "select null as a, 'null' as b, '[red]tin[/red]' as c, chr(27) || '[31mred' || chr(10) as d, 5 as \"e\x1b\""
    told = asked(home, query).stdout.decode()
    assert "\x1b" not in told and "[red]tin[/red]" in told and "\\x1b[31mred\\n" in told
    wide = ", ".join(f"{number} as column_{number}" for number in range(60))
    assert asked(home, f"select {wide}").stdout.decode().splitlines()[0].split() == [f"column_{n}" for n in range(60)]


def test_two_columns_of_one_name(home: DataHome) -> None:
    assert asked(home, "select 1 as a, 2 as a", "--format", "csv").stdout == b"a,a\n1,2\n"
    for style in ("json", "parquet"):
        done = asked(home, "select 1 as a, 2 as a", "--format", style)
        assert done.returncode == 1 and b"two columns of one name (a)" in done.stderr and done.stdout == b""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 340282366920938463463374607431768211455::uhugeint as x", "cast it to varchar"),
        ("select ['101'::bit] as x", "cast it to varchar"),
        ("select 'infinity'::timestamp as x", "cast it to varchar"),
        ("select date '200000-01-01' as x", "cast it to varchar"),
    ],
)
def test_a_value_without_an_equal_is_refused_and_not_changed(query: str, words: str, home: DataHome) -> None:
    done = asked(home, query, "--format", "csv")
    assert done.returncode == 1 and words in done.stderr.decode() and len(done.stderr.splitlines()) == 1


def test_large_sums_are_whole_numbers(home: DataHome) -> None:
    query = "select 170141183460469231731687303715884105727::hugeint as x, -5::hugeint as y"
    assert asked(home, query, "--format", "csv").stdout == b"x,y\n170141183460469231731687303715884105727,-5\n"
    assert json.loads(asked(home, query, "--format", "json").stdout) == [{"x": 2**127 - 1, "y": -5}]


def test_what_a_spreadsheet_would_run_gets_an_apostrophe() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"):
        assert row_writers.formula_safe(text) == f"'{text}"
    for harmless in ("tin", "", " =1", "1-2", "é", -5, -0.5, None, True):
        assert row_writers.formula_safe(harmless) == harmless


# --- the command -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("select * from nothing",), 1, "Table with name nothing does not exist"),
        (("selct 1",), 1, "syntax error"),
        (("select 1/'a'",), 1, "Conversion Error"),
        (("",), 1, "there is no query"),
        (("select 1; select 2",), 1, "2 statements in one text"),
        (("--seconds", "0.5", ENDLESS), 1, "stopped after 0.5 s"),
        (("--memory", "60MB", "select count(distinct hash(range)) from range(100000000)"), 1, "memory limit of 60MB"),
        (("--memory", "1KB", "select 1"), 1, "Out of Memory"),
        (("--memory", "1GB'; copy (select 1) to 'escaped.csv'; select '", "select 1"), 3, "expected a size"),
        (("--memory", "99999999999TB", "select 1"), 1, "Memory value out of range"),
        (("--memory", "2", "select 1"), 3, "expected a size"),
        (("--seconds", "nan", "select 1"), 3, "expected more than 0"),
        (("--seconds", "0", "select 1"), 3, "expected more than 0"),
        (("--seconds", "inf", "select 1"), 3, "at most 86400"),
        (("--threads", "0", "select 1"), 2, "--threads"),
        (("--rows", "0", "select 1"), 2, "--rows"),
        (("--format", "pdf", "select 1"), 2, "pdf"),
        (("--output", "x.txt", "select 1"), 2, "a table is for the screen"),
    ],
)
def test_mistakes_are_one_line(arguments: tuple[str, ...], code: int, words: str, home: DataHome) -> None:
    done = really_asked(home, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr.decode() and done.stdout == b""
    assert len(done.stderr.splitlines()) == 1 or code == 2


def test_a_query_comes_as_argument_or_through_a_pipe(home: DataHome) -> None:
    assert asked(home, "select 7 as n", "--format", "csv").stdout == b"n\n7\n"
    assert asked(home, "--format", "csv", text="-- seven\nselect 7 as n;\n").stdout == b"n\n7\n"
    assert asked(home, "--format", "csv", text="\ufeffselect 'ü' as n".encode()).stdout.decode() == "n\nü\n"
    assert asked(home, "select 'é' as n", "--format", "csv").stdout.decode() == "n\né\n"
    wrong = asked(home, text=b"select '\xff'")
    assert wrong.returncode == 3 and b"not UTF-8" in wrong.stderr and len(wrong.stderr.splitlines()) == 1


def test_nothing_published_is_said(tmp_path: Path) -> None:
    done = really_asked(DataHome(tmp_path / "none"), "select 1")
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1 and not (tmp_path / "none").exists()


def test_a_reader_that_goes_away_ends_the_query(home: DataHome) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "flows", "sql", "--format", "csv", "from range(100000000000)"],
        env=environment(home),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"range\n"
        workers = children(process.pid)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
    patiently(lambda: not [pid for pid in workers if running(pid)])


# --- the conversation, on a real terminal ------------------------------------------------------------------


class Terminal:
    """The command on a pseudo-terminal: keys go in, and what stands on the screen comes out."""

    def __init__(self, home: DataHome, *arguments: str) -> None:
        """Start it and wait for the first prompt."""
        self.said = ""
        self.process, self._keys = pty.fork()
        if self.process == 0:
            os.chdir(REPOSITORY)
            os.execve(  # noqa: S606 — our own command
                sys.executable,
                [sys.executable, "-m", "flows", "sql", *arguments],
                {**environment(home), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COMTRADE_API_KEY": CANARY},
            )
        ioctl(self._keys, TIOCSWINSZ, pack("HHHH", 40, 120, 0, 0))
        self.read_until("sql>")

    def type(self, keys: str, until: str) -> str:
        """Press keys and return what is said from there on until a text appears."""
        self.said = ""
        os.write(self._keys, keys.encode())
        return self.read_until(until)

    def ask(self, text: str, until: str, end: str = "\r") -> str:
        """Type a whole query or command, and return what is said up to the next prompt."""
        said = self.type(f"{text}{end}", until)
        told, self.said = said.split(until, 1)
        return told + until + self.read_until("sql>")

    def read_until(self, text: str) -> str:
        until = time.monotonic() + 60
        while text not in self.said:
            assert time.monotonic() < until, f"waited in vain for {text!r}: {self.said}"
            if select.select([self._keys], [], [], 0.2)[0]:
                told = os.read(self._keys, 65536).decode(errors="replace")
                self.said += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)
        return self.said

    def leave(self, keys: str = "\x04") -> int:
        """Press the keys that leave, until they are taken, and return the exit code."""
        until = time.monotonic() + 60
        with suppress(OSError):  # how a terminal ends whose process is gone
            while time.monotonic() < until:
                os.write(self._keys, keys.encode())
                while select.select([self._keys], [], [], 1.0)[0]:
                    os.read(self._keys, 65536)
        os.close(self._keys)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.fixture
def own_home(tmp_path: Path) -> DataHome:
    """A data home of the test's own."""
    home = DataHome(tmp_path / "home")
    publish_small(home, 1)
    return home


def test_a_conversation(own_home: DataHome) -> None:
    terminal = Terminal(own_home)
    # many lines, until a semicolon that is no part of a text
    terminal.type("select ';' as a,\r", until="->")
    assert "42" in terminal.ask("40 + 2 as answer;", until="1 row")
    # the arrow brings the query back, all lines of it
    terminal.type("\x1b[A", until="answer;")
    assert "42" in terminal.ask("", until="1 row")
    # Tab completes the table, the column, the macro and the keyword
    terminal.type("selec\t", until="select")
    terminal.type(" max(risk_sc\t", until="ore")  # only what is new on the screen is drawn
    terminal.type(") as found from marts.latest_r\t", until="isk")
    assert "1.0" in terminal.ask(";", until="1 row")
    terminal.type("from suppliers\t", until="(")
    terminal.ask("'IND');", until="1 row")
    # commands
    assert "Ctrl-D" in terminal.ask(".help", until="leaves")
    assert "marts.risk_scores" in terminal.ask(".tables", until=" rows")
    assert "importer_iso3" in terminal.ask(".schema risk_scores", until=" rows")
    terminal.ask(".schema marts.minerals;", until="mineral_name")
    terminal.ask(".schema nobody' or 1=1 --", until="not in this release")
    terminal.ask(".shell id", until=".shell is no command")
    # an error stays in the shell, with all that the engine said
    terminal.ask("select nothing from marts.minerals;", until="Candidate bindings")
    terminal.ask("attach 'x';", until="no other database is opened")
    terminal.ask("select 7 as seven;", until="1 row")
    # a line that is given up
    terminal.type("select 1 fro", until="fro")
    terminal.type("\x03", until="sql>")
    terminal.ask("select 8 as eight;", until="1 row")
    assert terminal.leave() == 0
    assert own_home.sql_history.stat().st_mode & 0o777 == 0o600
    history = own_home.sql_history.read_text()
    assert "+select ';' as a,\n+40 + 2 as answer;" in history and "attach" in history and "fro\n" not in history


def test_the_history_is_there_the_next_time(own_home: DataHome) -> None:
    first = Terminal(own_home)
    first.ask("select 4711 as remembered;", until="1 row")
    assert first.leave() == 0
    second = Terminal(own_home)
    second.type("\x1b[A", until="remembered")
    assert "4711" in second.ask("", until="1 row")
    assert second.leave(".quit\r") == 0


@pytest.mark.parametrize("query", [ENDLESS, "select sleep_ms(3600000)", "from range(100000000000)"])
def test_ctrl_c_stops_the_query_and_not_the_shell(query: str, own_home: DataHome) -> None:
    terminal = Terminal(own_home, *(("--format", "csv") if query.startswith("from") else ()))
    workers = children(terminal.process)
    terminal.type(f"{query};\r", until="0000")
    time.sleep(0.5)  # into the middle of it
    terminal.ask("", until="stopped", end="\x03")
    patiently(lambda: not [pid for pid in workers if running(pid)])
    terminal.ask("select 41 + 1 as answer;", until="42")
    assert terminal.leave() == 0


def test_a_query_over_its_time_stays_in_the_shell(own_home: DataHome) -> None:
    terminal = Terminal(own_home, "--seconds", "1")
    terminal.ask(f"{ENDLESS};", until="stopped after 1 s")
    terminal.ask("select 42 as answer;", until="1 row")
    assert terminal.leave() == 0


def test_a_new_release_is_told_at_the_next_prompt_and_used(own_home: DataHome) -> None:
    terminal = Terminal(own_home)
    ask = "select code_version || '!' as version from meta.release;"
    assert "1!" in terminal.ask(ask, until="1 row")
    newest = publish_small(own_home, 2)
    # what is typed at the prompt that was open still goes to the release it was opened on
    assert "1!" in terminal.ask(ask, until=f"Release {newest} was published meanwhile")
    assert "2!" in terminal.ask(ask, until="1 row")
    own_home.current.unlink()
    terminal.ask("select 3 as three;", until=f"still at release {newest}")
    assert "2!" in terminal.ask(ask, until="1 row")
    assert terminal.leave() == 0


def test_a_home_that_cannot_be_written_keeps_no_history(own_home: DataHome) -> None:
    own_home.sql_history.mkdir()  # root may write anywhere, but no file where a folder is
    terminal = Terminal(own_home)
    assert "Queries are not kept" in terminal.said
    terminal.ask("select 42 as answer;", until="1 row")
    assert terminal.leave() == 0


def test_a_conversation_needs_a_terminal_to_answer_on(home: DataHome) -> None:
    keys, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "flows", "sql"],
        stdin=terminal,
        capture_output=True,
        env=environment(home),
        cwd=REPOSITORY,
        check=False,
    )
    for end in (keys, terminal):
        os.close(end)
    assert done.returncode == 2 and b"needs a terminal" in done.stderr


# --- names from the command line are values, never SQL -----------------------------------------------------

INJECTIONS = [
    "IND' or '1'='1",
    "IND'; drop table marts.minerals; --",
    "IND' union select * from read_text('/etc/hostname') --",
    "$importer",
    "?",
    "' || (select code_version from meta.release) || '",
    "IND\x00",
    "%",
    "_ND",
    "IND\n",
    "../../etc/passwd",
    "$(id)",
    "`id`",
    "[red]IND[/red]",
    "=1+1",
    "ＩＮＤ",
    "\x1b[31mIND",
    "I" * 100_000,
    "",
]


@pytest.mark.parametrize("text", INJECTIONS, ids=lambda text: ascii(text)[:40])
@pytest.mark.parametrize(
    "arguments",
    [
        ("scores", "--importer", "{}"),
        ("scores", "--mineral", "{}"),
        ("why", "{}"),
        ("why", "lithium", "--importer", "{}"),
        ("why", "lithium", "--stage", "{}"),
        ("why", "lithium", "--against", "{}"),
        ("diff", "{}", "current"),
        ("rollback", "{}"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_name_from_the_command_line_is_a_value(
    arguments: tuple[str, ...], text: str, several_sources: Refreshed
) -> None:
    before = several_sources.home.current.readlink()
    done = CliRunner().invoke(
        app, [text if part == "{}" else part for part in arguments], env=environment(several_sources.home)
    )
    assert isinstance(done.exception, WarehouseError | SystemExit), done.exception
    code = done.exception.exit_code if isinstance(done.exception, WarehouseError) else done.exit_code
    assert code in (1, 2, 3) and done.stdout == ""
    assert several_sources.home.current.readlink() == before


@pytest.mark.parametrize("text", ["2024'; select 1; --", "2024 or 1=1", "1e3", "-1", "99999999999999999999", "nan"])
def test_a_year_from_the_command_line_is_a_number(text: str, several_sources: Refreshed) -> None:
    for command in (("scores",), ("why", "lithium")):
        done = CliRunner().invoke(app, [*command, "--year", text], env=environment(several_sources.home))
        assert isinstance(done.exception, WarehouseError | SystemExit) and done.exit_code != 0 and done.stdout == ""
