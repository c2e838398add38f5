"""What stands behind one score: queries that an analyst can run again, and one screen of them in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.database import connect, quoted
from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome
from warehouse.release import current_release

Row = dict[str, Any]
OLDEST_SCHEMA = (1, 3)
CELL = "importer_iso3 = $importer and mineral_id = $mineral and year = $year and stage = $stage"

# Every block of the screen. The parameters are the same everywhere: $importer, $mineral, $year, $stage.
QUERIES = {
    "score": """
        select
            minerals.mineral_id,
            minerals.mineral_name,
            coalesce(countries.country_name, risks.importer_iso3) as importer,
            risks.year,
            risks.risk_score,
            risks.risk_score_current_controls,
            risks.risk_band,
            risks.risk_rank,
            (
                select count(risk_score) from marts.mineral_risk
                where importer_iso3 = $importer and year = $year
            ) as ranked_mineral_count,
            risks.rank_p05,
            risks.rank_p95,
            risks.score_p05,
            risks.score_p95,
            risks.risk_band_probability,
            sensitivity.uncertainty_id as largest_uncertainty,
            sensitivity.rank_standard_deviation,
            sensitivity.rank_standard_deviation_of_all,
            sensitivity.score_standard_deviation,
            sensitivity.score_standard_deviation_of_all,
            risks.bottleneck_stage,
            risks.stages_covered_in_part,
            risks.stages_missing,
            risks.missing_reasons,
            risks.stages_without_imports,
            risks.is_provisional,
            risks.has_basket_code,
            release.release_id,
            release.controls_as_of
        from marts.mineral_risk as risks
        inner join marts.minerals as minerals on risks.mineral_id = minerals.mineral_id
        left join marts.countries as countries on risks.importer_iso3 = countries.iso3
        left join marts.rank_sensitivity as sensitivity
            on risks.year = sensitivity.year and risks.importer_iso3 = sensitivity.importer_iso3
            and risks.mineral_id = sensitivity.mineral_id and sensitivity.is_largest
        cross join meta.release as release
        where risks.importer_iso3 = $importer and risks.mineral_id = $mineral and risks.year = $year
    """,
    "year before": """
        select
            year,
            risk_score,
            bottleneck_stage,
            stages_missing,
            missing_reasons,
            stages_without_imports
        from marts.mineral_risk
        where importer_iso3 = $importer and mineral_id = $mineral and year = $year - 1
    """,
    "stages": """
        select
            stage,
            scores.risk_score,
            scores.risk_score_current_controls,
            scores.risk_band,
            scores.is_material,
            scores.completeness,
            concentration.import_value_usd
        from marts.risk_scores as scores
        inner join marts.supplier_concentration as concentration using (year, importer_iso3, mineral_id, stage)
        where importer_iso3 = $importer and mineral_id = $mineral and year = $year
        order by scores.risk_score desc nulls last, stage
    """,
    "suppliers": f"""
        select
            shares.supplier_iso3,
            coalesce(countries.country_name, shares.supplier_iso3) as supplier,
            shares.import_value_usd,
            shares.value_share,
            shares.weight_share,
            if(shares.supplier_iso3 = 'CHN', 1, behind.supplier_china_via_share) as supplier_china_via_share,
            if(shares.supplier_iso3 = 'CHN', 0, behind.supplier_unresolved_share) as supplier_unresolved_share,
            1 - (
                select value from marts.method_thresholds where threshold_id = 'traced_producer_share'
            ) as unresolved_share_allowed,
            behind.china_hidden_share,
            shares.control_severity
        from marts.supplier_shares as shares
        left join marts.china_behind_suppliers as behind
            using (year, importer_iso3, mineral_id, stage, supplier_iso3)
        left join marts.countries as countries on shares.supplier_iso3 = countries.iso3
        where {CELL}
        order by shares.import_value_usd desc, shares.supplier_iso3
    """,
    "china": f"""
        select
            *,
            exists (
                from marts.untraceable_suppliers as untraceable
                where untraceable.year = $year and untraceable.mineral_id = $mineral and untraceable.stage = $stage
                    and untraceable.country_iso3 = 'CHN'
            ) as china_is_untraceable
        from marts.china_dependence where {CELL}
    """,
    "components": f"""
        select
            component_id,
            definitions.component_name,
            components.raw_value,
            definitions.raw_value_unit,
            definitions.goalpost_0,
            definitions.goalpost_100,
            components.component_score,
            components.weight,
            components.contribution,
            components.missing_reason
        from marts.risk_components as components
        inner join marts.risk_component_definitions as definitions using (component_id)
        where {CELL}
        order by components.contribution desc nulls last, components.weight desc, component_id
    """,
    "controls": f"""
        select
            bound.control_id,
            bound.supplier_iso3,
            controls.measure,
            controls.effective_from,
            controls.effective_to,
            controls.suspended_from,
            controls.suspended_to,
            controls.instrument,
            controls.source
        from (from marts.supplier_controls where {CELL}) as bound
        inner join marts.supplier_shares as shares using (year, importer_iso3, mineral_id, stage, supplier_iso3)
        inner join marts.export_controls as controls on bound.control_id = controls.control_id
        where coalesce(year(controls.effective_to_date), $year) >= $year
        order by shares.value_share desc, controls.severity desc, controls.effective_from, bound.control_id
    """,
    "register": """
        select count(*) as measure_count
        from marts.export_controls as controls
        inner join marts.minerals as minerals
            on controls.mineral_id in (minerals.mineral_id, minerals.parent_mineral_id)
        where minerals.mineral_id = $mineral and controls.stage in ($stage, 'all')
    """,
    "change": f"""
        select
            component_id,
            definitions.component_name,
            changes.previous_year,
            changes.score_change,
            changes.contribution_change,
            changes.risk_change,
            changes.coverage_change,
            changes.coverage_reason,
            changes.previous_raw_value,
            changes.raw_value
        from marts.risk_score_changes as changes
        inner join marts.risk_component_definitions as definitions using (component_id)
        where {CELL}
        order by abs(changes.contribution_change) desc nulls last, component_id
    """,
    "suppliers that moved": """
        with

        this_year as (

            select supplier_iso3, value_share from marts.supplier_shares
            where importer_iso3 = $importer and mineral_id = $mineral and year = $year and stage = $stage

        ),

        last_year as (

            select supplier_iso3, value_share as previous_value_share from marts.supplier_shares
            where importer_iso3 = $importer and mineral_id = $mineral and year = $year - 1 and stage = $stage

        )

        select
            supplier_iso3,
            coalesce(previous_value_share, 0) as previous_value_share,
            coalesce(value_share, 0) as value_share
        from this_year
        full outer join last_year using (supplier_iso3)
        where exists (from last_year) and exists (from this_year)
        order by
            abs(coalesce(value_share, 0) - coalesce(previous_value_share, 0)) desc, supplier_iso3
        limit 4
    """,
    "missing reasons": "select reason_code, explanation from marts.missing_reasons order by reason_code",
}


@dataclass(frozen=True)
class Explanation:
    """One score taken apart: the rows of every query, and what the codes in them mean."""

    importer: str
    mineral: str
    year: int
    stage: str | None
    rows: Mapping[str, list[Row]]
    words: Mapping[str, str]

    @property
    def score(self) -> Row:
        """The mineral's own row."""
        return self.rows["score"][0]


