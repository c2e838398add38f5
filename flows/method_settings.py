"""The settings of the method (seeds that anyone may edit) are held against their rules before a run does any work."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from warehouse.errors import SettingsRejected
from warehouse.paths import DBT_PROJECT, SEEDS

COMPONENT_VALUES = DBT_PROJECT / "models" / "metrics" / "metric_component_values.sql"
TOLERANCE = 1e-9

# The largest value that a unit allows, in the words of the seed. The EU studies' largest trade parameter is 1.5.
HIGHEST = {
    "share 0-1": 1.0,
    "index 0-1": 1.0,
    "factor 0-1": 1.0,
    "ratio": math.inf,
    "years": 100.0,
    "USD a year": math.inf,
    "draws": 10_000.0,  # of more, the draws of one importer no longer fit a small machine's memory
    "seed number": 2.0**32,
    "parameter sum": math.inf,
    "points 0-100": 100.0,
}
# The least value of units of which none is not a value; below a sum of 1 the Dirichlet's draws run out of digits.
LOWEST = {"draws": 1.0, "parameter sum": 1.0}
WHOLE = ("draws", "seed number")
# Those whose logarithm is taken
ABOVE_ZERO = ("rank_geometric_floor_points",)
HIGHEST_TRADE_PARAMETER = 2.0

# What is read here of each seed
COLUMNS = {
    "seed_risk_components.csv": ("component_id", "goalpost_0", "goalpost_100", "weight", "is_required"),
    "seed_thresholds.csv": ("threshold_id", "value", "unit"),
    "seed_control_measures.csv": ("measure", "severity", "trade_parameter"),
    "seed_export_controls.csv": ("measure",),
}


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
        *_measure_faults(seeds / "seed_control_measures.csv", seeds / "seed_export_controls.csv"),
    ]
    if faults:
        raise SettingsRejected("; ".join(faults) + ". Correct the seed: nothing was started, the last release stays.")


def known_components() -> set[str]:
    """Return the components that a metric fills: those that `metric_component_values` names."""
    return set(re.findall(r"'([a-z_]+)' as component_id", COMPONENT_VALUES.read_text(encoding="utf-8")))


def used_thresholds() -> set[str]:
    """Return the thresholds that models and tests read: a row without a use, or a use without a row, is a slip."""
    return {
        name
        for folder in ("models", "tests")
        for file in (DBT_PROJECT / folder).rglob("*.*")
        if file.suffix in (".sql", ".py")
        for name in re.findall(r"threshold\(['\"]([a-z0-9_]+)['\"]\)", file.read_text(encoding="utf-8"))
    }


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
        threshold, value, unit = row["threshold_id"], _number(row["value"]), row["unit"]
        if unit not in HIGHEST:
            yield f"{where}: {threshold}.unit: expected one of {', '.join(HIGHEST)}, found {unit!r}"
        elif value is None or not LOWEST.get(unit, 0) <= value <= HIGHEST[unit]:
            highest = "" if HIGHEST[unit] == math.inf else f" to {HIGHEST[unit]:g}"
            yield (
                f"{where}: {threshold}.value: expected a number from {LOWEST.get(unit, 0):g}{highest} ({unit}),"
                f" found {row['value']!r}"
            )
        elif unit in WHOLE and not value.is_integer():
            yield f"{where}: {threshold}.value: expected a whole number ({unit}), found {row['value']!r}"
        elif threshold in ABOVE_ZERO and value == 0:
            yield f"{where}: {threshold}.value: expected a number above 0 ({unit}), found {row['value']!r}"
        if re.fullmatch(r"china_dependence_.*_weight", threshold):
            parts += value or 0
    named = [row["threshold_id"] for _, row in _rows(file)]
    yield from _twice(file, "threshold_id", named)
    if missing := sorted(used_thresholds() - set(named)):
        yield f"{file.name}: threshold_id: expected a row for {', '.join(missing)} too"
    if unused := sorted(set(named) - used_thresholds()):
        yield f"{file.name}: threshold_id: nothing reads {', '.join(unused)}"
    if not abs(parts - 1) < TOLERANCE:
        yield f"{file.name}: china_dependence_*_weight: expected parts that add up to 1, found {parts:g}"


def _measure_faults(file: Path, register: Path) -> Iterator[str]:
    for where, row in _rows(file):
        severity, parameter = _number(row["severity"]), _number(row["trade_parameter"])
        if severity is None or not 0 <= severity <= 1:
            yield f"{where}: {row['measure']}.severity: expected a number from 0 to 1, found {row['severity']!r}"
        if parameter is None or not 1 <= parameter <= HIGHEST_TRADE_PARAMETER:
            yield (
                f"{where}: {row['measure']}.trade_parameter: expected a number from 1 (neutral) to"
                f" {HIGHEST_TRADE_PARAMETER:g}, found {row['trade_parameter']!r}"
            )
    named = [row["measure"] for _, row in _rows(file)]
    yield from _twice(file, "measure", named)
    if missing := sorted({row["measure"] for _, row in _rows(register)} - set(named)):
        yield f"{file.name}: measure: expected a row for {', '.join(missing)} too, which {register.name} names"


def _rows(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each row with the place it stands at.

    Raises:
        SettingsRejected: the file is no UTF-8, its header is not what is read here, or a row is ragged.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsRejected(
            f"{file.name}: expected UTF-8, found {error.object[error.start : error.end]!r} at byte {error.start};"
            " save it as UTF-8"
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if absent := [column for column in COLUMNS[file.name] if column not in (reader.fieldnames or ())]:
        raise SettingsRejected(
            f"{file.name}: line 1: expected the columns {', '.join(absent)}, found {','.join(reader.fieldnames or ())};"
            " correct the header (it is UTF-8 without a byte-order mark)"
        )
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
