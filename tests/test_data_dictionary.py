"""The data dictionary is what the published file and the contract say, and nothing in it is markup by accident."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.data_dictionary import PAGE, QUESTIONS, document, escaped
from tests.conftest import Refreshed
from warehouse.contract import Contract, load
from warehouse.errors import WarehouseError


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


def markdown() -> MarkdownIt:
    """Return an independent reader of Markdown, with the additions that code hosts make."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tables_under_headings(text: str) -> dict[str, list[list[str]]]:
    """Return the cells of the body of each table of a page, by the heading above it, as a reader sees them."""
    found: dict[str, list[list[str]]] = {}
    heading, tokens = "", markdown().parse(text)
    for before, token in zip(tokens, tokens[1:], strict=False):
        if before.type == "heading_open":
            heading = token.content
        elif before.type == "tr_open" and token.type == "td_open":
            found.setdefault(heading, []).append([])
        elif before.type == "td_open":
            found[heading][-1].append("".join(part.content for part in token.children or []))
    return found


def test_the_page_is_that_of_the_published_file(refreshed: Refreshed, contract: Contract) -> None:
    assert PAGE.read_text(encoding="utf-8") == document(refreshed.release.database, contract), (
        "docs/data-dictionary.md is not current: make run, then make dictionary"
    )


def test_every_column_stands_in_it_with_its_type_unit_version_and_meaning(
    published: duckdb.DuckDBPyConnection, contract: Contract
) -> None:
    shown = tables_under_headings(PAGE.read_text(encoding="utf-8"))
    assert {name: len(table.columns) for name, table in contract.tables.items()} == {
        name: len(rows) for name, rows in shown.items()
    }
    told = {
        (table, column): [column, data_type, unit or "", " ".join(description.split())]
        for table, column, data_type, unit, description in published.execute("from meta.columns").fetchall()
    }
    for name, rows in shown.items():
        for column, data_type, unit, since, meaning in rows:
            assert [column, data_type, unit, meaning] == told[name, column]
            assert since == contract.tables[name].columns[column].since


def test_the_columns_of_a_key_and_no_others_are_bold(contract: Contract) -> None:
    bold: dict[str, list[str]] = {}
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            heading = line.removeprefix("### ")
        elif line.startswith("| **"):
            bold.setdefault(heading, []).append(line.split("**")[1])
    assert {name: sorted(columns) for name, columns in bold.items()} == {
        name: sorted(table.key) for name, table in contract.tables.items()
    }


def test_every_link_leads_to_a_heading() -> None:
    tokens = markdown().parse(PAGE.read_text(encoding="utf-8"))
    # how code hosts name a heading: lower case, spaces to dashes, other signs gone
    anchors = {
        "".join(letter for letter in token.content.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")
        for before, token in zip(tokens, tokens[1:], strict=False)
        if before.type == "heading_open"
    }
    links = [str(part.attrs["href"]) for token in tokens for part in token.children or [] if part.type == "link_open"]
    assert len(links) > 40
    assert {link for link in links if link.removeprefix("#") not in anchors} == set()


@given(st.text(alphabet=st.sampled_from("ab_*`|\\<>[]()!~$&#-+=.1 \n:;{}'\"%°€")))
@example("1. one | two")
@example("a*b*c _x_ __y__ `z` ~~gone~~ <b>bold</b> &lt; [text](address) ![picture](address)")
@example("\\| \\\\| ends with a backslash \\")
@example("<script>alert(1)</script>")
@example("# no heading")
def test_whatever_a_description_holds_is_shown_as_it_stands(text: str) -> None:
    one_line = " ".join(text.split())
    cell = tables_under_headings(f"# page\n\n| a | b |\n|---|---|\n| {escaped(text)} | last |\n")
    assert cell == {"page": [[one_line, "last"]]}
    tokens = markdown().parse(escaped(text))
    assert [token.type for token in tokens] == (["paragraph_open", "inline", "paragraph_close"] if one_line else [])
    for token in tokens:
        if token.type == "inline":
            assert {part.type for part in token.children or []} <= {"text", "text_special"}
            assert "".join(part.content for part in token.children or []) == one_line


def test_a_table_without_a_question_is_refused(refreshed: Refreshed, contract: Contract) -> None:
    table = contract.tables["marts.minerals"]
    more = replace(contract, tables=MappingProxyType({**contract.tables, "marts.moods": table}))
    with pytest.raises(WarehouseError, match=r"^questions of the data dictionary: expected marts\.moods, which"):
        document(refreshed.release.database, more)


def test_a_file_of_another_schema_is_refused(refreshed: Refreshed, contract: Contract) -> None:
    table = contract.tables["marts.minerals"]
    columns = {name: column for name, column in table.columns.items() if name != "symbol"}
    fewer = replace(
        contract,
        tables=MappingProxyType(
            {**contract.tables, "marts.minerals": replace(table, columns=MappingProxyType(columns))}
        ),
    )
    with pytest.raises(
        WarehouseError, match=r": marts\.minerals: found symbol, which warehouse/contract\.yml does not name"
    ):
        document(refreshed.release.database, fewer)


def test_no_table_stands_under_two_questions() -> None:
    names = [name for tables in QUESTIONS.values() for name in tables]
    assert len(names) == len(set(names))
