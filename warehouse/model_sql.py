"""The SQL of a dbt model or test without dbt: of those that use nothing of it but `source()` and `ref()`."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from pathlib import Path

NAMED = re.compile(r"""\b(source|ref)\(\s*'([a-z0-9_]+)'(?:\s*,\s*'([a-z0-9_]+)')?\s*\)""")


def reads(model: Path) -> AbstractSet[str]:
    """Return what a model reads: `raw.table` of each source, the bare name of each model or seed."""
    found = NAMED.findall(model.read_text(encoding="utf-8"))
    return {f"{first}.{second}" if kind == "source" else first for kind, first, second in found}


def render(model: Path, schema_of_refs: str) -> str:
    """Return the SQL of a model, with each `ref()` a table of one schema.

    Raises:
        jinja2.UndefinedError: the model uses a macro.
    """
    import jinja2

    # SQL, not a page: there is nothing to escape
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    return environment.from_string(model.read_text(encoding="utf-8")).render(
        source=lambda schema, table: f"{schema}.{table}", ref=lambda name: f"{schema_of_refs}.{name}"
    )
