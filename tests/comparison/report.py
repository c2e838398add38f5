"""Write docs/comparison.md: the text is in report.md, every figure in it is counted here."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent

# Rules that differ: the name, what the library does and what we do.
CAUSES = {
    "taiwan": (
        "A supplier is Taiwan",
        "BACI files Taiwan as “Other Asia, nes”. The library's governance table has Taiwan without a country code, so"
        " it counts as 0.5. We take Taiwan's estimate from the same table.",
    ),
    "territory": (
        "A supplier is a territory",
        "A territory without a row counts as 0.5. We take its state's estimate (`seed_governance_codes`).",
    ),
    "ungoverned": (
        "A supplier has no estimate anywhere",
        "It counts as 0.5. With us it counts as the mean of the others, and the score is null if such suppliers are"
        " more than a tenth of the weight.",
    ),
    "not_a_number": (
        "A supplier's estimate is the text `nan`",
        "The score is not a number. We take the text as missing.",
    ),
    "region": (
        "The importer is the EU",
        "Trade among members stays in the imports and is weighed 0, so it dilutes the score. With us it is trade at"
        " home.",
    ),
    "weights": (
        "Weights are missing",
        "A flow without a weight counts as 0 tonnes. So it does with us, but the score is null if such flows are more"
        " than a fifth of the value.",
    ),
    "unreported": (
        "The importer's own production is blank",
        "A blank counts as 0. With us it is unknown and the score is null.",
    ),
    "whole_units": (
        "Production is printed in fractions",
        "Production is cut to whole units before the concentration is computed. We do not cut it.",
    ),
    "repeated_country": (
        "A country stands twice in a production sheet",
        "The first row is the domestic production. We add the rows up.",
    ),
}

Figures = dict[str, Any]


def write(
    connection: duckdb.DuckDBPyConnection,
    library_times: dict[str, float],
    our_seconds: dict[str, float],
    failures: Sequence[str],
    tolerance: float,
    years: Sequence[int],
    timed_year: int,
) -> str:
    """Return the report."""
    requirements = (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines()
    return (
        (FOLDER / "report.md")
        .read_text(encoding="utf-8")
        .format(
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            library=next(line for line in requirements if "==" in line),
            machine=machine(),
            tolerance=tolerance,
            timed_year=timed_year,
            verdict=(
                "All four statements hold."
                if not failures
                else "**Not every statement holds:** " + "; ".join(failures) + "."
            ),
            rules=differing_rules(connection),
            india=india(connection, timed_year),
            **statements(connection),
            **cells(connection),
            **editions(connection),
            **materials(connection, min(years), timed_year),
            **timing(connection, library_times, our_seconds),
        )
    )


def statements(connection: duckdb.DuckDBPyConnection) -> Figures:
    """Count what the statements are about."""
    return row(
        connection,
        """
        select
            (select count(*) from library_scores) as scores,
            (select count(*) from library_timed) as timed,
            count(*) filter (where is_equal) as agreeing,
            count(*) as without_rule,
            max(abs(library_score - our_score) / greatest(library_score, our_score)) as largest,
            (
                select count(*) from timed_rules
                where agrees(geopolrisk_score(hhi, unstable_tonnes, import_tonnes, domestic_tonnes), library_score)
            ) as macro_equal,
            (
                select count(*) from timed_rules
                where geopolrisk_score(hhi, unstable_tonnes, import_tonnes, domestic_tonnes) is null
            ) as macro_null
        from pairs
        where in_ours and causes = []
        """,
    )


def cells(connection: duckdb.DuckDBPyConnection) -> Figures:
    """Count the cells by what became of them."""
    return row(
        connection,
        """
        select
            count(*) as cells,
            count(*) filter (where not in_ours) as untraded,
            count(*) filter (where in_ours and is_equal) as equal,
            count(*) filter (where in_ours and not is_equal and our_score is not null) as differing,
            count(*) filter (where in_ours and our_score is null) as null,
            count(*) filter (where our_score is not null and missing_inputs is not null) as incomplete,
            (select count(distinct material) from wanted) as materials,
            min(year) as first_year,
            max(year) as last_year
        from pairs
        """,
    )


def differing_rules(connection: duckdb.DuckDBPyConnection) -> str:
    """Count, bound and exemplify every rule that differs, a table row each."""
    lines = []
    for cause, (name, reason) in CAUSES.items():
        found = row(
            connection,
            f"""
            select
                count(*) as cells,
                count(*) filter (where len(causes) = 1) as alone,
                count(*) filter (where our_score is null) as null,
                max(abs(library_score - our_score) / greatest(library_score, our_score)) filter (
                    where len(causes) = 1 and not isnan(library_score)
                ) as largest
            from pairs
            where in_ours and list_contains(causes, '{cause}')
            """,
        )
        largest = "" if found["largest"] is None else f"{found['largest']:.0%}"
        lines.append(
            f"| {name} | {found['cells']:,} | {found['alone']:,} | {found['null']:,} | {largest} |"
            f" {example(connection, cause)} | {reason} |"
        )
    return "\n".join(lines)


def example(connection: duckdb.DuckDBPyConnection, cause: str) -> str:
    """Return one cell worked out on both sides."""
    found = connection.execute(
        f"""
        select
            pairs.importer, material, year, library_score, our_score,
            library_rules.hhi, library_rules.unstable_tonnes, library_rules.import_tonnes,
            library_rules.domestic_tonnes,
            our_rules.hhi, our_rules.unstable_tonnes, our_rules.import_tonnes, our_rules.domestic_tonnes
        from pairs
        inner join library_rules using (material, year, economy)
        inner join our_rules using (material, year, economy)
        where
            causes = ['{cause}']
            and coalesce(abs(library_score - our_score) >= library_score / 100 or isnan(library_score), true)
        order by economy = '699' desc, library_rules.import_tonnes desc, material, year, economy
        limit 1
        """
    ).fetchone()
    if found is None:
        return "none"
    importer, material, year, library_score, our_score, *parts = found
    return (
        f"{importer}, {material.replace('_', ' ')}, {year}: {worked(library_score, parts[:4])};"
        f" {worked(our_score, parts[4:])}"
    )


def worked(score: float | None, parts: Sequence[float | None]) -> str:
    """Write a score with the numbers it is made of."""
    concentration, unstable, imported, domestic = (
        "unknown" if part is None else f"{part:,.{digits}f}" for part, digits in zip(parts, (4, 0, 0, 0), strict=True)
    )
    result = "null" if score is None else f"{score:.5f}"
    return f"{result} = {concentration} · {unstable} / ({imported} + {domestic})"


def india(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    """Show one importer and year as both sides have it, a table row per mineral and stage."""
    found = connection.execute(
        f"""
        select replace(material, '_', ' '), array_to_string(hs6_codes, ' '), library_score, our_score, causes
        from pairs
        inner join wanted using (material, year)
        where economy = '699' and year = {year} and in_ours
        order by material
        """
    ).fetchall()
    return "\n".join(
        f"| {material} | {codes} | {library:.6f} | {'null' if ours is None else f'{ours:.6f}'} |"
        f" {'; '.join(CAUSES[cause][0] for cause in causes)} |"
        for material, codes, library, ours, causes in found
    )


def editions(connection: duckdb.DuckDBPyConnection) -> Figures:
    """Bound what the bundled edition of the governance indicators changes against the library's."""
    return row(
        connection,
        """
        with

        moved as (

            select
                importer || ', ' || replace(pairs.material, '_', ' ') || ', ' || pairs.year as cell,
                abs(edition_rules.score - our_score) / our_score as difference
            from pairs
            inner join edition_rules using (material, year, economy)
            where causes = [] and edition_rules.score is not null

        )

        select
            count(*) as edition_cells,
            median(difference) as edition_median,
            quantile_cont(difference, 0.95) as edition_p95,
            max(difference) as edition_largest,
            max_by(cell, (difference, cell)) as edition_example
        from moved
        """,
    )


