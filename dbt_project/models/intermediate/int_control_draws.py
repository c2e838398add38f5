"""Which export measures may come within a year: seeded draws from those of the last years (project method, section 8).

A country announces measures as often as it did (a Poisson draw), and each time what it announced once before, drawn
from its own announcements. As often as its measures met a mineral for the first time, a drawn mineral gives way to
another one that it exports and has not held back, at all stages. A country without a measure announces as often as
countries began to, and then what anybody announced once, on minerals that it exports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

ALL_STAGES = "all"
SCHEMA: dict[str, pl.DataType] = {
    "draw": pl.Int32(),
    "supplier_iso3": pl.String(),
    "mineral_id": pl.String(),
    "stage": pl.String(),
    "supply_cut_share": pl.Float64(),
}
KEYS = ["draw", "supplier_iso3", "mineral_id", "stage"]


class Announcement(NamedTuple):
    """What was announced at once: by mineral, the stages and the part that is held back."""

    measures: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]


class Country(NamedTuple):
    """A country that announced something: what, how often a mineral was new, and which are left."""

    name: str
    announcements: tuple[Announcement, ...]
    first_share: float
    others: tuple[str, ...]


def model(dbt: Any, session: Any) -> Any:
    """Return the measures drawn, as Arrow: one row per draw, country, mineral and stage; `all` is every stage."""
    del session
    dbt.config(materialized="table")
    announced = dbt.ref("int_control_announcements").pl()
    exported = dbt.ref("int_supply_options").filter("elsewhere_t > 0").select("supplier_iso3, mineral_id").distinct()
    thresholds: dict[str, float] = dict(dbt.ref("seed_thresholds").select("threshold_id, value").fetchall())

    def threshold(name: str) -> float:
        return thresholds[name]

    return draw(
        announced,
        exported.pl(),
        years=threshold("stress_window_years"),
        count=int(threshold("stress_draw_count")),
        seed=int(threshold("stress_draw_seed")),
    ).to_arrow()


def draw(announced: pl.DataFrame, exported: pl.DataFrame, *, years: float, count: int, seed: int) -> pl.DataFrame:
    """Draw the measures of `count` years.

    Args:
        announced: a row per announcement, mineral and stage: supplier_iso3, announcement_id, mineral_id, stage,
            supply_cut_share (0-1), is_first_of_mineral.
        exported: a row per country and mineral that it exports: supplier_iso3, mineral_id.
        years: number of years in which the announcements were made.
        count: number of years drawn.
        seed: of the random numbers; the same seed and rows give the same draws, in whatever order the rows come.

    Returns:
        One row per draw (from 0), country, mineral and stage: the largest part that is held back, 0-1.
    """
    random = np.random.default_rng(seed)
    exports = {
        str(name): tuple(sorted(minerals["mineral_id"].unique()))
        for (name,), minerals in exported.group_by("supplier_iso3")
    }
    countries = [country for country in _countries(announced, exports) if country.name in exports]
    rows = [row for country in countries for row in _of_country(country, years, count, random)]
    rows += _of_newcomers(countries, exports, years, count, random)
    drawn = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return drawn.group_by(KEYS).agg(pl.col("supply_cut_share").max()).sort(KEYS)


def _countries(announced: pl.DataFrame, exports: dict[str, tuple[str, ...]]) -> Iterator[Country]:
    columns = ["announcement_id", "mineral_id", "stage", "supply_cut_share"]
    for (name,), rows in sorted(announced.group_by("supplier_iso3"), key=lambda part: str(part[0])):
        measures: dict[str, dict[str, list[tuple[str, float]]]] = {}
        for announcement, mineral, stage, share in rows.select(columns).sort(columns).iter_rows():
            measures.setdefault(announcement, {}).setdefault(mineral, []).append((stage, share))
        hits = rows.select("announcement_id", "mineral_id", "is_first_of_mineral").unique()
        yield Country(
            str(name),
            tuple(
                Announcement(tuple((mineral, tuple(stages)) for mineral, stages in by_mineral.items()))
                for by_mineral in measures.values()
            ),
            hits.filter("is_first_of_mineral").height / hits.height,
            tuple(sorted(set(exports.get(str(name), ())) - set(rows["mineral_id"]))),
        )


def _of_country(
    country: Country, years: float, count: int, random: np.random.Generator
) -> Iterator[tuple[int, str, str, str, float]]:
    for number, times in enumerate(random.poisson(len(country.announcements) / years, size=count)):
        for _ in range(times):
            announcement = country.announcements[random.integers(len(country.announcements))]
            for mineral, stages in announcement.measures:
                if country.others and random.random() < country.first_share:
                    other = country.others[random.integers(len(country.others))]
                    yield number, country.name, other, ALL_STAGES, max(share for _, share in stages)
                else:
                    for stage, share in stages:
                        yield number, country.name, mineral, stage, share


def _of_newcomers(
    countries: list[Country],
    exports: dict[str, tuple[str, ...]],
    years: float,
    count: int,
    random: np.random.Generator,
) -> Iterator[tuple[int, str, str, str, float]]:
    newcomers = sorted(set(exports) - {country.name for country in countries})
    announcements = [announcement for country in countries for announcement in country.announcements]
    if not newcomers or not announcements:
        return
    per_year = len(countries) / len(exports) / years
    for number, times in enumerate(random.poisson(per_year * len(newcomers), size=count)):
        for _ in range(times):
            name = newcomers[random.integers(len(newcomers))]
            for _, stages in announcements[random.integers(len(announcements))].measures:
                mineral = exports[name][random.integers(len(exports[name]))]
                yield number, name, mineral, ALL_STAGES, max(share for _, share in stages)
