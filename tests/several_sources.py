"""Files of several sources, two of them in two vintages: what a data home holds after some months of use.

Every number is made up, and round, so that what becomes of it can be worked out by hand. All of it is India's trade
(699) in lithium carbonates (283691) and in cobalt oxides and hydroxides (282200).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flows import ingest
from flows.sources import discover
from warehouse import landing
from warehouse.paths import DataHome

# After the bundled files entered the project; the second landing revises what the first brought.
FIRST_LANDING = datetime(2026, 11, 22, 6, tzinfo=UTC)
SECOND_LANDING = datetime(2026, 11, 22, 12, tzinfo=UTC)

# Declared to UN Comtrade, whose rows may not leave, in US dollars: 2025 from Argentina, a month of 2026 from Chile.
RESTRICTED_VALUES_USD = (6_543_217, 5_123_459)

# BACI, HS92, lithium carbonates in 2024: year, exporter, importer, code, thousand US dollars, tons.
BACI_UNCHANGED = [
    "2024,32,699,283691,5000.000,500.000",
    "2024,156,699,283691,10000.000,1000.000",
    # Germany buys, too: the extract is for two importers
    "2024,152,276,283691,60000.000,6000.000",
]
BACI_FIRST = [
    *BACI_UNCHANGED,
    "2024,152,699,283691,40000.000,4000.000",
    # deleted upstream
    "2024,410,699,283691,700.000,50.000",
]
BACI_SECOND = [
    *BACI_UNCHANGED,
    # revised from 40,000
    "2024,152,699,283691,44000.000,4000.000",
    # added
    "2024,276,699,283691,900.000,40.000",
]

ComtradeRow = tuple[str, str, str, str, str, str, int, int | None]

# UN Comtrade: period, reporter, flow, partner, classification, code, US dollars, kilograms. Partner 0 is World.
COMTRADE_UNCHANGED: list[ComtradeRow] = [
    # 2024: BACI speaks, for it comes first; Comtrade differs from it by 26 million on Chile, 0.3 million on Argentina
    ("2024", "699", "M", "0", "H6", "283691", 75_000_000, 7_500_000),
    ("2024", "699", "M", "152", "H6", "283691", 70_000_000, 7_000_000),
    ("2024", "699", "M", "32", "H6", "283691", 4_700_000, 470_000),
    # goods of India that return
    ("2024", "699", "M", "699", "H6", "283691", 300_000, 30_000),
    # sums over many codes, of which none is used
    ("2024", "699", "M", "0", "H6", "TOTAL", 700_000_000_000, None),
    ("2024", "699", "M", "0", "H6", "28", 9_000_000_000, None),
    # the other side of the border: Chile says 50 where India says 70 million; no free-on-board value has no weight here
    ("2024", "152", "X", "0", "H6", "283691", 51_000_000, None),
    ("2024", "152", "X", "699", "H6", "283691", 50_000_000, None),
    ("2024", "152", "X", "276", "H6", "283691", 1_000_000, None),
    # a transit hub sells what India does not declare as bought there
    ("2024", "344", "X", "0", "H6", "283691", 2_000_000, 200_000),
    ("2024", "344", "X", "699", "H6", "283691", 2_000_000, 200_000),
    # an edition that the products are not mapped in: converted
    ("2024", "699", "M", "0", "H4", "282200", 12_000_000, 400_000),
    ("2024", "699", "M", "156", "H4", "282200", 12_000_000, 400_000),
    # 2025: BACI has no such year; Comtrade says 8 where TradeStat says 12 million
    ("2025", "699", "M", "0", "H6", "282200", 8_000_000, 300_000),
    ("2025", "699", "M", "156", "H6", "282200", 8_000_000, 300_000),
    ("2025", "699", "M", "152", "H6", "283691", 80_000_000, 8_000_000),
    ("2025", "699", "M", "699", "H6", "283691", 100_000, 10_000),
]
COMTRADE_FIRST: list[ComtradeRow] = [
    *COMTRADE_UNCHANGED,
    ("2025", "699", "M", "0", "H6", "283691", 86_100_000, 8_610_000),
    ("2025", "699", "M", "32", "H6", "283691", 6_000_000, 600_000),
]
COMTRADE_SECOND = [
    *COMTRADE_UNCHANGED,
    ("2025", "699", "M", "0", "H6", "283691", 86_643_217, 8_610_000),
    ("2025", "699", "M", "32", "H6", "283691", RESTRICTED_VALUES_USD[0], 600_000),
]
# nine months of a year that is not over: Chile and Argentina, 5,623,459 US dollars a month
COMTRADE_MONTHS: list[ComtradeRow] = [
    (f"2026{month:02d}", "699", "M", partner, "H6", "283691", value, weight)
    for month in range(1, 10)
    for partner, value, weight in (
        ("0", RESTRICTED_VALUES_USD[1] + 500_000, 550_000),
        ("152", RESTRICTED_VALUES_USD[1], 500_000),
        ("32", 500_000, 50_000),
    )
]

# TradeStat, cobalt oxides: country, the month a year before and now, growth, the year to date before and now, growth.
# The whole of 2025 in million US$: beside Comtrade's 8 million from China stand 12.
TRADESTAT_2025 = [
    ["1", "CHINA P RP", "1.00", "1.50", "50.00", "10.00", "12.00", "20.00"],
    ["2", "FINLAND", "0.50", "0.50", "0.00", "4.00", "5.00", "25.00"],
    ["", "Total", "1.50", "2.00", "33.33", "14.00", "17.00", "21.43"],
    ["", "India's Total", "50,000.00", "60,000.00", "20.00", "6,00,000.00", "6,60,000.00", "10.00"],
    ["", "%Share", "0.0030", "0.0033", "", "0.0023", "0.0026", ""],
]
# The first nine months of 2026, in million US$ and in kilograms: no other source has cobalt of that year.
TRADESTAT_2026 = [
    ["1", "CHINA P RP", "1.00", "2.00", "100.00", "9.00", "18.00", "100.00"],
    ["2", "FINLAND", "0.50", "0.50", "0.00", "4.00", "6.00", "50.00"],
    # twelve kilograms for less than 5,000 US$: a blank, and a value that rounds to nothing
    ["3", "JAPAN", "-", "-", "", "0.00", "0.00", ""],
    ["", "Total", "1.50", "2.50", "66.67", "13.00", "24.00", "84.62"],
    ["", "India's Total", "50,000.00", "60,000.00", "20.00", "5,00,000.00", "6,00,000.00", "20.00"],
    ["", "%Share", "0.0030", "0.0042", "", "0.0026", "0.0040", ""],
]
TRADESTAT_2026_KG = [
    ["1", "CHINA P RP", "30,000", "60,000", "100.00", "2,70,000", "5,40,000", "100.00"],
    ["2", "FINLAND", "10,000", "10,000", "0.00", "80,000", "1,20,000", "50.00"],
    ["3", "JAPAN", "", "12", "", "", "12", ""],
    ["", "Total", "40,000", "70,012", "75.03", "3,50,000", "6,60,012", "88.57"],
]


def land_several_sources(home: DataHome, folder: Path, *, until: datetime = SECOND_LANDING) -> None:
    """Write the files into `folder` and land those that were retrieved by `until`."""
    first, second = folder / "first", folder / "second"
    for place in (first, second):
        place.mkdir()
    baci = {"covers_all_importers": "false"}
    deliveries: list[tuple[str, Path, Mapping[str, str], datetime]] = [
        ("baci", _baci(first / "BACI_HS92_Y2024_V202701.csv", BACI_FIRST), baci, FIRST_LANDING),
        ("comtrade", _comtrade_json(first / "india.json", COMTRADE_FIRST), {}, FIRST_LANDING),
        ("comtrade", _comtrade_csv(first / "india_2026.csv", COMTRADE_MONTHS), {}, FIRST_LANDING),
        ("tradestat", _report(first / "cobalt_2025.html", "Dec", 2025, TRADESTAT_2025), {}, FIRST_LANDING),
        ("tradestat", _report(first / "cobalt_2026.html", "Sep", 2026, TRADESTAT_2026), {}, FIRST_LANDING),
        (
            "tradestat",
            _report(first / "cobalt_2026_kg.html", "Sep", 2026, TRADESTAT_2026_KG, "Quantity"),
            {},
            FIRST_LANDING,
        ),
        ("baci", _baci(second / "BACI_HS92_Y2024_V202701b.csv", BACI_SECOND), baci, SECOND_LANDING),
        ("comtrade", _comtrade_json(second / "india.json", COMTRADE_SECOND), {}, SECOND_LANDING),
    ]
    sources = discover()
    for source_id, file, options, retrieved_at in deliveries:
        if retrieved_at <= until:
            source = sources[source_id]
            landing.land(home, ingest.arrival(source, source.describe(file, options)), file, retrieved_at)


def _baci(file: Path, rows: list[str]) -> Path:
    file.write_text("\n".join(["t,i,j,k,v,q", *rows]) + "\n", encoding="utf-8")
    return file


def _record(row: ComtradeRow) -> dict[str, object]:
    period, reporter, flow, partner, classification, code, value, weight = row
    return {
        "typeCode": "C", "freqCode": "A" if len(period) == 4 else "M", "period": period, "reporterCode": int(reporter),
        "flowCode": flow, "partnerCode": int(partner), "partner2Code": 0, "classificationCode": classification,
        "cmdCode": code, "customsCode": "C00", "motCode": 0, "netWgt": weight,
        "cifvalue": value if flow == "M" else None, "fobvalue": value if flow == "X" else None, "primaryValue": value,
    }  # fmt: skip


def _comtrade_json(file: Path, rows: list[ComtradeRow]) -> Path:
    """As the API answers."""
    file.write_text(json.dumps({"count": len(rows), "data": [_record(row) for row in rows]}), encoding="utf-8")
    return file


def _comtrade_csv(file: Path, rows: list[ComtradeRow]) -> Path:
    """As the web export gives it: rows end with a comma, the header does not."""
    records = [_record(row) for row in rows]
    lines = [",".join("" if cell is None else str(cell) for cell in record.values()) + "," for record in records]
    file.write_text("\n".join([",".join(records[0]), *lines]) + "\n", encoding="utf-8")
    return file


def _report(file: Path, month: str, year: int, rows: list[list[str]], measure: str = "US $ Million") -> Path:
    """As a browser saves a report on India's imports by month."""
    head = ["S.No.", "Country", *(f"{month}-{of} (R)" for of in (year - 1, year)), "%Growth"]
    head += [*(f"Jan-{month}{of} (R)" for of in (year - 1, year)), "%Growth"]
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    file.write_text(
        f"""<html><head><title>TradeStat</title></head><body>
<form method="POST" action="https://tradestat.commerce.gov.in/meidb/commodity_wise_all_countries_import"></form>
<p>Commodity:28220000 COBALT OXIDES AND HYDROXIDES <b>Unit:KGS</b></p><p>Values in {measure}</p>
<p><b>Report Dated: 20 Nov 2026</b></p>
<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></body></html>
""",
        encoding="utf-8",
    )
    return file