def materials(connection: duckdb.DuckDBPyConnection, first_year: int, last_year: int) -> Figures:
    """Tell the library's own materials by what we have in their place."""
    found = connection.execute(
        """
        with

        library as (

            select material, list_sort(list(hs6_code)) as codes from library.materials
            group by material

        ),

        stages as (

            select distinct
                replace(mineral_id, '_', ' ') || ' ' || stage as stage,
                string_split(replace(code_set, 'HS92:', ''), ' ') as codes
            from intermediate.int_import_cells
            where not contains(code_set, 'HS17:') and not contains(code_set, 'HS22:')

        )

        select
            library.material,
            array_to_string(library.codes, ' ') as codes,
            string_agg(stages.stage || ' ' || array_to_string(stages.codes, ' '), '; ' order by stages.stage) as stages,
            library.codes in (select hs6_codes from wanted) as is_same
        from library
        left join stages on list_has_any(library.codes, stages.codes)
        group by all
        order by library.material
        """
    ).fetchall()
    same = [material for material, _, _, is_same in found if is_same]
    other = [line[:3] for line in found if line[2] is not None and not line[3]]
    none = [material for material, _, stages, _ in found if stages is None]
    return {
        "material_count": len(found),
        "same_count": len(same),
        "same": ", ".join(same),
        "other_count": len(other),
        "other": "\n".join(f"| {' | '.join(line)} |" for line in other),
        "none_count": len(none),
        "none": ", ".join(none),
        **row(
            connection,
            f"""
            select count(*) as stageless_cells, count(distinct (mineral_id, stage)) as stageless_count
            from marts.risk_methods
            where
                method_id = 'geopolrisk'
                and year between {first_year} and {last_year}
                and contains(missing_inputs, 'world_production')
            """,
        ),
    }


def timing(connection: duckdb.DuckDBPyConnection, times: dict[str, float], our_seconds: dict[str, float]) -> Figures:
    """Set the times of both sides against each other, per score."""
    counted = row(
        connection,
        """
        select
            (select count(*) from raw.baci_trade) as our_rows,
            count(distinct method_id) as methods,
            count(value) as our_scores
        from marts.risk_methods
        """,
    )
    library_scores = int(times["scores"])
    our_before = our_seconds["load"] + our_seconds["upstream"]
    library = times["score_seconds"], times["load_seconds"] + times["score_seconds"]
    ours = our_seconds["methods"], our_before + our_seconds["methods"]
    library_ms = [seconds * 1000 / library_scores for seconds in library]
    our_ms = [seconds * 1000 / counted["our_scores"] for seconds in ours]
    return {
        **counted,
        "library_rows": int(times["trade_rows"]),
        "peak_mib": times["peak_mib"],
        "library_scores": library_scores,
        "library_before": times["load_seconds"],
        "library_scoring": times["score_seconds"],
        "library_score_ms": library_ms[0],
        "library_all_ms": library_ms[1],
        "our_before": our_before,
        "our_scoring": our_seconds["methods"],
        "our_score_ms": our_ms[0],
        "our_all_ms": our_ms[1],
        "ratio_scoring": library_ms[0] / our_ms[0],
        "ratio_all": library_ms[1] / our_ms[1],
    }


def row(connection: duckdb.DuckDBPyConnection, query: str) -> Figures:
    """Return the one row of a query by column name."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    found = result.fetchone()
    if found is None:
        raise RuntimeError(f"no row: {query}")
    return dict(zip(names, found, strict=True))


def machine() -> str:
    """Return the machine in one line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {model}, Python {platform.python_version()}"
