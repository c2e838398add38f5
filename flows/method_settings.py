"""The settings (seeds that anyone may edit) are held against their rules before a run does any work.

What a seed's columns are, which values they take and which rows of other seeds they name stands in `seeds.yml`, where
dbt reads it too. To it come what the names of columns say (a share, a day, a code), the tests of dbt that look at
nothing but seeds, and what weights, goalposts and thresholds of the method must add up to.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.errors import SettingsRejected
from warehouse.model_sql import NAMED, reads, render
from warehouse.paths import DBT_PROJECT, SEEDS

if TYPE_CHECKING:
    import duckdb

RULES = SEEDS / "seeds.yml"
REGISTER = "seed_export_controls.csv"
COMPONENT_VALUES = DBT_PROJECT / "models" / "metrics" / "metric_component_values.sql"
TOLERANCE = 1e-9
# Of a seed that is broken throughout the first faults tell enough.
MOST_FAULTS_TOLD = 5

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

# What a cell of a type must look like; a decimal's digits are counted beside it.
TYPES = {
    "double": (r"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,2})?", "a number as in 0.25"),
    "decimal": (r"-?[0-9]+([.][0-9]+)?", "a number in plain digits as in 0.25"),
    "integer": (r"-?[0-9]{1,9}", "a whole number"),
    "boolean": ("true|false", "true or false"),
}

# What the name of a column says of its cells, wherever it stands; the first that fits the whole name counts.
FORMS = (
    ("hs6_list", r"[0-9]{6}(;[0-9]{6})*", "HS codes of six digits, separated by ;"),
    ("content_hs6_codes", r"[0-9]{6}( [0-9]{6})*", "HS codes of six digits, separated by blanks"),
    (r"hs6_(?!description).*|(.*_)?hs6_code", r"[0-9]{6}", "an HS code of six digits as text"),
    ("comtrade_iso3", r".+", "a name"),
    (r"(.*_)?iso3", r"[A-Z]{3}|MULTI", "a country's three capitals"),
    (r"(.*_)?hs_revision", r"HS[0-9]{2}", "an HS revision as in HS17"),
    ("comtrade_classification", r"H[0-6]", "an HS revision as in H5"),
    (r"(.*_)?mineral_id|(.*)_id", r"[A-Za-z0-9_]+", "a name of letters, digits and _"),
    (r"(.*_)?confidence", r"high|medium|low", "high, medium or low"),
    ("url", r"https?://\S+", "an address as in https://"),
)  # fmt: skip
# of text alone: seed_countries tells years
DAYS = re.compile(r".*_(on|from|to)")
PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
RANGES = (
    (r"share|(.*_)?share|severity|eol_rir|import_reliance_eu|content_(fraction|low|high|factor)", 0.0, 1.0),
    (r"si_sr|si_ei", 0.0, 1.0),
    (r"trade_parameter(_.*)?", 0.0, HIGHEST_TRADE_PARAMETER),
    ("priority", 1.0, math.inf),
    (r"unit_factor_t", 1e-6, math.inf),
    (r"(.*_)?year|valid_from|valid_to", 1900.0, 2100.0),
)  # fmt: skip

# Columns whose cells are rows of another seed where no relationship of seeds.yml says so: by name, with the seed.
REFERENCES = (
    (r"(.*_)?mineral_id", "seed_minerals", "mineral_id"),
    (r"(.*_)?hs_revision", "seed_hs_revisions", "hs_revision"),
    (r"(?!comtrade_|group_)(.*_)?iso3", "countries", "iso3"),
)
# Not a country: the rest of a table, the world, a club of many.
NO_COUNTRIES = ("XXX", "WLD", "MULTI")
STAGES = ("ore", "intermediate", "compound", "refined", "product", "scrap")
# The EU studies' own words, and the register's measures that bind more than one stage.
OTHER_STAGES = {
    "seed_recycling_substitution": ("Extraction", "Processing"),
    "seed_export_controls": (*STAGES, "technology", "all"),
    "seed_scenario_shocks": (*STAGES, "all"),
}
# A cut may meet every mineral.
OTHER_MINERALS: Mapping[str, tuple[str, ...]] = {"seed_scenario_shocks": ("all",)}
# What a seed may not leave blank though seeds.yml has no key of it.
NEVER_BLANK = {"seed_minerals": ("mineral_id", "mineral_name"), "seed_mineral_products": ("mineral_id", "stage")}

# Models that read nothing but seeds, and that tests of seeds look at.
MODELS = {"int_mineral_products": DBT_PROJECT / "models" / "intermediate" / "int_mineral_products.sql"}
COUNTRIES = """
    select iso3 from seeds.seed_countries where iso3 is not null
    union select group_iso3 from seeds.seed_country_groups
