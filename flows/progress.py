"""Progress on the screen: one line per step, with its time; plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

TITLES = {
    "start": "Starting",
    "land": "Landing the bundled files",
    "load": "Loading raw rows and seeds",
    "check": "Checking",
    "build": "Building",
    "publish": "Publishing",
    "clear": "Clearing what a dead run left",
    "swap": "Publishing",
    "retire": "Publishing",
}
# What these do is worth a line each; the others have many small steps and share one.
ONE_LINE_EACH = ("build", "check")


class Screen:
    """Shows which step runs and how long each took."""

    def __init__(self, console: Console, status: Status | None) -> None:
        """Show on a console; `status` is the live line of a terminal, None elsewhere."""
        self._console = console
        self._status = status
        self._open: tuple[str, float] | None = None

    def step(self, name: str) -> None:
        """Close the step that ran and open the next one."""
        verb, _, what = name.partition(" ")
        title = f"{TITLES[verb]} {what}" if verb in ONE_LINE_EACH else TITLES[verb]
        if self._open and self._open[0] == title:
            return
        self.close()
        self._open = (title, time.monotonic())
        if self._status:
            self._status.update(f"{title} …")

    def note(self, text: str) -> None:
        """Print a remark between the steps."""
        self._console.print(f"  note: {text}", highlight=False)

    def close(self) -> None:
        """Print the line of the step that ends."""
        if self._open:
            title, started = self._open
            self._console.print(f"  {title:<30} {time.monotonic() - started:5.1f} s", highlight=False)
            self._open = None


@contextmanager
def on_screen() -> Iterator[Screen]:
    """Show progress on the standard output until the block ends."""
    console = Console()
    console.print("Mineral Risk Warehouse: refresh", style="bold")
    if not console.is_terminal:
        screen = Screen(console, None)
        yield screen
        screen.close()
        return
    with console.status("Starting …") as status:
        screen = Screen(console, status)
        yield screen
        screen.close()