def explain(
    home: DataHome, mineral: str, *, importer: str, year: int | None = None, stage: str | None = None
) -> Explanation:
    """Return what stands behind the score of a mineral in the current release.

    Args:
        home: the data home.
        mineral: mineral_id or name, in any case.
        importer: importing country, ISO 3166-1 alpha-3.
        year: year of trade; None for the newest finished one.
        stage: stage that is taken apart; None for the bottleneck, else the stage with the largest imports.

    Raises:
        NothingPublished: no release yet.
        InputRejected: the release does not have the mineral, importer, year or stage, or the mineral stands for others.
        WarehouseError: the release was made before these tables were published.
    """
    release = current_release(home)
    with connect(release.database, read_only=True) as connection:
        _refuse_older(connection, release.release_id)
        mineral_id = _mineral(connection, mineral)
        if year is None:
            year = int(_values(connection, "select max(year) from marts.latest_risk")[0])
        importers = _values(connection, "select distinct importer_iso3 from marts.mineral_risk order by 1")
        if importer not in importers:
            raise InputRejected(f"--importer {_shown(importer)}: not in the release; {_nearest(importer, importers)}")
        years = _values(
            connection, "select distinct year from marts.mineral_risk where importer_iso3 = ? order by 1", [importer]
        )
        if year not in years:
            raise InputRejected(f"--year {year}: the release has {importer} in {', '.join(map(str, years))}")
        parameters: Row = {"importer": importer, "mineral": mineral_id, "year": year, "stage": stage}
        rows = {name: _rows(connection, QUERIES[name], parameters) for name in ("score", "year before", "stages")}
        stages = {row["stage"]: row["import_value_usd"] for row in rows["stages"]}
        if stage is not None and stage not in stages:
            raise InputRejected(
                f"--stage {_shown(stage)}: {importer} imports {mineral_id} in {year}"
                f" {'as ' + ', '.join(sorted(stages)) if stages else 'at no stage'}"
            )
        parameters["stage"] = stage or rows["score"][0]["bottleneck_stage"] or max(stages, key=stages.get, default=None)  # type: ignore[arg-type]
        rows |= {name: _rows(connection, query, parameters) for name, query in QUERIES.items() if name not in rows}
    words = {row["reason_code"]: row["explanation"] for row in rows["missing reasons"]}
    return Explanation(importer, mineral_id, year, parameters["stage"], rows, words)


