"""Another mix of suppliers: the cheapest or the least risky one under a cap on each supplier's share.

The importer's purchases in tonnes of the mineral itself are shared out anew by a linear program. A supplier can sell at
most `max_share` of them, and at most what it sells the importer now plus `headroom_share` of what it sells to others.

Equal prices or risks leave several best mixes. Which one is taken does not rest on the solver: of the best mixes it is
the one that is best by the other measure (risk, or cost), of those the one that moves the least from today's, and of
those the one that leans on the first suppliers by their ISO code. Where a question has an optimum, each later question
is asked of the optima alone: what a nonzero reduced cost holds at a bound stays there.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import duckdb
import numpy as np
from scipy.optimize import linprog

from flows.release_screens import rows_of
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome
from warehouse.release import current_release

Objective = Literal["cheapest", "least-risk"]
Binding = Literal["cap", "capacity", "cap and capacity together"]
FRONTIER_POINTS = 11
CHINA = "CHN"
# Shares nearer to each other than this are the same: sums of a hundred doubles are not exact.
SLACK = 1e-9
# Prices (of today's mean price) or risks nearer to each other than this are a tie, as for the solver.
TIE = 1e-7
MOST_GOVERNANCE_RISK = 10
# The solver takes 1e-7 for nothing, which is more than some suppliers sell: it is given shares in this unit.
PARTS = 1e6

OPTIONS = """
    select
        options.supplier_iso3,
        coalesce(countries.country_name, options.supplier_iso3) as supplier,
        options.purchased_t,
        options.purchased_value_usd,
        options.exports_elsewhere_t,
        options.usd_per_t,
        options.governance_risk,
        options.control_severity,
        options.control_severity_current
    from marts.supply_options as options
    left join marts.countries as countries on options.supplier_iso3 = countries.iso3
    where options.importer_iso3 = $importer and options.mineral_id = $mineral and options.stage = $stage
        and options.year = $year
    order by options.supplier_iso3
"""


@dataclass(frozen=True)
class Supplier:
    """A country that sells the mineral, to the importer or to others. Tonnes are of the mineral itself."""

    supplier_iso3: str
    supplier: str
    purchased_t: float | None  # None: the importer buys nothing, or nothing with a weight
    purchased_value_usd: float
    exports_elsewhere_t: float | None  # None: not known
    usd_per_t: float | None  # over all that it sells, to the importer and to others
    governance_risk: float | None  # 0 (best) to 10
    control_severity: float  # of its export measures, 0 to 1, over the year
    control_severity_current: float  # the same of the measures that are in force now

    @property
    def bought_t(self) -> float:
        """What the mix of today holds of it: what has no weight is outside of the mix."""
        return self.purchased_t or 0.0

    @property
    def risk(self) -> float | None:
        """Governance risk as a share of its most, plus the severity of its measures in force: 0 to 2."""
        if self.governance_risk is None:
            return None
        return self.governance_risk / MOST_GOVERNANCE_RISK + self.control_severity_current

    @property
    def unweighed_value_usd(self) -> float:
        """What the importer pays it where none of it has a weight."""
        return 0.0 if self.bought_t else self.purchased_value_usd

    def capacity_t(self, headroom_share: float) -> float:
        """What it could sell the importer: of exports elsewhere that are not known, none is counted on."""
        return self.bought_t + headroom_share * (self.exports_elsewhere_t or 0.0)


@dataclass(frozen=True)
class Market:
    """What an importer buys of a mineral at a stage in a year, and who could sell it."""

    year: int
    importer: str
    mineral: str
    stage: str
    suppliers: tuple[Supplier, ...]

    @property
    def demand_t(self) -> float:
        """What is shared out: all purchases with a weight."""
        return math.fsum(supplier.bought_t for supplier in self.suppliers)


@dataclass(frozen=True)
class Published:
    """A market as the current release has it, with the release's own headroom."""

    market: Market
    release_id: str
    mineral_name: str
    importer_name: str
    is_provisional: bool | None
    controls_as_of: str
    headroom_share: float | None  # None: the release has no such threshold
    has_basket_code: bool | None


