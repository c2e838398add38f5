"""Doctor: is what readers see whole and new, and would the next run work? One finding per check, also for monitors.

It only looks: it takes no lock, writes nothing, and tells of secrets no more than whether they are set. A check that
breaks is itself critical: what could not be looked at is not known to be well.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import duckdb

from flows import notices
from warehouse import landing, run_history
from warehouse.database import connect
from warehouse.errors import InputRejected, WarehouseError
from warehouse.kept_releases import KeptRelease, kept, told, verify
from warehouse.lock import holder, run_holder
from warehouse.paths import REPOSITORY, DataHome
from warehouse.redaction import without_secrets
from warehouse.release import DATABASE_NAME
from warehouse.run_history import one_line

Level = Literal["ok", "warning", "critical"]
LEVELS: tuple[Level, ...] = ("ok", "warning", "critical")
EXIT_CODES: dict[Level, int] = {"ok": 0, "warning": 8, "critical": 9}

LOCK_FILE = REPOSITORY / "requirements.lock"
OLD_CLIENT = "MINERAL_RISK_OLD_CLIENT"
KEYS = ("COMTRADE_API_KEY", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "MINERAL_RISK_ON_FAILURE")
# The bundled data take a minute, all years of all countries some; a run of a quarter of a day hangs or nearly does.
LONG_RUN, ENDLESS_RUN = timedelta(hours=6), timedelta(hours=24)
FAILURES_IN_A_ROW = 3
# A landing takes no run lock: what it copies may be under way.
LONG_LANDING = timedelta(hours=1)
# What begins while doctor looks is later than the moment it began at; no look lasts as long as this.
WHILE_IT_LOOKS = timedelta(hours=1)
LEFTOVERS = (".incoming-*", ".removing-*", ".unfinished-*", ".current-*")
# Days from the end of a source's newest period to a warning, and to worse. A yearly source tells of a year up to 13
# months after it ended, and that is its newest for 12 more: later than that an issue is missing, at the first figure
# more than one, at the second more than two. Months are told of within half a year.
YEARLY_DAYS, MONTHLY_DAYS = (1_200, 1_565), (200, 400)
# A run on the bundled data had 345 MB at its fullest, of which 277 MB were there in the end: raw rows lie there as CSV
# while they are loaded, and Parquet files that hold what may not leave until they are written anew.
WHILE_IT_IS_MADE = 1.3
OLD_CLIENT_SECONDS = 60
OLD_CLIENT_QUERY = """
import sys
import duckdb
path = sys.argv[1]
with duckdb.connect(path, read_only=True) as opened:
    release, = opened.execute("select release_id from meta.release").fetchone()
with duckdb.connect() as other:
    other.execute("attach '" + path.replace("'", "''") + "' as attached (read_only)")
    assert (release,) == other.execute("select release_id from attached.meta.release").fetchone()
print(duckdb.__version__, release)
"""


@dataclass(frozen=True)
class Finding:
    """What one check found; `what_to_do` is None where all is well."""

    check: str
    level: Level
    found: str
    what_to_do: str | None = None


@dataclass(frozen=True)
class Patient:
    """What is examined: a data home at a moment, and the release that its readers see."""

    home: DataHome
    now: datetime
    max_age_days: int
    lock_file: Path
    current: KeptRelease | None
    releases: tuple[KeptRelease, ...]


def examine(
    home: DataHome,
    *,
    max_age_days: int = 35,
    with_landing: bool = False,
    now: datetime | None = None,
    lock_file: Path = LOCK_FILE,
) -> list[Finding]:
    """Examine a data home and the machine it is on.

    Args:
        home: the data home.
        max_age_days: days after which a release is too old; after twice as many it is far too old.
        with_landing: whether to hash every landed file again, too.
        now: the moment of the examination, for tests.
        lock_file: versions that work together, as pip's hash-locked requirements.
    """
    releases: tuple[KeptRelease, ...] = ()
    unreadable = []
    try:
        releases = tuple(kept(home))
    except Exception as error:
        # see _looked_at
        unreadable = [
            Finding("current", "critical", f"{home.root} cannot be read: {_said(error)}", "let this user read it")
        ]
    current = next((release for release in releases if release.is_current), None)
    patient = Patient(home, now or datetime.now(UTC), max_age_days, lock_file, current, releases)
    checks: dict[str, Callable[[Patient], Iterator[Finding]]] = {
        "current": _current,
        "release": _release,
        "age": _age,
        "clock": _clock,
        "freshness": _freshness,
        "old client": _old_client,
        "run lock": _run_lock,
        "last run": _last_run,
        "schedule": _schedule,
        "leftovers": _leftovers,
        "disk": _disk,
        "user": _user,
        "versions": _versions,
        "keys": _keys,
    }
    if with_landing:
        checks["landing"] = _landing
    found = unreadable + [finding for name, check in checks.items() for finding in _looked_at(name, check, patient)]
    return [
        Finding(one.check, one.level, one_line(one.found), one.what_to_do and one_line(one.what_to_do)) for one in found
    ]


def worst(findings: list[Finding]) -> Level:
    """Return the level of the worst finding."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


