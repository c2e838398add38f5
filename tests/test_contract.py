"""The contract: what it promises, that it keeps its own word, and that the published file holds it, both ways."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from tests.conftest import Refreshed
from warehouse.contract import CONTRACT, Contract, Table, broken_promises, digest, interpret, load
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import DBT_PROJECT, REPOSITORY
from warehouse.release import SCHEMA_VERSION

CELL = "year importer_iso3 mineral_id stage"
# The design's table of what is published, written out by hand: one row per (key), and the columns beside it.
DESIGN = {
    "marts.minerals": (
        "mineral_id",
        "mineral_name parent_mineral_id symbol is_india_critical is_eu_critical is_us_critical",
    ),
    "marts.mineral_end_uses": ("mineral_id sector application region", "use_share reference_year confidence"),
    "marts.mineral_products": (
        "mineral_id stage hs6_code hs_revision",
        "content_fraction is_basket confidence note",
    ),
    "marts.countries": ("iso3", "country_name is_group"),
    "marts.trade_flows": (
        "year importer_iso3 supplier_iso3 mineral_id stage hs6_code hs_revision",
        "trade_value_usd net_weight_kg content_kg source_id valuation_basis",
    ),
    "marts.supplier_shares": (
        f"{CELL} supplier_iso3",
        "import_value_usd net_weight_kg value_share weight_share supplier_rank",
    ),
    "marts.supplier_concentration": (
        CELL,
        "hhi_value hhi_weight hhi_low hhi_high top_supplier_iso3 top1_share top3_share effective_suppliers"
        " supplier_count unspecified_share weight_coverage_share import_value_usd net_weight_kg is_material",
    ),
    "marts.china_dependence": (
        CELL,
        "china_value_share china_weight_share greater_china_value_share china_via_share china_hidden_share"
        " china_origin_share estimated_origin_share china_world_share china_world_share_basis china_control_severity"
        " china_dependence_score china_dependence_score_current_controls",
    ),
    "marts.traced_origins": (f"{CELL} origin_iso3", "traced_share is_estimated"),
    "marts.world_shares": ("year country_iso3 mineral_id stage", "world_share basis"),
    "marts.import_reliance": (
        "year country_iso3 mineral_id stage",
        "production_t imports_t exports_t apparent_consumption_t net_import_reliance is_net_exporter",
    ),
    "marts.risk_methods": (f"{CELL} method_id", "value is_complete missing_inputs"),
    "marts.risk_components": (f"{CELL} component_id", "raw_value component_score weight contribution"),
    "marts.risk_scores": (
        CELL,
        "risk_score risk_score_current_controls risk_band risk_rank rank_p05 rank_p95 is_material is_comparable"
        " completeness missing_components top_driver",
    ),
    "marts.mineral_risk": (
        "year importer_iso3 mineral_id",
        "bottleneck_stage stages_scored stages_missing risk_score risk_score_current_controls risk_band risk_rank"
        " china_dependence_score",
    ),
    "marts.sector_exposure": (
        "year importer_iso3 sector",
        "minerals_at_high_risk weighted_risk_score coverage_share",
    ),
    "marts.latest_risk": ("mineral_id", ""),
    "marts.risk_score_changes": (f"{CELL} component_id", "previous_year score_change contribution_change"),
    # "the flow's key": with the file, the reporter and the period that it is a flow of
    "marts.trade_revisions": (
        "source_id dataset declared_by period importer_iso3 supplier_iso3 hs_revision hs6_code",
        "previous_vintage_id vintage_id previous_trade_value_usd trade_value_usd trade_value_change_usd",
    ),
    "marts.source_disagreements": (
        "year importer_iso3 supplier_iso3 hs_revision hs6_code comparison first_source_id second_source_id",
        "first_trade_value_usd second_trade_value_usd difference_usd",
    ),
    # "as in the seeds"
    "marts.export_controls": (
        "control_id",
        "iso3 mineral_id stage hs6_list hs_revision measure severity status announced_on effective_from effective_to"
        " suspended_from suspended_to target_countries instrument confidence last_evidence_on source note",
    ),
    "marts.trade_agreements": (
        "agreement_id",
        "party_iso3 partner_iso3 agreement agreement_type status status_on signed_on in_force_from"
        " has_minerals_chapter confidence source note",
    ),
    "marts.scenarios": ("scenario_id", "title question importer_iso3 baseline_year assumptions source"),
    "marts.scenario_results": (
        "scenario_id importer_iso3 mineral_id stage",
        "unmet_share unmet_share_low unmet_share_high value_lost_usd unmet_t replacement_bill_usd hhi_value_before"
        " hhi_value_after hhi_value_change china_value_share_after china_via_share_after top_supplier_iso3_after"
        " risk_score_after risk_rank_after",
    ),
    "marts.scenario_supplier_shares": (
        "scenario_id importer_iso3 mineral_id stage supplier_iso3",
        "value_share_before value_share_after delivered_t",
    ),
    "marts.reliance_paths": (
        "scenario_id importer_iso3 mineral_id stage year",
        "demand_t home_supply_t imports_t net_import_reliance",
    ),
    "marts.single_supplier_stops": (
        "scenario_id importer_iso3 mineral_id stage supplier_iso3",
        "unmet_share value_lost_usd loss_rank",
    ),
    "meta.release": (
        "release_id",
        "content_hash created_at code_version schema_version method_version data_through_year controls_as_of",
    ),
    "meta.sources": ("source_id vintage_id", "publisher title licence url retrieved_at sha256 rows_loaded years"),
    "meta.checks": ("layer table_name check_name", "tool status observed expected"),
    "meta.columns": ("table_name column_name", "data_type unit description"),
}
# What a row is of, beyond what the design says: a use may be of one form of a mineral (natural or synthetic graphite).
# A path has several cases, each of which moves one assumption.
LONGER_KEYS = {"marts.mineral_end_uses": {"sub_material"}, "marts.reliance_paths": {"case_id"}}
DESIGN_MACROS = {
    "hhi": "shares",
    "eu_supply_risk": "hhi_global hhi_import import_reliance eol_rir si_sr",
    "geopolrisk_score": "hhi_production governance_weighted_imports_t imports_t production_t",
    "net_import_reliance": "production imports exports",
    "governance_risk_0_10": "estimate",
    "suppliers": "importer mineral year",
    "risk": "importer year",
}
# one call of each table macro that gives rows
TABLE_MACRO_CALLS = {"suppliers": "suppliers('IND', 'copper', 2024)", "risk": "risk('IND', 2024)"}
NUMBERS = {"INTEGER", "BIGINT", "DOUBLE"}
PLAIN_TYPES = {"VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


# --- the contract against the design ---------------------------------------------------------------------


@pytest.mark.parametrize("name", DESIGN)
def test_the_contract_has_the_tables_of_the_design(name: str, contract: Contract) -> None:
    key, columns = DESIGN[name]
    table = contract.tables[name]
    assert set(table.key) == {*key.split(), *LONGER_KEYS.get(name, ())}
    assert [column for column in (*key.split(), *columns.split()) if column not in table.columns] == []


@pytest.mark.parametrize("name", DESIGN_MACROS)
def test_the_contract_has_the_macros_of_the_design(name: str, contract: Contract) -> None:
    assert contract.macros[name].parameters == tuple(DESIGN_MACROS[name].split())


def test_codes_are_text_and_what_a_name_says_of_its_unit_is_so(contract: Contract) -> None:
    """The rules of names: quantity and unit."""
    by_ending = {
        "_iso3": ("VARCHAR", None),
        "_code": ("VARCHAR", None),
        "_id": ("VARCHAR", None),
        "_usd": ("DOUBLE", "US dollars, current"),
        "_kg": ("DOUBLE", "kilograms"),
        "_t": ("DOUBLE", "tonnes"),
        "_share": ("DOUBLE", "share, 0-1"),
        "_score": ("DOUBLE", "points, 0-100"),
        "_rank": ("INTEGER", "rank, 1 is first"),
        "_count": (None, "count"),
    }
    seen = set()
    for name, table in contract.tables.items():
        for column, promise in table.columns.items():
            if column.startswith(("is_", "has_")):
                # an agreement's chapter on minerals may also be planned
                assert promise.type == "BOOLEAN" or column == "has_minerals_chapter", f"{name}.{column}"
                continue
            for ending, (data_type, unit) in by_ending.items():
                if column.endswith(ending) and not column.endswith("usd_per_t"):
                    seen.add(ending)
                    assert promise.type == (data_type or promise.type), f"{name}.{column}"
                    assert promise.unit == unit, f"{name}.{column}"
    assert seen == set(by_ending)


def test_every_number_of_the_contract_has_a_unit(contract: Contract) -> None:
    without = [
        f"{name}.{column}"
        for name, table in contract.tables.items()
        for column, promise in table.columns.items()
        if promise.type in NUMBERS and promise.unit is None
    ]
    assert without == []


def test_the_keys_are_those_that_every_build_is_tested_for(contract: Contract) -> None:
    tested = {}
    for file in sorted((DBT_PROJECT / "models" / "marts").glob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
            (key,) = (
                test["unique_combination"]["arguments"]["columns"]
                for test in model["data_tests"]
                if "unique_combination" in test
            )
            tested[f"marts.{model['name']}"] = tuple(key)
    assert tested == {name: table.key for name, table in contract.tables.items() if name.startswith("marts.")}


# --- the contract against itself ---------------------------------------------------------------------------


def test_the_contract_keeps_its_promises(contract: Contract) -> None:
    assert broken_promises(contract) == []


def test_the_code_publishes_the_version_of_the_contract(contract: Contract) -> None:
    assert contract.schema_version == SCHEMA_VERSION


def test_every_version_that_the_changelog_tells_of_is_closed(contract: Contract) -> None:
    told = set(
        re.findall(r"schema ([0-9]+\.[0-9]+\.[0-9]+)", (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    )
    assert {"1.1.0", "1.2.0", "1.3.0"} <= told
    missing = {version: digest(contract, version) for version in sorted(told - set(contract.digests))}
    assert missing == {}, "write these digests into warehouse/contract.yml"


SMALL = """
schema_version: 1.10.0
digests:
  1.2.0: {digest}
