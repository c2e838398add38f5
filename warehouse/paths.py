"""Every path of the warehouse, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import SettingsRejected

REPOSITORY = Path(__file__).resolve().parents[1]
BUNDLED = REPOSITORY / "warehouse" / "bundled"
DBT_PROJECT = REPOSITORY / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"


@dataclass(frozen=True)
class DataHome:
    """The folder that holds all state: landed files, builds, releases, Prefect's own database."""

    root: Path

    @property
    def landing(self) -> Path:
        """Publishers' bytes, untouched: `landing/<source>/<vintage>/`."""
        return self.root / "landing"

    @property
    def build(self) -> Path:
        """Scratch: one private database per run, never opened by a reader."""
        return self.root / "build"

    @property
    def releases(self) -> Path:
        """Published releases, one folder each."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The symlink to the newest release: the one path that readers use."""
        return self.root / "current"

    @property
    def published_database(self) -> Path:
        """The DuckDB file that readers open."""
        return self.current / "mineral_risk.duckdb"

    @property
    def lock(self) -> Path:
        """The file whose lock says that a run is under way."""
        return self.root / "run.lock"

    @property
    def schedule_lock(self) -> Path:
        """The file whose lock says that a schedule is under way."""
        return self.root / "schedule.lock"

    @property
    def runs(self) -> Path:
        """The history of runs: one file per run, as warehouse/run_history.py writes it."""
        return self.root / "runs"

    @property
    def unit_tests_passed(self) -> Path:
        """One marker per state of the dbt project in which every unit test passed; to run them again, remove it."""
        return self.root / "unit_tests_passed"

    @property
    def sql_history(self) -> Path:
        """What was typed into the SQL shell."""
        return self.root / "sql_history"

    @property
    def prefect(self) -> Path:
        """Prefect's state (its PREFECT_HOME)."""
        return self.root / "prefect"


def data_home() -> DataHome:
    """Return the data home: `MINERAL_RISK_HOME` if set, else `data/` beside the code.

    Raises:
        SettingsRejected: there is something else than a folder.
    """
    configured = os.environ.get("MINERAL_RISK_HOME")
    root = Path(configured).expanduser().resolve() if configured else REPOSITORY / "data"
    found = next(path for path in (root, *root.parents) if path.exists())
    if not found.is_dir():
        raise SettingsRejected(f"MINERAL_RISK_HOME={root}: expected a folder, found the file {found}; name another one")
    return DataHome(root)


def data_home_to_write() -> DataHome:
    """Return the data home for a command that writes into it.

    Raises:
        SettingsRejected: there is something else than a folder, or this user may not write into it.
    """
    home = data_home()
    found = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not os.access(found, os.W_OK | os.X_OK):
        raise SettingsRejected(
            f"MINERAL_RISK_HOME={home.root}: expected a folder that this user may write, found that {found} may not be"
            " written; give this user the right, or name another one"
        )
    return home
