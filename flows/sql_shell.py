"""The SQL shell: one query from the command line or a pipe, or a conversation on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from flows import query_output
from flows.query_output import Style
from warehouse.database import SIZE
from warehouse.errors import InputRejected, NothingPublished, WarehouseError
from warehouse.paths import DataHome
from warehouse.release import Release, current_release
from warehouse.sandbox import QueryFailed, Sandbox

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History

LONGEST_SECONDS = 86_400.0
HELP = """\
A query ends with a semicolon and may have many lines; Tab completes, the arrow keys bring back earlier queries.
.tables          the tables, their rows and what one row is
.schema TABLE    the columns of a table
.help            this
.quit            leaves, like Ctrl-D; Ctrl-C stops a query and not the shell
"""
TABLES = """
    select schema_name || '.' || table_name as name, estimated_size as rows, comment as description
    from duckdb_tables() where not internal order by all
"""
COLUMNS = """
    select column_name as name, data_type as type, comment as description
    from duckdb_columns()
    where not internal and lower($table) in (lower(table_name), lower(schema_name || '.' || table_name))
    order by schema_name, column_index
"""
# What Tab offers, the names of the release before those of the language.
WORDS = """
    select word from (
        select 1 as place, schema_name || '.' || table_name as word from duckdb_tables() where not internal
        union select 2, table_name from duckdb_tables() where not internal
        union select 3, function_name || '(' from duckdb_functions() where not internal
        union select 4, column_name from duckdb_columns() where not internal
        union select 5, keyword_name from duckdb_keywords()
    ) order by place, word
"""


@dataclass(frozen=True)
class Limits:
    """What a query may take: memory as a size such as 2GB, threads, seconds, and rows that a table shows."""

    memory: str
    threads: int
    seconds: float
    rows: int

    def __post_init__(self) -> None:
        """Refuse what is no limit.

        Raises:
            InputRejected: the memory is no size, or the seconds are none.
        """
        if not SIZE.fullmatch(self.memory):
            raise InputRejected(f"--memory {self.memory}: expected a size such as 500MB or 2GB")
        if not 0 < self.seconds <= LONGEST_SECONDS:
            raise InputRejected(f"--seconds {self.seconds:g}: expected more than 0 and at most {LONGEST_SECONDS:g}")


def answer(home: DataHome, text: str, limits: Limits, *, style: Style, output: Path | None, force: bool) -> None:
    """Answer one query on the standard output, or into a file.

    Raises:
        NothingPublished: no release yet.
        QueryFailed: the query is refused, wrong, or over a limit.
        WarehouseError: the file is there already, or is in the data home.
    """
    release = current_release(home)
    if output is not None:
        if output.resolve().is_relative_to(home.root.resolve()):
            raise WarehouseError(f"sql: {output} lies in the data home, where only runs write; name another folder")
        query_output.refuse_to_overwrite(output, force=force)
    with Sandbox(release.database.resolve(), memory_limit=limits.memory, threads=limits.threads) as sandbox:
        _answer(sandbox, text, limits, style, output, force=force)


def converse(home: DataHome, limits: Limits, *, style: Style) -> None:
    """Answer queries from a terminal until it is left; an error ends its query and not the conversation.

    Raises:
        NothingPublished: no release yet.
    """
    console = Console()
    release = current_release(home)
    console.print(f"Release {release.release_id}, read-only. Type .help for help, Ctrl-D to leave.", highlight=False)
    words: list[str] = []
    session = _session(_history(home, console), words)
    sandbox = _about(release, limits, words)
    try:
        while True:
            release, sandbox = _newest(home, release, sandbox, limits, words, console)
            try:
                text = session.prompt().strip()
            except KeyboardInterrupt:  # a line is given up
                continue
            except EOFError:
                return
            if text in (".quit", ".exit"):
                return
            try:
                _reply(sandbox, text, limits, style, console)
            except KeyboardInterrupt:
                sandbox.stop()
                console.print("stopped", highlight=False)
            except QueryFailed as error:
                console.print(error.detail, style="red", markup=False, highlight=False, soft_wrap=True)
            except (WarehouseError, OSError) as error:
                console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    finally:
        sandbox.stop()


def _reply(sandbox: Sandbox, text: str, limits: Limits, style: Style, console: Console) -> None:
    command, _, name = text.partition(" ")
    if not text:
        return
    if command == ".help":
        console.print(HELP, end="", highlight=False)
    elif command == ".tables":
        query_output.show(sandbox.ask(TABLES, seconds=limits.seconds), console)
    elif command == ".schema":
        table = name.strip().rstrip(";")
        found = sandbox.ask(COLUMNS, seconds=limits.seconds, parameters={"table": table})
        batches = list(found.batches)
        if not found.rows:
            raise WarehouseError(f"sql: {table or 'no table named'}: not in this release; .tables lists what is")
        found.batches = iter(batches)
        query_output.show(found, console)
    elif text.startswith("."):
        raise WarehouseError(f"sql: {command} is no command; .help lists them")
    else:
        _answer(sandbox, text, limits, style, None, force=False)


def _answer(sandbox: Sandbox, text: str, limits: Limits, style: Style, output: Path | None, *, force: bool) -> None:
    if style == "table":
        query_output.show(sandbox.ask(text, seconds=limits.seconds, most=limits.rows), Console())
    else:
        query_output.write(sandbox.ask(text, seconds=limits.seconds), style, output, force=force)


def _about(release: Release, limits: Limits, words: list[str]) -> Sandbox:
    """Open a release and have its names completed."""
    sandbox = Sandbox(release.database.resolve(), memory_limit=limits.memory, threads=limits.threads)
    words[:] = [word for (word,) in query_output.rows(sandbox.ask(WORDS, seconds=limits.seconds))]
    return sandbox


def _newest(
    home: DataHome, release: Release, sandbox: Sandbox, limits: Limits, words: list[str], console: Console
) -> tuple[Release, Sandbox]:
    """Go over to a release that was published meanwhile; one that cannot be opened leaves the shell where it is."""
    try:
        newest = current_release(home)
        if newest.release_id == release.release_id:
            return release, sandbox
        opened = _about(newest, limits, words)
    except (NothingPublished, QueryFailed) as error:
        console.print(f"still at release {release.release_id}: {error}", markup=False, highlight=False)
        return release, sandbox
    sandbox.stop()
    console.print(f"Release {newest.release_id} was published meanwhile: queries go to it now.", highlight=False)
    return newest, opened


def _history(home: DataHome, console: Console) -> History:
    """Keep what was typed in the data home, or where that cannot be written, for this conversation only."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        # for its owner's eyes: a query may hold more than the answer would tell
        os.close(os.open(home.sql_history, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600))
    except OSError as error:
        console.print(f"Queries are not kept for the next time: {home.sql_history}: {error.strerror}", highlight=False)
        return InMemoryHistory()
    return FileHistory(home.sql_history)


