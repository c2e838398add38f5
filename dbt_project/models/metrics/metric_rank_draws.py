"""How sure is a rank? Scores and ranks over draws of what an analyst could have chosen and the data leave open.

Six things are uncertain (`seed_rank_uncertainties`; project method, section 6), one number of each a draw, the same for
all cells: the weights, the mean, shares by value or by weight, each country's governance, whose the unspecified origin
is, and the content of what is traded. All six are drawn together, and each alone with the others at their base; at the
base the formulas give the published score, which a test holds for every cell.

Arrays have a row per cell and a column per draw; what is not drawn has a single column that stands for every draw.
Sums run in a fixed order and without a matrix library's threads: the same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array

CELL = ["importer_iso3", "year", "mineral_id", "stage"]
READINGS = ["value", "low", "typical", "high"]
CONTENTS = READINGS[1:]
ALL = "all"
BAND = "band "
# What differs by less is rounding: scores are then a tie, and a variance is none
DIGITS = 9
# The numbers that the names of the columns give: score_p05 to score_p95
QUANTILES = {"p05": 0.05, "p95": 0.95}

SCHEMA: dict[str, pl.DataType] = {
    "year": pl.Int32(),
    "importer_iso3": pl.String(),
    "mineral_id": pl.String(),
    "stage": pl.String(),
    "uncertainty_id": pl.String(),
    "base_score": pl.Float64(),
    "base_rank": pl.Int32(),
    "score_p05": pl.Float64(),
    "score_p95": pl.Float64(),
    "rank_p05": pl.Int32(),
    "rank_p95": pl.Int32(),
    "score_variance": pl.Float64(),
    "rank_variance": pl.Float64(),
    "risk_band_probabilities": pl.List(pl.Struct({"risk_band": pl.String(), "probability": pl.Float64})),
}
KEYS = ["year", "importer_iso3", "mineral_id", "stage", "uncertainty_id"]


class Draws(NamedTuple):
    """One array per uncertainty, each with a column per draw, or with one column where it is at its base."""

    weights: np.ndarray  # component x draw: parts of 1
    mean: np.ndarray  # draw: is it the geometric one?
    shares: np.ndarray | None  # draw: are they by weight? None is the base: by value, and for China the larger
    governance: np.ndarray  # governance code x draw: standard errors away from the estimate
    unspecified: np.ndarray  # draw: the part of the unspecified origin that is the largest supplier's
    content: np.ndarray  # (low, typical, high) x draw: parts of 1


class Block(NamedTuple):
    """The cells of an importer and year, in the order of mineral and stage."""

    key: tuple[object, ...]
    rows: np.ndarray  # of the cells, in the order of all of them
    minerals: np.ndarray
    is_material: np.ndarray
    columns: dict[str, np.ndarray]  # the numbers of `metric_rank_cells`: a row per cell, NaN where it is not known
    raw_values: dict[str, np.ndarray]  # by component: a row per cell, NaN where it is missing
    governance: dict[str, csr_array]  # by amount: cell x governance code
    governance_risk: np.ndarray  # governance code x 1, 0-10
    governance_error: np.ndarray

    def amounts(self, names: list[str], parts: np.ndarray | list[int]) -> np.ndarray:
        """Return amounts of the cells as the draws read them: `parts` of each of the columns `names`."""
        return np.asarray(
            sum(self.columns[name] * part for name, part in zip(names, parts, strict=True) if np.any(part))
        )


def model(dbt: Any, session: Any) -> Any:
    """One row per year, importer and mineral, with stage or without, and uncertainty drawn alone or `all`."""
    dbt.config(materialized="table")
    # a ref is found where nothing but calls follows it
    uncertainties = dbt.ref("seed_rank_uncertainties").pl()
    thresholds: dict[str, float] = dict(dbt.ref("seed_thresholds").select("threshold_id, value").fetchall())

    def threshold(name: str) -> float:
        return thresholds[name]

    return rank_draws(
        cells=dbt.ref("metric_rank_cells").pl(),
        governance=dbt.ref("metric_rank_governance").pl(),
        components=dbt.ref("metric_risk_components")
        .filter("scenario_id = 'baseline' and controls_basis = 'of_year'")
        .select("year, importer_iso3, mineral_id, stage, component_id, raw_value")
        .pl(),
        goalposts=dbt.ref("seed_risk_components").pl(),
        bands=dbt.ref("seed_risk_bands").pl(),
        uncertainties=uncertainties["uncertainty_id"].to_list(),
        draw_count=int(threshold("rank_draw_count")),
        seed=int(threshold("rank_draw_seed")),
        concentration=threshold("rank_weight_concentration"),
        floor=threshold("rank_geometric_floor_points"),
    ).to_arrow()


def rank_draws(
    cells: pl.DataFrame,
    governance: pl.DataFrame,
    components: pl.DataFrame,
    goalposts: pl.DataFrame,
    bands: pl.DataFrame,
    uncertainties: list[str],
    draw_count: int,
    seed: int,
    concentration: float,
    floor: float,
) -> pl.DataFrame:
    """Return intervals, variances and probabilities of bands for each cell and each mineral.

    Args:
        cells: `metric_rank_cells`.
        governance: `metric_rank_governance`.
        components: raw_value per cell and component_id, null where it is missing.
        goalposts: `seed_risk_components`.
        bands: `seed_risk_bands`.
        uncertainties: the fields of `Draws`, in any order.
        draw_count: draws.
        seed: seed of all of them.
        concentration: sum of the Dirichlet's parameters; the higher, the closer the weights stay to the base.
        floor: points that a component has at least in a geometric mean.

    Returns:
        Rows of `SCHEMA`, sorted by key; stage is null for the mineral, whose score is that of its worst material stage.

    Raises:
        ValueError: `uncertainties` are not the fields of `Draws`.
        ArithmeticError: a score is no number.
    """
    if sorted(uncertainties) != sorted(Draws._fields):
        raise ValueError(
            f"seed_rank_uncertainties: uncertainty_id: expected {', '.join(sorted(Draws._fields))},"
            f" found {', '.join(sorted(uncertainties))}; correct the seed"
        )
    goalposts = goalposts.sort("component_id")
    codes = governance["governance_code"].unique().sort().to_list()
    base = base_draws(goalposts, codes)
    drawn = drawn_draws(goalposts, codes, draw_count, seed, concentration)
    choices = {ALL: drawn, **{name: base._replace(**{name: getattr(drawn, name)}) for name in Draws._fields}}

    cells = cells.sort(CELL)
    summaries: list[dict[str, np.ndarray]] = []
    for block in blocks(cells, governance, components, codes):
        base_scores = scores(block, goalposts, base, floor)
        for name, choice in choices.items():
            drawn_scores = scores(block, goalposts, choice, floor)
            if not np.isfinite(drawn_scores).all():
                raise ArithmeticError(
                    f"metric_rank_draws: {block.key}: a score is no number; look at its metric_rank_cells"
                )
            summaries.extend(_summaries(block, name, base_scores, drawn_scores, bands))
    if not summaries:
        return pl.DataFrame(schema=SCHEMA)
    told = {name: np.concatenate([summary[name] for summary in summaries]) for name in summaries[0]}
    keys = cells[told.pop("row").tolist()].select(
        "year", "importer_iso3", "mineral_id", pl.when(pl.lit(pl.Series(~told.pop("is_mineral")))).then("stage")
    )
    rows: pl.DataFrame = (
        keys.with_columns(pl.Series(name, values, nan_to_null=True) for name, values in told.items())
        .with_columns(_band_probabilities([name for name in told if name.startswith(BAND)]))
        .select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
        .sort(KEYS)
    )
    return rows


def base_draws(goalposts: pl.DataFrame, codes: list[str]) -> Draws:
    """Return what the published score takes: one column of each."""
    return Draws(
        weights=goalposts["weight"].cast(pl.Float64).to_numpy()[:, None] / goalposts["weight"].sum(),
        mean=np.array([False]),
        shares=None,
        governance=np.zeros((len(codes), 1)),
        unspecified=np.zeros(1),
        content=np.array([[0.0], [1.0], [0.0]]),
    )


def drawn_draws(goalposts: pl.DataFrame, codes: list[str], draw_count: int, seed: int, concentration: float) -> Draws:
    """Draw all six, each from a stream of its own: one more uncertainty or country leaves the others as they are."""

    def stream(*names: str) -> np.random.Generator:
        entropy = [seed, *"/".join(names).encode()]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    position = stream("content").random(draw_count)
    errors = [stream("governance", code).standard_normal(draw_count) for code in codes]
    return Draws(
        weights=stream("weights").dirichlet(concentration * base_draws(goalposts, []).weights[:, 0], draw_count).T,
        mean=stream("mean").integers(2, size=draw_count).astype(bool),
        shares=stream("shares").integers(2, size=draw_count).astype(bool),
        governance=np.array(errors).reshape(len(codes), draw_count),
        unspecified=stream("unspecified").random(draw_count),
        content=np.array([1 - position, np.zeros(draw_count), position]),
    )


def scores(block: Block, goalposts: pl.DataFrame, draws: Draws, floor: float) -> np.ndarray:
    """Return the score of each cell in each draw, points 0-100: the weighted mean of the components that it has."""
    moved = raw_values(block, draws)
    weight_sum = arithmetic = logarithms = np.zeros((len(block.rows), 1))
    for row, weight in zip(goalposts.iter_rows(named=True), draws.weights, strict=True):
        raw = block.raw_values[row["component_id"]]
        # a component that nothing moves keeps its raw value
        value = moved.get(row["component_id"], raw)
        points = 100 * np.clip((value - row["goalpost_0"]) / (row["goalpost_100"] - row["goalpost_0"]), 0, 1)
        is_missing = np.isnan(raw)
        part = np.where(is_missing, 0, weight)
        points = np.where(is_missing, 0, points)
        weight_sum = weight_sum + part
        arithmetic = arithmetic + part * points
        logarithms = logarithms + part * np.log(np.maximum(points, floor))
    mean = np.where(draws.mean, np.exp(logarithms / weight_sum), arithmetic / weight_sum)
    return np.round(mean, DIGITS)


def raw_values(block: Block, draws: Draws) -> dict[str, np.ndarray]:
    """Return the raw values that the draws move, by component: a row per cell, a column per draw."""
    by_weight = np.vstack([np.zeros_like(draws.content[:1]), draws.content])
    by_value = np.array([[1.0], [0.0], [0.0], [0.0]])
    if draws.shares is None:
        reading, readings_of_china = by_value, [by_value, by_weight]
    else:
        reading = np.where(draws.shares, by_weight, by_value)
        readings_of_china = [reading]

    def amounts(name: str, parts: np.ndarray = reading) -> np.ndarray:
        return block.amounts([f"{kind}_{name}" for kind in READINGS], parts)

    total = amounts("total")
    given = draws.unspecified * amounts("unspecified")
    # the parts of a reading squared: a draw by weight lies between low and high, so their products count too
    squares = amounts("squares", reading**2) + block.amounts(["low_high_products"], 2 * reading[[1]] * reading[[3]])
    concentration = (squares + 2 * amounts("largest") * given + given**2) / total**2

    from_china = [
        (amounts("china", parts) + draws.unspecified * amounts("china_gain", parts)) / amounts("total", parts)
        for parts in readings_of_china
    ]
    # fmax passes over what is not known
    exposure = reduce(np.fmax, [*from_china, block.amounts(["china_via_share"], [1])])

    risk = np.clip(block.governance_risk + draws.governance * block.governance_error, 0, 10)

    def judged(values: np.ndarray) -> np.ndarray:
        return np.asarray(
            sum(
                part * (block.governance[f"{kind}_amount"] @ values)
                + draws.unspecified * part * (block.governance[f"{kind}_gain"] @ values)
                for kind, part in zip(READINGS, reading, strict=True)
                if part.any()
            )
        )

    with np.errstate(invalid="ignore", divide="ignore"):
        imports, exports, production = (
            block.amounts([f"{name}_{kind}_t" for kind in CONTENTS], draws.content)
            for name in ("imports", "exports", "production")
        )
        net_imports = imports - exports
        reliance = np.where(net_imports <= 0, 0, net_imports / (production + net_imports))
        governance = judged(risk) / judged(np.ones_like(block.governance_risk))
    return {
        "china_dependence": exposure * block.amounts(["china_leverage"], [1]),
        "supplier_concentration": concentration,
        "supplier_governance": governance,
        "export_controls": (amounts("controlled") + draws.unspecified * amounts("controlled_gain")) / total,
        "world_concentration": block.governance["world_squared_share"] @ risk,
        # where an end of the range is not known, the reliance stays what it is
        "import_reliance": np.where(np.isnan(reliance), block.raw_values["import_reliance"], reliance),
    }


def ranks(drawn_scores: np.ndarray) -> np.ndarray:
    """Return the rank of each row in each draw: 1 has the highest score, and a tie the better rank."""
    return np.asarray(1 + (drawn_scores[None, :, :] > drawn_scores[:, None, :]).sum(axis=1))


def blocks(
    cells: pl.DataFrame, governance: pl.DataFrame, components: pl.DataFrame, codes: list[str]
) -> Iterator[Block]:
    """Yield the cells, which are sorted by importer, year, mineral and stage, by importer and year."""
    raw_values = cells.select(CELL).join(
        components.join(cells, on=CELL, how="semi").pivot(on="component_id", index=CELL, values="raw_value"),
        on=CELL,
        how="left",
        maintain_order="left",
    )
    judged = governance.join(cells.select(CELL).with_row_index("row"), on=CELL).sort("row", "governance_code")
    position = {code: index for index, code in enumerate(codes)}
    code_columns = np.array([position[code] for code in judged["governance_code"]], dtype=int)
    judged_rows = judged["row"].to_numpy()
    amounts = [*(f"{kind}_{what}" for kind in READINGS for what in ("amount", "gain")), "world_squared_share"]

    def numbers(frame: pl.DataFrame, names: list[str]) -> dict[str, np.ndarray]:
        return {name: frame[name].cast(pl.Float64).to_numpy()[:, None] for name in names}

    columns = numbers(cells, [name for name in cells.columns if name not in (*CELL, "is_material")])
    raw = numbers(raw_values, [name for name in raw_values.columns if name not in CELL])
    weights = numbers(judged, [*amounts, "governance_risk", "governance_risk_standard_error"])
    minerals, is_material = cells["mineral_id"].to_numpy(), cells["is_material"].to_numpy()
    keys = list(cells.select("importer_iso3", "year").iter_rows())
    starts = [row for row, key in enumerate(keys) if row == 0 or key != keys[row - 1]]
    for start, stop in pairwise([*starts, len(keys)]):
        of_cells = slice(start, stop)
        of_judged = slice(*np.searchsorted(judged_rows, [start, stop]))
        where = (judged_rows[of_judged] - start, code_columns[of_judged])
        risk, error = np.zeros((len(codes), 1)), np.zeros((len(codes), 1))
        risk[where[1]] = weights["governance_risk"][of_judged]
        error[where[1]] = weights["governance_risk_standard_error"][of_judged]
        yield Block(
            key=keys[start],
            rows=np.arange(start, stop),
            minerals=minerals[of_cells],
            is_material=is_material[of_cells],
            columns={name: values[of_cells] for name, values in columns.items()},
            raw_values={name: values[of_cells] for name, values in raw.items()},
            governance={
                name: csr_array((weights[name][of_judged, 0], where), shape=(stop - start, len(codes)))
                for name in amounts
            },
            governance_risk=risk,
            governance_error=error,
        )


def _summaries(
    block: Block, uncertainty: str, base_scores: np.ndarray, drawn_scores: np.ndarray, bands: pl.DataFrame
) -> Iterator[dict[str, np.ndarray]]:
    """Yield what is told of a block: of its minerals, and where all is drawn of its cells too."""
    if uncertainty == ALL:
        of_cells = summary(base_scores, drawn_scores, block.is_material, bands)
        yield _with_keys(of_cells, block.rows, uncertainty, is_mineral=False)
    material = np.flatnonzero(block.is_material)
    _, starts = np.unique(block.minerals[material], return_index=True)
    if len(starts):
        # a chain breaks at its bottleneck
        base_worst, worst = (
            np.maximum.reduceat(of_cells[material], starts, axis=0) for of_cells in (base_scores, drawn_scores)
        )
        of_minerals = summary(base_worst, worst, np.ones(len(starts), dtype=bool), bands)
        yield _with_keys(of_minerals, block.rows[material][starts], uncertainty, is_mineral=True)


def _with_keys(
    told: dict[str, np.ndarray], rows: np.ndarray, uncertainty: str, is_mineral: bool
) -> dict[str, np.ndarray]:
    keys = {
        "row": rows,
        "is_mineral": np.full(len(rows), is_mineral),
        "uncertainty_id": np.full(len(rows), uncertainty),
    }
    return keys | told


def summary(
    base_scores: np.ndarray, drawn_scores: np.ndarray, is_ranked: np.ndarray, bands: pl.DataFrame
) -> dict[str, np.ndarray]:
    """Return for each row its numbers of `SCHEMA`, and the part of the draws in each band; no rank is NaN."""

    def where_ranked(of_ranked: np.ndarray) -> np.ndarray:
        of_all = np.full(len(is_ranked), np.nan)
        of_all[is_ranked] = of_ranked
        return of_all

    drawn_ranks = ranks(drawn_scores[is_ranked])
    told = {
        "base_score": base_scores[:, 0],
        "base_rank": where_ranked(ranks(base_scores[is_ranked])[:, 0]),
        "score_variance": np.round(drawn_scores.var(axis=1), DIGITS),
        "rank_variance": where_ranked(np.round(drawn_ranks.var(axis=1), DIGITS)),
    }
    # one of the drawn values, so that a rank is a whole number
    shares = list(QUANTILES.values())
    of_scores = np.quantile(drawn_scores, shares, axis=1, method="inverted_cdf")
    of_ranks = np.quantile(drawn_ranks, shares, axis=1, method="inverted_cdf")
    for name, score, rank in zip(QUANTILES, of_scores, of_ranks, strict=True):
        told |= {f"score_{name}": score, f"rank_{name}": where_ranked(rank)}
    for band in bands.sort("score_from").iter_rows(named=True):
        is_in_band = (drawn_scores >= band["score_from"]) & (drawn_scores < band["score_below"])
        told[BAND + band["risk_band"]] = is_in_band.mean(axis=1)
    return told


def _band_probabilities(columns: list[str]) -> pl.Expr:
    """Return the list of bands and probabilities that the columns of the bands hold."""
    return pl.concat_list(
        pl.struct(pl.lit(column.removeprefix(BAND)).alias("risk_band"), pl.col(column).alias("probability"))
        for column in columns
    ).alias("risk_band_probabilities")
