"""The settings of the method (seeds that anyone may edit) are held against their rules before a run does any work."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from warehouse.errors import SettingsRejected
from warehouse.paths import DBT_PROJECT, SEEDS

COMPONENT_VALUES = DBT_PROJECT / "models" / "metrics" / "metric_component_values.sql"
TOLERANCE = 1e-9


def check(seeds: Path = SEEDS) -> None:
    """Check weights, goalposts, thresholds and severities of the method.

    Args:
        seeds: folder of the seed files.

    Raises:
        SettingsRejected: one line with every fault: file, line, setting, expected, found.
    """
    faults = [
        *_component_faults(seeds / "seed_risk_components.csv"),
        *_threshold_faults(seeds / "seed_thresholds.csv"),
        *_measure_faults(seeds / "seed_control_measures.csv"),
    ]
    if faults:
        raise SettingsRejected("; ".join(faults) + ". Correct the seed: nothing was started, the last release stays.")


def known_components() -> set[str]:
    """Return the components that a metric fills: those that `metric_component_values` names."""
    return set(re.findall(r"'([a-z_]+)' as component_id", COMPONENT_VALUES.read_text(encoding="utf-8")))


def _component_faults(file: Path) -> Iterator[str]:
    known = known_components()
    weights = 0.0
    for where, row in _rows(file):
        component = row["component_id"]
        if component not in known:
            yield f"{where}: component_id {component!r}: expected one of {', '.join(sorted(known))}"
        weight, low, high = (_number(row[name]) for name in ("weight", "goalpost_0", "goalpost_100"))
        if weight is None or weight < 0:
            yield f"{where}: {component}.weight: expected a number of 0 or more, found {row['weight']!r}"
        weights += weight or 0
        if low is None or high is None or low >= high:
            yield (
                f"{where}: {component}: expected goalpost_0 below goalpost_100 (a higher raw value is a higher risk),"
                f" found {row['goalpost_0']!r} and {row['goalpost_100']!r}"
            )
        if row["is_required"] not in ("true", "false"):
            yield f"{where}: {component}.is_required: expected true or false, found {row['is_required']!r}"
    named = [row["component_id"] for _, row in _rows(file)]
    yield from _twice(file, "component_id", named)
    if missing := sorted(known - set(named)):
        yield f"{file.name}: component_id: expected a row for {', '.join(missing)} too (weight 0 leaves one out)"
    if not abs(weights - 100) < TOLERANCE:
        yield f"{file.name}: weight: expected weights that add up to 100, found {weights:g}"


def _threshold_faults(file: Path) -> Iterator[str]:
    parts = 0.0
    for where, row in _rows(file):
        threshold, value = row["threshold_id"], _number(row["value"])
        if value is None or value < 0:
            yield f"{where}: {threshold}.value: expected a number of 0 or more, found {row['value']!r}"
        elif row["unit"] in ("share 0-1", "index 0-1") and value > 1:
            yield f"{where}: {threshold}.value: expected a share from 0 to 1, found {row['value']!r}"
        if re.fullmatch(r"china_dependence_.*_weight", threshold):
            parts += value or 0
    yield from _twice(file, "threshold_id", [row["threshold_id"] for _, row in _rows(file)])
    if not abs(parts - 1) < TOLERANCE:
        yield f"{file.name}: china_dependence_*_weight: expected parts that add up to 1, found {parts:g}"


def _measure_faults(file: Path) -> Iterator[str]:
    for where, row in _rows(file):
        severity, parameter = _number(row["severity"]), _number(row["trade_parameter"])
        if severity is None or not 0 <= severity <= 1:
            yield f"{where}: {row['measure']}.severity: expected a number from 0 to 1, found {row['severity']!r}"
        if parameter is None or parameter < 1:
            yield (
                f"{where}: {row['measure']}.trade_parameter: expected 1 (neutral) or more,"
                f" found {row['trade_parameter']!r}"
            )
    yield from _twice(file, "measure", [row["measure"] for _, row in _rows(file)])


def _rows(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each row with the place it stands at."""
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            if None in row or None in row.values():
                width = len(reader.fieldnames or ())
                raise SettingsRejected(f"{file.name}: line {reader.line_num}: expected {width} cells, as in the header")
            yield f"{file.name}: line {reader.line_num}", row


def _twice(file: Path, column: str, values: list[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{file.name}: {column} {value!r}: expected one row, found {count}"


def _number(text: str) -> float | None:
    """Return a finite number, or None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
