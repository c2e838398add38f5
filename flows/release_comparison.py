"""Why a score differs between two releases: a new period, revised statistics, the register of measures, the method.

The path leads from the first release to the second in steps that add up exactly. From the first release's year to the
second's, both read from the second release: `new_period`. In the first release's year, from its figures to those of the
second release: first the second's weights and goalposts are put on the first's raw values (`method`), then the second's
control severities on the first's shares (`register`); what is left is due to whatever else differs: `statistics`, or
`method` again (formulas, thresholds, other seeds), or, where both differ, it is `not_separable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.database import connect_side_by_side
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome
from warehouse.release import Release, named_release

PARTS = ("new_period", "statistics", "register", "method", "not_separable")
TOLERANCE = 1e-9

# A mineral's scores of both releases, and the second release's score of the first one's year between them.
MINERALS = """
    with

    first_scores as (

        select * from first_release.marts.mineral_risk where importer_iso3 = $importer and year = $first_year

    ),

    second_scores as (

        select * from second_release.marts.mineral_risk where importer_iso3 = $importer and year = $second_year

    ),

    second_scores_then as (

        select * from second_release.marts.mineral_risk where importer_iso3 = $importer and year = $first_year

    )

    select
        mineral_id,
        first_scores.bottleneck_stage as first_stage,
        second_scores.bottleneck_stage as second_stage,
        second_scores_then.bottleneck_stage as second_stage_then,
        first_scores.year is not null as is_in_first,
        second_scores.year is not null as is_in_second,
        second_scores_then.year is not null as is_in_second_then,
        first_scores.risk_score as first_score,
        second_scores.risk_score as second_score,
        second_scores_then.risk_score as second_score_then,
        first_scores.risk_rank as first_rank,
        second_scores.risk_rank as second_rank,
        first_scores.missing_reasons as first_missing_reasons,
        second_scores.missing_reasons as second_missing_reasons,
        second_scores_then.missing_reasons as second_missing_reasons_then
    from first_scores
    full outer join second_scores using (mineral_id)
    left join second_scores_then using (mineral_id)
    order by mineral_id
"""

# The contributions to the scores of the first release's year: as the first release has them, under the second's weights
# and goalposts, under its control severities too, and as the second release has them. What is missing adds nothing.
CONTRIBUTIONS = """
    with

    first_components as (

        select * from first_release.marts.risk_components where importer_iso3 = $importer and year = $first_year

    ),

    second_components as (

        select * from second_release.marts.risk_components where importer_iso3 = $importer and year = $first_year

    ),

    factors as (

        select
            max(value) filter (where threshold_id = 'china_dependence_exposure_weight') as exposure_weight,
            max(value) filter (where threshold_id = 'china_dependence_world_share_weight') as world_share_weight,
            max(value) filter (where threshold_id = 'china_dependence_control_weight') as control_weight
        from first_release.marts.method_thresholds

    ),

    -- a score is exposure times leverage: with other severities it grows as the leverage does
    dependence_under_other_controls as (

        select
            ours.mineral_id,
            ours.stage,
            'china_dependence' as component_id,
            ours.china_dependence_score
            * first_release.main.china_dependence_score(
                1, ours.china_world_share, theirs.china_control_severity,
                exposure_weight, world_share_weight, control_weight
            )
            / first_release.main.china_dependence_score(
                1, ours.china_world_share, ours.china_control_severity,
                exposure_weight, world_share_weight, control_weight
            ) as raw_value
        from first_release.marts.china_dependence as ours
        inner join second_release.marts.china_dependence as theirs
            using (year, importer_iso3, mineral_id, stage)
        cross join factors
        where ours.importer_iso3 = $importer and ours.year = $first_year

    ),

    -- a supplier that the second release no longer has keeps its severity: that it is gone is no news of the register
    exposure_to_other_controls as (

        select
            ours.mineral_id,
            ours.stage,
            'export_controls' as component_id,
            sum(
                ours.value_share * (coalesce(theirs.control_severity, ours.control_severity) - ours.control_severity)
                order by ours.supplier_iso3
            ) as raw_value_change
        from first_release.marts.supplier_shares as ours
        left join second_release.marts.supplier_shares as theirs
            using (year, importer_iso3, mineral_id, stage, supplier_iso3)
        where ours.importer_iso3 = $importer and ours.year = $first_year
        group by all

    ),

    compared as (

        select
            mineral_id,
            stage,
            component_id,
            first_components.raw_value,
            case component_id
                when 'china_dependence' then dependence_under_other_controls.raw_value
                when 'export_controls'
                    then first_components.raw_value + exposure_to_other_controls.raw_value_change
                else first_components.raw_value
            end as raw_value_under_other_controls,
            definitions.weight,
            definitions.goalpost_0,
            definitions.goalpost_100,
            coalesce(first_components.contribution, 0) as first_contribution,
            coalesce(second_components.contribution, 0) as second_contribution
        from first_components
        full outer join second_components using (mineral_id, stage, component_id)
        left join second_release.marts.risk_component_definitions as definitions using (component_id)
        left join dependence_under_other_controls using (mineral_id, stage, component_id)
        left join exposure_to_other_controls using (mineral_id, stage, component_id)

    )

    select
        mineral_id,
        stage,
        component_id,
        first_contribution,
        -- a component that the second release does not have has no weight there
        coalesce(
            weight * second_release.main.goalpost_score(raw_value, goalpost_0, goalpost_100)
            / sum(weight) filter (where raw_value is not null) over (partition by mineral_id, stage), 0
        ) as contribution_under_other_weights,
        coalesce(
            weight * second_release.main.goalpost_score(raw_value_under_other_controls, goalpost_0, goalpost_100)
            / sum(weight) filter (where raw_value_under_other_controls is not null)
                over (partition by mineral_id, stage), 0
        ) as contribution_under_other_controls,
        second_contribution
    from compared
    order by mineral_id, stage, component_id
