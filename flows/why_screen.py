"""One screen that says what stands behind a score, in words that need no manual."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.release_comparison import Comparison, MineralChange
from flows.why import Explanation, Row, by_stage, in_words

WIDEST = 100
SHOWN_SUPPLIERS = 6
SHOWN_CONTROLS = 5
WORTH_TELLING = 0.05  # points: less than is printed
PRINTED_SHARE = 0.0005  # 0.1 %, rounded
NOT_TRACED = "not traced"
MOSTLY_ESTIMATED = 0.5  # of the origin: floors then carry the tracing
NEXT_TO_NOTHING = 0.01
MUCH = 0.2
UNCERTAINTIES = {
    "weights": "the weights of the components",
    "mean": "the arithmetic or the geometric mean",
    "shares": "shares by value or by weight",
    "governance": "the error of the governance estimates",
    "unspecified": "whose the unspecified origin is",
    "content": "the content of the goods",
}
WORLD_SHARE_BASES = {
    "production": "by its production",
    "published": "by a published figure",
    "exports": "by its exports alone",
}


def plain_console() -> Console:
    """Return a console of at most 100 columns that prints what stands in the data as it stands there."""
    # brackets in a name are no colour, and :warning: is no picture
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal or console.width > WIDEST:
        console.width = WIDEST
    return console


def show(found: Explanation, against: tuple[Comparison, MineralChange] | None) -> None:
    """Print the screen; `against` adds the change since another release."""
    console = plain_console()
    for line in _headline(found):
        console.print(line)
    if found.stage is not None:
        console.print()
        console.print(_suppliers(found))
        for line in _china(found):
            console.print(line)
        console.print()
        console.print(_components(found))
        _block(console, f"Export controls on these suppliers, in {found.year} and since", _controls(found))
    _block(console, "Against the year before", _change(found))
    if against is not None:
        _block(console, f"Against release {against[0].first.release_id}", comparison_lines(*against))
    _block(console, "What is missing, and what that means", _missing(found))
    console.print("\nThe SQL behind every figure: the same command with --sql", style="dim")


def comparison_lines(comparison: Comparison, change: MineralChange) -> Iterator[str]:
    """Say in words how one mineral's score moved between two releases."""
    first, second = comparison.first, comparison.second
    if change.score_change is not None:
        yield (
            f"{_points(change.first_score)} in {first.year} (release {first.release_id}),"
            f" {_points(change.second_score)} in {second.year} (release {second.release_id}):"
            f" {_signed(change.score_change)}"
        )
        parts = [
            f"{part.replace('_', ' ')} {_signed(value)}" for part, value in change.parts.items() if value is not None
        ]
        if parts:
            yield f"Of it {', '.join(parts)}."
        for component, moved in change.by_component.items():
            told = [f"{part.replace('_', ' ')} {_signed(value)}" for part, value in moved.items() if _tells(value)]
            if told:
                yield f"  {component.replace('_', ' ')}: {', '.join(told)}"
    if change.note:
        yield change.note.replace("_", " ")
    yield from comparison.notes


def _block(console: Console, title: str, lines: Iterator[str]) -> None:
    told = list(lines)
    if told:
        console.print(Text(f"\n{title}", style="bold"))
        for line in told:
            console.print(line)


def _headline(found: Explanation) -> Iterator[Text | str]:
    score = found.score
    subject = f"{score['mineral_name']}, {score['importer']}, {score['year']}"
    if score["risk_score"] is None:
        yield Text(f"{subject}: no score, which is not without risk", style="bold")
    else:
        band = str(score["risk_band"]).replace("_", " ")
        yield Text(
            f"{subject}: risk {_points(score['risk_score'])} of 100 ({band}),"
            f" rank {score['risk_rank']} of {score['ranked_mineral_count']} minerals",
            style="bold",
        )
        yield " ".join(_certainty(score, band))
    yield " ".join([*(_footing(score) if found.stage is not None else ()), *_stages(found)])


def _certainty(score: Row, band: str) -> Iterator[str]:
    if score["rank_p05"] is None:
        yield "How sure the rank is was not drawn for this importer and year."
        return
    low, high = score["score_p05"], score["score_p95"]
    upper = ", so it lies high in that range" if score["risk_score"] > (low + high) / 2 else ""
    yield (
        f"In nine of ten draws over what the method leaves open: rank {score['rank_p05']} to {score['rank_p95']},"
        f" risk {_points(low)} to {_points(high)}; {score['risk_band_probability']:.0%} of them say {band}."
        f" Half of the draws take the geometric mean, which only lowers a score{upper}."
    )
    if score["largest_uncertainty"] is not None:
        moved = "rank" if score["rank_standard_deviation"] else "score"
        unit = "ranks" if moved == "rank" else "points"
        yield (
            f"What alone moves the {moved} most: {UNCERTAINTIES[score['largest_uncertainty']]}, by"
            f" {score[f'{moved}_standard_deviation']:.1f} {unit}; all six together by"
            f" {score[f'{moved}_standard_deviation_of_all']:.1f} (standard deviations)."
        )