tables:
  marts.ores:
    key: [year, mine_id]
    since: 1.2.0
    columns:
      mine_id: {{type: VARCHAR, since: 1.2.0}}
      year: {{type: INTEGER, unit: calendar year, since: 1.2.0}}
      ore_t: {{type: DOUBLE, unit: tonnes, since: 1.10.0}}
macros:
  grade:
    parameters: [content, ore]
    since: 1.2.0
    returns: DOUBLE
    description: Content over ore.
"""


def test_a_digest_is_the_hash_of_what_is_promised_line_by_line(tmp_path: Path) -> None:
    written = (
        "grade(content, ore) DOUBLE since 1.2.0\n"
        "marts.ores by year, mine_id since 1.2.0\n"
        "marts.ores.mine_id VARCHAR since 1.2.0\n"
        "marts.ores.year INTEGER in calendar year since 1.2.0"
    )
    by_hand = hashlib.sha256(written.encode()).hexdigest()
    file = tmp_path / "contract.yml"
    file.write_text(SMALL.format(digest=by_hand), encoding="utf-8")
    small = load(file)
    assert digest(small, "1.2.0") == digest(small, "1.9.0") == by_hand != digest(small, "1.10.0")
    assert broken_promises(small) == []


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The contract as it stands in its file, to be copied and altered."""
    read: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    return read


