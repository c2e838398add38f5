"""World Mining Data (Austrian Federal Ministry of Finance): mine production by commodity, country and year.

Nothing of it is bundled: the run does without it until a user ingests a file in the tidy layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.sources import Delivery, RawTable, Source, as_it_is
from warehouse.errors import InputRejected

COLUMNS = ("commodity", "Country", "Country_Code", "Country_ISO", "unit", "data_source", "year", "production")


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell what a file of World Mining Data is: a CSV with one row per commodity, country and year.

    Raises:
        InputRejected: the file is not a CSV, or an option is given.
    """
    if options:
        raise InputRejected(f"world_mining_data: option {next(iter(options))} is not known; this source takes none")
    if file.suffix.lower() != ".csv":
        raise InputRejected(
            f"{file.name}: expected a CSV with the columns {','.join(COLUMNS)}; convert the workbook first"
        )
    return Delivery("world_mining_data", f"World Mining Data, {file.name}", False, {})


SOURCE = Source(
    source_id="world_mining_data",
    publisher="Austrian Federal Ministry of Finance",
    licence="terms of the publisher: a release that holds it is for your own use",
    is_redistributable=False,
    credit="World Mining Data, Federal Ministry of Finance of Austria, Vienna",
    url="https://www.world-mining-data.info",
    tables=(
        RawTable(
            "world_mining_data",
            COLUMNS,
            year_column="year",
            used=(
                "trim(commodity)",
                "select commodity from seeds.seed_production_series where source_id = 'world_mining_data'",
            ),
        ),
    ),
    bundled=(),
    describe=describe,
    unpack=as_it_is,
)