def as_sql(found: Explanation) -> str:
    """Return the queries behind a screen with their values filled in, each ready for `mineral-risk sql`."""
    values: Row = {"importer": found.importer, "mineral": found.mineral, "year": found.year, "stage": found.stage}
    texts = ["/* One query at a time, on standard input or as an argument: mineral-risk sql */\n"]
    for name, query in QUERIES.items():
        lines = query.strip("\n").splitlines()
        margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        text = "\n".join(line[margin:] for line in lines).rstrip()
        texts.append(
            f"/* {name} */\n" + re.sub(r"\$(\w+)", lambda match: _literal(values[str(match[1])]), text) + ";\n"
        )
    return "\n".join(texts)


def in_words(reason: str, words: Mapping[str, str]) -> str:
    """Return a reason with the codes in it spelled out; what is no code (a stage, a component, a table) stays.

    `production_of_CHN` and `no_score_in_2023` are a code with a name or a year behind it.
    """
    told = []
    for part in re.split(r"(; |: |, )", reason):
        named = re.fullmatch(r"(.+?)_([A-Z]{3}(?: [A-Z]{3})*|[0-9]{4})", part)
        if part in words:
            told.append(words[part])
        elif named and named[1] in words:
            told.append(f"{words[named[1]]} ({named[2]})")
        else:
            told.append(part.replace("_", " "))
    return "".join(told)


def by_stage(reasons: str | None, stages: str | None) -> dict[str, str]:
    """Return why each stage is missing, from what `marts.mineral_risk` says of all: `stage: reason; stage: reason`.

    A reason may itself hold `; `, between the components that a stage lacks. That the importer is China is left out
    beside others: its component does not count, so that it leaves no stage without a score.
    """
    if not reasons or not stages:
        return {}
    names = "|".join(map(re.escape, stages.split(", ")))
    told = {}
    for part in re.split(f"; (?=(?:{names}): )", reasons):
        stage, _, reason = part.partition(": ")
        others = [each for each in reason.split("; ") if not each.endswith("importer_is_china")]
        told[stage] = "; ".join(others) or reason
    return told


def _shown(text: str) -> str:
    """Return what a user typed without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else f"'{quoted(str(value))}'"


def _refuse_older(connection: duckdb.DuckDBPyConnection, release_id: str) -> None:
    version = str(_values(connection, "select schema_version from meta.release")[0])
    if tuple(int(number) for number in version.split(".")[:2]) < OLDEST_SCHEMA:
        raise WarehouseError(
            f"release {release_id} has schema {version}, and what stands behind a score is published since 1.3.0;"
            " make a new release with: mineral-risk run"
        )


def _mineral(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    known = _rows(connection, "select mineral_id, mineral_name, parent_mineral_id from marts.minerals order by 1", None)
    members: dict[str, list[str]] = {}
    for row in known:
        if row["parent_mineral_id"] is not None:
            members.setdefault(row["parent_mineral_id"], []).append(row["mineral_id"])
    by_text = {row[column].casefold(): row["mineral_id"] for row in known for column in ("mineral_name", "mineral_id")}
    found = by_text.get(wanted.casefold())
    if found in members:
        raise InputRejected(f"mineral {wanted!r}: it has no score of its own; its members: {', '.join(members[found])}")
    if found is None:
        offered = {text: mineral_id for text, mineral_id in by_text.items() if mineral_id not in members}
        near = [offered[text] for text in difflib.get_close_matches(wanted.casefold(), offered, n=4)]
        names = list(dict.fromkeys(near)) or [row["mineral_id"] for row in known if row["mineral_id"] not in members]
        raise InputRejected(
            f"mineral {wanted!r}: not in the release; {'nearest' if near else 'it has'}: {', '.join(names)}"
        )
    return str(found)


def _nearest(wanted: str, known: list[Any]) -> str:
    near = difflib.get_close_matches(wanted.upper(), known, n=4)
    return f"nearest: {', '.join(near)}" if near else f"it has {', '.join(known[:12])} and {len(known) - 12} more"


def _values(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[Any]:
    return [row[0] for row in connection.execute(query, parameters).fetchall()]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: Row | None) -> list[Row]:
    # a statement may be given no parameter that it does not name
    given = {name: value for name, value in (parameters or {}).items() if f"${name}" in query}
    cursor = connection.execute(query, given or None)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
