"""docs/scenarios.md: its queries, its tables and every number of its text, held against the data.

What can be worked out without the engine is worked out here from the bundled rows, and must be what is published.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import method_settings, scenarios
from warehouse.database import connect
from warehouse.paths import BUNDLED, REPOSITORY, SEEDS

DOCUMENT = (REPOSITORY / "docs" / "scenarios.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n([^`]*)```\n\n((?:\|.*\n)+)", DOCUMENT)
# The text alone, on one line: without queries, tables, commands, code and links.
TEXT = re.sub(r"```\w+\n.*?```", " ", DOCUMENT, flags=re.DOTALL)
TEXT = " ".join(re.sub(r"^\|.*$|^    .*$|`[^`]*`|\(\S+\.md\S*\)", " ", TEXT, flags=re.MULTILINE).split())
# Numbers that name something: dates, laws, announcements, the register, codes, and years that nothing counts.
NAMES = re.compile(
    r"\b\d{1,2} (?:July|April|November) 20\d\d\b|\bAnnouncement 18 of 2025\b|\bLaw 3 of 2020\b|\bXC\d{3}\b"
    r"|\bfiscal year 2024-25\b|\b(?:850511|811292)\b|\b(?:of|in) 2024\b|\b[Tt]o 2047\b"
)
INDIA, CHILE, PERU, INDONESIA, CHINA = 699, 152, 604, 360, 156
FTA = "scenario_id = 'chile_peru_copper_fta' and mineral_id = 'copper' and stage = 'ore'"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def shock(shock_id: str) -> dict[str, str]:
    (row,) = (row for row in seed("seed_scenario_shocks") if row["shock_id"] == shock_id)
    return row


def content(column: str, code: str, mineral: str) -> float:
    (found,) = {
        row["content_fraction"]
        for row in seed("seed_mineral_products")
        if row[column] == code and row["mineral_id"] == mineral
    }
    return float(found)


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)


def prints(cell: str, value: object) -> bool:
    """Whether a cell of a table is a value of its query, to the last decimal; an empty one is null."""
    if value is None or cell == "":
        return value is None and cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, int | float):
        return float(cell.replace(",", "")) == value
    return cell == value


@dataclass(frozen=True)
class Concentrate:
    """What India bought of copper concentrate in 2024, by supplier.

    Million US dollars and tonnes, and million dollars that others paid the supplier for a tonne.
    """

    value: dict[int, float]
    gross_t: dict[int, float]
    price_to_others: dict[int, float]
    content: float


@pytest.fixture(scope="module")
def concentrate() -> Concentrate:
    """The bundled rows, and nothing else."""
    with connect() as connection:
        rows = connection.execute(
            "select cast(i as integer), cast(v as double) / 1e3, cast(q as double)"
            f" from '{BUNDLED / 'baci_hs92_2015_2024.parquet'}' where t = 2024 and k = '260300' and j = {INDIA}"
        ).fetchall()
        prices = connection.execute(
            "select cast(i as integer), sum(cast(v as double)) / 1e3 / sum(cast(q as double))"
            f" from '{BUNDLED / 'baci_hs92_2015_2024.parquet'}' where t = 2024 and k = '260300' and j != {INDIA}"
            " and cast(q as double) > 0 group by all"
        ).fetchall()
    return Concentrate(
        {supplier: value for supplier, value, _ in rows},
        {supplier: weight for supplier, _, weight in rows},
        dict(prices),
        content("hs6_hs92", "260300", "copper"),
    )


def under_agreement(bought: Concentrate, agreed: dict[int, float]) -> tuple[dict[int, float], dict[int, float]]:
    """Value and weight after an agreement: the named sell what is agreed, the others share out the rest.

    What the named sell more went to others until now, and costs what they paid.
    """
    others = sum(weight for supplier, weight in bought.gross_t.items() if supplier not in agreed)
    factor = (sum(bought.gross_t.values()) - sum(agreed.values())) / others
    weight = {supplier: agreed.get(supplier, tonnes * factor) for supplier, tonnes in bought.gross_t.items()}
    value = {
        supplier: bought.value[supplier]
        + (
            (weight[supplier] - bought.gross_t[supplier]) * bought.price_to_others[supplier]
            if supplier in agreed
            else bought.value[supplier] * (factor - 1)
        )
        for supplier in weight
    }
    return value, weight


def shares(amounts: dict[int, float]) -> dict[int, float]:
    return {name: amount / sum(amounts.values()) for name, amount in amounts.items()}


def hhi(amounts: dict[int, float]) -> float:
    return sum(share**2 for share in shares(amounts).values())


@pytest.mark.parametrize("query, table", QUERIES, ids=[re.sub(r"\s+", " ", query)[7:50] for query, _ in QUERIES])
def test_a_query_gives_the_table_below_it(published: duckdb.DuckDBPyConnection, query: str, table: str) -> None:
    header, _, *lines = [
        [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")] for line in table.splitlines()
    ]
    result = published.execute(query)
    assert [column[0] for column in result.description or []] == header
    rows = result.fetchall()
    assert len(rows) == len(lines)
    wrong = [
        (name, cell, value)
        for line, row in zip(lines, rows, strict=True)
        for name, cell, value in zip(header, line, row, strict=True)
        if not prints(cell, value)
    ]
    assert wrong == []


def test_the_file_of_the_page_keeps_the_rules(tmp_path: Path) -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    file = tmp_path / "my_scenario.yml"
    file.write_text(written, encoding="utf-8")
    scenarios.write_seeds(tmp_path, scenarios.read_file(file))
    method_settings.check(tmp_path)


def test_every_query_of_the_page_has_its_table() -> None:
    assert len(QUERIES) == DOCUMENT.count("```sql") == 4


@pytest.mark.parametrize("size", ["_small", "", "_large"])
def test_the_agreements_are_those_of_plain_arithmetic(
    published: duckdb.DuckDBPyConnection, concentrate: Concentrate, size: str
) -> None:
    """Every agreement of the three is above what is sold, so no supplier needs more than one rule."""
    scenario = f"chile_peru_copper_fta{size}"
    agreed = {
        {"CHL": CHILE, "PER": PERU}[row["supplier_iso3"]]: float(row["quantity"])
        for row in seed("seed_scenario_shocks")
        if row["scenario_id"] == scenario
    }
    assert all(agreed[supplier] > concentrate.gross_t[supplier] for supplier in (CHILE, PERU))
    value, _ = under_agreement(concentrate, agreed)
    found = one(
        published,
        "select hhi_value_before, hhi_value_after, top1_share_after, import_value_usd_after, agreed_t, unmet_share"
        f" from marts.scenario_results where scenario_id = '{scenario}' and mineral_id = 'copper' and stage = 'ore'",
    )
    assert found == pytest.approx(
        (
            hhi(concentrate.value),
            hhi(value),
            max(shares(value).values()),
            1e6 * sum(value.values()),
            sum(agreed.values()) * concentrate.content,
            0,
        ),
        rel=1e-6,
    )


def test_a_stop_of_chinese_magnesium_is_that_of_plain_arithmetic(published: duckdb.DuckDBPyConnection) -> None:
    """One code, bundled for India and for the exporters of the world: a tenth of what the others sell elsewhere."""
    with (BUNDLED / "baci_hs17_2024_india.csv").open(newline="", encoding="utf-8") as stream:
        bought = {row["i"]: float(row["q"]) for row in csv.DictReader(stream) if row["k"] == "810411"}
    with (BUNDLED / "baci_hs17_2024_world_exports.csv").open(newline="", encoding="utf-8") as stream:
        sold = {row["i"]: float(row["q"]) for row in csv.DictReader(stream) if row["k"] == "810411"}
    others = sum(
        max(tonnes - bought.get(seller, 0), 0)
        for seller, tonnes in sold.items()
        if seller not in (str(CHINA), str(INDIA))
    )
    unmet = {room: max(0, bought[str(CHINA)] - room * others) / sum(bought.values()) for room in (0.0, 0.1, 0.2)}
    found = one(
        published,
        "select unmet_share_high, unmet_share, unmet_share_low from marts.scenario_results"
        " where scenario_id = 'china_full_export_stop' and mineral_id = 'magnesium' and stage = 'refined'",
    )
    assert found == pytest.approx(tuple(unmet.values()), rel=1e-6)
    stop = one(
        published,
        "select unmet_share from marts.single_supplier_stops where importer_iso3 = 'IND' and supplier_iso3 = 'CHN'"
        " and mineral_id = 'magnesium' and stage = 'refined'",
    )
    assert stop == pytest.approx((unmet[0.1],), rel=1e-6)


def copper_phrases(published: duckdb.DuckDBPyConnection, bought: Concentrate) -> list[str]:
    """What the first section says of the agreements."""
    sizes = [
        sum(float(row["quantity"]) for row in seed("seed_scenario_shocks") if row["scenario_id"] == scenario)
        for scenario in ("chile_peru_copper_fta_small", "chile_peru_copper_fta", "chile_peru_copper_fta_large")
    ]
    chile, peru = float(shock("SS011")["quantity"]), float(shock("SS012")["quantity"])
    _, after = under_agreement(bought, {CHILE: chile, PERU: peru})
    before, later = shares(bought.gross_t), shares(after)
    assert max(before, key=before.__getitem__) == INDONESIA
    price = {supplier: 1e6 * bought.value[supplier] / bought.gross_t[supplier] for supplier in (CHILE, PERU)}
    refined_value, refined_t = one(
        published,
        "select sum(import_value_usd), sum(net_weight_kg) / 1000 from marts.supplier_shares"
        " where importer_iso3 = 'IND' and year = 2024 and mineral_id = 'copper' and stage = 'refined'",
    )
    refined_price = refined_value / refined_t
    (japan,) = one(
        published,
        "select value_share from marts.supplier_shares where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'copper' and stage = 'refined' and supplier_iso3 = 'JPN'",
    )
    worth = bought.content * refined_price
    likely_t = 1e6 * bought.value[CHILE] / worth
    assert likely_t > chile > bought.gross_t[CHILE]
    with connect() as connection:
        sold, to_china, to_india = one(
            connection,
            "select sum(cast(v as double)), sum(cast(v as double)) filter (where j = 156),"
            f" sum(cast(v as double)) filter (where j = 699) from '{BUNDLED / 'baci_hs92_2015_2024.parquet'}'"
            " where t = 2024 and k = '260300' and i in (152, 604)",
        )
    # by weight, and of the published shares
    assert one(
        published,
        "select sum(weight_share_before ** 2), sum(weight_share_after ** 2) from marts.scenario_supplier_shares"
        f" where {FTA}",
    ) == pytest.approx((hhi(bought.gross_t), hhi(after)), rel=1e-6)
    return [
        f"{sizes[0]:,.0f}, {sizes[1]:,.0f} and {sizes[2]:,.0f} t of concentrate at a content of {bought.content:.2f}",
        f"about what the two sold ({bought.gross_t[CHILE] + bought.gross_t[PERU]:,.0f} t)",
        f"With {sizes[1]:,.0f} t Chile's share of the weight goes from {before[CHILE]:.3f} to {later[CHILE]:.3f},"
        f" Peru's from {before[PERU]:.3f} to {later[PERU]:.3f}, and Indonesia's, the largest, from"
        f" {before[INDONESIA]:.3f} to {later[INDONESIA]:.3f}.",
        f"the HHI rises less, from {hhi(bought.gross_t):.3f} to {hhi(after):.3f}",
        f"would then take {after[INDONESIA] * bought.content:,.0f} t of copper and not"
        f" {bought.gross_t[INDONESIA] * bought.content:,.0f} t.",
        f"paid Chile {price[CHILE]:,.0f} US dollars for a tonne of concentrate and Peru {price[PERU]:,.0f}.",
        f"With {bought.content:.2f} of copper such a tonne holds copper for {worth:,.0f} dollars, at the"
        f" {refined_price:,.0f} dollars a tonne",
        f"Chile's weight, {bought.gross_t[CHILE]:,.0f} t,",
        f"At {worth:,.0f} dollars its {bought.value[CHILE]:,.0f} million dollars are {likely_t / 1000:,.0f},000 t,"
        f" and then {chile:,.0f} t is less",
        # the Indian Bureau of Mines publishes the first
        f"counts 1,175,592 t of concentrate in the fiscal year 2024-25, the trade statistics"
        f" {sum(bought.gross_t.values()):,.0f} t in 2024.",
        f"of which {japan:.3f} comes from Japan",
        f"it bought {to_china / sold:.2f} of what Chile and Peru sold, India {to_india / sold:.2f}.",
    ]


def path_phrases(published: duckdb.DuckDBPyConnection) -> list[str]:
    """What the first section says of 2047, the solved-for assumptions by hand."""
    (path,) = (row for row in seed("seed_scenario_paths") if row["scenario_id"] == "copper_2047")
    growth = {end: float(shock("SS021")[f"factor{end}"]) for end in ("", "_low", "_high")}
    today, end = float(path["published_baseline_reliance"]), float(path["published_end_reliance"])
    mined, exports = one(
        published,
        "select production_t, exports_t from marts.import_reliance"
        " where country_iso3 = 'IND' and year = 2024 and mineral_id = 'copper' and stage = 'ore'",
    )
    demand = mined / (1 - today)
    home = (1 - end) * growth[""] * demand

    def paths(case: str, year: int) -> tuple[float, ...]:
        return one(
            published,
            "select net_import_reliance, imports_t, content_fraction, home_supply_t, demand_t from marts.reliance_paths"
            f" where scenario_id = 'copper_2047' and case_id = '{case}' and year = {year}",
        )

    reliance, imports, solved, home_supply, wanted = paths("published", 2047)
    typical = paths("content typical", 2024)
    assert (reliance, home_supply, wanted) == pytest.approx((end, home, growth[""] * demand), rel=1e-9)
    # what is bought less what is sold abroad, at the solved content, is what 90 % takes
    scale = solved / typical[2]
    assert scale * (typical[1] - exports) == pytest.approx(demand - mined, rel=1e-9)
    assert imports == pytest.approx(growth[""] * demand - home + scale * exports, rel=1e-9)
    lows, highs = paths("content low", 2047), paths("content high", 2047)
    slow, fast = paths("demand low", 2047), paths("demand high", 2047)
    assert [row[3] for row in (lows, highs, slow, fast)] == pytest.approx([home] * 4, rel=1e-9)
    changed = dict(
        published.execute(
            "select case_id, list(year order by year) from marts.reliance_paths as agreed"
            " inner join marts.reliance_paths as free using (case_id, mineral_id, stage, year)"
            " where agreed.scenario_id = 'copper_2047' and free.scenario_id = 'copper_2047_without_agreements'"
            " and abs(agreed.top_supplier_ratio - free.top_supplier_ratio) > 1e-9 group by all"
        ).fetchall()
    )
    assert changed["published"] == changed["content typical"] == [2027, 2028, 2029]
    assert changed["demand low"] == [2027, 2028, 2029, 2030]
    assert changed["demand high"] == [2027, 2028]
    (difference,) = one(
        published,
        "select max(abs(agreed.net_import_reliance - free.net_import_reliance)) from marts.reliance_paths as agreed"
        " inner join marts.reliance_paths as free using (case_id, mineral_id, stage, year)"
        " where agreed.scenario_id = 'copper_2047' and free.scenario_id = 'copper_2047_without_agreements'",
    )
    assert difference < 1e-12  # "by nothing in any year"
    largest, supplier, within, cap = one(
        published,
        "select max(top_supplier_ratio), max_by(top_supplier_iso3, top_supplier_ratio),"
        " bool_and(is_within_single_country_cap),"
        " (select value from marts.method_thresholds where threshold_id = 'single_country_cap_share')"
        " from marts.reliance_paths where scenario_id like 'copper_2047%'",
    )
    assert (supplier, within) == ("IDN", True)
    (elsewhere,) = one(
        published,
        "select sum(exports_elsewhere_t) from marts.supply_options"
        " where importer_iso3 = 'IND' and mineral_id = 'copper' and stage = 'ore'",
    )
    agreed = sum(float(shock(shock_id)["quantity"]) for shock_id in ("SS023", "SS024"))
    assert {shock(shock_id)["from_year"] for shock_id in ("SS023", "SS024")} == {"2027"}
    assert growth == {"": 6, "_low": 4, "_high": 8}
    return [
        f"over {100 * today:.0f} % today and {100 * end:.0f} % in {path['end_year']}, says",
        f"**{100 * end:.0f} % is an input",
        f"India mined {mined:,.0f} t of copper (USGS), so {100 * today:.0f} % means a demand of {demand:,.0f} t;",
        f"is {growth[''] * demand:,.0f} t, and {100 * (1 - end):.0f} % of it leaves {home:,.0f} t to be mined",
        f"({solved:.3f}) and those {home:,.0f} t are solved for.",
        f"mines would grow {home / mined:.1f}-fold",
        f"reliance is {100 * (1 - mined / (growth[''] * demand)):.1f} %; to hold it at {100 * today:.0f} % they would"
        f" have to give {growth[''] * mined:,.0f} t.",
        f"Content from {lows[2]:.2f} to {highs[2]:.2f}: {100 * lows[0]:.2f} to {100 * highs[0]:.2f} %.",
        f"eight-fold: {100 * slow[0]:.2f} to {100 * fast[0]:.2f} %.",
        f"mines give the same {home:,.0f} t.",
        f"content of {typical[2]:.2f} gives {100 * typical[0]:.1f} %.",
        f"({agreed:,.0f} t from 2027, an assumption)",
        "from 2027 to 2029 only; with slower growth to 2030, with faster growth to 2028.",
        "By 2030 India would buy",
        f"country above {100 * cap:.0f} %** (the EU's cap)",
        f"Indonesia's, at most {largest:.2f} of consumption.",
        f"{imports / 1e6:.2f} million t of copper would be {100 * imports / elsewhere:.0f} % of what all exporters",
    ]


def result_phrases(published: duckdb.DuckDBPyConnection) -> list[str]:
    """What the middle sections say of the built-in scenarios."""

    def lacking(scenario: str, mineral: str, stage: str) -> tuple[float, ...]:
        return one(
            published,
            "select unmet_share, unmet_share_low, unmet_share_high, value_lost_usd / 1e6, risk_score_before,"
            " risk_score_after, china_via_share_after, withdrawn_t, withdrawn_value_usd / 1e6"
            f" from marts.scenario_results where scenario_id = '{scenario}' and mineral_id = '{mineral}'"
            f" and stage = '{stage}'",
        )

    def bracket(row: tuple[float, ...]) -> str:
        ends = ["0" if end == 0 else f"{end:.2f}" for end in row[1:3]]
        return f"{row[0]:.2f} ({ends[0]}–{ends[1]}),"

    stop = "china_full_export_stop"
    magnets, magnesium, bismuth, silicon, tantalum, metals, baryte, compounds = (
        lacking(stop, *market)
        for market in (
            ("rare_earths", "product"), ("magnesium", "refined"), ("bismuth", "refined"), ("silicon", "refined"),
            ("tantalum", "refined"), ("rare_earths", "refined"), ("baryte", "ore"), ("rare_earths", "compound"),
        )
    )  # fmt: skip
    assert one(
        published, f"select count(*) from marts.scenario_results where scenario_id = '{stop}' and unmet_share > 0"
    ) == (3,)
    # more than two thirds, of those that lack nothing at the usual headroom: the five that are named
    assert one(
        published,
        f"select count(*) from marts.scenario_results where scenario_id = '{stop}' and unmet_share = 0"
        " and unmet_share_high > 0.36",
    ) == (5,)
    others, made = one(
        published,
        "select (select sum(exports_elsewhere_t) from marts.supply_options where importer_iso3 = 'IND'"
        " and mineral_id = 'gallium' and stage = 'refined' and supplier_iso3 != 'CHN'),"
        " (select sum(production_t) from marts.production where year = 2024 and mineral_id = 'gallium'"
        " and stage = 'refined')",
    )
    licences = "china_magnet_licences_2025"
    half, quarter, three_quarters = (
        lacking(f"{licences}{variant}", "rare_earths", "product")
        for variant in ("", "_quarter_approved", "_three_quarters_approved")
    )
    half_compounds, half_metals = (lacking(licences, "rare_earths", stage) for stage in ("compound", "refined"))
    assert half_compounds[0] == half_metals[0] == 0
    magnet_shares = {
        case: dict(
            published.execute(
                "select year, top_supplier_ratio from marts.reliance_paths where scenario_id = 'india_magnet_scheme'"
                f" and case_id = '{case}' and top_supplier_iso3 = 'CHN'"
            ).fetchall()
        )
        for case in ("content typical", "demand low", "demand high")
    }
    usual = magnet_shares["content typical"]
    assert len({usual[year] for year in range(2030, 2048)}) == 1
    assert one(
        published,
        "select bool_or(is_within_single_country_cap) from marts.reliance_paths"
        " where scenario_id = 'india_magnet_scheme'",
    ) == (False,)
    magnets_usd, magnets_t = one(
        published,
        "select sum(import_value_usd), sum(net_weight_kg) / 1000 from marts.supplier_shares where importer_iso3 = 'IND'"
        " and year = 2024 and mineral_id = 'rare_earths' and stage = 'product'",
    )
    with (BUNDLED / "baci_hs17_2024_world_exports.csv").open(newline="", encoding="utf-8") as stream:
        world = [(float(row["v"]), float(row["q"])) for row in csv.DictReader(stream) if row["k"] == "850511"]
    world_usd_per_kg = sum(value for value, _ in world) / sum(weight for _, weight in world)
    scheme = float(shock("SS017")["quantity"])
    used_t = 900  # Business Standard, 26 Nov 2025
    indonesia = lacking("indonesia_concentrate_stop", "copper", "ore")
    assert indonesia[0] == 0
    mined, quota = 226_000, 96_600
    assert float(shock("SS020")["fraction"]) == pytest.approx(1 - quota / mined, abs=5e-5)
    assert one(
        published,
        "select sum(withdrawn_t), sum(unmet_t) from marts.scenario_results"
        " where scenario_id = 'drc_cobalt_quota' and is_shocked",
    ) == (0, 0)
    (congolese,) = one(
        published,
        "select traced_share from marts.traced_origins where importer_iso3 = 'IND' and year = 2024"
        " and mineral_id = 'cobalt' and stage = 'refined' and origin_iso3 = 'COD'",
    )
    return [
        f"India would lack {magnets[0]:.2f} of them, and the score of what still comes would be {magnets[5]:.0f}"
        f" instead of {magnets[4]:.0f},",
        f"magnets {bracket(magnets)} {magnets[3]:.1f} million dollars; magnesium {bracket(magnesium)}"
        f" {magnesium[3]:.1f} million; bismuth {bracket(bismuth)} {bismuth[3]:.1f} million.",
        f"silicon lacks {silicon[2]:.2f}, tantalum {tantalum[2]:.2f}, rare-earth metals {metals[2]:.2f}, baryte"
        f" {baryte[2]:.2f} and rare-earth compounds {compounds[2]:.2f}:",
        f"of the bismuth that still comes {bismuth[6]:.2f} comes through China, of the rare-earth compounds"
        f" {compounds[6]:.2f}.",
        f'others sold {others:,.0f} t of "gallium", and the world made {made:,.0f} t.',
        f"Of magnets India lacks {bracket(half)} {half[3]:.1f} million dollars, with half approved; {bracket(quarter)}"
        f" {quarter[3]:.1f} million, with ; {bracket(three_quarters)} {three_quarters[3]:.1f} million, with .",
        f"up to {half_compounds[2]:.2f} and {half_metals[2]:.2f} without any",
        f"{scheme:,.0f} t a year of magnets made at home from {shock('SS017')['to_year']} (five bidders"
        " of up to 1,200 t;",
        f"while use doubles to {shock('SS018')['to_year']}.",
        f"falls from {usual[2024]:.2f} to {usual[2028]:.2f} in 2028 and is {usual[2030]:.2f} from 2030 on,",
        f"with no growth {magnet_shares['demand low'][2030]:.2f}, with three-fold growth"
        f" {magnet_shares['demand high'][2030]:.2f}.",
        "**Above 65 % in every year and case.**",
        f"850511, {magnets_t:,.0f} t, most of them ferrite to judge by {magnets_usd / magnets_t / 1000:.1f} dollars a"
        f" kilogram against {world_usd_per_kg:.1f} in the world.",
        f"is put at {used_t} t",
        f"the scheme makes {scheme / (2 * used_t):.1f} times as much",
        f"{indonesia[7]:,.0f} t of copper are withdrawn, {indonesia[2]:.2f} of the weight and "
        f"{indonesia[8]:,.0f} million",
        f"none without any (0–{indonesia[2]:.2f}).",
        f"The score falls from {indonesia[4]:.1f} to {indonesia[5]:.1f} for",
        f"{quota:,} t a year, {float(shock('SS020')['fraction']):.2f} less than the {mined:,} t mined in 2024",
        f"{congolese:.2f} of the refined cobalt",
        # a column between them is code
        "Where is 0 but is large",
    ]


def stress_phrases(published: duckdb.DuckDBPyConnection, build: Path) -> list[str]:
    """What the section on stress says, and how often measures came."""
    bought_t, emirates, africa, mined = one(
        published,
        "select sum(purchased_t), max(purchased_value_usd / purchased_t) filter (where supplier_iso3 = 'ARE') / 1e6,"
        " max(exports_elsewhere_value_usd / exports_elsewhere_t) filter (where supplier_iso3 = 'ZAF') / 1e6,"
        " (select sum(production_t) from marts.production where year = 2024 and mineral_id = 'platinum')"
        " from marts.supply_options where importer_iso3 = 'IND' and mineral_id = 'platinum' and stage = 'refined'",
    )
    assert bought_t > mined
    with connect(build, read_only=True) as connection:
        announced, countries = one(
            connection,
            "select count(distinct announcement_id), count(distinct supplier_iso3)"
            " from intermediate.int_control_announcements",
        )
    draws, often, mean, worst_95, worst_99 = one(
        published,
        "select draw_count, loss_probability, expected_loss_usd / 1e6, value_at_risk_95_usd / 1e6,"
        " value_at_risk_99_usd / 1e6 from marts.value_at_risk where mineral_id = 'all'",
    )
    rare_earths, others = one(
        published,
        "select max(expected_loss_usd) filter (where mineral_id = 'rare_earths') / 1e6,"
        " sum(expected_loss_usd) filter (where mineral_id in ('silicon', 'bismuth')) from marts.value_at_risk",
    )
    assert others == 0
    assert rare_earths > mean / 2  # "most of it"
    strength = {row["measure"]: float(row["supply_cut_share"]) for row in seed("seed_control_measures")}
    return [
        f"bought {bought_t:.1f} t under that code, more than the {mined:.1f} t mined",
        f"cost {emirates:.0f} dollars a gram where South Africa sells others at {africa:.0f}:",
        f"It draws {draws:,} years",
        f"({announced} announcements of {countries} countries",
        f"in {100 * often:.0f} % of the years, {mean:.1f} million dollars a year on average; 95 % of the years lose"
        f" no more than {worst_95:.1f} million, 99 % no more than {worst_99:.1f} million.",
        f"most of it, {rare_earths:.1f} million on average",
        "A 0 (silicon, bismuth)",
        f"(a ban {strength['ban']:.0f}, a quota {strength['quota']:.1f}, a licence {strength['licensing']:.1f},"
        f" a tax {strength['tax']:.0f})",
    ]


def test_every_number_of_the_text_is_that_of_the_data(
    published: duckdb.DuckDBPyConnection, concentrate: Concentrate, built_database: Path
) -> None:
    """Each phrase stands there as the data say it, and no number stands there that no phrase has."""
    phrases = [
        *copper_phrases(published, concentrate),
        *path_phrases(published),
        *result_phrases(published),
        *stress_phrases(published, built_database),
    ]
    assert [phrase for phrase in phrases if phrase not in TEXT] == []
    rest = TEXT
    for phrase in sorted(phrases, key=len, reverse=True):
        rest = rest.replace(phrase, " ")
    assert re.findall(r"\S*\d\S*", NAMES.sub(" ", rest)) == []


def test_every_built_in_scenario_has_its_paragraph(published: duckdb.DuckDBPyConnection) -> None:
    """And what the page names is there: scenarios in its commands, measures in their sources."""
    section = DOCUMENT.partition("## The built-in scenarios")[2].partition("\n## ")[0]
    scenarios = {str(name) for (name,) in published.execute("select scenario_id from marts.scenarios").fetchall()}
    assert len(scenarios) == 12
    assert sorted(name for name in scenarios if f"`{name}`" not in section) == []
    commands = " ".join(
        re.findall(r"mineral-risk scenario (?:show|run|compare) ([a-z0-9_ ]+)$", DOCUMENT, re.MULTILINE)
    )
    assert len(commands.split()) == 4
    assert set(commands.split()) <= scenarios
    sources = " ".join(row["source"] for row in [*seed("seed_scenarios"), *seed("seed_scenario_shocks")])
    assert set(re.findall(r"XC\d{3}", DOCUMENT)) == set(re.findall(r"XC\d{3}", sources))
