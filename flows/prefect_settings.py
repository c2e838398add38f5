"""Prefect's settings, to be made before Prefect is imported."""

from __future__ import annotations

import os

from warehouse.paths import DataHome


def configure(home: DataHome, *, quiet: bool) -> None:
    """Keep Prefect's state under the data home, its telemetry off, and (if quiet) its log off the screen.

    What the environment already says stays, so that an operator's own server and settings are used.
    """
    defaults = {
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "60",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }
    if quiet:
        defaults |= {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_LOGGING_TO_API_ENABLED": "false"}
    home.prefect.mkdir(parents=True, exist_ok=True)
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
