"""The library's own inputs: read from its SQLite files into DuckDB, and written out in the layouts we ingest."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl

from warehouse.paths import SEEDS

WGI_DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")


def read(connection: duckdb.DuckDBPyConnection, databases: Path, years: Iterable[int]) -> None:
    """Create the schema `library` with the inputs of some years; text stays text, and `position` is the row's order."""
    spoken = tuple(years)
    marks = ", ".join("?" * len(spoken))
    connection.execute("create schema library")
    with closing(sqlite3.connect(f"file:{databases / 'baci.db'}?mode=ro", uri=True)) as baci:
        _create(
            connection,
            "trade",
            {"year": pl.Int32, "supplier_code": pl.Int32, "importer_code": pl.Int32, "hs6_code": pl.String}
            | {"v": pl.String, "q": pl.String},
            baci.execute(
                "select cast(t as integer), cast(i as integer), cast(j as integer), printf('%06d', k), v, q"
                f" from baci_trade where cast(t as integer) in ({marks})",
                spoken,
            ).fetchall(),
        )
        _create(
            connection,
            "countries",
            {"country_code": pl.Int32, "country_name": pl.String, "iso3": pl.String},
            baci.execute(
                "select cast(country_code as integer), country_name, country_iso3 from country_codes_V202401b"
            ).fetchall(),
        )
    with closing(sqlite3.connect(f"file:{databases / 'wgi.db'}?mode=ro", uri=True)) as wgi:
        columns = [row[1] for row in wgi.execute("pragma table_info('Normalized')") if row[1].isdigit()]
        # the two tables list the same economies in the same order; names and codes repeat
        _create(
            connection,
            "governance",
            {"position": pl.Int32, "country_name": pl.String, "iso3": pl.String, "country_code": pl.String}
            | {"year": pl.Int32, "normalized": pl.String, "estimate": pl.String, "standard_error": pl.String},
            [
                row
                for year in columns
                for row in wgi.execute(
                    f'select n.rowid, n."Country/Territory", n.Code, n.country_code, {year}, n."{year}", e."{year}",'
                    f' s."{year}" from Normalized as n'
                    ' join Estimate as e on n.rowid = e.rowid and n."Country/Territory" = e."Country/Territory"'
                    ' join StdErr as s on n.rowid = s.rowid and n."Country/Territory" = s."Country/Territory"'
                )
            ],
        )
    with closing(sqlite3.connect(f"file:{databases / 'world_mining_data.db'}?mode=ro", uri=True)) as mining:
        named = mining.execute(
            'select "Reference ID", "Sheet_name", "HS Code", "HS Code - Complementary" from "HS Code Map"'
        ).fetchall()
        _create(
            connection,
            "materials",
            {"material": pl.String, "sheet": pl.String, "hs6_code": pl.String},
            [
                (material, sheet, code)
                for material, sheet, first, others in named
                if first != "Not Available"
                for code in {first, *(others.split(";") if others else [])}
            ],
        )
        sheets = {row[0] for row in mining.execute("select name from sqlite_master where type = 'table'")}
        rows: list[tuple[object, ...]] = []
        for sheet in sorted({sheet for _, sheet, _, _ in named} & sheets):
            years_listed = [row[1] for row in mining.execute(f'pragma table_info("{sheet}")') if row[1].isdigit()]
            for year in years_listed:
                rows.extend(
                    mining.execute(
                        f'select ?, rowid, "Country", "Country_Code", "Country_ISO", unit, data_source, {year},'
                        f' "{year}" from "{sheet}"',
                        (sheet,),
                    )
                )
        _create(
            connection,
            "production",
            {"sheet": pl.String, "position": pl.Int32, "country_name": pl.String, "country_code": pl.String}
            | {"iso3": pl.String, "unit": pl.String, "data_source": pl.String, "year": pl.Int32}
            | {"production": pl.Float64},
            rows,
        )


def _create(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    schema: dict[str, type[pl.DataType]],
    rows: list[tuple[object, ...]],
) -> None:
    frame = pl.DataFrame(rows, schema=schema, orient="row", strict=False)
    connection.register("frame", frame.to_arrow())
    connection.execute(f"create table library.{table} as from frame")
    connection.unregister("frame")


def write_world_mining_data(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write the library's production table in the layout that the source `world_mining_data` reads."""
    rows = connection.execute(
        "select sheet, country_name, country_code, iso3, unit, data_source, year, production from library.production"
        " where country_code != 'DELETE' order by all"
    ).fetchall()
    header = ("commodity", "Country", "Country_Code", "Country_ISO", "unit", "data_source", "year", "production")
    _write_csv(file, header, rows)


def write_governance(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write the library's political stability in the layout that the source `wgi` reads, with the publisher's codes.

    The library ships one dimension of six. The other five are filled with it, for a row must be complete: nothing
    that this comparison looks at reads them. Of two rows with one code the first is taken, as the library takes it.
    """
    rows = connection.execute(
        """
        with

        codes as (

            select iso3, governance_code
            from read_csv($codes, header = true, all_varchar = true)
            where kind = 'publisher_code'

        )

        select
            coalesce(codes.governance_code, governance.iso3) as code,
            governance.year,
            cast(governance.estimate as double) as estimate,
            cast(governance.standard_error as double) as standard_error
        from library.governance
        left join codes on governance.iso3 = codes.iso3
        where
            isfinite(try_cast(governance.estimate as double))
            and regexp_full_match(governance.iso3, '[A-Z]{3}') -- not the rest of a region
        qualify row_number() over (partition by governance.iso3, governance.year order by governance.position) = 1
        order by all
        """,
        {"codes": str(SEEDS / "seed_governance_codes.csv")},
    ).fetchall()
    header = ("iso3", "year", *(f"{name}_{kind}" for name in WGI_DIMENSIONS for kind in ("estimate", "stderr")))
    _write_csv(
        file,
        header,
        [(code, year, *((repr(estimate), repr(error)) * len(WGI_DIMENSIONS))) for code, year, estimate, error in rows],
    )


def _write_csv(file: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
