"""The worked example of docs/method.md, done again from the bundled files, and its comparison with the EU's figures."""

from __future__ import annotations

import csv
import re
from decimal import Decimal

import duckdb
import pytest

from warehouse.paths import BUNDLED, REPOSITORY, SEEDS

DOCUMENT = (REPOSITORY / "docs" / "method.md").read_text(encoding="utf-8")
EXAMPLE = DOCUMENT.partition("## One example")[2].partition("\n## ")[0]
CELL = "importer_iso3 = 'IND' and year = 2024 and mineral_id = 'magnesium' and stage = 'refined'"


def rows(name: str) -> list[dict[str, str]]:
    folder = SEEDS if name.startswith("seed_") else BUNDLED
    with (folder / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def governance_risk(code: str, year: int) -> float:
    (row,) = (row for row in rows("wgi_2014_2023.csv") if row["iso3"] == code and row["year"] == str(year))
    mean = sum(float(row[f"{dimension}_estimate"]) for dimension in ("va", "pv", "ge", "rq", "rl", "cc")) / 6
    return 2 * (2.5 - mean)


@pytest.fixture(scope="module")
def example() -> dict[str, float]:
    """The figures of the example by plain arithmetic on the publishers' rows."""
    iso3 = {"156": "CHN", "643": "RUS", "842": "USA", "344": "HKG", "826": "GBR", "124": "CAN"}
    bought = [row for row in rows("baci_hs17_2024_india.csv") if row["k"] == "810411"]
    value = {iso3[row["i"]]: float(Decimal(row["v"])) for row in bought}
    weight = {iso3[row["i"]]: float(Decimal(row["q"])) for row in bought}
    share = {country: amount / sum(value.values()) for country, amount in value.items()}
    china_by_weight = weight["CHN"] / sum(weight.values())

    # `—` is a printed zero; the United States and the other countries have it
    names = {"China": "CHN", "Russia": "RUS", "Brazil": "BRA", "Israel": "ISR", "Kazakhstan": "KAZ", "Turkey": "TUR",
             "Iran": "IRN"}  # fmt: skip
    printed = {
        row["country"].strip(): row["value"]
        for row in rows("usgs_mcs_figures.csv")
        if row["edition"] == "MCS2026"
        and row["commodity"].strip() == "Magnesium Metal"
        and row["statistic"] == "production"
        and row["year"] == "2024"
    }
    produced = {iso: 1000 * float(printed[name].replace(",", "")) for name, iso in names.items()}
    assert {name for name in printed if name not in names} >= {"United States", "Other countries"}
    assert printed["United States"] == printed["Other countries"] == "—"
    world = {country: tonnes / sum(produced.values()) for country, tonnes in produced.items()}

    (exported,) = (
        row for row in rows("baci_hs17_2024_world_exports.csv") if row["k"] == "810411" and row["i"] == "699"
    )
    (product,) = (row for row in rows("seed_mineral_products.csv") if row["hs6_hs17"] == "810411")
    content = float(product["content_fraction"])
    imports_t, exports_t = content * sum(weight.values()), content * float(exported["q"])

    china = 100 * max(share["CHN"], china_by_weight) * (0.5 + 0.25 * world["CHN"])
    raw = {
        "china_dependence": china,
        "supplier_concentration": sum(part**2 for part in share.values()),
        "world_concentration": sum(part**2 * governance_risk(country, 2023) for country, part in world.items()),
        "import_reliance": (imports_t - exports_t) / (0 + imports_t - exports_t),
        "supplier_governance": sum(part * governance_risk(country, 2023) for country, part in share.items()),
        "export_controls": 0.0,
    }
    points = {
        "china_dependence": china,
        "supplier_concentration": 100.0,
        "world_concentration": 100 * (raw["world_concentration"] - 0.5) / (5 - 0.5),
        "import_reliance": 100.0,
        "supplier_governance": 100 * (raw["supplier_governance"] - 2) / (8 - 2),
        "export_controls": 0.0,
    }
    weights = {"china_dependence": 30, "supplier_concentration": 20, "world_concentration": 15, "import_reliance": 15,
               "supplier_governance": 10, "export_controls": 10}  # fmt: skip
    return {
        "value_share": share["CHN"],
        "weight_share": china_by_weight,
        "world_share": world["CHN"],
        "imports_t": imports_t,
        "exports_t": exports_t,
        **{f"raw {name}": amount for name, amount in raw.items()},
        **{f"points {name}": amount for name, amount in points.items()},
        **{f"contribution {name}": weights[name] * points[name] / 100 for name in raw},
        "score": sum(weights[name] * points[name] / 100 for name in raw),
    }


def test_the_document_prints_what_the_arithmetic_gives(example: dict[str, float]) -> None:
    shown = [
        *(f"{example[name]:.6f}" for name in ("value_share", "weight_share", "world_share")),
        f"{example['raw supplier_concentration']:.6f}",
        f"| {example['raw china_dependence']:.3f} |",
        f"| {example['raw world_concentration']:.5f} |",
        f"| {example['raw supplier_governance']:.5f} |",
        f"({example['imports_t']:,.2f} − {example['exports_t']:,.2f})",
        f"**{example['score']:.2f} points, very high**",
    ]
    for name in ("china_dependence", "supplier_concentration", "world_concentration", "import_reliance",
                 "supplier_governance", "export_controls"):  # fmt: skip
        shown.append(f"| {example[f'points {name}']:.2f} |")
        shown.append(f"| {example[f'contribution {name}']:.2f} |")
    assert [text for text in shown if text not in EXAMPLE] == []


def test_the_published_file_agrees_with_the_arithmetic(
    published: duckdb.DuckDBPyConnection, example: dict[str, float]
) -> None:
    components = published.execute(
        f"select component_id, raw_value, component_score, contribution from marts.risk_components where {CELL}"
    ).fetchall()
    assert len(components) == 6
    for component, raw, points, contribution in components:
        assert raw == pytest.approx(example[f"raw {component}"], rel=1e-9)
        assert points == pytest.approx(example[f"points {component}"], rel=1e-9)
        assert contribution == pytest.approx(example[f"contribution {component}"], rel=1e-9)
    (score,) = published.execute(f"select risk_score, risk_band from marts.risk_scores where {CELL}").fetchall()
    assert score == (pytest.approx(example["score"], rel=1e-9), "very_high")


def test_the_comparison_with_the_eu_prints_the_published_figures(published: duckdb.DuckDBPyConnection) -> None:
    """Theirs from the seed, ours from the published file."""
    table = re.findall(
        r"^\| ([a-z ]+) \| (\d\.\d\d) \| (\d\.\d\d)(?: \((\d\.\d\d)–(\d\.\d\d)\))? \|", DOCUMENT, re.MULTILINE
    )
    minerals = {
        "antimony ore": ("antimony", "ore"),
        "molybdenum ore": ("molybdenum", "ore"),
        "graphite": ("graphite", "ore"),
        "phosphate rock": ("phosphorus", "ore"),
        "refined bismuth": ("bismuth", "refined"),
        "refined cadmium": ("cadmium", "refined"),
        "refined tungsten": ("tungsten", "refined"),
    }
    assert {row[0] for row in table} == set(minerals)
    studies = {
        (row["mineral_id"], {"Extraction": "ore", "Processing": "refined"}[row["stage"]]): row["import_reliance_eu"]
        for row in rows("seed_recycling_substitution.csv")
        if row["vintage"] == "2023" and row["sub_material"] in ("", "phosphate_rock")
    }
    for name, theirs, ours, low, high in table:
        mineral, stage = minerals[name]
        assert float(studies[mineral, stage]) == float(theirs), name
        row = published.execute(
            "select net_import_reliance, net_import_reliance_low, net_import_reliance_high from marts.import_reliance"
            " where country_iso3 = 'EUU' and year = 2024 and mineral_id = ? and stage = ?",
            [mineral, stage],
        ).fetchone()
        assert row is not None
        assert f"{row[0]:.2f}" == ours, name
        assert not low or (f"{row[1]:.2f}", f"{row[2]:.2f}") == (low, high), name


def test_the_readme_prints_the_published_figures(published: duckdb.DuckDBPyConnection) -> None:
    stages = {
        "magnesium, unwrought": ("magnesium", "refined"),
        "bismuth": ("bismuth", "refined"),
        "rare-earth magnets": ("rare_earths", "product"),
        "silicon, metallurgical": ("silicon", "refined"),
        "rare-earth metals": ("rare_earths", "refined"),
    }
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    printed = dict(re.findall(r"^\| ([a-z, -]+) \| (\d\d \| .*) \|$", readme, re.MULTILINE))
    assert list(printed) == list(stages)
    found = {
        name: published.execute(
            "select risk_score, rank_p05, rank_p95, risk_score_current_controls, china_value_share, china_via_share"
            " from marts.risk_scores inner join marts.china_dependence using (year, importer_iso3, mineral_id, stage)"
            " where importer_iso3 = 'IND' and year = 2024 and mineral_id = $mineral and stage = $stage",
            {"mineral": mineral, "stage": stage},
        ).fetchall()[0]
        for name, (mineral, stage) in stages.items()
    }
    assert printed == {
        name: f"{score:.0f} | {low}–{high} | {now:.0f} | {100 * bought:.0f} % | "
        + ("not traced" if through is None else f"{100 * through:.0f} %")
        for name, (score, low, high, now, bought, through) in found.items()
    }


def test_the_table_of_rank_intervals_is_the_published_one(published: duckdb.DuckDBPyConnection) -> None:
    section = DOCUMENT.partition("## How sure is a rank")[2].partition("\n## ")[0]
    printed = [
        line.strip("| ").split(" | ")[:6] for line in section.splitlines() if re.match(r"\| [a-z_]+ \| \d", line)
    ]
    rows_published = published.execute(
        "select mineral_id, risk_rank, rank_p05, rank_p95, risk_score, score_p05, score_p95, risk_band_probability"
        " from marts.mineral_risk where importer_iso3 = 'IND' and year = 2024 and risk_rank <= 10 order by risk_rank"
    ).fetchall()
    assert printed == [
        [name, str(rank), f"{low}–{high}", f"{score:.1f}", f"{from_score:.0f}–{to_score:.0f}", f"{100 * band:.0f} %"]
        for name, rank, low, high, score, from_score, to_score, band in rows_published
    ]
    moved = published.execute(
        "select mineral_id, uncertainty_id, rank_variance_share from marts.rank_sensitivity"
        " where importer_iso3 = 'IND' and year = 2024"
    ).fetchall()
    shares = {(mineral, uncertainty): share for mineral, uncertainty, share in moved}
    for mineral, causes in re.findall(r"^\| ([a-z_]+) \| \d+ \|.*\| ([a-z0-9 %,]+) \|$", section, re.MULTILINE):
        if causes == "none alone":
            assert {share for (name, _), share in shares.items() if name == mineral} == {None}
        for uncertainty, share in re.findall(r"([a-z]+) (\d+) %", causes):
            assert f"{100 * shares[mineral, uncertainty]:.0f}" == share


def test_the_table_of_a_change_is_the_published_one(published: duckdb.DuckDBPyConnection) -> None:
    section = DOCUMENT.partition("## Why did a score change")[2].partition("\n## ")[0]
    names = {
        "dependence on China": "china_dependence",
        "world concentration": "world_concentration",
        "governance of suppliers": "supplier_governance",
        "supplier concentration": "supplier_concentration",
        "export controls": "export_controls",
        "import reliance": "import_reliance",
    }
    printed = {
        names[cells[0]]: cells[2:]
        for cells in (line.strip("| ").split(" | ") for line in section.splitlines())
        if cells[0] in names
    }
    changes = published.execute(
        "select component_id, contribution_change, risk_change, coverage_change, coverage_reason"
        " from marts.risk_score_changes"
        " where importer_iso3 = 'IND' and year = 2024 and mineral_id = 'cobalt' and stage = 'refined'"
    ).fetchall()
    assert printed == {
        component: [*(f"{amount + 0:.2f}".replace("-0.00", "0.00").replace("-", "−") for amount in amounts), reason]
        for component, *amounts, reason in changes
    }