def _footing(score: Row) -> Iterator[str]:
    yield {
        False: "The year is finished.",
        True: "The year is not finished: its figures will still move.",
        None: "Nothing tells whether the year is whole.",
    }[score["is_provisional"]]
    if score["has_basket_code"]:
        yield "A code behind it also holds other goods: shares are upper bounds."


def _stages(found: Explanation) -> Iterator[str]:
    score = found.score
    told = {
        row["stage"]: f"{row['stage']} {'without a score' if row['risk_score'] is None else _points(row['risk_score'])}"
        + ("" if row["is_material"] else " (a trifle, not ranked)")
        for row in found.rows["stages"]
    }
    others = [text for stage, text in told.items() if stage != found.stage]
    if found.stage is None and score["stages_without_imports"]:
        yield "Nothing was imported at a stage that the sources cover."
    elif found.stage is None:
        of_its_own = " by a code of its own" if "only_a_basket_code" in (score["missing_reasons"] or "") else ""
        yield f"No source covers any stage{of_its_own}: what was imported is not known."
    elif found.stage == score["bottleneck_stage"]:
        yield f"The chain breaks at its worst material stage: {found.stage}, shown here."
    elif score["bottleneck_stage"] is None:
        yield f"Shown is {told[found.stage]}."
    else:
        yield (
            f"Shown is {told[found.stage]}; the mineral is judged by its worst material stage,"
            f" {score['bottleneck_stage']}."
        )
    if others:
        yield f"Other stages: {', '.join(others)}."
    if score["stages_without_imports"]:
        yield f"Not imported: {score['stages_without_imports']}."
    if score["risk_score_current_controls"] is not None:
        yield (
            f"Under the export controls of {score['controls_as_of']} the mineral's score is"
            f" {_points(score['risk_score_current_controls'])}."
        )


def _suppliers(found: Explanation) -> Table:
    table = _table("supplier", "million USD", "by value", "by weight", "from or through China", "control severity")
    named = [row for row in found.rows["suppliers"] if row["supplier_iso3"] != "XXX"]
    unspecified = [row for row in found.rows["suppliers"] if row["supplier_iso3"] == "XXX"]
    shown, rest = named[:SHOWN_SUPPLIERS], named[SHOWN_SUPPLIERS:]
    if len(rest) == 1:  # a row of its own takes no more room than a rest of one
        shown, rest = named, []
    for row in shown:
        table.add_row(
            f"{row['supplier_iso3']} {row['supplier']}",
            f"{row['import_value_usd'] / 1e6:,.2f}",
            _share(row["value_share"]),
            _share(row["weight_share"]),
            _from_or_through_china(row),
            f"{row['control_severity']:.2f}" if row["control_severity"] else "none",
        )
    for name, rows in ((f"{len(rest)} others", rest), ("unspecified", unspecified)):
        if rows:
            table.add_row(
                name,
                f"{sum(row['import_value_usd'] for row in rows) / 1e6:,.2f}",
                _share(sum(row["value_share"] for row in rows)),
                # the rest is known only if every part of it is
                _share(
                    None
                    if any(row["weight_share"] is None for row in rows)
                    else sum(row["weight_share"] for row in rows)
                ),
                "",
                "",
            )
    return table


def _from_or_through_china(supplier: Row) -> str:
    """Say how much of what a supplier has comes from or through China: known, at least known, or not."""
    share, unresolved = supplier["supplier_china_via_share"], supplier["supplier_unresolved_share"]
    if share is None:
        return NOT_TRACED
    if unresolved > supplier["unresolved_share_allowed"]:
        return f"at least {_share(share)}" if share > supplier["unresolved_share_allowed"] else _share(None)
    return _share(share)


