"""The whole run on one screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from httpx import HTTPError
from prefect import flow, get_client, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from pydantic import TypeAdapter, ValidationError

from flows import method_settings
from flows import run as steps
from warehouse import redaction, run_history
from warehouse.errors import InputRejected
from warehouse.paths import DataHome, data_home
from warehouse.release import Release

Call = Callable[..., Any]
SHOWN_RUNS = 20


class NotBegun(Exception):
    """Prefect failed before it let the run begin; the text is the reason in one line."""


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

    Args:
        controls_as_of: day on which current controls are read, as `2026-11-22`.
        as_of: moment whose knowledge is rebuilt, as `2026-11-22T18:00:00Z`; UTC where it names no zone, and the last
            moment of a day that is named alone.

    Returns:
        The id of the published release.

    Raises:
        InputRejected: a parameter is no day or no moment.
        SettingsRejected: the register of export controls cannot speak of the day.
    """
    steps.at_begin.get()()
    redaction.install()
    home = data_home()
    context = FlowRunContext.get()
    # the command line calls this function, schedules and workers start a deployment
    is_deployed = context is not None and context.flow_run is not None and context.flow_run.deployment_id is not None
    started_by = "prefect" if is_deployed else "command"
    try:
        with redaction.of_errors():
            # a deployment hands over what somebody typed, as it is
            with steps.before_begin(home, started_by=started_by):
                controls_as_of, as_of = _day(controls_as_of), _moment(as_of)
            with steps.begin(home, controls_as_of=controls_as_of, as_of=as_of, started_by=started_by) as run:
                return refresh(run, call=as_task).release_id
    finally:
        _show_history(home)


def through_prefect(controls_as_of: date | None, as_of: datetime | None) -> str:
    """Run the flow with Prefect's server and return the id of the published release.

    Raises:
        NotBegun: Prefect failed before the run began, which can go on without it.
    """
    begun = False

    def remember() -> None:
        nonlocal begun
        begun = True

    token = steps.at_begin.set(remember)
    try:
        return refresh_flow(controls_as_of, as_of)
    except (PrefectException, HTTPError) as error:
        if begun:
            raise
        reason = redaction.redact(f"{type(error).__name__}: {error}")
        raise NotBegun(" ".join(reason.split())[:200]) from error
    finally:
        steps.at_begin.reset(token)


def _day(given: object) -> date | None:
    try:
        day: date | None = TypeAdapter(date | None).validate_python(given)
    except ValidationError as error:
        raise InputRejected(f"controls_as_of {given!r}: expected a day as 2026-11-22") from error
    if day is not None:
        method_settings.check_controls_day(day)
    return day


def _moment(given: object) -> datetime | None:
    try:
        if isinstance(given, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", given):  # as on the command line
            return datetime.combine(TypeAdapter(date).validate_python(given), time.max, tzinfo=UTC)
        moment: datetime | None = TypeAdapter(datetime | None).validate_python(given)
    except ValidationError as error:
        raise InputRejected(
            f"as_of {given!r}: expected a day as 2026-11-22 or a moment as 2026-11-22T18:00:00Z"
        ) from error
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


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
    # cut last: half a secret would not be known as one
    return None if error is None else " ".join(redaction.redact(f"{type(error).__name__}: {error}").split())[:200]