def altered(written: dict[str, Any], alter: Callable[[dict[str, Any]], object]) -> list[str]:
    """Return what an altered copy of the contract breaks."""
    copied = copy.deepcopy(written)
    alter(copied)
    return broken_promises(interpret(copied, "contract"))


def scores(written: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = written["tables"]["marts.risk_scores"]["columns"]
    return columns


def raised(alter: Callable[[dict[str, Any]], object], version: str) -> Callable[[dict[str, Any]], object]:
    def both(written: dict[str, Any]) -> None:
        alter(written)
        written["schema_version"] = version

    return both


def rename(columns: dict[str, Any], old: str, new: str) -> None:
    columns[new] = columns.pop(old)


# each alters a promise of 1.0.0, 1.1.0, 1.2.0 or 1.3.0, or says a new line to be old
BREAKS: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a column is removed": ("1.0.0", lambda c: scores(c).pop("risk_band")),
    "a later column is removed": ("1.2.0", lambda c: scores(c).pop("is_provisional")),
    "a column is renamed": ("1.0.0", lambda c: rename(scores(c), "risk_score", "score")),
    "a type is changed": ("1.0.0", lambda c: scores(c)["risk_rank"].update(type="BIGINT")),
    "a unit is changed": ("1.0.0", lambda c: scores(c)["risk_score"].update(unit="share, 0-1")),
    "a unit is dropped": ("1.3.0", lambda c: scores(c)["score_p05"].pop("unit")),
    "a table is removed": ("1.1.0", lambda c: c["tables"].pop("marts.governance")),
    "a table is renamed": ("1.0.0", lambda c: rename(c["tables"], "marts.minerals", "marts.materials")),
    "a key is longer": ("1.0.0", lambda c: c["tables"]["marts.countries"]["key"].append("country_name")),
    "a column says it is younger": ("1.0.0", lambda c: scores(c)["risk_band"].update(since="1.4.0")),
    "a column says it is older": ("1.1.0", lambda c: scores(c)["score_p05"].update(since="1.1.0")),
    "a new column says it is old": (
        "1.2.0",
        lambda c: scores(c).update(mood={"type": "VARCHAR", "since": "1.2.0"}),
    ),
    "a macro is renamed": ("1.0.0", lambda c: rename(c["macros"], "hhi", "herfindahl")),
    "a parameter is renamed": ("1.0.0", lambda c: c["macros"]["risk"].update(parameters=["importer", "in_year"])),
    "a macro's column is removed": ("1.0.0", lambda c: c["macros"]["suppliers"]["columns"].pop("value_share")),
}