@dataclass(frozen=True)
class Mix:
    """Shares of the purchases by supplier, 0 to 1 by weight, and what they amount to at the suppliers' prices."""

    shares: Mapping[str, float]
    usd_per_t: float | None  # None: of one supplier in it the price is not known
    cost_usd: float | None
    weighted_risk: float | None
    hhi: float
    largest_supplier_iso3: str
    largest_share: float
    china_share: float


@dataclass(frozen=True)
class Shortfall:
    """Why there is no mix, and what the limits would have to be. Shares are of the purchases, 0 to 1."""

    binding: Binding
    supplier_count: int
    reachable_share: float
    at_cap: tuple[str, ...]
    at_capacity: tuple[str, ...]  # largest capacity first
    smallest_max_share: float | None  # at this headroom; None: under no cap
    smallest_headroom_share: float | None  # under this cap; None: not if they sold the importer all that they sell


@dataclass(frozen=True)
class Diversified:
    """What was asked, today's mix, and the best one or the reason why there is none."""

    market: Market
    objective: Objective
    max_share: float
    headroom_share: float
    today: Mix
    best: Mix | None
    shortfall: Shortfall | None
    # What a cap looser by one percentage point would save: US dollars of the cheapest mix, points of the least risk.
    saved_by_one_more_point: float | None
    frontier: tuple[Mix, ...]  # from the least risky mix to the cheapest
    left_out: Mapping[str, str]  # supplier and reason


def published_market(home: DataHome, mineral: str, *, importer: str, stage: str | None = None) -> Published:
    """Return who could supply an importer, from the current release.

    Args:
        home: the data home.
        mineral: mineral_id or name, in any case.
        importer: importing country, ISO 3166-1 alpha-3.
        stage: stage of supply; None where the importer buys the mineral at one stage only.

    Raises:
        NothingPublished: no release yet.
        InputRejected: the importer does not buy that mineral or stage, or buys it at several and none is named.
        WarehouseError: the release was made before supply options were published.
    """
    release = current_release(home)
    with connect(release.database, read_only=True) as connection:
        try:
            bought = rows_of(
                connection,
                "select distinct options.year, mineral_id, mineral_name, stage, has_basket_code,"
                " options.is_provisional, coalesce(country_name, importer_iso3) as importer_name"
                " from marts.supply_options as options inner join marts.minerals using (mineral_id)"
                " left join marts.countries as countries on options.importer_iso3 = countries.iso3"
                " where importer_iso3 = $importer and options.year = (select max(year) from marts.supply_options)"
                " order by mineral_id, stage",
                {"importer": importer},
            )
            cell = _cell(connection, bought, mineral, importer, stage)
            market = {name: cell[name] for name in ("year", "stage")} | {"mineral": cell["mineral_id"]}
            rows = rows_of(connection, OPTIONS, market | {"importer": importer})
        except (duckdb.CatalogException, duckdb.BinderException) as error:  # a table or column of a newer schema
            raise WarehouseError(
                f"release {release.release_id}: it does not say who could supply whom under which controls, which is"
                " published since schema 1.5.0; make a new release with: mineral-risk run"
            ) from error
        headroom = rows_of(
            connection, "select value from marts.method_thresholds where threshold_id = 'scenario_headroom_share'"
        )
        (about,) = rows_of(connection, "select controls_as_of from meta.release")
    return Published(
        Market(cell["year"], importer, cell["mineral_id"], cell["stage"], tuple(Supplier(**row) for row in rows)),
        release.release_id,
        cell["mineral_name"],
        cell["importer_name"],
        cell["is_provisional"],
        str(about["controls_as_of"]),
        headroom[0]["value"] if headroom else None,
        cell["has_basket_code"],
    )