"""

SEVERITIES_DIFFER = """
    select count(*) > 0 as differ
    from (select distinct measure, severity from first_release.marts.export_controls) as ours
    inner join (select distinct measure, severity from second_release.marts.export_controls) as theirs using (measure)
    where ours.severity != theirs.severity
"""


@dataclass(frozen=True)
class MadeFrom:
    """A release as one side of a comparison: which year it tells of, and what it was made from."""

    release_id: str
    year: int
    known_at: str
    schema_version: str
    hashes: dict[str, str] | None
    """SHA-256 of `statistics`, `register` and `method`; None for a release of a schema before 1.3.0."""


@dataclass(frozen=True)
class MineralChange:
    """How a mineral's score moved. `parts` add up to `score_change`; None is not known, `note` says why."""

    mineral_id: str
    first_stage: str | None
    second_stage: str | None
    first_score: float | None
    second_score: float | None
    first_rank: int | None
    second_rank: int | None
    score_change: float | None
    parts: dict[str, float | None]
    by_component: dict[str, dict[str, float]]
    """The parts but `new_period` by component, where the bottleneck stage is the same in both releases."""
    note: str | None


@dataclass(frozen=True)
class Comparison:
    """Two releases and how the scores of one importer moved between them."""

    importer: str
    first: MadeFrom
    second: MadeFrom
    differs: tuple[str, ...] | None
    """Which of statistics, register and method differ; None where a release does not tell."""
    minerals: tuple[MineralChange, ...]
    notes: tuple[str, ...]


def compare(home: DataHome, first: str, second: str, importer: str) -> Comparison:
    """Split the change of every mineral's score between two kept releases, each in its newest finished year.

    Args:
        home: the data home.
        first: id of the release that is compared, or `current`.
        second: id of the release that it is compared with, or `current`.
        importer: importing country, ISO 3166-1 alpha-3.

    Raises:
        InputRejected: a release is not kept, both are the same, or one does not know the importer.
        WarehouseError: scores moved although nothing that makes them differs.
    """
    releases = named_release(home, first), named_release(home, second)
    if releases[0].release_id == releases[1].release_id:
        raise InputRejected(f"release {releases[0].release_id}: expected two releases, found the same one twice")
    databases = {"first_release": releases[0].database, "second_release": releases[1].database}
    with connect_side_by_side(databases) as connection:
        sides = [
            _made_from(connection, name, release, importer) for name, release in zip(databases, releases, strict=True)
        ]
        return _compared(connection, sides[0], sides[1], importer)


