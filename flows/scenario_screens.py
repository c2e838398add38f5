"""What a scenario changes, on the screen and for programs. What is lacking leads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from flows import scenarios
from flows.release_screens import write_json
from flows.scenarios import Row, Worked
from flows.screens import number, write_rows
from flows.why_screen import plain_console
from warehouse.errors import InputRejected
from warehouse.paths import DataHome

WIDEST_BAR = 24
SHOWN_MARKETS = 20
SHOWN_SUPPLIERS = 8
SHOWN_WITHOUT_DATA = 4
SHOWN_YEARS = (2024, 2027, 2030, 2035, 2040, 2047)
# Differences below these are none that is printed
PRINTED_SHARE, PRINTED_POINTS = 0.0005, 0.05
NO_IMPROVEMENT = (
    "The score after describes the new mix of suppliers, not what is lacking: where supply is cut, a lower score or a"
    " smaller share of China is no improvement, nor are imports that shrink. Where substitutes look cheaper, they are"
    " other goods or another content: a cut saves nothing."
)
SHOCK_WORDS = {
    "supply_cut": "delivers less",
    "fixed_quantity": "an agreement guarantees",
    "domestic_production": "new home supply",
    "demand_growth": "demand grows",
}
COMPARED = (
    "unmet_share", "unmet_share_low", "unmet_share_high", "value_lost_usd", "value_lost_usd_low", "value_lost_usd_high",
    "replacement_extra_cost_usd", "hhi_value_after", "china_value_share_after",
    "china_via_share_after", "top_supplier_iso3_after", "risk_score_after", "risk_rank_after",
)  # fmt: skip


def listing(home: DataHome, *, style: str) -> None:
    """Print the scenarios of the current release.

    Raises:
        NothingPublished: no release yet.
    """
    rows = scenarios.listed(home)
    if style != "table":
        write_rows(list(rows[0]) if rows else [], [list(row.values()) for row in rows], style)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, justify in (("scenario", "left"), ("question", "left"), ("unmet", "right"), ("lost", "right")):
        table.add_column(column, justify=justify, no_wrap=column != "question", overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(
            ("  " if row["variant_of"] else "") + row["scenario_id"],
            f"{row['title'] or ''} ({row['importer_iso3']}, {row['baseline_year']})"
            + (f"; refused: {row['refusal_reason'].replace('_', ' ')}" if row["refusal_reason"] else ""),
            _share(row["largest_unmet_share"]),
            _usd(row["value_lost_usd"]),
        )
    console = plain_console()
    console.print(table)
    console.print(
        "unmet: what nobody replaces, of all that is wanted, in the market where it is most;"
        " lost: its value, in all markets that are known. mineral-risk scenario run ID says more."
    )


def definition(home: DataHome, scenario_id: str, *, style: str) -> None:
    """Print what a scenario of the current release assumes and changes, each with its source.

    Raises:
        NothingPublished: no release yet.
        InputRejected: the release has no such scenario.
    """
    found = scenarios.published(home, scenario_id)
    if style == "json":
        write_json(found.scenario | {"shocks": found.rows["shocks"]})
        return
    if style == "csv":
        _write(found.rows["shocks"], style)
        return
    console = plain_console()
    for line in _definition(found):
        console.print(line)


def result(found: Worked, *, mineral: str | None, style: str) -> None:
    """Print what a scenario makes of its importer's markets.

    Args:
        found: what was worked out.
        mineral: mineral_id; only its markets, None for all.
        style: table; csv for the rows of marts.scenario_results; json for all that was found.

    Raises:
        InputRejected: no market of the mineral is met.
    """
    rows = found.shocked if mineral is None else [row for row in found.shocked if row["mineral_id"] == mineral]
    if mineral is not None and not rows:
        met = ", ".join(sorted({row["mineral_id"] for row in found.shocked})) or "none"
        raise InputRejected(f"--mineral {mineral}: no shock of {found.asked} meets it; it meets {met}")
    if style == "csv":
        _write([row for row in found.rows["results"] if mineral in (None, row["mineral_id"])], style)
        return
    if style == "json":
        told = {name: [row for row in part if _is_of(row, mineral)] for name, part in found.rows.items()}
        write_json({"release_id": found.release_id, "is_published": found.is_published} | told)
        return
    console = plain_console()
    for line in _headline(found, rows):
        console.print(line)
    if rows:
        console.print(_markets(rows[:SHOWN_MARKETS]))
    if len(rows) > SHOWN_MARKETS:
        console.print(f"{len(rows) - SHOWN_MARKETS} more markets: --format csv, or --mineral for one.")
    for line in _not_known(found, rows):
        console.print(line)
    pictured = next((row for row in rows if row["missing_reason"] is None and row["delivered_t"] is not None), None)
    if pictured is not None:
        console.print(_picture(found, pictured))
    for path in _paths(found, mineral):
        console.print(path)
    for line in _notes(found, rows):
        console.print(line)


def comparison(first: Worked, second: Worked, *, style: str) -> None:
    """Print two scenarios of one importer and year side by side, by market.

    Raises:
        InputRejected: they are of different importers or years.
    """
    for column in ("importer_iso3", "baseline_year"):
        if first.scenario[column] != second.scenario[column]:
            raise InputRejected(
                f"{first.asked} and {second.asked}: expected one {column}, found {first.scenario[column]} and"
                f" {second.scenario[column]}; such figures stand for different markets"
            )
    rows = _compared(first, second)
    if style != "table":
        _write(rows, style)
        return
    console = plain_console()
    names = [found.scenario["scenario_id"] for found in (first, second)]
    subject = f"{first.scenario['importer_iso3']}, {first.scenario['baseline_year']}"
    console.print(Text(f"A: {names[0]}   B: {names[1]}   ({subject})", style="bold"))
    for letter, found in zip("AB", (first, second), strict=True):
        console.print(f"{letter} lacks {_lost(found.shocked)}.")
    table = _plain("market", "unmet A", "unmet B", "lost A", "lost B", "HHI A", "HHI B", "China A", "China B",
                   "score A", "score B")  # fmt: skip
    for row in rows[:SHOWN_MARKETS]:
        cells = [_market(row)]
        for side in ("first", "second"):
            ends = _range(row[f"unmet_share_low_{side}"], row[f"unmet_share_high_{side}"])
            cells.append(_share(row[f"unmet_share_{side}"]) + ends)
        for column, form in (
            ("value_lost_usd", _usd),
            ("hhi_value_after", _index),
            ("china_value_share_after", _share),
            ("risk_score_after", _points),
        ):
            cells += [form(row[f"{column}_first"]), form(row[f"{column}_second"])]
        table.add_row(*cells)
    console.print(table)
    if len(rows) > SHOWN_MARKETS:
        console.print(f"{len(rows) - SHOWN_MARKETS} more markets: --format csv")
    console.print(
        "unmet and lost as in mineral-risk scenario run; HHI, China and score: after the shocks."
        + (" *: the code holds other goods." if any(row["has_basket_code"] for row in rows) else "")
    )
    if any(shock["shock_type"] == "supply_cut" for found in (first, second) for shock in found.rows["shocks"]):
        console.print(NO_IMPROVEMENT)


# --- parts of the screens


def _definition(found: Worked) -> Iterator[str | Text | Table]:
    scenario = found.scenario
    yield Text(f"{scenario['title'] or scenario['scenario_id']}", style="bold")
    yield f"{scenario['question']}"
    yield f"Importer {scenario['importer_iso3']}, from {scenario['baseline_year']}."
    low, typical, high = (scenario[f"headroom_{name}share"] for name in ("low_", "", "high_"))
    yield (
        f"Others can turn round {_share(typical)} of what they sell elsewhere (low {_share(low)}, high {_share(high)})."
    )
    yield f"Assumed: {scenario['assumptions']}."
    yield f"Source: {scenario['source'] or 'none is named'}."
    if scenario["refusal_reason"]:
        reason = found.words.get(scenario["refusal_reason"], scenario["refusal_reason"])
        yield f"Refused: {scenario['refused_shock_ids'] or 'its path'}: {reason}."
    table = _plain("shock", "what", "markets met", "source")
    for shock in found.rows["shocks"]:
        note = f" ({shock['note']})" if shock["note"] else ""
        table.add_row(
            shock["shock_id"], _shock(shock), str(shock["markets_met"]), f"{shock['source'] or 'none is named'}{note}"
        )
    yield table


def _shock(shock: Row) -> str:
    of = f"{shock['mineral_id'].replace('_', ' ')} {shock['stage']}".replace("all all", "every mineral and stage")
    years = ""
    if shock["from_year"] is not None:
        years = f", from {shock['from_year']}" + (f" to {shock['to_year']}" if shock["to_year"] is not None else "")
    words = SHOCK_WORDS[shock["shock_type"]]
    if shock["shock_type"] == "supply_cut":
        return f"{shock['supplier_iso3']} {words}: {of}, {_share(shock['fraction'])} less{years}"
    if shock["shock_type"] == "demand_growth":
        ends = f" ({shock['factor_low']:g} to {shock['factor_high']:g})" if shock["factor_low"] is not None else ""
        return f"{words}: {of}, {shock['demand_basis']} times {shock['factor']:g}{ends}{years}"
    unit = "t of goods" if shock["quantity_unit"] == "t_gross" else "t of the mineral itself"
    who = f"{words}, from {shock['supplier_iso3']}" if shock["supplier_iso3"] else words
    return f"{who}: {of}, {shock['quantity']:,.0f} {unit} a year{years}"


def _headline(found: Worked, rows: Sequence[Row]) -> Iterator[Text | str]:
    scenario = found.scenario
    title = scenario["title"] or scenario["scenario_id"]
    yield Text(f"{title}: {scenario['importer_iso3']}, {scenario['baseline_year']}", style="bold")
    if not found.is_published:
        yield f"Worked out from the data of release {found.release_id}; published nowhere."
    if not rows:
        yield (
            "No shock meets a market: the importer buys none of it"
            " from those who are named, or nothing is shocked. Nothing changes."
        )
        return
    yield f"Lacking: {_lost(rows)}."
    if cut := [row for row in rows if row["withdrawn_t"] == 0 and _is_cut(found, row)]:
        yield f"In {len(cut)} of them the importer buys nothing of those who are cut: nothing changes there."
    if scenario["markets_without_data"]:
        markets = scenario["markets_without_data"].split("; ")
        shown = ", ".join(markets[:SHOWN_WITHOUT_DATA]) + (" and others" if len(markets) > SHOWN_WITHOUT_DATA else "")
        yield f"Not in the data, which is not without risk: {len(markets)} more that the shocks name ({shown})."
    for row in found.rows["suppliers"]:
        if row["agreed_t"] is not None and row["exports_elsewhere_t"] is not None:
            sold = row["baseline_t"] + row["exports_elsewhere_t"]
            if row["agreed_t"] > sold:
                yield (
                    f"{row['supplier_iso3']} is to sell {row['agreed_t']:,.0f} t of {row['mineral_id']} {row['stage']}"
                    f" and sells {sold:,.0f} t to all today: its price and its goods are those of the few."
                )


def _is_cut(found: Worked, row: Row) -> bool:
    return any(
        shock["shock_type"] == "supply_cut"
        and shock["stage"] in (row["stage"], "all")
        and shock["mineral_id"] in (row["mineral_id"], "all")
        for shock in found.rows["shocks"]
    )


def _lost(rows: Sequence[Row]) -> str:
    """Say what nobody replaces, over markets; what is not known is counted and not summed."""
    known = [row for row in rows if row["value_lost_usd"] is not None]
    unknown = len(rows) - len(known)
    apart = f"; {unknown} of {_markets_met(rows)} cannot be worked out" if unknown else ""
    if not known:
        return f"not known{apart}"
    lost, lows, highs = (of_goods(known, f"value_lost_usd{end}") for end in ("", "_low", "_high"))
    has_range = lows is not None and highs is not None
    lacking = sum(row["unmet_share"] is not None and row["unmet_share"] > 0 for row in known)
    if not lacking:
        ends = f", and up to {_usd(highs)} USD as headroom and content are read" if has_range and highs else ""
        return f"nothing{' at the typical reading' if ends else ''}, in {_markets_met(rows)}{ends}{apart}"
    ends = f" ({_usd(lows)} to {_usd(highs)} as headroom and content are read)" if has_range else ""
    return f"goods in {lacking} of {_markets_met(rows)}, worth {_usd(lost)} USD{ends}{apart}"


def of_goods(rows: Sequence[Row], column: str) -> float | None:
    """Sum a value over markets; goods that several minerals share count once. None where one is not known."""
    by_goods: dict[tuple[str, str], float] = {}
    for row in rows:
        if row[column] is None:
            return None
        goods = (row["stage"], row["code_set_hash"])
        by_goods[goods] = max(by_goods.get(goods, 0.0), row[column])
    return sum(by_goods.values())


def _markets_met(rows: Sequence[Row]) -> str:
    return f"{len(rows)} market{'' if len(rows) == 1 else 's'}"


def _markets(rows: Sequence[Row]) -> Table:
    table = _plain("market", "unmet", "lost", "replaced", "dearer by", "HHI", "China", "largest", "score")
    for row in rows:
        if row["missing_reason"] not in (None, "nothing_delivered"):
            continue
        table.add_row(
            _market(row),
            _share(row["unmet_share"]) + _range(row["unmet_share_low"], row["unmet_share_high"]),
            _usd(row["value_lost_usd"]),
            _usd(row["replacement_bill_usd"]),
            _usd(row["replacement_extra_cost_usd"]),
            _moved(row["hhi_value_before"], row["hhi_value_after"], ".2f"),
            _moved(row["china_value_share_before"], row["china_value_share_after"], ".0%"),
            _changed(row["top_supplier_iso3_before"], row["top_supplier_iso3_after"]),
            _moved(row["risk_score_before"], row["risk_score_after"], ".0f"),
        )
    table.caption = (
        "unmet: what nobody replaces, of all that is wanted (as headroom and content are read);\n"
        "lost: its value, USD; replaced: what substitutes cost, USD, and by how much they are dearer;\n"
        "HHI, China (share of import value), largest supplier and score: before→after"
    )
    if any(row["has_basket_code"] for row in rows):
        table.caption += (
            "\n*: the code holds other goods; who sells those counts as a substitute, and more may be lacking"
        )
    table.caption_justify = "left"
    return table


def _market(row: Row) -> str:
    return f"{row['mineral_id']} {row['stage']}{'*' if row['has_basket_code'] else ''}"


def _not_known(found: Worked, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["missing_reason"] is not None:
            reason = found.words.get(row["missing_reason"], row["missing_reason"].replace("_", " "))
            yield f"{row['mineral_id']} {row['stage']}: {reason}, which is not without risk."


def _picture(found: Worked, market: Row) -> Table:
    """Draw who delivers how much before and after, to scale: what is lacking and what is made at home too."""
    bars = [
        (row["supplier_iso3"], row["baseline_t"] or 0.0, row["delivered_t"] or 0.0)
        for row in found.rows["suppliers"]
        if (row["mineral_id"], row["stage"]) == (market["mineral_id"], market["stage"])
        and row["baseline_t"] is not None
    ]
    bars.sort(key=lambda bar: (-max(bar[1], bar[2]), bar[0]))
    shown, others = bars[:SHOWN_SUPPLIERS], bars[SHOWN_SUPPLIERS:]
    if others:
        shown.append((f"{len(others)} others", sum(bar[1] for bar in others), sum(bar[2] for bar in others)))
    if market["home_used_t"]:
        shown.append(("made at home", 0.0, market["home_used_t"]))
    if market["unmet_t"]:
        shown.append(("LACKING", 0.0, market["unmet_t"]))
    longest = max((max(bar[1:]) for bar in shown), default=0.0)
    table = Table(
        box=None,
        title=f"\n{market['mineral_id']} {market['stage']}: who delivers, in t of the mineral itself",
        title_justify="left",
        pad_edge=False,
    )
    for column, justify in (("", "left"), ("before", "right"), ("", "left"), ("after", "right"), ("", "left")):
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for name, before, after in shown:
        table.add_row(name, f"{before:,.0f}", _bar(before, longest), f"{after:,.0f}", _bar(after, longest))
    return table


def _bar(amount: float, longest: float) -> str:
    eighths = round(8 * WIDEST_BAR * amount / longest) if longest else 0
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def _paths(found: Worked, mineral: str | None) -> Iterator[Table | str]:
    markets = dict.fromkeys((row["mineral_id"], row["stage"]) for row in found.rows["paths"] if _is_of(row, mineral))
    for market in markets:
        rows = [row for row in found.rows["paths"] if (row["mineral_id"], row["stage"]) == market]
        leading = rows[0]["case_id"]
        years = {rows[0]["year"], rows[-1]["year"], *SHOWN_YEARS}
        table = _plain(
            "year", "wanted", "made at home", "imports", "agreed", "unmet", "reliance", "published", "largest"
        )
        table.title = f"\n{market[0]} {market[1]}, year by year, in t of the mineral itself (case: {leading})"
        for row in rows:
            if row["case_id"] == leading and row["year"] in years:
                amounts = ("demand_t", "home_supply_t", "imports_t", "agreed_t", "unmet_t")
                table.add_row(
                    str(row["year"]),
                    *(number(row[name], ",.0f") for name in amounts),
                    _share(row["net_import_reliance"]),
                    _share(row["published_net_import_reliance"]),
                    f"{row['top_supplier_iso3'] or '–'} {_share(row['top_supplier_ratio'])}",
                )
        yield table
        last = [row for row in rows if row["year"] == rows[-1]["year"]]
        yield f"Reliance in {last[0]['year']} by case: " + ", ".join(
            f"{row['case_id']} {_share(row['net_import_reliance'])}" for row in last if row["missing_reason"] is None
        )
        for row in last:
            if row["missing_reason"] is not None:
                yield f"Case {row['case_id']}: {found.words.get(row['missing_reason'], row['missing_reason'])}."
        shown = [row for row in rows if row["case_id"] == leading]
        usual = next(row for row in rows if row["case_id"] == "content typical")
        if leading == "published" and shown[0]["missing_reason"] is None:
            yield (
                f"Solved for, to meet what is published: goods that hold {shown[0]['content_fraction']:.3f} of the"
                f" mineral (by their codes {number(usual['content_fraction'], '.3f')}), and"
                f" {shown[-1]['home_supply_t']:,.0f} t made at home in {shown[-1]['year']}."
            )
        yield _cap(market, shown, found.single_country_cap_share)


def _cap(market: tuple[str, str], rows: Sequence[Row], cap: float) -> str:
    """Say when no single country stands for more than the cap; of years that lack something nothing is said."""
    more = f"more than {cap:.0%} of use"
    known = [row for row in rows if row["is_within_single_country_cap"] is not None]
    unsaid = spans([row["year"] for row in rows if row["is_within_single_country_cap"] is None])
    apart = f" Of {unsaid} it is not said: something is lacking, or not known." if unsaid else ""
    above = [row["year"] for row in known if not row["is_within_single_country_cap"]]
    within = [row["year"] for row in known if row["is_within_single_country_cap"]]
    if not known:
        return f"Whether one country stands for {more} is not known."
    if not above:
        return f"No single country ever stands for {more}.{apart}"
    if not within:
        return f"One country stands for {more} in every year.{apart}"
    return f"One country stands for {more} in {spans(above)}, none in {spans(within)}.{apart}"


def spans(years: Sequence[int]) -> str:
    """Say years in words, those that follow each other together."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def _notes(found: Worked, rows: Sequence[Row]) -> Iterator[str]:
    yield ""
    if any(shock["shock_type"] == "supply_cut" for shock in found.rows["shocks"]) and rows:
        yield NO_IMPROVEMENT
    if any(shock["from_year"] is not None for shock in found.rows["shocks"]) and rows:
        yield f"The markets above have all shocks in full in {found.scenario['baseline_year']}, as if none took years."
    yield f"Assumed: {found.scenario['assumptions']}."
    if any(row["is_provisional"] is not False for row in rows):
        yield "Some figures rest on a year that is not finished, or not known to be."


