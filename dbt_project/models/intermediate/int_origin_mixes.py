"""Where each country's supply of a mineral comes from, across all borders: one absorbing Markov chain per network.

A country's supply is a pool, and whatever leaves a pool has the pool's mix (project method, section 3):

    pool_c = P_c + sum_j M_jc        O_c = P_c / pool_c * e_c + sum_j M_jc / pool_c * O_j

P is production, M_jc what c buys from j, O_c the shares of each origin, e_c the origin c itself. For all countries at
once this is O = R + Q O, hence (I - Q) O = R with Q = M / pool and R = diag(P / pool).

What reaches no known producer gets the origin XXX and says where it ends instead of a guess: with an unspecified
supplier, a country whose weights or production are unknown, one that sells what it neither makes nor buys, or pools
that only feed each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array, diags_array, eye_array
from scipy.sparse.linalg import splu

NETWORK = ["year", "mineral_id", "stage"]
CHINA = "CHN"
UNSPECIFIED = "XXX"
PRODUCER = "producer"
DEAD_ENDS = ["unspecified_supplier", "unknown_pool", "empty_pool", "loop_without_producer"]
MIXES = {
    "year": pl.Int32(),
    "mineral_id": pl.String(),
    "stage": pl.String(),
    "reading": pl.String(),
    "country_iso3": pl.String(),
    "origin_iso3": pl.String(),
    "ends_in": pl.String(),
    "origin_share": pl.Float64(),
}
TOLERANCE = 1e-9
NUMERICAL_ZERO = 1e-12


def model(dbt: Any, session: Any) -> Any:
    """Solve every network; one row per year, mineral, stage, reading, country, origin and end."""
    dbt.config(materialized="table")
    flows = dbt.ref("int_network_flows").select(
        "year, mineral_id, stage, importer_iso3, supplier_iso3, cast(content_kg as double) as content_kg"
    )
    pools = dbt.ref("int_supply_pools").select("year, mineral_id, stage, country_iso3, production_kg, missing_reason")
    return origin_mixes(flows.pl(), pools.pl()).to_arrow()


def origin_mixes(flows: pl.DataFrame, pools: pl.DataFrame) -> pl.DataFrame:
    """Return the mix of what each country has to use or to pass on.

    Args:
        flows: `int_network_flows`: year, mineral_id, stage, importer_iso3, supplier_iso3, content_kg.
        pools: `int_supply_pools`: year, mineral_id, stage, country_iso3, production_kg, missing_reason.

    Returns:
        One row per year, mineral, stage, reading, country, origin and end with `origin_share`, 0-1.
        Reading `origin` is the first origin and sums to 1 per country; reading `via` has what comes from or through
        China, and what of the rest ends with no known producer.

    Raises:
        ArithmeticError: a network was not solved to 1e-9.
    """
    flows = flows.filter(pl.col("content_kg") > 0).sort(*NETWORK, "importer_iso3", "supplier_iso3")
    flows_of = flows.partition_by(*NETWORK, as_dict=True)
    mixes = [
        mix.select(
            *(pl.lit(value, MIXES[name]).alias(name) for name, value in zip(NETWORK, key, strict=True)), pl.all()
        )
        for key, network_pools in sorted(pools.partition_by(*NETWORK, as_dict=True).items())
        for mix in _solve(flows_of.get(key, flows.clear()), network_pools.sort("country_iso3"), key)
    ]
    return pl.concat([pl.DataFrame(schema=MIXES), *mixes])


def _solve(flows: pl.DataFrame, pools: pl.DataFrame, key: tuple[object, ...]) -> Iterator[pl.DataFrame]:
    """Yield both readings of one network."""
    countries = pools["country_iso3"].to_list()
    position = {country: index for index, country in enumerate(countries)}
    production = pools["production_kg"].fill_null(0).to_numpy()
    is_unknown = pools["missing_reason"].is_not_null().to_numpy()

    # a flow to nobody's pool ends there; a flow from nobody's pool comes from the extra last column
    flows = flows.filter(pl.col("importer_iso3") != UNSPECIFIED)
    buyers = [position[country] for country in flows["importer_iso3"]]
    position[UNSPECIFIED] = len(countries)
    sellers = [position[country] for country in flows["supplier_iso3"]]
    bought = csr_array((flows["content_kg"].to_numpy(), (buyers, sellers)), shape=(len(countries), len(countries) + 1))
    pool = production + bought.sum(axis=1)

    per_pool = np.divide(1.0, pool, out=np.zeros_like(pool), where=(pool > 0) & ~is_unknown)
    shares = diags_array(per_pool) @ bought
    passed_on = csr_array(shares[:, : len(countries)])
    absorbed = np.zeros((len(countries), len(countries) + len(DEAD_ENDS)))
    absorbed[np.arange(len(countries)), np.arange(len(countries))] = production * per_pool
    absorbed[:, len(countries)] = shares[:, [len(countries)]].toarray()[:, 0]
    absorbed[is_unknown, len(countries) + 1] = 1
    absorbed[~is_unknown & (pool == 0), len(countries) + 2] = 1

    origins = [*((country, PRODUCER) for country in countries), *((UNSPECIFIED, end) for end in DEAD_ENDS)]
    yield _rows("origin", countries, origins, _absorbed_shares(passed_on, absorbed, key))

    # China keeps what reaches it; of the rest it only counts whether it is known
    is_china = np.array([float(country == CHINA) for country in countries])
    elsewhere = absorbed * (1 - is_china)[:, None]
    ends = np.column_stack([is_china, elsewhere[:, : len(countries)].sum(axis=1), elsewhere[:, len(countries) :]])
    mixes = _absorbed_shares(csr_array(diags_array(1 - is_china) @ passed_on), ends, key)
    yield _rows("via", countries, [(CHINA, PRODUCER), *origins[len(countries) :]], np.delete(mixes, 1, axis=1))


def _absorbed_shares(passed_on: csr_array, absorbed: np.ndarray, key: tuple[object, ...]) -> np.ndarray:
    """Solve (I - Q) O = R; a pool that reaches no absorbing state ends in the last column."""
    ends = absorbed.sum(axis=1) > 0
    while True:
        reaches = ends | (passed_on @ ends.astype(float) > 0)
        if (reaches == ends).all():
            break
        ends = reaches
    absorbed = absorbed.copy()
    absorbed[~ends, -1] = 1
    chain = eye_array(len(ends), format="csr") - diags_array(ends.astype(float)) @ passed_on
    is_used = absorbed.any(axis=0)
    mixes = np.zeros_like(absorbed)
    mixes[:, is_used] = splu(chain.tocsc()).solve(np.asfortranarray(absorbed[:, is_used]))
    if not (abs(chain @ mixes - absorbed) < TOLERANCE).all() or not (abs(mixes.sum(axis=1) - 1) < TOLERANCE).all():
        raise ArithmeticError(f"int_origin_mixes: {key}: not solved to {TOLERANCE}; look at its pools and flows")
    return mixes


def _rows(reading: str, countries: list[str], origins: list[tuple[str, str]], mixes: np.ndarray) -> pl.DataFrame:
    """Turn a matrix of countries x origins into rows, without those that are zero but for rounding."""
    country, origin = np.nonzero(mixes > NUMERICAL_ZERO)
    return pl.DataFrame(
        {
            "reading": [reading] * len(country),
            "country_iso3": [countries[index] for index in country],
            "origin_iso3": [origins[index][0] for index in origin],
            "ends_in": [origins[index][1] for index in origin],
            "origin_share": np.minimum(mixes[country, origin], 1.0),
        }
    )