def _session(history: History, words: list[str]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.filters import completion_is_selected
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexers.sql import SqlLexer

    word = re.compile(r"[.\w]+")

    class Names(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterator[Completion]:
            typed = document.get_word_before_cursor(pattern=word)
            for name in words:
                if typed and name.lower().startswith(typed.lower()):
                    yield Completion(name, start_position=-len(typed))

    bindings = KeyBindings()

    @bindings.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        if _is_whole(event.current_buffer.text):
            event.current_buffer.validate_and_handle()
        else:
            event.current_buffer.newline(copy_margin=False)

    return PromptSession(
        "sql> ",
        history=history,
        lexer=PygmentsLexer(SqlLexer),
        completer=Names(),
        complete_while_typing=False,
        multiline=True,
        key_bindings=bindings,
        prompt_continuation=lambda width, line, wrapped: "  -> ",
    )


def _is_whole(text: str) -> bool:
    """Say whether a text is ready to be sent: nothing, a command, or a query whose semicolon is no part of a text."""
    from pygments.lexers.sql import SqlLexer
    from pygments.token import Comment, Punctuation, Whitespace

    if not text.strip() or text.lstrip().startswith("."):
        return True
    last = (Whitespace, "")
    for kind, value in SqlLexer().get_tokens(text):
        if value.strip() and kind not in Comment:
            last = (kind, value)
    return last[0] in Punctuation and last[1].endswith(";")


def standard_input() -> str:
    """Return the query that a pipe or file hands over.

    Raises:
        InputRejected: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRejected(f"sql: the query on standard input is not UTF-8 ({error}); save it as UTF-8") from error