@pytest.mark.parametrize("case", BREAKS)
def test_what_breaks_a_published_promise_needs_a_new_major_version(case: str, written: dict[str, Any]) -> None:
    version, alter = BREAKS[case]
    (line,) = altered(written, alter)
    assert line.startswith(f"{version}: expected digest ") and "new major version" in line
    # a newer minor version does not excuse it, a new major one does
    assert altered(written, raised(alter, "1.77.0")) == [line]
    assert altered(written, raised(alter, "2.0.0")) == []


def test_what_is_new_says_so_and_breaks_nothing(written: dict[str, Any], contract: Contract) -> None:
    def add(copied: dict[str, Any]) -> None:
        # closes what is open in the contract, then adds to it
        copied["digests"][contract.schema_version] = digest(contract, contract.schema_version)
        copied["schema_version"] = "1.77.0"
        scores(copied)["mood"] = {"type": "VARCHAR", "since": "1.77.0"}
        copied["tables"]["marts.moods"] = {
            "key": ["mood"],
            "since": "1.77.0",
            "columns": {"mood": {"type": "VARCHAR", "since": "1.77.0"}},
        }

    assert altered(written, add) == []


def test_a_new_major_version_keeps_its_own_word(written: dict[str, Any]) -> None:
    """Promises of 1.x no longer bind; those of 2.0.0 do once its digest is written."""
    second = copy.deepcopy(written)
    del scores(second)["risk_band"]
    second["schema_version"] = "2.0.0"
    second["digests"]["2.0.0"] = digest(interpret(second, "contract"), "2.0.0")
    assert broken_promises(interpret(second, "contract")) == []
    (line,) = altered(second, lambda c: scores(c).pop("top_driver"))
    assert line.startswith("2.0.0: expected digest ")


def test_a_version_without_a_digest_is_named_once_it_is_not_the_newest(
    written: dict[str, Any], contract: Contract
) -> None:
    (line,) = altered(written, lambda c: c["digests"].pop("1.2.0"))
    assert line.startswith("digests: 1.2.0 is missing") and digest(contract, "1.2.0") in line