def _china(found: Explanation) -> Iterator[str]:
    china = found.rows["china"][0]
    if found.importer == "CHN":
        return
    direct, weight, via = china["china_value_share"], china["china_weight_share"], china["china_via_share"]
    told = [f"China directly: {_share(direct)} of the value, {_share(weight)} of the weight."]
    if via is not None:
        hidden = china["china_hidden_share"]
        up_to = "up to " if _is_upper_estimate(china) else ""
        told.append(
            f"From or through China: {up_to}{_share(via)} of the weight; {up_to}{_share(hidden)}"
            f" stands behind others{_behind(found)}."
        )
    if china["china_dependence_score"] is not None:
        shares = {"that of the value": direct, "that of the weight": weight, "what comes from or through China": via}
        known = {name: share for name, share in shares.items() if share is not None}
        largest = max(known, key=known.__getitem__)
        if known[largest] > 0:
            told.append(f"The score uses the largest: {largest}.")
    if via is not None:
        told += _origin(china)
    yield " ".join(told)
    if china["china_world_share"] is not None:
        yield (
            f"China holds {_share(china['china_world_share'])} of world supply"
            f" ({WORLD_SHARE_BASES[china['china_world_share_basis']]});"
            f" severity of its export controls {china['china_control_severity']:.2f} of 1 in {found.year},"
            f" {china['china_control_severity_current']:.2f} on {found.score['controls_as_of']}."
        )


def _origin(china: Row) -> Iterator[str]:
    origin, via, world = china["china_origin_share"], china["china_via_share"], china["china_world_share"]
    estimated = china["estimated_origin_share"]
    # an estimate is exports less imports: a country that buys more than it sells then produces nothing
    if origin == 0 and china["china_is_untraceable"]:
        yield "First produced in China: not told, for where China has it from is not known."
    elif estimated > MOSTLY_ESTIMATED and origin < NEXT_TO_NOTHING <= via and max(via, world or 0) > MUCH:
        than = "buys more of it than it sells" if origin == 0 else "sells hardly more of it than it buys"
        yield f"First produced in China: not told, for China {than}."
    else:
        yield f"First produced in China: {_share(origin)}."
    consequence = (
        ": what suppliers make and use at home is not seen, so less may stand behind others."
        " The draws leave tracing as it is."
    )
    yield (
        f"{_share(estimated)} of the origin is estimated (exports less imports, where no table of production tells)"
        + (consequence if _is_upper_estimate(china) else ".")
    )


def _is_upper_estimate(china: Row) -> bool:
    return bool(china["estimated_origin_share"] > MOSTLY_ESTIMATED and china["china_hidden_share"] >= PRINTED_SHARE)


def _behind(found: Explanation) -> str:
    hidden = sorted(
        (row for row in found.rows["suppliers"] if row["china_hidden_share"]),
        key=lambda row: (-row["china_hidden_share"], row["supplier_iso3"]),
    )
    told = [
        f"{row['supplier']} {_share(row['china_hidden_share'])}"
        for row in hidden[:3]
        if row["china_hidden_share"] >= PRINTED_SHARE
    ]
    return f" ({', '.join(told)})" if told else ""


def _components(found: Explanation) -> Table:
    table = _table("what makes the score", "figure", "unit", "0 to 100 points at", "points", "weight", "adds")
    table.columns[2].justify = "left"
    for row in found.rows["components"]:
        known = row["raw_value"] is not None
        table.add_row(
            row["component_name"],
            f"{row['raw_value']:.3g}" if known else "missing",
            row["raw_value_unit"],
            f"{row['goalpost_0']:g} to {row['goalpost_100']:g}",
            _points(row["component_score"]),
            f"{row['weight']:g}",
            _points(row["contribution"]),
        )
    return table


def _controls(found: Explanation) -> Iterator[str]:
    controls = found.rows["controls"]
    for row in controls[:SHOWN_CONTROLS]:
        dates = f"from {row['effective_from'] or 'an unknown day'}"
        if row["effective_to"]:
            dates += f" to {row['effective_to']}"
        if row["suspended_from"]:
            dates += f", suspended from {row['suspended_from']}"
            dates += f" to {row['suspended_to']}" if row["suspended_to"] else ""
        who = f"{row['control_id']} {row['supplier_iso3']} {row['measure']}"
        yield _cut(f"{who} {dates}: {row['instrument']} [{row['source']}]")
    if len(controls) > SHOWN_CONTROLS:
        yield f"and {len(controls) - SHOWN_CONTROLS} more: --sql shows how to list them"
    if not controls:
        has_measures = found.rows["register"][0]["measure_count"] > 0
        yield "None binds these suppliers." if has_measures else "None in the register."


