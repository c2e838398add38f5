"""Score with geopolrisk-py, in the library's own environment: a process of its own, started by `compare.py`.

Nothing of ours is imported here and nothing of the library there: the two exchange a request and CSV files.

    python library_scores.py request.json folder
"""

from __future__ import annotations

import csv
import importlib
import json
import logging
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

COLUMNS = ("material", "year", "economy", "score")


def main() -> None:
    """Load the library, time its own entry point, then score every cell of the request."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    started = time.monotonic()
    # It reads its databases, makes folders in the home directory and opens a log while it is imported.
    library: Any = importlib.import_module("geopolrisk.assessment.main")
    load_seconds = time.monotonic() - started

    timed = request["timed"]
    materials = library.default_rmlist()
    started = time.monotonic()
    scores = library.gprs_calc(timed["years"], timed["countries"], materials)
    score_seconds = time.monotonic() - started
    write(
        folder / "timed.csv",
        [
            (
                row["Raw Material"],
                row["Year"],
                library.cvtcountry(row["Country [Economic Entity]"], type="ISO"),
                row["GeoPolRisk Score"],
            )
            for _, row in scores.iterrows()
        ],
    )
    (folder / "times.json").write_text(
        json.dumps(
            {
                "load_seconds": load_seconds,
                "score_seconds": score_seconds,
                "asked": len(timed["years"]) * len(timed["countries"]) * len(materials),
                "scores": len(scores),
                "trade_rows": len(library.databases.baci_trade),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        ),
        encoding="utf-8",
    )
    write(folder / "scores.csv", score_all(library, request["materials"]))


def score_all(library: Any, materials: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Score every country the library knows with the library's functions, for materials that it is told of.

    Its table of materials is data: a row is added per code list of ours, with the sheet of production to use.
    """
    logging.disable(logging.CRITICAL)
    production = library.databases.production
    known = production["HS Code Map"]
    template = known.iloc[:1]
    rows = [
        template.assign(
            **{
                "Sheet_name": material["sheet"],
                "Reference ID": material["name"],
                "HS Code": material["codes"][0],
                "HS Code - Complementary": ";".join(material["codes"][1:]) or None,
            }
        )
        for material in materials
    ]
    production["HS Code Map"] = importlib.import_module("pandas").concat(rows, ignore_index=True)
    trade = library.mapped_baci()
    cells = {key: rows for key, rows in trade.groupby(["rawMaterial", "period"])}
    countries = [*production["Country_ISO"]["Country"], "EU"]
    work = [
        (library, material["name"], year, cells.get((material["name"], year), trade.iloc[:0]), countries)
        for material in materials
        for year in material["years"]
    ]
    # forked, so that the tables are shared
    SHARED.extend(work)
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        parts = pool.map(score_cell, range(len(work)), chunksize=1)
    return [row for part in parts for row in part]


SHARED: list[tuple[Any, ...]] = []


def score_cell(number: int) -> list[tuple[Any, ...]]:
    """Score one material and year for every country, step by step as `gprs_calc` does, on the rows of that cell."""
    library, material, year, rows, countries = SHARED[number]
    scores = []
    for country in countries:
        members = library.databases.regionslist[country]
        numerator, trade, price = library.aggregateTrade(year, members, material, rows)
        production = [library.HHI(material, year, member) for member in members]
        produced, hhi = sum(tonnes for tonnes, _ in production), production[0][1]
        score, _, _ = library.GeoPolRisk(numerator, trade, price, produced, hhi)
        scores.append((material, year, library.cvtcountry(country, type="ISO"), score))
    return scores


def write(file: Path, rows: list[tuple[Any, ...]]) -> None:
    """Write rows of scores as CSV, every digit kept."""
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(COLUMNS)
        writer.writerows((*key, repr(float(score))) for *key, score in rows)


if __name__ == "__main__":
    main()