def test_nothing_is_newer_than_the_version_of_the_schema(written: dict[str, Any]) -> None:
    lines = altered(written, lambda c: scores(c).update(mood={"type": "VARCHAR", "since": "3.0.0"}))
    assert lines == [f"since: 3.0.0 is newer than schema_version {SCHEMA_VERSION}"]


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda c: c.pop("tables"), "contract: expected a contract, and 'tables' is missing"),
        (lambda c: c.update(tables=["marts.minerals"]), "contract: expected a contract: "),
        (lambda c: c.update(schema_version=1.4), "a version such as 1.4.0, found 1.4"),
        (lambda c: scores(c)["risk_score"].pop("since"), "'since' is missing"),
        (lambda c: scores(c)["risk_score"].update(type="DECIMAL(18,3)"), "marts.risk_scores.risk_score: expected one"),
        (lambda c: scores(c)["risk_score"].update(units="points"), "marts.risk_scores.risk_score: expected since"),
        (lambda c: scores(c)["risk_score"].update(unit=100), "marts.risk_scores.risk_score: expected a unit"),
        (lambda c: c["tables"]["marts.countries"].update(key=["iso2"]), "marts.countries: key iso2 is no column"),
        (lambda c: c["tables"]["marts.countries"].update(key=[]), "marts.countries: key: expected a list"),
        (lambda c: c["tables"]["marts.countries"].update(columns={}), "marts.countries: expected columns by name"),
        (lambda c: c["tables"]["marts.governance"].update(since="1.3.0"), "marts.governance: year"),
        (lambda c: c["macros"]["hhi"].update(columns={}), "hhi: expected `returns`"),
        (lambda c: c["macros"]["hhi"].update(returns="DOUBLE[]"), "hhi: expected one of the types"),
    ],
)
def test_what_is_no_contract_is_refused_in_one_line(
    alter: Callable[[dict[str, Any]], object], words: str, written: dict[str, Any]
) -> None:
    with pytest.raises(WarehouseError) as refused:
        altered(written, alter)
    assert words in str(refused.value)


def test_a_file_that_is_no_yaml_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "contract.yml").write_text("tables: [", encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"contract\.yml: expected a contract in YAML"):
        load(tmp_path / "contract.yml")


# --- the published file against the contract ------------------------------------------------------------------

Columns = dict[str, dict[str, tuple[str, str | None]]]


def promised(contract: Contract) -> Columns:
    return {
        name: {column: (promise.type, promise.unit) for column, promise in table.columns.items()}
        for name, table in contract.tables.items()
    }