def diversify(market: Market, objective: Objective, *, max_share: float, headroom_share: float) -> Diversified:
    """Return the best mix of suppliers under a cap, or why there is none.

    Args:
        market: what is bought, and who could sell it.
        objective: the cheapest mix, or the one of least risk weighted by share.
        max_share: what one supplier may have of the purchases by weight, above 0 and at most 1.
        headroom_share: what a supplier could turn round of what it sells to others, 0 to 1.

    Raises:
        InputRejected: a limit is out of its range, or none of the purchases has a weight.
    """
    if not 0 < max_share <= 1:
        raise InputRejected(f"--max-share {max_share:g}: expected a share above 0 and at most 1, as 0.25")
    if not 0 <= headroom_share <= 1:
        raise InputRejected(f"--headroom {headroom_share:g}: expected a share of 0 to 1, as 0.1")
    if not market.demand_t > 0:
        raise InputRejected(
            f"{market.importer}, {market.mineral}, {market.stage}, {market.year}: none of the purchases has a weight in"
            " tonnes of the mineral, so there is nothing to share out"
        )
    market = replace(market, suppliers=tuple(sorted(market.suppliers, key=lambda supplier: supplier.supplier_iso3)))
    candidates = [supplier for supplier in market.suppliers if _why_unfit(supplier, objective) is None]
    shortfall = _shortfall(market, candidates, max_share, headroom_share)
    best, saved = None, None
    frontier: tuple[Mix, ...] = ()
    if shortfall is None:
        best = _best(market, candidates, objective, max_share, headroom_share)
        looser_share = max_share + 0.01
        if looser_share <= 1:
            looser = _best(market, candidates, objective, looser_share, headroom_share)
            saved = max(_measure(best, objective) - _measure(looser, objective), 0.0)
        frontier = _frontier(market, candidates, max_share, headroom_share)
    return Diversified(
        market,
        objective,
        max_share,
        headroom_share,
        _mix(market, {supplier.supplier_iso3: supplier.bought_t / market.demand_t for supplier in market.suppliers}),
        best,
        shortfall,
        saved,
        frontier,
        {
            supplier.supplier_iso3: reason
            for supplier in market.suppliers
            if (supplier.capacity_t(headroom_share) > 0 or supplier.purchased_value_usd > 0)
            and (reason := _why_unfit(supplier, objective)) is not None
        },
    )


def _why_unfit(supplier: Supplier, objective: Objective) -> str | None:
    """Say why an objective cannot weigh a supplier: what is not known is not 0."""
    if objective == "cheapest" and supplier.usd_per_t is None:
        return "no price is known"
    if objective == "least-risk" and supplier.risk is None:
        return "its governance risk is not known"
    return None


def _best(
    market: Market,
    candidates: Sequence[Supplier],
    objective: Objective,
    max_share: float,
    headroom_share: float,
    risk_at_most: float | None = None,
) -> Mix:
    """Solve the linear program; the limits are known to leave a mix."""
    count = len(candidates)
    demand_t = market.demand_t
    room = np.array([PARTS * min(max_share, each.capacity_t(headroom_share) / demand_t) for each in candidates])
    # a supplier's share is what it keeps of today's and what is added: to keep the most is to move the least
    kept = np.minimum([PARTS * each.bought_t / demand_t for each in candidates], room)
    upper = np.concatenate([kept, room - kept])
    lower = np.zeros(2 * count)

    mean_usd_per_t = math.fsum((each.usd_per_t or 0.0) * each.bought_t for each in candidates) / demand_t or 1.0
    costs = _last_where_unknown(
        [None if each.usd_per_t is None else each.usd_per_t / mean_usd_per_t for each in candidates]
    )
    risks = _last_where_unknown([each.risk for each in candidates])
    questions = [costs, risks] if objective == "cheapest" else [risks, costs]
    least_moved = np.concatenate([-np.ones(count), np.zeros(count)])
    first_by_code = np.arange(count) / count
    asked = [np.tile(question, 2) for question in questions] + [least_moved, np.tile(first_by_code, 2)]

    equal, equal_to = [np.ones(2 * count)], [PARTS]
    most, at_most = ([], []) if risk_at_most is None else ([np.tile(risks, 2)], [PARTS * risk_at_most])
    for question in asked:
        found = linprog(
            question,
            A_ub=most or None,
            b_ub=at_most or None,
            A_eq=equal,
            b_eq=equal_to,
            bounds=np.column_stack([lower, upper]),
            method="highs-ds",
        )
        if found.status != 0:
            raise WarehouseError(f"the linear program of {market.mineral} {market.stage} ended with: {found.message}")
        # what the optimum holds at a bound stays there, in all optima
        at_lower, at_upper = found.lower.marginals > TIE, found.upper.marginals < -TIE
        lower, upper = np.where(at_upper, upper, lower), np.where(at_lower, lower, upper)
        if most and found.ineqlin.marginals[0] < -TIE:
            equal, equal_to, most, at_most = [*equal, *most], [*equal_to, *at_most], [], []
    shares = np.clip(found.x[:count] + found.x[count:], 0, room) / PARTS
    return _mix(market, {each.supplier_iso3: float(share) for each, share in zip(candidates, shares, strict=True)})


