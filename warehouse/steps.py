"""The steps of whatever changes the data home: told to a screen before each, and where tests inject faults."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

# A context variable, since a flow's parameters must be plain data.
before_step: ContextVar[Callable[[str], None]] = ContextVar("before_step", default=lambda step: None)


def at(step: str) -> None:
    """Say that a step begins: a verb, and what it is done to (`publish copy marts.minerals`)."""
    before_step.get()(step)
