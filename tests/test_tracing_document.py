"""The worked example of docs/tracing.md and its picture, held against the bundled rows and the published file."""

from __future__ import annotations

import csv
import re

import duckdb
import pytest

from warehouse.database import connect
from warehouse.paths import BUNDLED, REPOSITORY, SEEDS

DOCUMENT = (REPOSITORY / "docs" / "tracing.md").read_text(encoding="utf-8")
PICTURE = re.sub(r"<[^>]+>", "\n", (REPOSITORY / "docs" / "tracing.svg").read_text(encoding="utf-8"))
CELL = "importer_iso3 = 'IND' and year = 2024 and mineral_id = 'rare_earths' and stage = 'compound'"
CODES = {"CHN": 156, "JPN": 392, "KOR": 410, "USA": 842, "FRA": 251, "IND": 699, "MMR": 104, "MYS": 458, "LAO": 418}


@pytest.fixture(scope="module")
def tonnes() -> dict[tuple[int, int], float]:
    """Content from exporter to importer, from the bundled rows and the content of the two codes alone."""
    with (SEEDS / "seed_mineral_products.csv").open(newline="", encoding="utf-8") as stream:
        content = {
            row["hs6_hs92"]: float(row["content_fraction"])
            for row in csv.DictReader(stream)
            if row["hs6_hs92"] in ("284610", "284690") and row["mineral_id"] == "rare_earths"
        }
    assert set(content) == {"284610", "284690"}
    with connect() as connection:
        flows = connection.execute(
            "select cast(i as integer), cast(j as integer), k, cast(q as double)"
            f" from '{BUNDLED / 'baci_hs92_2015_2024.parquet'}' where t = 2024 and k in ('284610', '284690')"
        ).fetchall()
    found: dict[tuple[int, int], float] = {}
    for exporter, importer, code, weight in flows:
        if weight is not None and exporter != importer:
            found[exporter, importer] = found.get((exporter, importer), 0.0) + weight * content[code]
    return found


def test_the_tonnes_are_those_of_the_bundled_rows(tonnes: dict[tuple[int, int], float]) -> None:
    def sold(exporter: str, importer: str) -> float:
        return tonnes[CODES[exporter], CODES[importer]]

    def bought(importer: str) -> float:
        return sum(amount for (_, buyer), amount in tonnes.items() if buyer == CODES[importer])

    china_sells = sum(amount for (seller, _), amount in tonnes.items() if seller == CODES["CHN"])
    shown = {
        "document": (
            f"({bought('CHN'):,.0f} t, of which Myanmar sold {sold('MMR', 'CHN'):,.0f} t,"
            f" Malaysia {sold('MYS', 'CHN'):,.0f} t and Laos {sold('LAO', 'CHN'):,.0f} t)",
            f"than it sells ({china_sells:,.0f} t)",
            f"are the {sold('CHN', 'JPN') / bought('JPN'):.4f} that it buys",
            f"{sold('FRA', 'JPN') / bought('JPN'):.4f} × ",
            *(f"| {sold(country, 'IND'):.1f} |" for country in ("CHN", "JPN", "KOR", "USA", "FRA")),
            f"| **{bought('IND'):.1f}** |",
        ),
        "picture": (
            *(f"{sold(country, 'CHN'):,.0f} t to China" for country in ("MMR", "MYS", "LAO")),
            f"buys {bought('CHN'):,.0f} t",
            f"sells {china_sells:,.0f} t",
            *(f"{sold('CHN', country):,.0f} t" for country in ("JPN", "KOR", "USA")),
            *(f"{sold(country, 'IND'):.1f} t" for country in ("JPN", "KOR", "USA", "CHN")),
            f"buys {bought('IND'):.1f} t",
        ),
    }
    assert [text for text in shown["document"] if text not in " ".join(DOCUMENT.split())] == []
    assert [text for text in shown["picture"] if text not in PICTURE] == []


def test_the_shares_are_the_published_ones_and_add_up(published: duckdb.DuckDBPyConnection) -> None:
    via, hidden, direct, origin, estimated = published.execute(
        "select china_via_share, china_hidden_share, china_weight_share, china_origin_share, estimated_origin_share"
        f" from marts.china_dependence where {CELL}"
    ).fetchall()[0]
    behind = {
        supplier: rest
        for supplier, *rest in published.execute(
            "select supplier_iso3, weight_share, supplier_china_via_share, china_hidden_share"
            f" from marts.china_behind_suppliers where {CELL} and china_hidden_share is not null"
        ).fetchall()
    }
    weights = dict(
        published.execute(
            f"select supplier_iso3, weight_share from marts.supplier_shares where {CELL} and weight_share is not null"
        ).fetchall()
    )
    assert direct + sum(share * through for share, through, _ in behind.values()) == pytest.approx(via, abs=1e-9)
    assert weights["CHN"] == direct
    assert estimated > 0.9995  # "here: all"
    behind_others = sum(rest[2] for supplier, rest in behind.items() if supplier not in ("JPN", "KOR", "USA", "FRA"))
    named = ("JPN", "KOR", "USA", "FRA")
    others = [country for country in weights if country not in ("CHN", *named)]
    shown = [
        *(
            f"| {behind[supplier][0]:.4f} | {behind[supplier][1]:.4f} | {behind[supplier][2]:.4f} |"
            for supplier in named
        ),
        f"| {direct:.4f} | 1 | {direct:.4f} |",
        f"| {len(others)} others |",
        f"| {sum(weights[country] for country in others):.4f} | | {behind_others:.4f} |",
        f"**{via:.4f}**, hidden **{hidden:.4f}**",
        f"`china_origin_share` is **{origin:.4f}**",
        f"Japan's {behind['JPN'][1]:.4f} are",
        f"× {behind['FRA'][1]:.4f}, Estonia",
    ]
    origins = dict(
        published.execute(f"select origin_iso3, traced_share from marts.traced_origins where {CELL}").fetchall()
    )
    shown.append(f"Myanmar {origins['MMR']:.4f}, Malaysia {origins['MYS']:.4f} and Laos {origins['LAO']:.4f}")
    assert [text for text in shown if text not in " ".join(DOCUMENT.split())] == []
    drawn = [
        *(f"{100 * behind[supplier][1]:.1f} % by China" for supplier in ("JPN", "KOR", "USA")),
        f"direct {100 * direct:.1f} %",
        f"behind other suppliers {100 * hidden:.1f} %",
        f"from or through China {100 * via:.1f} %",
        f"and {len(weights) - 4} more suppliers",
    ]
    assert [text for text in drawn if text not in PICTURE] == []


def test_the_loops_are_the_published_ones(published: duckdb.DuckDBPyConnection) -> None:
    loops = published.execute(
        "select year, mineral_id, stage, list(country_iso3 order by country_iso3), max(exports_t)"
        " from marts.untraceable_suppliers where unresolved_reason = 'loop_without_producer' group by all order by year"
    ).fetchall()
    assert [loop[:4] for loop in loops] == [
        (2017, "manganese", "ore", ["MLI", "NER"]),
        (2023, "tin", "ore", ["GUY", "TTO"]),
    ]
    assert f"sold each other {loops[0][4]:,.0f} t of" in " ".join(DOCUMENT.split())