def _last_where_unknown(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the values with the unknown ones beyond the largest: only a tie asks for them."""
    beyond = 1 + 2 * max((value for value in values if value is not None), default=0.0)
    return np.array([beyond if value is None else value for value in values])


def _mix(market: Market, shares: Mapping[str, float]) -> Mix:
    used = [(each, shares.get(each.supplier_iso3, 0.0)) for each in market.suppliers]
    used = [(each, share) for each, share in used if share > 0]
    usd_per_t = _weighted([(each.usd_per_t, share) for each, share in used])
    largest, largest_share = max(used, key=lambda pair: pair[1])  # of equal ones the first
    return Mix(
        {each.supplier_iso3: share for each, share in used},
        usd_per_t,
        None if usd_per_t is None else usd_per_t * market.demand_t,
        _weighted([(each.risk, share) for each, share in used]),
        math.fsum(share**2 for _, share in used),
        largest.supplier_iso3,
        largest_share,
        shares.get(CHINA, 0.0),
    )


def _weighted(values: Sequence[tuple[float | None, float]]) -> float | None:
    known = [value * share for value, share in values if value is not None]
    return math.fsum(known) if len(known) == len(values) else None


def _measure(mix: Mix, objective: Objective) -> float:
    measure = mix.cost_usd if objective == "cheapest" else mix.weighted_risk
    if measure is None:
        raise AssertionError("a mix holds only suppliers that its objective can weigh")
    return measure


def _frontier(
    market: Market, candidates: Sequence[Supplier], max_share: float, headroom_share: float
) -> tuple[Mix, ...]:
    """Return the cheapest mix at each of some risks, from the least risky mix to the cheapest; empty if none is whole.

    Only suppliers whose price and risk are both known can be on it.
    """
    known = [each for each in candidates if each.usd_per_t is not None and each.risk is not None]
    if _shortfall(market, known, max_share, headroom_share) is not None:
        return ()
    least_risky = _best(market, known, "least-risk", max_share, headroom_share)
    cheapest = _best(market, known, "cheapest", max_share, headroom_share)
    low, high = _measure(least_risky, "least-risk"), _measure(cheapest, "least-risk")
    if high - low <= TIE:
        return (cheapest,)
    between = [
        _best(market, known, "cheapest", max_share, headroom_share, risk_at_most=float(risk))
        for risk in np.linspace(low, high, FRONTIER_POINTS)[1:-1]
    ]
    return (least_risky, *between, cheapest)


def _shortfall(
    market: Market, candidates: Sequence[Supplier], max_share: float, headroom_share: float
) -> Shortfall | None:
    """Say which limit leaves no mix, or None where there is one. Plain arithmetic: no solver's tolerance is in it."""
    demand_t = market.demand_t
    capacities = [each.capacity_t(headroom_share) / demand_t for each in candidates]
    supplier_count = sum(capacity > 0 for capacity in capacities)
    reachable = math.fsum(min(max_share, capacity) for capacity in capacities)
    if reachable >= 1 - SLACK:
        return None
    binding: Binding
    if max_share * supplier_count < 1 - SLACK:
        binding = "cap"
    else:
        binding = "capacity" if math.fsum(capacities) < 1 - SLACK else "cap and capacity together"
    by_capacity = sorted(zip(capacities, candidates, strict=True), key=lambda pair: (-pair[0], pair[1].supplier_iso3))
    bought = [each.bought_t / demand_t for each in candidates]
    elsewhere = [(each.exports_elsewhere_t or 0.0) / demand_t for each in candidates]
    headroom = _smallest_level([max_share] * len(candidates), bought, elsewhere)
    return Shortfall(
        binding,
        supplier_count,
        reachable,
        tuple(each.supplier_iso3 for capacity, each in by_capacity if capacity >= max_share),
        tuple(each.supplier_iso3 for capacity, each in by_capacity if 0 < capacity < max_share),
        _smallest_level(capacities, [0.0] * len(candidates), [1.0] * len(candidates)),
        # nobody can turn round more than all that it sells to others
        headroom if headroom is not None and headroom <= 1 else None,
    )


def _smallest_level(limits: Sequence[float], starts: Sequence[float], slopes: Sequence[float]) -> float | None:
    """Return the smallest level at which min(limit, start + slope x level) adds up to 1; None where none does."""

    def total(level: float) -> float:
        pairs = zip(limits, starts, slopes, strict=True)
        return math.fsum(min(limit, start + slope * level) for limit, start, slope in pairs)

    # between the levels at which one more of them is at its limit, the sum is a straight line
    corners = sorted(
        (limit - start) / slope
        for limit, start, slope in zip(limits, starts, slopes, strict=True)
        if slope > 0 and start < limit
    )
    before = 0.0
    for corner in corners:
        if total(corner) >= 1 - SLACK:
            low, high = total(before), total(corner)
            return before + (corner - before) * min((1 - low) / (high - low), 1.0)
        before = corner
    return None


def _cell(
    connection: duckdb.DuckDBPyConnection, bought: list[dict[str, Any]], mineral: str, importer: str, stage: str | None
) -> dict[str, Any]:
    """Return the market that is asked for, of those in which the importer buys."""
    if not bought:
        known = [
            row["importer_iso3"]
            for row in rows_of(connection, "select distinct importer_iso3 from marts.supply_options")
        ]
        near = difflib.get_close_matches(importer, sorted(known), n=4)
        raise InputRejected(
            f"--importer {importer!r}: not in the release" + (f"; nearest: {', '.join(near)}" if near else "")
        )
    minerals = {row[name].casefold(): row["mineral_id"] for row in bought for name in ("mineral_name", "mineral_id")}
    mineral_id = minerals.get(mineral.casefold())
    if mineral_id is None:
        near = [minerals[text] for text in difflib.get_close_matches(mineral.casefold(), minerals, n=4)]
        offered = list(dict.fromkeys(near)) or sorted(set(minerals.values()))
        raise InputRejected(
            f"mineral {mineral!r}: the release has no purchases of {importer} in {bought[0]['year']};"
            f" {'nearest' if near else 'it buys'}: {', '.join(offered)}"
        )
    cells = {row["stage"]: row for row in bought if row["mineral_id"] == mineral_id}
    if stage is None and len(cells) > 1:
        raise InputRejected(f"--stage: {importer} buys {mineral_id} as {', '.join(cells)}; name one")
    if stage is not None and stage not in cells:
        raise InputRejected(f"--stage {stage!r}: {importer} buys {mineral_id} as {', '.join(cells)}")
    return cells[stage or next(iter(cells))]