def _looked_at(name: str, check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except Exception as error:
        # whatever it is, a bug of ours, too: a doctor that breaks is no all-clear, and the other checks still count
        return [Finding(name, "critical", f"could not be looked at: {_said(error)}", "see to it that it can be")]


def _said(error: Exception) -> str:
    expected = (WarehouseError, duckdb.Error, OSError, ValueError)
    return str(error) if isinstance(error, expected) else f"{type(error).__name__}: {error}"


def _current(patient: Patient) -> Iterator[Finding]:
    home, current = patient.home, patient.current
    if current is None:
        if home.current.is_symlink() or home.current.exists():
            found = f"{home.current} leads to no release"
            yield Finding("current", "critical", found, "mineral-risk rollback to one of: mineral-risk releases")
        else:
            yield Finding("current", "critical", f"no release in {home.root}", "mineral-risk run")
        return
    newest = next(
        release
        for release in patient.releases
        if release == current or not (release.is_rebuilt or _is_ahead(patient, release.release_id))
    )
    if current.is_rebuilt:
        found = f"readers see {current.release_id}, which was rebuilt as of {(current.facts or {}).get('as_of')}"
        yield Finding("current", "warning", found, "mineral-risk run gives them the newest figures")
    elif newest != current:
        found = f"readers see {current.release_id}, an older one than {newest.release_id}: it was rolled back to"
        yield Finding("current", "warning", found, "mineral-risk run publishes a newer one")
    else:
        yield Finding("current", "ok", f"readers see the newest release, {current.release_id}")


def _release(patient: Patient) -> Iterator[Finding]:
    if patient.current is None:
        return
    found = verify(patient.home, patient.current.release_id)
    if not found.is_whole:
        todo = "roll back to a whole one of mineral-risk releases, or mineral-risk run; look after the disk"
        yield Finding("release", "critical", told(found.damage), todo)
        return
    hashed = f"{found.file_count} files of {found.byte_count / 1e6:,.1f} MB hashed again, database agrees with manifest"
    if found.not_tested is not None:
        yield Finding("release", "warning", f"{hashed}; {found.not_tested}", "mineral-risk run publishes one that does")
    else:
        yield Finding("release", "ok", hashed)


def _age(patient: Patient) -> Iterator[Finding]:
    if patient.current is None:
        return
    created_at = patient.current.created_at
    if created_at is None:
        yield Finding("age", "critical", "the manifest does not say when it was published", "mineral-risk run")
        return
    age = patient.now - created_at
    found = f"published {created_at:%Y-%m-%d %H:%M} UTC, {age.days} days ago"
    if age < timedelta(0):
        yield Finding("age", "warning", f"{found}: in the future", "set the clock of this machine")
    elif age > timedelta(days=2 * patient.max_age_days):
        yield Finding("age", "critical", f"{found}, limit {patient.max_age_days}", "see why no run publishes")
    elif age > timedelta(days=patient.max_age_days):
        yield Finding("age", "warning", f"{found}, limit {patient.max_age_days}", "mineral-risk run")
    else:
        yield Finding("age", "ok", found)


def _clock(patient: Patient) -> Iterator[Finding]:
    releases = [release.release_id for release in patient.releases if _is_ahead(patient, release.release_id)]
    runs = [record.run_id for record in run_history.recorded(patient.home) if _is_ahead(patient, record.run_id)]
    if releases or runs:
        found = f"of the future: {len(releases)} releases, {len(runs)} records of runs, as {(releases + runs)[0]}"
        todo = "set the clock of this machine; where it is right and was ahead once, remove them: they pass for newest"
        yield Finding("clock", "warning", found, todo)
    else:
        yield Finding("clock", "ok", "no release and no record of a run is of the future")


def _is_ahead(patient: Patient, name: str) -> bool:
    """Whether a release or a run, whose names begin with the time they were made at, is of the future."""
    return name > f"{patient.now.astimezone(UTC) + WHILE_IT_LOOKS:%Y%m%dT%H%M%SZ}"


def _freshness(patient: Patient) -> Iterator[Finding]:
    if patient.current is None:
        return
    with connect(patient.current.folder / DATABASE_NAME, read_only=True) as connection:
        ((told_columns,),) = connection.execute(
            "select count(*) from duckdb_columns() where schema_name = 'meta' and table_name = 'sources'"
            " and column_name in ('newest_period', 'newest_period_end', 'is_newest')"
        ).fetchall()
        if told_columns < 3:
            schema = (patient.current.facts or {}).get("schema_version", "of the release")
            found = f"schema {schema} does not say how new its sources are"
            yield Finding("freshness", "warning", found, "mineral-risk run publishes a release that does")
            return
        sources = connection.execute(
            "select source_id, max(newest_period_end), arg_max(newest_period, newest_period_end),"
            " strftime(max(retrieved_at), '%Y-%m-%d') from meta.sources where is_newest group by 1 order by 1"
        ).fetchall()
    for source_id, ended_on, period, landed_on in sources:
        check = f"freshness {source_id}"
        if ended_on is None:
            yield Finding(check, "ok", f"has no period; last landed {landed_on}")
            continue
        days = (patient.now.date() - ended_on).days
        late, very_late = YEARLY_DAYS if len(period) == 4 else MONTHLY_DAYS
        level: Level = "critical" if days > very_late else "warning" if days > late else "ok"
        todo = None if level == "ok" else f"get a newer file: mineral-risk ingest {source_id} --from FILE"
        found = f"newest period {period}, ended {days} days ago; last landed {landed_on}"
        yield Finding(check, level, found if level == "ok" else f"{found}, limit {late} days", todo)


def _old_client(patient: Patient) -> Iterator[Finding]:
    python = os.environ.get(OLD_CLIENT)
    if patient.current is None:
        return
    if not python:
        yield Finding("old client", "ok", f"not tested: {OLD_CLIENT} names no Python with an older duckdb")
        return
    todo = f"set {OLD_CLIENT} to a Python that has an older duckdb"
    try:
        done = subprocess.run(
            [python, "-I", "-c", OLD_CLIENT_QUERY, str(patient.current.folder / DATABASE_NAME)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=OLD_CLIENT_SECONDS,
            env=without_secrets(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("old client", "warning", f"could not be started or did not answer: {error}", todo)
        return
    last = (done.stderr.strip() or "no word").splitlines()[-1]
    old, _, release_id = done.stdout.strip().partition(" ")
    if done.returncode != 0 and "ModuleNotFoundError" in done.stderr:
        yield Finding("old client", "warning", f"{python}: {last}", todo)
    elif done.returncode != 0 or release_id != patient.current.release_id:
        found = f"{python} cannot read the release: {last}"
        yield Finding("old client", "critical", found, "readers with old drivers cannot, either: mineral-risk run")
    elif old == duckdb.__version__:
        yield Finding("old client", "warning", f"{python} has duckdb {old}, which is ours", todo)
    else:
        yield Finding("old client", "ok", f"duckdb {old} opens and attaches the release")


def _run_lock(patient: Patient) -> Iterator[Finding]:
    held = run_holder(patient.home)
    if held is None:
        yield Finding("run lock", "ok", "free")
        return
    found = f"{held.what} is under way: {held}"
    lasting = timedelta(0) if held.since is None else patient.now - held.since
    if lasting <= LONG_RUN:
        yield Finding("run lock", "ok", found)
        return
    level: Level = "critical" if lasting > ENDLESS_RUN else "warning"
    hours = lasting.total_seconds() / 3600
    yield Finding("run lock", level, f"{found}, {hours:.0f} hours", "see whether it hangs; no other run starts")


def _last_run(patient: Patient) -> Iterator[Finding]:
    if damaged := run_history.damaged(patient.home):
        found = f"{len(damaged)} records of runs cannot be read: {damaged[0].name}"
        yield Finding("run history", "warning", found, f"remove them from {patient.home.runs}")
    runs = _runs(patient)
    held = run_holder(patient.home)
    while (now := _runs(patient))[:1] != runs[:1]:  # a run began, went on or ended between the two looks
        runs, held = now, run_holder(patient.home)
    if not runs:
        yield Finding("last run", "ok", "none is recorded")
        return
    last = runs[0]
    published = next((record for record in runs if record.status == "published"), None)
    since = f"last published {_when(published)}" if published else "no run that published is recorded"
    in_a_row = next((count for count, record in enumerate(runs) if record.status == "published"), len(runs))
    if last.status == "published":
        yield Finding("last run", "ok", f"published {last.release_id} at {_when(last)}")
    elif last.status == "running" and held is not None and held.process_id in (last.process_id, None):
        yield Finding("last run", "ok", f"under way since {_when(last)}, at {last.last_step}; {since}")
    else:
        ended = "died" if last.status == "running" else last.status
        found = f"{ended} at {_when(last)}, step {last.last_step}: {last.message or 'no word'}"
        if in_a_row >= FAILURES_IN_A_ROW:
            yield Finding("last run", "critical", f"{in_a_row} in a row: {found}; {since}", "see to what it says")
        else:
            yield Finding("last run", "warning", f"{found}; {since}", "see to what it says, then mineral-risk run")


def _runs(patient: Patient) -> list[run_history.RunRecord]:
    """Return the records of runs, newest first, without those of the future, which `clock` tells."""
    return [
        record
        for record in run_history.recorded(patient.home)
        if record.status != "rolled_back" and not _is_ahead(patient, record.run_id)
    ]


def _when(record: run_history.RunRecord) -> str:
    moment = datetime.fromisoformat(record.ended_at or record.started_at)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _schedule(patient: Patient) -> Iterator[Finding]:
    held = holder(patient.home.schedule_lock)
    if held is not None:
        yield Finding("schedule", "ok", f"alive: {held}")
    elif patient.home.schedule_lock.exists():
        todo = f"start mineral-risk schedule again; where something else starts runs: rm {patient.home.schedule_lock}"
        yield Finding("schedule", "warning", "a schedule ran here and is gone", todo)
    else:
        yield Finding("schedule", "ok", "none of ours: runs are started by hand, cron, systemd or a work pool")


def _leftovers(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    left = [*home.build.glob("*")]
    for pattern in LEFTOVERS:
        for folder in (home.root, home.releases, home.runs):
            left += folder.glob(pattern)
    is_held = run_holder(home) is not None
    # a run works in them, or has ended since we listed them: then they are gone
    left = [] if is_held else [path for path in left if path.exists() or path.is_symlink()]
    for folder in home.landing.glob("*/.incoming-*"):
        with suppress(FileNotFoundError):  # a landing that ended meanwhile
            if patient.now.timestamp() - folder.stat().st_mtime > LONG_LANDING.total_seconds():
                left.append(folder)
    if left:
        found = ", ".join(str(path.relative_to(home.root)) for path in sorted(left)[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        todo = "the next run clears them; if they stay, remove them by hand"
        yield Finding("leftovers", "warning", f"of a run that died: {found}{more}", todo)
    else:
        yield Finding("leftovers", "ok", "not looked at: a run works in them" if is_held else "none")


def _disk(patient: Patient) -> Iterator[Finding]:
    if patient.current is None:
        return
    facts = patient.current.facts or {}
    release_bytes = sum(file.stat().st_size for file in patient.current.folder.rglob("*") if file.is_file())
    build_bytes = facts.get("build_bytes")
    needed = WHILE_IT_IS_MADE * (release_bytes + (build_bytes or 0))
    free = shutil.disk_usage(patient.home.root).free
    found = f"{free / 1e6:,.0f} MB free; a release like the last one needs {needed / 1e6:,.0f} MB"
    found += " with its build" if build_bytes else " (it does not say what its build took)"
    if free < needed:
        yield Finding("disk", "critical", found, f"make room in {patient.home.root}: the next run does not fit")
    elif free < 2 * needed:
        yield Finding("disk", "warning", found, f"make room in {patient.home.root}: data grow")
    else:
        yield Finding("disk", "ok", found)


def _user(patient: Patient) -> Iterator[Finding]:
    root = patient.home.root
    user, owner = os.geteuid(), root.stat().st_uid if root.exists() else None
    if user in (0, owner) and owner is not None and not os.access(root, os.W_OK):
        found = f"{root} cannot be written, by its owner either: read-only file system or no permission"
        yield Finding("user", "critical", found, "make it writable: no run can publish")
    elif root.exists() and (faults := list(_unusable(patient.home, user))):
        todo = (
            f"give all of {root} to the user who runs (chown -R), and move away what is no folder: no run gets past it"
        )
        yield Finding("user", "critical", told(tuple(faults)), todo)
    elif user == 0:
        yield Finding("user", "warning", "running as root", "run as a user of its own that owns the data home")
    elif owner is not None and user != owner:
        yield Finding("user", "ok", f"user {user}; the data home belongs to user {owner}, who runs")
    else:
        yield Finding("user", "ok", f"user {user}, not root")


def _unusable(home: DataHome, user: int) -> Iterator[str]:
    """Say what in a data home stops its next run; what a user who only looks may not write is no fault."""
    folders = (home.landing, home.build, home.releases, home.runs, home.prefect, home.unit_tests_passed)
    for folder in folders:
        if os.path.lexists(folder) and not folder.is_dir():
            yield f"{folder} is no folder"
    owner = home.root.stat().st_uid
    if user not in (0, owner) and not os.access(home.root, os.W_OK):
        return
    for path in (*folders, *sorted(home.landing.glob("*")), *sorted(home.prefect.glob("*")), home.lock):
        if not path.exists():
            continue
        found = path.stat()
        if user == 0:
            # root may write all: what matters is whether the owner of the home can. An access control list that lets
            # somebody write shows in the rights of the group.
            may_write = found.st_uid == owner or owner == 0 or bool(found.st_mode & 0o022)
        else:
            may_write = os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0))
        if not may_write:
            runs = owner if user == 0 else user
            yield f"{path} belongs to user {found.st_uid}, and user {runs}, who runs, may not write it"


def _versions(patient: Patient) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    if not patient.lock_file.is_file():
        yield Finding("versions", "warning", f"{patient.lock_file} is not there to compare with", "restore it")
        return
    locked, missing, other = 0, [], []
    for line in patient.lock_file.read_text(encoding="utf-8").splitlines():
        if not line[:1].isalnum():  # a hash, or a comment
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        locked += 1
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            other.append(f"{requirement.name} is {installed}, locked {requirement.specifier}")
    ours = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    if missing:
        found = f"{ours}; not installed: {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}"
        yield Finding("versions", "critical", found, f"install {patient.lock_file.name} again: make install")
    elif other:
        found = f"{ours}; {', '.join(other[:5])}{' …' if len(other) > 5 else ''}"
        yield Finding("versions", "warning", found, f"install {patient.lock_file.name} again: make install")
    else:
        yield Finding("versions", "ok", f"{ours}, {locked} libraries as locked, {sys.executable}")


def _keys(patient: Patient) -> Iterator[Finding]:
    del patient
    try:
        notices.check()
    except InputRejected as error:
        yield Finding("keys", "critical", str(error), "set it anew, or unset it: no run starts with it")
        return
    present = [name for name in KEYS if name in os.environ]
    odd = [name for name in present if os.environ[name].strip() != os.environ[name] or not os.environ[name]]
    if odd:
        found = f"set with blanks around it, or empty: {', '.join(odd)}"
        yield Finding("keys", "warning", found, "set it anew, or unset it")
        return
    absent = [name for name in KEYS if name not in present]
    found = f"set: {', '.join(present) or 'none'}; not set: {', '.join(absent) or 'none'}"
    yield Finding("keys", "ok", found)


def _landing(patient: Patient) -> Iterator[Finding]:
    count, damage = 0, []
    for folder in sorted(patient.home.landing.glob("*/")):
        try:
            for vintage in landing.vintages(patient.home, folder.name):
                count += 1
                try:
                    landing.verify(patient.home, vintage)
                except WarehouseError as error:
                    damage.append(str(error))
        except WarehouseError as error:
            damage.append(str(error))
    if damage:
        yield Finding("landing", "critical", told(tuple(damage)), "restore it from a backup: no run gets past it")
    else:
        yield Finding("landing", "ok", f"{count} landed files hashed again, all as they came")