def found_in(connection: duckdb.DuckDBPyConnection) -> Columns:
    """Return type and unit of every column in a file, as DuckDB has the type and meta.columns the unit."""
    found: Columns = {}
    for table, column, data_type, unit in connection.execute(
        "select schema_name || '.' || columns.table_name, columns.column_name, columns.data_type, described.unit"
        " from duckdb_columns() as columns left join meta.columns as described"
        " on described.table_name = schema_name || '.' || columns.table_name"
        " and described.column_name = columns.column_name where not internal order by 1, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = (data_type, unit)
    return found


def test_the_published_file_is_what_the_contract_says_no_less_and_no_more(
    contract: Contract, published: duckdb.DuckDBPyConnection
) -> None:
    expected, found = promised(contract), found_in(published)
    assert sorted(found) == sorted(expected)
    for name in expected:
        assert found[name] == expected[name], name


def test_the_published_macros_are_what_the_contract_says(
    contract: Contract, published: duckdb.DuckDBPyConnection
) -> None:
    found = {
        name: (tuple(parameters), kind)
        for name, parameters, kind in published.execute(
            "select function_name, parameters, function_type from duckdb_functions() where not internal"
        ).fetchall()
    }
    assert found == {
        name: (macro.parameters, "macro" if macro.returns else "table_macro") for name, macro in contract.macros.items()
    }
    assert {name for name, macro in contract.macros.items() if not macro.returns} == set(TABLE_MACRO_CALLS)
    for name, call in TABLE_MACRO_CALLS.items():
        described = published.execute(f"describe from {call}").fetchall()
        assert {row[0]: row[1] for row in described} == {
            column: promise.type for column, promise in contract.macros[name].columns.items()
        }
        assert published.execute(f"from {call} limit 1").fetchall() != []


def test_only_plain_tables_in_two_schemas_are_published(published: duckdb.DuckDBPyConnection) -> None:
    schemas = {row[0] for row in published.execute("select distinct schema_name from duckdb_tables()").fetchall()}
    assert schemas == {"marts", "meta"}
    assert published.execute("from duckdb_views() where not internal").fetchall() == []
    types = {
        row[0] for row in published.execute("select data_type from duckdb_columns() where not internal").fetchall()
    }
    assert types <= PLAIN_TYPES


def test_every_published_table_and_column_is_described(published: duckdb.DuckDBPyConnection) -> None:
    silent = published.execute(
        "select table_name, column_name from duckdb_columns() where not internal and coalesce(trim(comment), '') = ''"
        " union all"
        " select table_name, null from duckdb_tables() where not internal and coalesce(trim(comment), '') = ''"
    ).fetchall()
    assert silent == []


def test_meta_columns_says_of_every_column_what_the_file_says(published: duckdb.DuckDBPyConnection) -> None:
    in_the_file = (
        "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns()"
        " where not internal order by all"
    )
    told = "select table_name, column_name, data_type, description from meta.columns order by all"
    assert published.execute(told).fetchall() == published.execute(in_the_file).fetchall()


def test_how_far_a_rank_moves_is_told_in_ranks_and_how_far_a_score_in_points(
    published: duckdb.DuckDBPyConnection,
) -> None:
    units = published.execute(
        "select column_name, unit from meta.columns"
        " where table_name = 'marts.rank_sensitivity' and column_name like '%deviation%' order by 1"
    ).fetchall()
    assert units == [
        ("rank_standard_deviation", "ranks"),
        ("rank_standard_deviation_of_all", "ranks"),
        ("score_standard_deviation", "points, 0-100"),
        ("score_standard_deviation_of_all", "points, 0-100"),
    ]


def without_a_key(connection: duckdb.DuckDBPyConnection, relation: str, table: Table) -> list[tuple[object, ...]]:
    """Return rows that share a key or lack a part of it."""
    key = ", ".join(table.key)
    lacking = " or ".join(f"{column} is null" for column in table.key)
    return connection.execute(
        f"select {key}, count(*) from {relation} group by {key} having count(*) > 1 or {lacking} limit 3"
    ).fetchall()


def test_keys_are_unique_and_never_null(contract: Contract, published: duckdb.DuckDBPyConnection) -> None:
    assert {
        name: rows for name, table in contract.tables.items() if (rows := without_a_key(published, name, table))
    } == {}


def test_the_parquet_files_are_the_same_tables(
    contract: Contract, refreshed: Refreshed, published: duckdb.DuckDBPyConnection
) -> None:
    folder = refreshed.release.folder / "parquet"
    files = {
        f"marts.{file.stem}" if file.parent == folder else f"{file.parent.name}.{file.stem}": file
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert sorted(files) == sorted(contract.tables)
    for name, file in files.items():
        described = published.execute(f"describe from '{file}'").fetchall()
        assert {row[0]: row[1] for row in described} == {
            column: promise.type for column, promise in contract.tables[name].columns.items()
        }, name
        counted = published.execute(f"select (select count(*) from '{file}'), (select count(*) from {name})").fetchone()
        assert counted is not None and counted[0] == counted[1], name


def test_where_rows_may_not_leave_parquet_counts_those_that_did(contract: Contract, several_sources: Refreshed) -> None:
    folder = several_sources.release.folder / "parquet"
    with connect(several_sources.release.database, read_only=True) as connection:
        whole = dict(connection.execute("select table_name, row_count from meta.tables").fetchall())
        told = dict(
            connection.execute(f"select table_name, row_count from '{folder / 'meta' / 'tables.parquet'}'").fetchall()
        )
        found = {}
        for name, table in contract.tables.items():
            file = folder / f"{name.removeprefix('marts.').replace('.', '/')}.parquet"
            found[name] = len(connection.execute(f"select 1 from '{file}'").fetchall())
            assert without_a_key(connection, f"'{file}'", table) == [], name
    assert told == found
    assert 0 < found["marts.trade_flows"] < whole["marts.trade_flows"]
    assert {name: found[name] for name in found if name.startswith("meta.")} == {
        name: whole[name] for name in whole if name.startswith("meta.")
    }


def test_meta_tables_says_of_every_table_what_one_row_is_and_how_many_there_are(
    contract: Contract, published: duckdb.DuckDBPyConnection
) -> None:
    told = {row[0]: row[1:] for row in published.execute("from meta.tables").fetchall()}
    comments = dict(
        published.execute("select schema_name || '.' || table_name, comment from duckdb_tables()").fetchall()
    )
    assert told == {
        name: (", ".join(table.key), len(published.execute(f"select 1 from {name}").fetchall()), comments[name])
        for name, table in contract.tables.items()
    }
