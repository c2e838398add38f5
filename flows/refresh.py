"""The whole run on one screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from httpx import HTTPError
from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE

from flows import run as steps
from warehouse.paths import data_home
from warehouse.release import Release

Call = Callable[..., Any]


def refresh(run: steps.Run, call: Call = lambda step, *arguments: step(*arguments)) -> Release:
    """Bring the warehouse up to date: every layer is built, then checked, before the next one starts."""
    call(steps.land, run)
    call(steps.load, run)
    call(steps.check, run, "raw")
    for layer in ("staging", "intermediate", "marts"):
        call(steps.build, run, layer)
        call(steps.check, run, layer)
    release: Release = call(steps.publish, run)
    return release


@flow(name="refresh", validate_parameters=False, persist_result=False)
def refresh_flow(controls_as_of: date | None = None, as_of: datetime | None = None) -> str:
    """Run `refresh` as a Prefect flow with one task per step; a failed check is a failed flow run.

    Returns:
        The id of the published release.
    """
    with steps.begin(data_home(), controls_as_of=controls_as_of, as_of=as_of) as run:
        return refresh(run, call=as_task).release_id


def as_task(step: Call, *arguments: Any) -> Any:
    """Run one step as a Prefect task. The run itself is no parameter: Prefect would copy and hash it."""

    @task(name=" ".join([step.__name__, *(str(argument) for argument in arguments[1:])]), cache_policy=NO_CACHE)
    def run_step() -> Any:
        return step(*arguments)

    return run_step()


def why_no_server() -> str | None:
    """Return None if a Prefect server answers (started for this process if need be), else the reason in one line."""
    try:
        with get_client(sync_client=True) as client:
            error = client.api_healthcheck()
    except (RuntimeError, OSError, HTTPError) as failure:
        error = failure
    return None if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:200]