def _made_from(connection: duckdb.DuckDBPyConnection, name: str, release: Release, importer: str) -> MadeFrom:
    facts = _rows(connection, f"select * from {name}.meta.release")[0]
    year = _rows(
        connection,
        f"select max(year) as year from {name}.marts.mineral_risk"
        f" where importer_iso3 = ? and year in (select year from {name}.marts.latest_risk)",
        [importer],
    )[0]["year"]
    if year is None:
        known = connection.execute(
            f"select distinct importer_iso3 from {name}.marts.mineral_risk order by 1"
        ).fetchall()
        raise InputRejected(
            f"--importer {importer}: release {release.release_id} has no scores of it in its newest finished year;"
            f" it has {listed([row[0] for row in known])}"
        )
    hashes = {part: facts.get(f"{part}_hash") for part in ("statistics", "register", "method")}
    return MadeFrom(
        release.release_id,
        int(year),
        f"{facts.get('as_of') or facts['created_at']:%Y-%m-%dT%H:%M:%S}",
        str(facts["schema_version"]),
        {part: str(found) for part, found in hashes.items()} if None not in hashes.values() else None,
    )


def _compared(connection: duckdb.DuckDBPyConnection, first: MadeFrom, second: MadeFrom, importer: str) -> Comparison:
    differs = None
    if first.hashes is not None and second.hashes is not None:
        differs = tuple(part for part in first.hashes if first.hashes[part] != second.hashes[part])
    scores = _rows(connection, MINERALS, {"importer": importer, "first_year": first.year, "second_year": second.year})
    contributions: dict[tuple[str, str], list[dict[str, Any]]] = {}
    severities_differ = False
    if differs is not None:
        severities_differ = bool(_rows(connection, SEVERITIES_DIFFER)[0]["differ"])
        for row in _rows(connection, CONTRIBUTIONS, {"importer": importer, "first_year": first.year}):
            contributions.setdefault((row["mineral_id"], row["stage"]), []).append(row)
    minerals = [
        _change(
            row,
            contributions.get((row["mineral_id"], row["first_stage"]), []),
            differs,
            severities_differ,
            (first, second),
        )
        for row in scores
    ]
    return Comparison(
        importer, first, second, differs, tuple(minerals), tuple(_notes(first, second, differs, minerals))
    )


