"""The data dictionary: every published table and column on one page, by what an analyst asks.

What a column means stands in the file itself, as its comment; type, unit and the version that brought it stand in the
contract. `make dictionary` writes both into `docs/data-dictionary.md`, and nobody edits that page by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from warehouse import contract
from warehouse.contract import Contract
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import REPOSITORY, data_home
from warehouse.release import current_release

PAGE = REPOSITORY / "docs" / "data-dictionary.md"
INTRODUCTION = """\
# Data dictionary

Every table and column of a release: the schemas `marts` and `meta` of `data/current/mineral_risk.duckdb`, and the same
tables as Parquet in `data/current/parquet/`. The same text stands in the file, as comments and in `meta.columns`.

- **Bold** columns are the key: no two rows have the same, and none of them is null. Elsewhere null means unknown or not
  applicable, never zero; a reason stands beside it where there is one.
- Codes are text: `hs6_code` keeps its leading zero, countries are ISO 3166-1 alpha-3, `XXX` is the unspecified origin.
- *Since* is the schema version that brought a column (`meta.release.schema_version`). Within a major version nothing is
  renamed or removed, and no type, unit or key changes: a query that works today works on the next release.
"""
# every published table under the question that it answers, the table to start with first
QUESTIONS = {
    "Which minerals are at risk?": ("latest_risk", "mineral_risk", "risk_scores", "sector_exposure"),
    "Who supplies an importer, and how concentrated is that?": (
        "supplier_shares",
        "supplier_concentration",
        "trade_flows",
    ),
    "How much rests on China?": (
        "china_dependence",
        "china_behind_suppliers",
        "traced_origins",
        "untraceable_suppliers",
    ),
    "Which exports are controlled, and which agreements are there?": (
        "export_controls",
        "supplier_controls",
        "trade_agreements",
    ),
    "How far does a country rely on imports, and who produces?": (
        "import_reliance",
        "production",
        "reserves",
        "world_shares",
        "world_supply",
        "governance",
    ),
    "What if: what would a deal, a ban or a mine change?": (
        "scenarios",
        "scenario_shocks",
        "scenario_results",
        "scenario_supplier_shares",
        "reliance_paths",
        "reliance_path_suppliers",
        "single_supplier_stops",
        "value_at_risk",
        "supply_options",
    ),
    "What is a score made of, and what do other methods say?": (
        "risk_components",
        "risk_component_definitions",
        "method_thresholds",
        "missing_reasons",
        "risk_methods",
        "risk_method_definitions",
    ),
    "How sure is it, and what changed?": (
        "risk_band_probabilities",
        "rank_sensitivity",
        "risk_score_changes",
        "trade_revisions",
        "source_disagreements",
        "flow_accounting",
    ),
    "Which minerals, goods and countries?": ("minerals", "mineral_end_uses", "mineral_products", "countries"),
    "What is in this release?": (
        "meta.release",
        "meta.sources",
        "meta.checks",
        "meta.runs",
        "meta.tables",
        "meta.columns",
    ),
}
# what Markdown, as code hosts read it, would take for more than text
SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])")
# what at the beginning of a line would begin a heading, a list or a line that underlines the one above
BEGINNING = re.compile(r"^([0-9]*)([-+=#.)])")


def document(database: Path, promised: Contract) -> str:
    """Return the page, in Markdown, for a published file and its contract.

    Raises:
        WarehouseError: the file has other columns than the contract, or a table stands under no question.
    """
    with connect(database, read_only=True) as connection:
        tables, columns = _comments(connection)
    asked = {question: tuple(map(_full_name, names)) for question, names in QUESTIONS.items()}
    _agree("questions of the data dictionary", {name for names in asked.values() for name in names}, promised.tables)
    _agree(f"{database}", set(tables), promised.tables)
    for name, table in promised.tables.items():
        _agree(f"{database}: {name}", set(columns[name]), table.columns)
    lines = [INTRODUCTION]
    for question, names in asked.items():
        links = ", ".join(f"[{name.removeprefix('marts.')}](#{name.replace('.', '')})" for name in names)
        lines.append(f"- {question} {links}")
    lines.append(f"- SQL macros: {', '.join(f'[{name}](#{name})' for name in promised.macros)}")
    for question, names in asked.items():
        lines += ["", f"## {question}"]
        for name in names:
            lines += ["", f"### {name}", "", escaped(tables[name]), ""]
            lines += _table(promised, name, columns[name])
    lines += ["", "## SQL macros", "", "In the file's default schema; a null in gives a null out, never a zero."]
    for name in promised.macros:
        lines += ["", f"### {name}", "", *_macro(promised, name)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return a text as it stands in a line or a cell of Markdown: nothing in it is markup."""
    one_line = " ".join(text.split())
    marked = SPECIAL.sub(r"\\\g<0>", one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return BEGINNING.sub(r"\1\\\2", marked)


def _table(promised: Contract, name: str, comments: Mapping[str, str]) -> Iterator[str]:
    table = promised.tables[name]
    yield "| column | type | unit | since | meaning |"
    yield "|---|---|---|---|---|"
    for column, promise in table.columns.items():
        cells = (
            f"**{column}**" if column in table.key else column,
            promise.type,
            escaped(promise.unit or ""),
            promise.since,
            escaped(comments[column]),
        )
        yield f"| {' | '.join(cells)} |"


def _macro(promised: Contract, name: str) -> Iterator[str]:
    macro = promised.macros[name]
    yield f"`{name}({', '.join(macro.parameters)})`, since {macro.since}. {escaped(macro.description)}"
    yield ""
    if macro.returns is not None:
        yield f"Returns {macro.returns}."
    else:
        yield f"A table: `from {name}(…)` has the columns {', '.join(macro.columns)}."


def _comments(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the comments of all published tables, and of their columns by table."""
    tables = dict(
        connection.execute("select schema_name || '.' || table_name, comment from duckdb_tables()").fetchall()
    )
    columns: dict[str, dict[str, str]] = {}
    for table, column, comment in connection.execute(
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal"
    ).fetchall():
        columns.setdefault(table, {})[column] = comment
    return tables, columns


def _full_name(name: str) -> str:
    return name if "." in name else f"marts.{name}"


def _agree(place: str, found: set[str], expected: Mapping[str, object]) -> None:
    missing, unknown = sorted(set(expected) - found), sorted(found - set(expected))
    if missing or unknown:
        differences = [
            *([f"expected {', '.join(missing)}, which warehouse/contract.yml names"] if missing else []),
            *([f"found {', '.join(unknown)}, which warehouse/contract.yml does not name"] if unknown else []),
        ]
        raise WarehouseError(
            f"{place}: {'; '.join(differences)}; publish anew with mineral-risk run, or edit what is wrong"
        )


def main() -> None:
    """Write the page from the current release."""
    try:
        text = document(current_release(data_home()).database, contract.load())
    except WarehouseError as error:
        print(f"data dictionary: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.relative_to(REPOSITORY)} written")


if __name__ == "__main__":
    main()
