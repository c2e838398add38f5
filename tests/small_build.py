"""A private database made by hand: all that publishing reads, in five small tables, so that a release takes a moment.

Every table carries the same number: whoever reads a release can tell whether all of it is of one publish.
"""

from __future__ import annotations

from pathlib import Path

from warehouse.database import connect
from warehouse.release import Check
from warehouse.run_history import RunRecord

# How to read that number in each published table: a release is whole if all of these say the same.
NUMBER_IN_TABLE = {
    "marts.trade_flows": "max(trade_value_usd)::bigint, min(trade_value_usd)::bigint",
    "marts.minerals": "max(mineral_name)::bigint, min(mineral_name)::bigint",
    "marts.countries": "max(country_name)::bigint, min(country_name)::bigint",
    "marts.risk_scores": "max(risk_score)::bigint, min(risk_score)::bigint",
    "marts.latest_risk": "max(risk_score)::bigint, min(risk_score)::bigint",
    "meta.release": "max(code_version)::bigint, min(code_version)::bigint",
    "meta.sources": "max(title)::bigint, min(title)::bigint",
    "meta.checks": "max(observed)::bigint, min(observed)::bigint",
    "meta.columns": "max(if(table_name = 'marts.risk_scores', description, null))::bigint,"
    " min(if(table_name = 'marts.risk_scores', description, null))::bigint",
    "meta.tables": "max(if(table_name = 'marts.risk_scores', description, null))::bigint,"
    " min(if(table_name = 'marts.risk_scores', description, null))::bigint",
    "meta.runs": "max(code_version)::bigint, min(code_version)::bigint",
}


def numbered_checks(number: int) -> list[Check]:
    """Return the checks of a run, in which the number stands as what was found."""
    return [
        Check("marts", table, "table has rows", "gx", "passed", str(number), "at least one row")
        for table in ("minerals", "risk_scores")
    ]


def numbered_run(number: int) -> RunRecord:
    """Return the record of the run that publishes, in which the number stands as the version of the code."""
    moment = "2026-01-01T00:00:00.000000Z"
    return RunRecord(
        run_id="20260101T000000.000000Z-1",
        started_at=moment,
        ended_at=None,
        status="running",
        last_step="publish",
        message=None,
        release_id=None,
        code_version=str(number),
        as_of=None,
        process_id=1,
        started_by="command",
    )


def write_small_build(database: Path, number: int, rows: int = 2_000) -> None:
    """Write (anew) what a run hands to publishing; `number` stands in every table, `rows` is the number of flows."""
    database.unlink(missing_ok=True)
    with connect(database) as connection:
        connection.execute("create schema marts; create schema intermediate")
        connection.execute("create macro hhi(shares) as list_sum(list_transform(shares, lambda share: share * share))")
        connection.execute(
            "create table marts.trade_flows as select 2015 + row_number // 250 as year, 'IND' as importer_iso3,"
            " if(row_number % 2 = 0, 'CHN', 'CHL') as supplier_iso3, 'mineral_' || row_number % 25 as mineral_id,"
            " 'refined' as stage, printf('%06d', row_number % 250) as hs6_code, 'HS17' as hs_revision,"
            f" {number}::double as trade_value_usd from range({rows}) as numbers (row_number)"
        )
        connection.execute(
            f"create table marts.minerals as select 'mineral_' || row_number as mineral_id, '{number}' as mineral_name,"
            " null::varchar as parent_mineral_id from range(25) as numbers (row_number)"
        )
        connection.execute(
            f"create table marts.countries as select iso3, '{number}' as country_name, false as is_group"
            " from (values ('IND'), ('CHN'), ('CHL')) as codes (iso3)"
        )
        connection.execute(
            "create table marts.risk_scores as select distinct year, importer_iso3, mineral_id, stage,"
            f" {number}::double as risk_score from marts.trade_flows"
        )
        connection.execute(
            f"create table marts.latest_risk as select mineral_id, 2024 as year, {number}::double as risk_score"
            " from marts.minerals"
        )
        for table in ("trade_flows", "minerals", "countries", "risk_scores", "latest_risk"):
            connection.execute(f"comment on table marts.{table} is '{number}'")
        for column in ("year", "importer_iso3", "mineral_id", "stage", "risk_score"):
            connection.execute(f"comment on column marts.risk_scores.{column} is '{number}'")
        connection.execute(
            "create table intermediate.int_export_controls as select date '2026-01-01' as controls_as_of"
        )
        connection.execute(
            "create table intermediate.int_vintages as select 'baci' as source_id,"
            " '20260101T000000.000000Z-00000000' as vintage_id, 'hand_made' as dataset, true as is_newest,"
            f" 'CEPII' as publisher, '{number}' as title, 'Etalab 2.0' as licence, true as is_redistributable,"
            " 'made by hand' as credit, 'https://example.org/' as url, timestamp '2026-01-01 00:00:00' as retrieved_at,"
            f" repeat('0', 64) as sha256, true as covers_all_importers, {rows}::bigint as rows_loaded,"
            " '2015-2024' as years, '2024' as newest_period, date '2024-12-31' as newest_period_end,"
            " 12 as newest_year_months, 1 as newest_year_importer_count, 1.0::double as newest_year_importer_ratio,"
            " 1.0::double as newest_year_value_ratio, false as is_provisional"
        )
