"""The history of runs: one small file per run, so that a run that died is known to have died.

A record is written when the run holds the lock, at each of its steps, and when it ends. It is replaced as a whole:
a reader sees the one before or the one after. Whoever holds the lock knows that no other run is alive, so a record that
still says `running` is of one that was killed, or whose machine stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from warehouse.errors import WarehouseError
from warehouse.landing import utc_timestamp
from warehouse.paths import DataHome
from warehouse.redaction import redact
from warehouse.release import MANIFEST_NAME, UNFINISHED, read_manifest

KEPT_RUNS = 1000
LONGEST_MESSAGE = 2000
RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9]+")
# rolled_back is no run: somebody gave readers an older release, which belongs into the same story
STATUSES = ("running", "published", "failed", "died", "rolled_back")
MOMENTS = ("started_at", "ended_at", "as_of")


@dataclass(frozen=True)
class RunRecord:
    """What is known of a run; moments are UTC, as `2026-11-22T18:00:00.000000Z`.

    `ended_at` of a run that died is None, for nobody was there to see. `message` says what failed. `as_of` is the
    moment whose knowledge was rebuilt, None for everything that was landed. `told` says of a run that died whether
    the failure notice told of it; None of any other.
    """

    run_id: str
    started_at: str
    ended_at: str | None
    status: str
    last_step: str | None
    message: str | None
    release_id: str | None
    code_version: str
    as_of: str | None
    process_id: int
    started_by: str
    told: bool | None = None

    @property
    def seconds(self) -> float | None:
        """How long the run took; None if it has no known end, or the machine's clock was set back behind its start."""
        if self.ended_at is None:
            return None
        took = (datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.started_at)).total_seconds()
        return took if took >= 0 else None


_TYPES = get_type_hints(RunRecord)