def _change(
    row: dict[str, Any],
    contributions: Sequence[dict[str, Any]],
    differs: tuple[str, ...] | None,
    severities_differ: bool,
    sides: tuple[MadeFrom, MadeFrom],
) -> MineralChange:
    """Work out the parts of one mineral's change."""
    first, second = sides
    parts: dict[str, float | None] = dict.fromkeys(PARTS)
    by_component: dict[str, dict[str, float]] = {}
    change = None
    notes = []
    if row["first_score"] is None or row["second_score"] is None:
        notes = [
            f"no score in {side.release_id} ({side.year}): {_why_no_score(row, name)}"
            for name, side in (("first", first), ("second", second))
            if row[f"{name}_score"] is None
        ]
    else:
        change = row["second_score"] - row["first_score"]
        if row["second_score_then"] is None:
            reasons = _why_no_score(row, "second", "_then")
            notes.append(f"not split: {second.release_id} has no score of {first.year}: {reasons}")
        else:
            parts["new_period"] = row["second_score"] - row["second_score_then"]
            revised = row["second_score_then"] - row["first_score"]
            same_stage = row["first_stage"] == row["second_stage_then"]
            if differs is not None and same_stage:
                by_component = {
                    str(item["component_id"]): _parts_of(
                        item["first_contribution"],
                        item["contribution_under_other_weights"],
                        item["contribution_under_other_controls"],
                        item["second_contribution"],
                        differs,
                        severities_differ,
                    )
                    for item in contributions
                }
                for part in PARTS[1:]:
                    parts[part] = sum(found[part] for found in by_component.values())
            elif differs is not None and len(differs) <= 1:
                parts.update({part: revised if part in differs else 0.0 for part in PARTS[1:]})
            else:
                parts["not_separable"] = revised
            if not same_stage:
                notes.append(
                    f"the bottleneck of {first.year} is {row['first_stage']} in {first.release_id}"
                    f" and {row['second_stage_then']} in {second.release_id}"
                )
            unexplained = change - sum(part or 0.0 for part in parts.values())
            if abs(unexplained) > TOLERANCE:
                raise WarehouseError(
                    f"{row['mineral_id']}: {unexplained:+.9f} of the change from {first.release_id} to"
                    f" {second.release_id} has no cause: statistics, register and method that would explain it are the"
                    " same in both; this is an error of the warehouse, please report it"
                )
        if row["second_stage_then"] is not None and row["second_stage_then"] != row["second_stage"]:
            notes.append(
                f"the bottleneck moved from {row['second_stage_then']} ({first.year})"
                f" to {row['second_stage']} ({second.year})"
            )
    return MineralChange(
        row["mineral_id"],
        row["first_stage"],
        row["second_stage"],
        row["first_score"],
        row["second_score"],
        row["first_rank"],
        row["second_rank"],
        change,
        parts,
        by_component,
        "; ".join(notes) or None,
    )


def _why_no_score(row: dict[str, Any], side: str, when: str = "") -> str:
    if not row[f"is_in_{side}{when}"]:
        return "it does not tell of the mineral in this year"
    return row[f"{side}_missing_reasons{when}"] or "no stage has material imports"


def _parts_of(
    first: float,
    under_other_weights: float,
    under_other_controls: float,
    second: float,
    differs: tuple[str, ...],
    severities_differ: bool,
) -> dict[str, float]:
    """Split the change of one contribution; what neither statistics nor method explain is left out, and missed."""
    # where the weights of measures differ too, a severity may have moved for either reason
    either = "register" in differs and "method" in differs and severities_differ
    method = under_other_weights - first if "method" in differs else 0.0
    register = under_other_controls - under_other_weights if "register" in differs and not either else 0.0
    rest = second - first - method - register
    goes_to = {
        (True, True): "not_separable",
        (True, False): "statistics",
        (False, True): "not_separable" if either else "method",
    }.get(("statistics" in differs, "method" in differs))
    parts = {"statistics": 0.0, "register": register, "method": method, "not_separable": 0.0}
    if goes_to is not None:
        parts[goes_to] += rest
    return parts


def _notes(
    first: MadeFrom, second: MadeFrom, differs: tuple[str, ...] | None, minerals: Sequence[MineralChange]
) -> list[str]:
    notes = []
    if differs is None:
        older = [side for side in (first, second) if side.hashes is None]
        notes.append(
            " and ".join(f"{side.release_id} has schema {side.schema_version}" for side in older)
            + ": before 1.3.0 a release does not say what it was made from, so all but the new period is not separable"
        )
    elif any(abs(change.parts["not_separable"] or 0.0) > TOLERANCE for change in minerals):
        told = f"{' and '.join(differs)} differ, so a part is not separable"
        if "statistics" in differs:
            others = " and the ".join(part for part in differs if part != "statistics")
            told += (
                f". To separate it: mineral-risk run --as-of {first.known_at} makes a release R of the first one's"
                " statistics under the present method and register; then"
                f" mineral-risk diff {first.release_id} R shows what the {others} moved, and"
                f" mineral-risk diff R {second.release_id} what the statistics moved"
            )
        else:
            told += ": the severities of measures moved with the register and with the method"
        notes.append(told)
    return notes


def listed(names: Sequence[object], most: int = 12) -> str:
    """Return the first names of a list, and whether there are more."""
    return ", ".join(str(name) for name in names[:most]) + (" …" if len(names) > most else "")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
