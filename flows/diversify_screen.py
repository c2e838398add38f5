"""What `scenario diversify` prints: another mix of suppliers beside today's, or in words why there is none."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

from flows.diversify import SLACK, Diversified, Mix, Objective, Published, Supplier, diversify, published_market
from flows.release_screens import write_json
from flows.screens import write_rows
from flows.why_screen import plain_console
from warehouse.errors import InputRejected
from warehouse.paths import DataHome

Part = Literal["suppliers", "frontier"]
Rows = tuple[Sequence[str], list[Sequence[Any]]]  # columns, and rows of them
WORDS: dict[Objective, str] = {"cheapest": "cheapest", "least-risk": "least risky"}
NO_MIX = 10  # the exit code of an answer that is no mix
SHOWN_SHARE = 0.005
NAMED_SUPPLIERS = 6
WIDE_SPREAD = 2  # times, between prices of what is taken for one good


def show_mix(
    home: DataHome,
    mineral: str,
    *,
    importer: str,
    stage: str | None,
    objective: Objective,
    max_share: float,
    headroom_share: float | None,
    part: Part | None,
    style: str,
) -> int:
    """Print the best mix of suppliers under a cap, and return the exit code: 0, or 10 where there is no mix.

    Args:
        home: the data home.
        mineral: mineral_id or name.
        importer: importing country, ISO 3166-1 alpha-3.
        stage: stage of supply; None where the importer buys the mineral at one stage only.
        objective: cheapest or least-risk.
        max_share: what one supplier may have of the purchases by weight, above 0 and at most 1.
        headroom_share: part of its sales to others that a supplier could turn round; None for the release's threshold.
        part: only this part; as csv, one part at a time (default: suppliers).
        style: table, csv or json.

    Raises:
        NothingPublished: no release yet.
        InputRejected: a limit is out of its range, or the importer does not buy that.
        WarehouseError: the release was made before supply options were published.
    """
    published = published_market(home, mineral, importer=importer, stage=stage)
    headroom_share = published.headroom_share if headroom_share is None else headroom_share
    if headroom_share is None:
        raise InputRejected(
            f"release {published.release_id}: it has no threshold scenario_headroom_share; give one by --headroom"
        )
    found = diversify(published.market, objective, max_share=max_share, headroom_share=headroom_share)
    rows: dict[Part, Rows] = {"suppliers": supplier_rows(found), "frontier": frontier_rows(found)}
    if style == "table":
        _show(published, found, part)
    elif style == "json" and part is None:
        write_json(_as_object(published, found, rows))
    else:
        columns, of_part = rows[part or "suppliers"]
        write_rows(columns, of_part, style)
        if found.shortfall is not None:  # rows alone would not say so
            print("\n".join(why_none(found)), file=sys.stderr)
    return 0 if found.shortfall is None else NO_MIX


def supplier_rows(found: Diversified) -> Rows:
    """Return columns and rows, one a supplier that sells or could sell: today beside the mix. Shares are by weight."""
    columns = (
        "supplier_iso3", "supplier", "purchased_t", "purchased_value_usd", "today_share", "mix_share", "mix_t",
        "change_t", "capacity_t", "usd_per_t", "risk", "governance_risk", "control_severity",
        "control_severity_current", "held_by", "left_out_reason",
    )  # fmt: skip
    rows: list[Sequence[Any]] = []
    demand_t = found.market.demand_t
    for each in found.market.suppliers:
        capacity_t = each.capacity_t(found.headroom_share)
        if capacity_t == 0 and each.purchased_value_usd == 0:
            continue
        share = None if found.best is None else found.best.shares.get(each.supplier_iso3, 0.0)
        rows.append(
            (
                each.supplier_iso3, each.supplier, each.purchased_t, each.purchased_value_usd, each.bought_t / demand_t,
                share, None if share is None else share * demand_t,
                None if share is None else share * demand_t - each.bought_t, capacity_t, each.usd_per_t,
                each.risk, each.governance_risk, each.control_severity,
                each.control_severity_current, _held_by(found, each), found.left_out.get(each.supplier_iso3),
            )
        )  # fmt: skip
    return columns, rows


def frontier_rows(found: Diversified) -> Rows:
    """Return columns and rows of the frontier, from the least risky mix to the cheapest."""
    columns = (
        "weighted_risk", "cost_usd", "usd_per_t", "extra_cost_usd", "hhi", "largest_supplier_iso3", "largest_share",
        "china_share",
    )  # fmt: skip
    rows = [
        (
            mix.weighted_risk, mix.cost_usd, mix.usd_per_t, _difference(mix.cost_usd, found.today.cost_usd), mix.hhi,
            mix.largest_supplier_iso3, mix.largest_share, mix.china_share,
        )
        for mix in found.frontier
    ]  # fmt: skip
    return columns, list(rows)


def why_none(found: Diversified) -> Iterator[str]:
    """Say in words which limit leaves no mix, and what the limits would have to be."""
    short = found.shortfall
    if short is None:
        return
    market, cap = found.market, _percent(found.max_share)
    bought = f"what {market.importer} buys ({_amount(market.demand_t)} t)"
    if short.binding == "cap":
        yield (
            f"No mix. The cap binds: {_count(short.supplier_count, 'supplier')} with at most {cap} each are at most"
            f" {_percent(found.max_share * short.supplier_count)} of {bought}."
        )
    elif short.binding == "capacity":
        yield (
            f"No mix. Capacity binds, under any cap: what all {short.supplier_count} sell {market.importer} now and"
            f" {_percent(found.headroom_share)} of what they sell to others is too little."
        )
    else:
        yield (
            f"No mix. Cap and capacity bind together: beyond the suppliers at the cap of {cap}, the others cannot sell"
            f" enough, with what they sell {market.importer} now and {_percent(found.headroom_share)} of what they"
            " sell to others."
        )
    yield (
        f"Within reach: {_percent(short.reachable_share)} of {bought}. At the cap: {_listed(short.at_cap)}."
        f" At their capacity: {_listed(short.at_capacity)}."
    )
    yield (
        "At this headroom there is a mix "
        + (
            f"from --max-share {_rounded_up(short.smallest_max_share)} up; "
            if short.smallest_max_share is not None
            else "under no cap; "
        )
        + "under this cap "
        + (
            f"from --headroom {_rounded_up(short.smallest_headroom_share)} up."
            if short.smallest_headroom_share is not None
            else "at no headroom, not even if all that they sell to others came."
        )
    )


def notes(published: Published, found: Diversified) -> Iterator[str]:
    """Say what the figures are not, and what is outside of them."""
    market = found.market
    yield (
        "Prices are averages of past trade, of all that a supplier sells, in tonnes of the mineral itself. They are not"
        f" offers: who is asked for more may want more. {market.importer} paid"
        f" {_usd(math.fsum(each.purchased_value_usd for each in market.suppliers))}; today's mix is valued at the same"
        " prices as the other."
    )
    if published.has_basket_code:
        yield "A code behind it also holds other goods: tonnes and prices are of all of them."
    taken = [
        each
        for each in market.suppliers
        if each.bought_t / market.demand_t >= SHOWN_SHARE or (found.best and _share(found.best, each) >= SHOWN_SHARE)
    ]
    prices = [each.usd_per_t for each in taken if each.usd_per_t]
    if prices and max(prices) > WIDE_SPREAD * min(prices):
        yield (
            f"The prices of the suppliers above differ {max(prices) / min(prices):,.1f}-fold. So wide a spread tells of"
            " goods of another content (one content is taken for all goods of a code), of what else is in them, or of"
            " wrong weights, more than of bargains: read costs as an order of suppliers and not as a budget."
        )
    used = [each for each in market.suppliers if found.best and _share(found.best, each) >= SHOWN_SHARE]
    yield (
        f"Only {market.importer} asks: what other importers would do, and what that does to prices, is not in it. A"
        f" supplier sells at most what it sells {market.importer} now and {_percent(found.headroom_share)} of what it"
        " sells to others."
    )
    yield (
        "Risk of a supplier: governance risk (0 to 1) plus the severity of its export measures on these goods (0 none,"
        f" 1 a ban) as in force on {published.controls_as_of}."
    )
    if restricted := [each for each in used if each.control_severity_current > 0]:
        yield (
            "In the mix under export measures in force: "
            + ", ".join(f"{each.supplier_iso3} {each.control_severity_current:.2f}" for each in restricted)
            + "."
        )
    unweighed_usd = math.fsum(each.unweighed_value_usd for each in market.suppliers)
    if unweighed_usd > 0:
        yield f"Outside of the mix: purchases worth {unweighed_usd:,.0f} USD, of suppliers whose goods have no weight."
    if unknown := [each for each in market.suppliers if each.exports_elsewhere_t is None]:
        yield f"What they sell to others is not known, so at most what they sell now: {_named(unknown)}."
    reasons: dict[str, list[str]] = {}
    for supplier_iso3, reason in found.left_out.items():
        reasons.setdefault(reason, []).append(supplier_iso3)
    for reason, left_out in reasons.items():
        yield f"Left out, as {reason}: {_listed(left_out)}."
    if published.is_provisional is not False:
        state = "is not finished" if published.is_provisional else "is not known to be whole"
        yield f"The year {market.year} {state}: its figures may still move."


def _show(published: Published, found: Diversified, part: Part | None) -> None:
    console = plain_console()
    market, best = found.market, found.best
    console.print(
        Text(
            f"{published.mineral_name}, {published.importer_name}, {market.year}, {market.stage}: the"
            f" {WORDS[found.objective]} mix with at most {_percent(found.max_share)} of"
            f" {_amount(market.demand_t)} t from one supplier",
            style="bold",
        )
    )
    if best is None:
        for line in why_none(found):
            console.print(line)
    else:
        for line in _headline(found, best):
            console.print(line)
    if part != "frontier":
        console.print()
        console.print(_suppliers(found))
    if part != "suppliers" and found.frontier:
        console.print(Text("\nThe cheapest mix at each risk, from the least risky mix to the cheapest", style="bold"))
        console.print(_frontier(found))
    elif part != "suppliers" and best is not None:
        console.print("\nNo frontier: suppliers of known price and risk alone cannot sell enough.")
    console.print(Text("\nWhat these figures are not", style="bold"))
    for line in notes(published, found):
        console.print(line)


def _headline(found: Diversified, best: Mix) -> Iterator[str]:
    today = found.today
    change_usd = _difference(best.cost_usd, today.cost_usd)
    yield (
        f"Cost at average prices: {_usd(best.cost_usd)} instead of {_usd(today.cost_usd)}"
        + ("" if change_usd is None else f" ({change_usd / 1e6:+,.2f} million USD)".replace("-", "−"))
        + f". Risk: {_figure(best.weighted_risk)} instead of {_figure(today.weighted_risk)}."
    )
    yield (
        f"Concentration (HHI by weight): {best.hhi:.2f} instead of {today.hhi:.2f}."
        f" China directly: {_percent(best.china_share)} instead of {_percent(today.china_share)}."
        f" Largest: {best.largest_supplier_iso3} {_percent(best.largest_share)} instead of"
        f" {today.largest_supplier_iso3} {_percent(today.largest_share)}."
    )
    if found.saved_by_one_more_point is None:
        return
    if best.largest_share < found.max_share - SLACK:
        yield "No supplier is at the cap: a looser one would change nothing."
    elif found.objective == "cheapest":
        yield f"One more percentage point of cap would save {_usd(found.saved_by_one_more_point)}."
    else:
        yield f"One more percentage point of cap would take {found.saved_by_one_more_point:.4f} off the risk."


def _suppliers(found: Diversified) -> Table:
    table = _table("supplier", "today", "mix", "change t", "can sell t", "USD/t", "risk", "held by")
    demand_t = found.market.demand_t

    def in_mix(each: Supplier) -> float:
        return _share(found.best, each) if found.best else 0.0

    suppliers = sorted(found.market.suppliers, key=lambda each: (-in_mix(each), -each.bought_t, each.supplier_iso3))
    shown = [each for each in suppliers if max(in_mix(each), each.bought_t / demand_t) >= SHOWN_SHARE]
    rest = [each for each in suppliers if each not in shown and each.capacity_t(found.headroom_share) > 0]
    for each in shown:
        table.add_row(
            f"{each.supplier_iso3} {each.supplier}",
            _percent(each.bought_t / demand_t),
            _percent(in_mix(each)) if found.best else "–",
            _change(in_mix(each) * demand_t - each.bought_t) if found.best else "–",
            _amount(each.capacity_t(found.headroom_share)),
            "–" if each.usd_per_t is None else _amount(each.usd_per_t),
            _figure(each.risk),
            _held_by(found, each) or "",
        )
    if rest:
        bought_t, share = math.fsum(each.bought_t for each in rest), math.fsum(map(in_mix, rest))
        table.add_row(
            _count(len(rest), "other"),
            _percent(bought_t / demand_t),
            _percent(share) if found.best else "–",
            _change(share * demand_t - bought_t) if found.best else "–",
            _amount(math.fsum(each.capacity_t(found.headroom_share) for each in rest)),
        )
    return table


def _frontier(found: Diversified) -> Table:
    table = _table("risk", "million USD", "USD/t", "against today", "HHI", "largest", "China")
    for mix in found.frontier:
        extra_usd = _difference(mix.cost_usd, found.today.cost_usd)
        table.add_row(
            _figure(mix.weighted_risk),
            "–" if mix.cost_usd is None else f"{mix.cost_usd / 1e6:,.2f}",
            "–" if mix.usd_per_t is None else _amount(mix.usd_per_t),
            "–" if extra_usd is None else f"{extra_usd / 1e6:+,.2f}".replace("-", "−"),
            f"{mix.hhi:.2f}",
            f"{mix.largest_supplier_iso3} {_percent(mix.largest_share)}",
            _percent(mix.china_share),
        )
    return table


def _as_object(published: Published, found: Diversified, rows: dict[Part, Rows]) -> dict[str, Any]:
    def of_mix(mix: Mix | None) -> dict[str, Any] | None:
        return None if mix is None else {name: value for name, value in asdict(mix).items() if name != "shares"}

    return {
        "release_id": published.release_id,
        "year": found.market.year,
        "importer_iso3": found.market.importer,
        "mineral_id": found.market.mineral,
        "stage": found.market.stage,
        "objective": found.objective,
        "max_share": found.max_share,
        "headroom_share": found.headroom_share,
        "demand_t": found.market.demand_t,
        "purchased_value_usd": math.fsum(each.purchased_value_usd for each in found.market.suppliers),
        "unweighed_value_usd": math.fsum(each.unweighed_value_usd for each in found.market.suppliers),
        "has_basket_code": published.has_basket_code,
        "is_provisional": published.is_provisional,
        "today": of_mix(found.today),
        "mix": of_mix(found.best),
        "no_mix": None if found.shortfall is None else asdict(found.shortfall),
        "saved_by_one_more_point": found.saved_by_one_more_point,
        **{name: [dict(zip(columns, row, strict=True)) for row in data] for name, (columns, data) in rows.items()},
        "notes": [*why_none(found), *notes(published, found)],
    }


def _held_by(found: Diversified, supplier: Supplier) -> str | None:
    """Say which limit holds a supplier's share in the mix, if one does."""
    if found.best is None or not _share(found.best, supplier) > 0:
        return None
    share = _share(found.best, supplier)
    if share >= found.max_share - SLACK:
        return "cap"
    capacity_share = supplier.capacity_t(found.headroom_share) / found.market.demand_t
    return "capacity" if share >= capacity_share * (1 - SLACK) else None


def _share(mix: Mix, supplier: Supplier) -> float:
    return mix.shares.get(supplier.supplier_iso3, 0.0)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        is_text = column in ("supplier", "held by")
        table.add_column(column, justify="left" if is_text else "right", no_wrap=True, overflow="ellipsis")
    return table


def _difference(amount: float | None, other: float | None) -> float | None:
    return None if amount is None or other is None else amount - other


def _named(suppliers: Iterable[Supplier]) -> str:
    return _listed([each.supplier_iso3 for each in suppliers])


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = len(names) - NAMED_SUPPLIERS
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:NAMED_SUPPLIERS])} and {more} more"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rounded_up(share: float) -> str:
    """Return a limit with four decimals that still leaves a mix."""
    return f"{math.ceil(round(share * 1e4, 6)) / 1e4:g}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount / 1e6:,.2f} million USD"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _change(value: float) -> str:
    return "0" if abs(value) < SLACK else ("+" if value > 0 else "−") + _amount(abs(value))