class Recorder:
    """Writes the record of one run as it goes.

    A history that cannot be written (a full disk, a read-only folder) does not stop a run: the reason is kept in
    `unwritten`, so that whoever started the run can say it beside the run's own outcome.
    """

    def __init__(
        self,
        home: DataHome,
        *,
        code_version: str,
        as_of: datetime | None = None,
        started_by: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Begin a record; nothing is written before `start` or `end`."""
        self._home = home
        self._now = now
        self.unwritten: str | None = None
        self.record = new_record(now(), code_version=code_version, as_of=as_of, started_by=started_by)

    @property
    def has_ended(self) -> bool:
        """Whether the record says how the run ended."""
        return self.record.status != "running"

    def start(self) -> list[RunRecord]:
        """Write that the run is under way, mark the runs that died, and return those of which nobody was told yet.

        The run lock must be held.
        """
        try:
            mark_dead(self._home)
            _forget_the_oldest(self._home)
        except OSError as error:
            self.unwritten = _reason(error)
        self._write()
        return [record for record in recorded(self._home) if record.status == "died" and record.told is False]

    def step(self, name: str) -> None:
        """Write that a step begins; of the many fine ones of publishing, verb and noun."""
        step = " ".join(name.split()[:2])
        if step != self.record.last_step and not self.has_ended:
            self.record = replace(self.record, last_step=step)
            self._write()

    def end(self, status: str, *, message: str | None = None, release_id: str | None = None) -> None:
        """Write how the run ended; the first end counts."""
        if not self.has_ended:
            self.record = _ended(self.record, self._now(), status, message, release_id)
            self._write()

    def fail(self, message: str) -> None:
        """Write that the run failed and why; it may have published before that, which the record then says."""
        release_id = None
        try:
            release_id = _published_by(self._home, self.record)
        except OSError as error:  # the disk that failed the run may not let us look either
            self.unwritten = _reason(error)
        self.end("failed" if release_id is None else "published", message=message, release_id=release_id)

    def _write(self) -> None:
        try:
            _write(self._home, self.record)
        except OSError as error:
            self.unwritten = _reason(error)


def new_record(
    now: datetime, *, code_version: str, as_of: datetime | None = None, started_by: str, last_step: str | None = None
) -> RunRecord:
    """Return the record of a run that this process begins."""
    started_at = utc_timestamp(now)
    return RunRecord(
        run_id=f"{started_at.replace('-', '').replace(':', '')}-{os.getpid()}",
        started_at=started_at,
        ended_at=None,
        status="running",
        last_step=last_step,
        message=None,
        release_id=None,
        code_version=code_version,
        as_of=utc_timestamp(as_of) if as_of else None,
        process_id=os.getpid(),
        started_by=started_by,
    )


def note(home: DataHome, status: str, *, message: str, release_id: str, code_version: str) -> None:
    """Write that readers were given another release without a run (`rolled_back`), into the history of runs.

    Raises:
        OSError: the history cannot be written.
    """
    now = datetime.now(UTC)
    begun = new_record(now, code_version=code_version, started_by="command", last_step=status)
    _write(home, _ended(begun, now, status, message, release_id))


def mark_dead(home: DataHome) -> list[RunRecord]:
    """Mark the runs that never said how they ended, and return those that died. The run lock must be held.

    A run that was killed after it published did publish: what readers see decides.

    Raises:
        OSError: the history cannot be written.
    """
    died = []
    for record in recorded(home):
        if record.status != "running":
            continue
        release_id = _published_by(home, record)
        if release_id is not None:
            message = "it published and was gone before it could say so: killed, or the machine stopped"
            _write(home, replace(record, status="published", release_id=release_id, message=message))
        else:
            message = (
                f"the process {record.process_id} was gone without a word, in or after the step"
                f" {record.last_step or 'start'}: killed, or the machine stopped"
            )
            died.append(replace(record, status="died", message=message, told=False))
            _write(home, died[-1])
    return died


def mark_told(home: DataHome, died: RunRecord) -> None:
    """Write that the failure notice told of a run that died.

    Raises:
        OSError: the history cannot be written.
    """
    _write(home, replace(died, told=True))


def recorded(home: DataHome) -> list[RunRecord]:
    """Return the kept records, newest first; a file that is no record of ours is none (see `damaged`)."""
    return [record for _, record in _files(home) if record is not None]


def damaged(home: DataHome) -> list[Path]:
    """Return the files in the history that are not as we write them."""
    return [file for file, record in _files(home) if record is None]


def one_line(text: str) -> str:
    """Return a text from anywhere as one line that SQL, JSON and a terminal can hold: no control characters."""
    whole = redact(text).encode("utf-8", "backslashreplace").decode()
    plain = "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in whole)
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def _ended(record: RunRecord, now: datetime, status: str, message: str | None, release_id: str | None) -> RunRecord:
    if status not in STATUSES[1:]:
        raise ValueError(f"status {status!r}: expected one of {', '.join(STATUSES[1:])}")
    return replace(
        record,
        ended_at=utc_timestamp(now),
        status=status,
        message=None if message is None else one_line(message),
        release_id=release_id,
    )


def _published_by(home: DataHome, record: RunRecord) -> str | None:
    """Return the release that a run published, if it did: one that readers see, or that is whole beside it."""
    current = home.current.resolve()
    for manifest in sorted(home.releases.glob(f"[!.]*/{MANIFEST_NAME}")):
        try:
            run_id = read_manifest(manifest.parent).get("run_id")
        except (OSError, WarehouseError):  # a damaged release is doctor's business
            continue
        is_unfinished = (home.releases / f"{UNFINISHED}{manifest.parent.name}").exists()
        if run_id == record.run_id and (manifest.parent == current or not is_unfinished):
            return manifest.parent.name
    return None


def _files(home: DataHome) -> list[tuple[Path, RunRecord | None]]:
    return [(file, _read(file)) for file in sorted(home.runs.glob("[!.]*.json"), reverse=True)]


def _read(file: Path) -> RunRecord | None:
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # a newer version may know more of a run than we do
    known: dict[str, Any] = {name: written.get(name) for name in _TYPES} if isinstance(written, dict) else {}
    if not known or not all(_is_of(known[name], kind) for name, kind in _TYPES.items()):
        return None
    moments = [known[name] for name in MOMENTS if known[name] is not None]
    if not all(_is_moment(moment) for moment in moments) or known["status"] not in STATUSES:
        return None
    record = RunRecord(**known)
    return record if RUN_ID.fullmatch(record.run_id) and file.stem == record.run_id else None


def _is_of(value: object, kind: object) -> bool:
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return type(value) in kinds


def _is_moment(text: str) -> bool:
    try:
        return utc_timestamp(datetime.fromisoformat(text)) == text
    except ValueError:
        return False


def _write(home: DataHome, record: RunRecord) -> None:
    home.runs.mkdir(parents=True, exist_ok=True)
    with _alone_in(home.runs) as descriptor:
        for leftover in home.runs.glob(".incoming-*"):  # nobody else writes now: who began it was killed
            leftover.unlink()
        incoming = home.runs / f".incoming-{record.run_id}"
        try:
            with incoming.open("w", encoding="utf-8") as file:
                json.dump(asdict(record), file, indent=2, ensure_ascii=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            incoming.replace(home.runs / f"{record.run_id}.json")
        except BaseException:
            incoming.unlink(missing_ok=True)
            raise
        os.fsync(descriptor)


def _forget_the_oldest(home: DataHome) -> None:
    for file in sorted(home.runs.glob("[!.]*.json"), reverse=True)[KEPT_RUNS:]:
        file.unlink()


@contextmanager
def _alone_in(folder: Path) -> Iterator[int]:
    """Keep other writers out of a folder; the kernel lets go of it when the process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return one_line(f"{error.filename or 'runs'}: {error.strerror or error}")
