"""The whole run on one screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from httpx import HTTPError
from prefect import flow, get_client, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

from flows import run as steps
from warehouse import redaction, run_history
from warehouse.paths import DataHome, data_home
from warehouse.release import Release

Call = Callable[..., Any]
SHOWN_RUNS = 20


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

    The history of runs is shown as a table artifact. Prefect keeps the text of an error as the message of the flow run
    and of its task, so no secret may be left in it.

    Returns:
        The id of the published release.
    """
    redaction.install()
    home = data_home()
    context = FlowRunContext.get()
    # the command line calls this function, schedules and workers start a deployment
    is_deployed = context is not None and context.flow_run is not None and context.flow_run.deployment_id is not None
    begin = partial(steps.begin, home, controls_as_of=controls_as_of, as_of=as_of)
    try:
        with redaction.of_errors(), begin(started_by="prefect" if is_deployed else "command") as run:
            return refresh(run, call=as_task).release_id
    finally:
        _show_history(home)


def as_task(step: Call, *arguments: Any) -> Any:
    """Run one step as a Prefect task. The run itself is no parameter: Prefect would copy and hash it."""

    @task(name=" ".join([step.__name__, *(str(argument) for argument in arguments[1:])]), cache_policy=NO_CACHE)
    def run_step() -> Any:
        with redaction.of_errors():
            return step(*arguments)

    return run_step()


def _show_history(home: DataHome) -> None:
    rows = [
        {
            "run": record.run_id,
            "status": record.status,
            "started": record.started_at,
            "seconds": record.seconds,
            "step": record.last_step,
            "message": record.message,
            "release": record.release_id,
            "started by": record.started_by,
        }
        for record in run_history.recorded(home)[:SHOWN_RUNS]
    ]
    try:
        create_table_artifact(rows, key="mineral-risk-runs", description=f"The newest {SHOWN_RUNS} runs of {home.root}")
    except (HTTPError, PrefectException, OSError, RuntimeError) as error:
        # the run itself is told by what it raised or returned
        steps.note(f"the history of runs is not shown in Prefect: {type(error).__name__}: {error}")


def why_no_server() -> str | None:
    """Return None if a Prefect server answers (started for this process if need be), else the reason in one line."""
    try:
        with get_client(sync_client=True) as client:
            error = client.api_healthcheck()
    except (RuntimeError, OSError, HTTPError) as failure:
        error = failure
    return None if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:200]