def _compared(first: Worked, second: Worked) -> list[Row]:
    by_market = [{(row["mineral_id"], row["stage"]): row for row in found.rows["results"]} for found in (first, second)]
    met = {(row["mineral_id"], row["stage"]) for found in (first, second) for row in found.shocked}
    rows = []
    for market in sorted(met):
        sides = [markets.get(market) for markets in by_market]
        row: Row = {
            "mineral_id": market[0],
            "stage": market[1],
            "has_basket_code": any(side["has_basket_code"] for side in sides if side),
        }
        for name, found, side in zip(("first", "second"), (first, second), sides, strict=True):
            row[f"scenario_id_{name}"] = found.scenario["scenario_id"]
            row |= {f"{column}_{name}": side[column] if side else None for column in COMPARED}
            row[f"missing_reason_{name}"] = side["missing_reason"] if side else None
        rows.append(row)
    return sorted(rows, key=lambda row: -max(row[f"value_lost_usd_{name}"] or 0.0 for name in ("first", "second")))


def _is_of(row: Row, mineral: str | None) -> bool:
    return mineral is None or row.get("mineral_id", mineral) in (mineral, "all")


def _write(rows: Sequence[Row], style: str) -> None:
    write_rows(list(rows[0]) if rows else [], [list(row.values()) for row in rows], style)


def _plain(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", padding=(0, 1, 0, 0))
    for place, column in enumerate(columns):
        # a figure is broken over lines rather than cut off
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=place == 0, overflow="fold")
    return table


def _share(value: float | None) -> str:
    return number(value, ".0%" if value is None or value >= 0.1 or value < PRINTED_SHARE else ".1%")


def _index(value: float | None) -> str:
    return number(value, ".2f")


def _points(value: float | None) -> str:
    return number(value, ".0f")


def _usd(value: float | None) -> str:
    if value is None:
        return "–"
    for unit, size in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:,.0f}"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" ({low:.0%}–{high:.0%})"


def _moved(before: float | None, after: float | None, form: str) -> str:
    first, second = number(before, form), number(after, form)
    return first if first == second else f"{first}→{second}"


def _changed(before: str | None, after: str | None) -> str:
    return before or "–" if before == after else f"{before or '–'}→{after or '–'}"


def tell(text: str) -> None:
    """Say beside the result, which may go to a program, what is under way."""
    print(f"mineral-risk: {text}", file=sys.stderr, flush=True)