def _change(found: Explanation) -> Iterator[str]:
    before = found.rows["year before"][0] if found.rows["year before"] else None
    if before is None:
        yield f"The release does not tell of {found.year - 1}."
        return
    yield _mineral_change(found.score, before)
    if found.stage is None:
        return
    changes = found.rows["change"]
    if not changes:
        yield f"Stage {found.stage}: nothing to compare with. {_why_nothing(found, before)}"
        return
    first = changes[0]
    if first["score_change"] is None:
        reason = _reason(found, first["coverage_reason"])
        yield f"Stage {found.stage}: not comparable with {first['previous_year']}: {reason}."
    else:
        risk = sum(row["risk_change"] for row in changes)
        coverage = sum(row["coverage_change"] for row in changes)
        moved = [
            f"{row['component_name']} {_signed(row['contribution_change'])}"
            for row in changes
            if _tells(row["contribution_change"])
        ]
        yield (
            f"Stage {found.stage}: {_signed(first['score_change'])} points against {first['previous_year']}:"
            f" {_signed(risk)} is risk, {_signed(coverage)} is what is measured otherwise."
            + (f" By component: {', '.join(moved)}." if moved else "")
        )
        told: dict[str, list[str]] = {}
        for row in changes:
            if row["coverage_reason"] and _tells(row["coverage_change"]):
                told.setdefault(_reason(found, row["coverage_reason"]), []).append(row["component_name"])
        for reason, components in told.items():
            yield f"Measured otherwise: {', '.join(components)}: {reason}."
    moves = [
        f"{row['supplier_iso3']} {_share(row['previous_value_share'])} to {_share(row['value_share'])}"
        for row in found.rows["suppliers that moved"]
        if abs(row["value_share"] - row["previous_value_share"]) >= PRINTED_SHARE
    ]
    if moves:
        yield f"Suppliers whose share of the value moved most: {', '.join(moves)}."


def _mineral_change(score: Row, before: Row) -> str:
    """Say how the mineral's own score moved, which need not be of the stage that is shown."""
    old, new = before["risk_score"], score["risk_score"]
    old_stage, new_stage = before["bottleneck_stage"], score["bottleneck_stage"]
    if old is None:
        return f"The mineral: no score in {before['year']}" + (", nor now." if new is None else ".")
    then = f"{_points(old)} in {before['year']} (worst material stage: {old_stage})"
    if new is None:
        return f"The mineral: {then}, no score now."
    return f"The mineral: {_signed(new - old)} points, from {then} to {_points(new)} ({new_stage})."


def _why_nothing(found: Explanation, before: Row) -> str:
    reason = by_stage(before["missing_reasons"], before["stages_missing"]).get(str(found.stage))
    if reason is not None:
        return f"In {before['year']}: {_reason(found, reason)}."
    if found.stage in (before["stages_without_imports"] or "").split(", "):
        return f"No trade at this stage in {before['year']}."
    return "No score at this stage in either year."


def _missing(found: Explanation) -> Iterator[str]:
    score = found.score
    for row in found.rows["components"]:
        if row["missing_reason"]:
            yield (
                f"{row['component_name']}: {_reason(found, row['missing_reason'])}."
                f" Its weight of {row['weight']:g} goes to the others."
            )
    china = found.rows["china"][0] if found.rows["china"] else None
    if china is not None and china["tracing_missing_reason"]:
        yield (
            f"China behind other suppliers: {_reason(found, china['tracing_missing_reason'])}."
            " Its direct share may not be all."
        )
    if china is not None and china["undated_control_ids"]:
        yield f"Measures without a start date count for nothing in a year: {china['undated_control_ids']}."
    if score["stages_covered_in_part"]:
        yield f"Seen in part, as the source lacks some codes: {score['stages_covered_in_part']}."
    if score["missing_reasons"]:
        stages: dict[str, list[str]] = {}
        for stage, reason in by_stage(score["missing_reasons"], score["stages_missing"]).items():
            stages.setdefault(reason, []).append(stage)
        for reason, names in stages.items():
            not_safe = "" if reason.endswith("importer_is_china") else " Not known is not safe."
            yield f"{', '.join(names)}: {_reason(found, reason)}.{not_safe}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        is_name = column == columns[0]
        table.add_column(column, justify="left" if is_name else "right", no_wrap=is_name, overflow="ellipsis")
    return table


def _reason(found: Explanation, reason: str) -> str:
    return in_words(reason, found.words)


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"


def _points(points: float | None) -> str:
    return "–" if points is None else f"{points:.1f}"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−") if _tells(points) else "0.0"


def _tells(points: float | None) -> bool:
    return points is not None and abs(points) >= WORTH_TELLING


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