"""


@dataclass(frozen=True)
class Seed:
    """A seed as it was read: its cells as text, and the line on which each row begins."""

    file: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    types: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the seed's table."""
        return self.file.stem

    def where(self, row: int, column: str = "") -> str:
        """Return the place of a row, or of a cell of it."""
        return f"{self.file.name}: line {self.lines[row]}" + (f", column {column}" if column else "")

    def records(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield each row by column, with the place it stands at."""
        for row, cells in enumerate(self.rows):
            yield self.where(row), dict(zip(self.columns, cells, strict=True))


def check(seeds: Path = SEEDS) -> None:
    """Check every seed: its form, its types, what it refers to, and what weights and thresholds must be.

    Args:
        seeds: folder of the seed files; their rules are the project's.

    Raises:
        SettingsRejected: one line with the first faults: file, line, column, expected, found.
    """
    files = [*seeds.glob("*.csv"), RULES, *(DBT_PROJECT / "models").rglob("*.*"), *(DBT_PROJECT / "tests").rglob("*.*")]
    _check(seeds, tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(files)))


@cache
def _check(seeds: Path, state: object) -> None:
    # a command checks before it starts a server, and the run that it starts does so again: what passed has passed
    del state
    import yaml  # type: ignore[import-untyped]

    declared = {seed["name"]: seed for seed in yaml.safe_load(RULES.read_text(encoding="utf-8"))["seeds"]}
    faults: list[str] = []
    read = {}
    for name in sorted({*declared, *(file.stem for file in seeds.glob("*.csv"))}):
        try:
            read[name] = _read(seeds / f"{name}.csv", declared.get(name))
        except SettingsRejected as fault:
            faults.append(str(fault))
    _refuse(faults)
    # a cell that has no such type cannot be compared with others
    _refuse([fault for seed in read.values() for fault in _cell_faults(seed)])
    _refuse(
        [
            *_component_faults(read["seed_risk_components"]),
            *_threshold_faults(read["seed_thresholds"]),
            *_measure_faults(read["seed_control_measures"]),
            *_rule_faults(read, declared),
        ]
    )


def check_controls_day(day: date, seeds: Path = SEEDS) -> None:
    """Check that the register of export controls can speak of a day: not before its first row, and not to come.

    Raises:
        SettingsRejected: with the days that can be named.
    """
    with (seeds / REGISTER).open(newline="", encoding="utf-8") as stream:
        dated = [row[column] for row in csv.DictReader(stream) for column in ("announced_on", "effective_from")]
    first = min(_first_day(text) for text in dated if text)
    today = datetime.now(UTC).date()
    if not first <= day <= today:
        raise SettingsRejected(
            f"--controls-as-of {day}: expected a day from {first}, the first of {REGISTER}, to today ({today});"
            " name another one: nothing was started"
        )


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


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS_TOLD} more" if len(faults) > MOST_FAULTS_TOLD else ""
        told = "; ".join(faults[:MOST_FAULTS_TOLD]) + more
        raise SettingsRejected(f"{told}. Correct the seed: nothing was started, the last release stays.")


# --- the form of a file


def _read(file: Path, declared: Mapping[str, Any] | None) -> Seed:
    """Return a seed with its cells as text.

    Raises:
        SettingsRejected: the file is not there, no UTF-8, its header is not the declared one, or a row is ragged.
    """
    if declared is None:
        raise SettingsRejected(f"{file.name}: expected a seed that {RULES.name} declares; name its columns there")
    types = declared["config"]["column_types"]
    if not file.is_file():
        raise SettingsRejected(f"{file.name}: expected a file, as {RULES.name} declares it, found none")
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    line = 1
    try:
        columns = tuple(next(reader, ()))
        _check_header(file, columns, types)
        line = reader.line_num + 1
        for row in reader:
            if len(row) != len(columns):
                raise SettingsRejected(
                    f"{file.name}: line {line}: expected {len(columns)} cells, as in the header, found {len(row)}"
                )
            rows.append(tuple(row))
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SettingsRejected(f"{file.name}: line {line}: expected cells between commas, found: {error}") from error
    if not rows:
        raise SettingsRejected(f"{file.name}: line 2: expected rows, found only a header")
    return Seed(file, columns, tuple(rows), tuple(lines), types)


def _text(file: Path) -> str:
    content = file.read_bytes()
    start = content.find(b"\0")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start if start < 0 else min(start, error.start)
    if start >= 0:
        line = content.count(b"\n", 0, start) + 1
        raise SettingsRejected(
            f"{file.name}: line {line}: expected UTF-8, found {content[start : start + 1]!r}; save it as UTF-8"
        )
    return text


def _check_header(file: Path, columns: tuple[str, ...], types: Mapping[str, str]) -> None:
    absent = [column for column in types if column not in columns]
    surplus = [column for column in columns if column not in types]
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if absent:
        raise SettingsRejected(
            f"{file.name}: line 1: expected the columns {', '.join(absent)},"
            f" found {','.join(surplus or columns)[:200]!r};"
            " correct the header (it is UTF-8 without a byte-order mark)"
        )
    if surplus or twice:
        raise SettingsRejected(
            f"{file.name}: line 1: expected the columns of {RULES.name}, each once,"
            f" found {(surplus or twice)[0]!r} too;"
            f" remove it, or declare it in {RULES.name}"
        )


# --- the cells


def _cell_faults(seed: Seed) -> Iterator[str]:
    for place, column in enumerate(seed.columns):
        check_cell, words = _cell_rule(seed, column)
        may_be_blank = column != "source" and column not in NEVER_BLANK.get(seed.name, ())
        for row, cells in enumerate(seed.rows):
            cell = cells[place]
            if cell == "" and may_be_blank:
                continue
            if not cell.strip():
                yield f"{seed.where(row, column)}: expected a text, found {cell!r}"
            elif not check_cell(cell):
                yield f"{seed.where(row, column)}: expected {words}, found {cell[:80]!r}"


def _cell_rule(seed: Seed, column: str) -> tuple[Callable[[str], bool], str]:
    """Return what tells whether a cell that is not blank is right, and what that is in words."""
    kind, _, size = seed.types[column].partition("(")
    if kind == "varchar":
        if DAYS.fullmatch(column):
            return _is_partial_date, "a day, a month or a year as in 2024-05-31, 2024-05 or 2024"
        if column == "stage":
            stages = OTHER_STAGES.get(seed.name, STAGES)
            return stages.__contains__, f"one of {', '.join(stages)}"
        if column == "source_id":
            sources = _sources()
            return sources.__contains__, f"one of {', '.join(sources)}"
        for name, pattern, words in FORMS:
            if re.fullmatch(name, column):
                return lambda cell, form=pattern: re.fullmatch(form, cell) is not None, words
        return lambda cell: True, "a text"
    pattern, words = TYPES[kind]
    form = re.compile(pattern)
    low, high = next(((low, high) for name, low, high in RANGES if re.fullmatch(name, column)), (-math.inf, math.inf))
    if (low, high) != (-math.inf, math.inf):
        words += f" from {low:g}" + ("" if high == math.inf else f" to {high:g}")
    whole, fraction = (int(digits) for digits in size.rstrip(")").split(",")) if size else (0, 0)
    if size:
        words += f" with at most {whole - fraction} digits before the point and {fraction} after it"

    def is_right(cell: str) -> bool:
        if not form.fullmatch(cell):
            return False
        if kind == "boolean":
            return True
        before, _, after = cell.removeprefix("-").partition(".")
        fits = not size or (len(before) <= whole - fraction and len(after) <= fraction)
        return fits and math.isfinite(float(cell)) and low <= float(cell) <= high

    return is_right, words


def _is_partial_date(cell: str) -> bool:
    if not PARTIAL_DATE.fullmatch(cell):
        return False
    try:
        return 1900 <= _first_day(cell).year <= 2100
    except ValueError:
        return False


def _first_day(text: str) -> date:
    """Return the first day of a day, a month or a year."""
    return date.fromisoformat(f"{text}-01-01"[: len("2024-05-31")])


def _sources() -> list[str]:
    from flows.sources import discover

    return list(discover())


# --- what seeds say of each other


def _rule_faults(seeds: Mapping[str, Seed], declared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Hold the seeds against seeds.yml, the references that names of columns are, and dbt's own tests of seeds."""
    from warehouse.database import connect

    with connect(threads=1) as connection:
        _load(connection, seeds)
        for name, seed in seeds.items():
            for column, test, arguments, condition in _declared_tests(declared[name]):
                yield from _test_faults(connection, seed, column, test, arguments, condition)
            yield from _reference_faults(connection, seed, declared[name])
        yield from _project_test_faults(connection, seeds)


def _load(connection: duckdb.DuckDBPyConnection, seeds: Mapping[str, Seed]) -> None:
    """Load the seeds as dbt types them, each row with its number in the file."""
    connection.execute("create schema seeds")
    for name, seed in seeds.items():
        types = ", ".join(f"'{column}': '{seed.types[column]}'" for column in seed.columns)
        connection.execute(
            f"create table seeds.{name} as select row_number() over () - 1 as seed_row, * from read_csv("
            f"?, columns = {{{types}}}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
            " nullstr = '', parallel = false)",
            [str(seed.file)],
        )
    connection.execute(f"create view seeds.countries as {COUNTRIES}")
    for name, model in MODELS.items():
        connection.execute(f"create view seeds.{name} as {render(model, 'seeds')}")


Arguments = Mapping[str, Any]


def _declared_tests(declared: Mapping[str, Any]) -> Iterator[tuple[str, str, Arguments, str]]:
    """Yield the tests of a seed in seeds.yml: column (blank for the table's), name, arguments, condition."""
    holders = [("", declared), *((column["name"], column) for column in declared.get("columns", ()))]
    for column, holder in holders:
        for test in holder.get("data_tests", ()):
            name, details = (test, {}) if isinstance(test, str) else next(iter(test.items()))
            yield column, name, details.get("arguments", {}), details.get("config", {}).get("where", "true")


def _test_faults(
    connection: duckdb.DuckDBPyConnection, seed: Seed, column: str, test: str, arguments: Arguments, condition: str
) -> Iterator[str]:
    rows = f"(select * from seeds.{seed.name} where {condition})"
    if test == "not_null":
        for row, _ in _found(connection, f"select seed_row, null from {rows} where {column} is null"):
            yield f"{seed.where(row, column)}: expected a text, found ''"
    elif test == "accepted_values":
        wanted = [str(value) for value in arguments["values"]]
        for row, found in _found(
            connection, f"select seed_row, {column} from {rows} where {column} not in (select unnest(?))", [wanted]
        ):
            yield f"{seed.where(row, column)}: expected one of {', '.join(wanted)}, found {found!r}"
    elif test == "relationships":
        target = NAMED.findall(arguments["to"])[0][1]
        if target.startswith("seed_") or target == "countries":  # of what a run builds dbt tells
            yield from _unknown(connection, seed, column, target, arguments["field"], condition)
    elif test == "unique_combination":
        columns = arguments["columns"]
        yield from _key_faults(connection, seed, columns, rows)
    else:
        raise SettingsRejected(f"{RULES.name}: {seed.name}: expected a test that is known here, found {test}")


def _key_faults(connection: duckdb.DuckDBPyConnection, seed: Seed, columns: Sequence[str], rows: str) -> Iterator[str]:
    key = ", ".join(columns)
    blank = " or ".join(f"{column} is null" for column in columns)
    for row, _ in _found(connection, f"select seed_row, null from {rows} where {blank}"):
        yield f"{seed.where(row)}: {key}: expected a key, found a blank in it"
    twice = f"""
        select list(seed_row order by seed_row), concat_ws(' ', {key}) from {rows}
        group by {key} having count(*) > 1 order by min(seed_row)
    """
    for found, value in connection.execute(twice).fetchall():
        lines = " and ".join(str(seed.lines[row]) for row in found)
        yield f"{seed.file.name}: lines {lines}: {key} {value!r}: expected one row, found {len(found)}"


def _reference_faults(connection: duckdb.DuckDBPyConnection, seed: Seed, declared: Mapping[str, Any]) -> Iterator[str]:
    related = {column for column, test, _, _ in _declared_tests(declared) if test == "relationships"}
    for column in seed.columns:
        target = next((found[1:] for found in REFERENCES if re.fullmatch(found[0], column)), None)
        if target and column not in related and target != (seed.name, column) and seed.name != "seed_countries":
            yield from _unknown(connection, seed, column, *target, "true")


def _unknown(
    connection: duckdb.DuckDBPyConnection, seed: Seed, column: str, target: str, field: str, condition: str
) -> Iterator[str]:
    others = (
        NO_COUNTRIES if target == "countries" else OTHER_MINERALS.get(seed.name, ()) if field == "mineral_id" else ()
    )
    listed = f" and {column} not in ({', '.join(repr(code) for code in others)})" if others else ""
    where = "seed_countries" if target == "countries" else target
    for row, found in _found(
        connection,
        f"select seed_row, {column} from (select * from seeds.{seed.name} where {condition})"
        f" where {column} not in (select {field} from seeds.{target} where {field} is not null){listed}",
    ):
        yield f"{seed.where(row, column)}: expected the {field} of a row of {where}.csv, found {found!r}"


def _found(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> list[tuple[int, Any]]:
    return connection.execute(f"{query} order by all", list(parameters)).fetchall()


def _project_test_faults(connection: duckdb.DuckDBPyConnection, seeds: Mapping[str, Seed]) -> Iterator[str]:
    """Run the tests of the dbt project that look at nothing but seeds."""
    known = {*seeds, *MODELS, "countries"}
    for test in sorted((DBT_PROJECT / "tests").glob("*.sql")):
        text = test.read_text(encoding="utf-8")
        if not reads(test) <= known or re.search(r"\{\{(?!\s*ref\()|\{%", text):
            continue
        answer = connection.execute(f"select * from ({render(test, 'seeds').rstrip().rstrip(';')}) order by all")
        names = [column[0] for column in answer.description]
        behind = {name for read in reads(test) for name in (reads(MODELS[read]) if read in MODELS else {read})}
        read = [seeds[name] for name in sorted(behind) if name in seeds]
        for cells in answer.fetchall():
            row = {name: cell for name, cell in zip(names, cells, strict=True) if name != "seed_row"}
            told = ", ".join(f"{name}={cell!s:.60}" for name, cell in list(row.items())[:6])
            place = _place(connection, read, row)
            yield f"{place}: expected that {test.stem.replace('_', ' ')}, found {told}"


def _place(connection: duckdb.DuckDBPyConnection, seeds: Sequence[Seed], row: Mapping[str, Any]) -> str:
    """Return the line of the first row of a seed with all cells of a found row that it can have; else the files."""
    for seed in seeds:
        shared = [name for name in row if name in seed.columns]
        if shared:
            where = " and ".join(f"{name} is not distinct from ?" for name in shared)
            found = connection.execute(
                f"select min(seed_row) from seeds.{seed.name} where {where}", [row[name] for name in shared]
            ).fetchone()
            if found and found[0] is not None:
                return seed.where(found[0])
    return ", ".join(seed.file.name for seed in seeds)


# --- what the method's numbers must be


def _component_faults(seed: Seed) -> Iterator[str]:
    known = known_components()
    weights = 0.0
    for where, row in seed.records():
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
        if row["is_required"] == "":
            yield f"{where}: {component}.is_required: expected true or false, found ''"
    named = {row["component_id"] for _, row in seed.records()}
    if missing := sorted(known - named):
        yield f"{seed.file.name}: component_id: expected a row for {', '.join(missing)} too (weight 0 leaves one out)"
    if not abs(weights - 100) < TOLERANCE:
        yield f"{seed.file.name}: weight: expected weights that add up to 100, found {weights:g}"


def _threshold_faults(seed: Seed) -> Iterator[str]:
    parts = 0.0
    for where, row in seed.records():
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
    named = {row["threshold_id"] for _, row in seed.records()}
    used = used_thresholds()
    if missing := sorted(used - named):
        yield f"{seed.file.name}: threshold_id: expected a row for {', '.join(missing)} too"
    if unused := sorted(named - used):
        yield f"{seed.file.name}: threshold_id: nothing reads {', '.join(unused)}"
    if not abs(parts - 1) < TOLERANCE:
        yield f"{seed.file.name}: china_dependence_*_weight: expected parts that add up to 1, found {parts:g}"


def _measure_faults(seed: Seed) -> Iterator[str]:
    for where, row in seed.records():
        severity, parameter = _number(row["severity"]), _number(row["trade_parameter"])
        if severity is None:
            yield f"{where}: {row['measure']}.severity: expected a number from 0 to 1, found {row['severity']!r}"
        if parameter is None or parameter < 1:
            yield (
                f"{where}: {row['measure']}.trade_parameter: expected a number from 1 (neutral) to"
                f" {HIGHEST_TRADE_PARAMETER:g}, found {row['trade_parameter']!r}"
            )


def _number(text: str) -> float | None:
    """Return the number that a cell holds, None where it is blank: what is no number was refused before."""
    return float(text) if text else None
