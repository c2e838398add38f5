"""The steps of whatever changes the data home: told to a screen before each, and where tests inject faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A context variable, since a flow's parameters must be plain data.
before_step: ContextVar[Callable[[str], None]] = ContextVar("before_step", default=lambda step: None)


def at(step: str) -> None:
    """Say that a step begins: a verb, and what it is done to (`publish copy marts.minerals`)."""
    before_step.get()(step)


@contextmanager
def unannounced() -> Iterator[None]:
    """Say nothing of what happens in this block: clearing up after a step that failed is not the step that failed."""
    token = before_step.set(lambda step: None)
    try:
        yield
    finally:
        before_step.reset(token)
