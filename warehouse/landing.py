"""Landing: publishers' bytes, untouched and append-only, each with a manifest.

One vintage is one file as it was received. Its folder is `landing/<source_id>/<vintage_id>/` and holds the
file and `manifest.json`. Nothing here is ever changed or removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from warehouse.errors import InputRejected, WarehouseError
from warehouse.paths import DataHome
from warehouse.steps import at

MANIFEST = "manifest.json"
INCOMING = ".incoming-"


@dataclass(frozen=True)
class Vintage:
    """One landed file and what is known about it; the fields are those of `manifest.json`.

    `dataset` names the slot that a newer vintage takes over from an older one (same publisher, same
    revision, same scope). `covers_all_importers` says whether a world share may be computed from it.
    """

    source_id: str
    vintage_id: str
    dataset: str
    publisher: str
    title: str
    licence: str
    credit: str
    url: str
    retrieved_at: str
    file_name: str
    sha256: str
    size_bytes: int
    covers_all_importers: bool
    parameters: dict[str, str] = field(default_factory=dict)

    def folder(self, home: DataHome) -> Path:
        """Return the folder of this vintage."""
        return home.landing / self.source_id / self.vintage_id

    def file(self, home: DataHome) -> Path:
        """Return the landed file."""
        return self.folder(home) / self.file_name


@dataclass(frozen=True)
class Arrival:
    """A file that is about to be landed: a vintage without the facts that its bytes and the clock add."""

    source_id: str
    dataset: str
    publisher: str
    title: str
    licence: str
    credit: str
    url: str
    covers_all_importers: bool
    parameters: dict[str, str]


def utc_timestamp(moment: datetime) -> str:
    """Return a moment as `2026-11-22T18:00:00.000000Z`: fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def land(home: DataHome, arrival: Arrival, file: Path, retrieved_at: datetime | None = None) -> tuple[Vintage, bool]:
    """Copy a file into landing and write its manifest.

    Without `retrieved_at` it was retrieved now, and after every vintage of its source: of two files that tell of the
    same, the one that was landed last speaks, even where the clock was set back in between.

    Returns the vintage and whether it is new: bytes that the newest vintage of the same dataset already
    holds land nothing, nor do the same bytes of the same moment. The folder appears whole or not at all; what a
    landing that was killed left behind is removed by the next one of its source.
    """
    if file.name == MANIFEST:
        raise InputRejected(f"{file}: the name {MANIFEST} is taken in landing; rename the file")
    folder = home.landing / arrival.source_id
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        _clear(folder)
        return _land(home, arrival, file, retrieved_at, Path(tempfile.mkdtemp(prefix=INCOMING, dir=folder)))


def clear_leftovers(home: DataHome) -> list[OSError]:
    """Remove what landings that were killed left behind, of every source; one that is under way is left alone.

    Returns why what is still there could not be removed.
    """
    stuck = []
    for folder in home.landing.glob("*/"):
        # whoever holds the folder cleared it before it began
        with suppress(BlockingIOError), _alone_in(folder, wait=False):
            stuck += _clear(folder)
    return stuck


def _clear(folder: Path) -> list[OSError]:
    stuck = []
    for leftover in folder.glob(f"{INCOMING}*"):
        at(f"clear {leftover.name}")
        try:
            shutil.rmtree(leftover)
        except OSError as error:  # its name is never taken again: it is in nobody's way
            stuck.append(OSError(error.errno, error.strerror, str(leftover)))
    return stuck


def _land(
    home: DataHome, arrival: Arrival, file: Path, retrieved_at: datetime | None, incoming: Path
) -> tuple[Vintage, bool]:
    try:
        at(f"land copy {arrival.source_id} {file.name}")
        sha256, size_bytes = _copy_and_hash(file, incoming / file.name)
        newest = newest_by_dataset(home, arrival.source_id).get(arrival.dataset)
        if newest is not None and newest.sha256 == sha256:
            return newest, False
        timestamp = utc_timestamp(retrieved_at or _after_all(vintages(home, arrival.source_id)))
        vintage = Vintage(
            **asdict(arrival),
            vintage_id=f"{timestamp.replace('-', '').replace(':', '')}-{sha256[:8]}",
            retrieved_at=timestamp,
            file_name=file.name,
            sha256=sha256,
            size_bytes=size_bytes,
        )
        manifest = json.dumps(asdict(vintage), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        at(f"land manifest {arrival.source_id} {file.name}")
        (incoming / MANIFEST).write_text(manifest, encoding="utf-8")
        for landed in incoming.iterdir():
            landed.chmod(0o444)
        incoming.chmod(0o755)
        for written in (incoming / MANIFEST, incoming):  # the file itself is on the disk already
            fsync(written)
        target = vintage.folder(home)
        if target.exists():  # an older file again, bundled for example, after a newer one of its dataset
            return _read_manifest(target / MANIFEST), False
        at(f"land rename {arrival.source_id} {file.name}")
        incoming.rename(target)
        for changed in (target.parent, home.landing, home.root):  # the first of a source made all of them
            fsync(changed)
        return vintage, True
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _after_all(landed: Sequence[Vintage]) -> datetime:
    """Return the time, or the next microsecond after the newest of the landed vintages if that is later."""
    now = datetime.now(UTC)
    newest = max((datetime.fromisoformat(vintage.retrieved_at) for vintage in landed), default=None)
    return now if newest is None else max(now, newest + timedelta(microseconds=1))


@contextmanager
def _alone_in(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Wait until no other landing into a source's folder is under way, and keep others out.

    Raises:
        BlockingIOError: another one is under way and `wait` is false.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # the kernel lets go of it when the process ends, however it ends
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def vintages(home: DataHome, source_id: str) -> list[Vintage]:
    """Return every landed vintage of a source, oldest first.

    Raises:
        WarehouseError: a manifest cannot be read.
    """
    folder = home.landing / source_id
    if not folder.is_dir():
        return []
    found = [_read_manifest(manifest) for manifest in folder.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda vintage: vintage.vintage_id)


def newest_by_dataset(home: DataHome, source_id: str, as_of: datetime | None = None) -> dict[str, Vintage]:
    """Return the newest vintage of each dataset of a source, of those retrieved by `as_of` if that is given."""
    return {dataset: known[-1] for dataset, known in history_by_dataset(home, source_id, as_of).items()}


def history_by_dataset(home: DataHome, source_id: str, as_of: datetime | None = None) -> dict[str, list[Vintage]]:
    """Return the vintages of each dataset of a source, oldest first, of those retrieved by `as_of` if given."""
    history: dict[str, list[Vintage]] = {}
    for vintage in vintages(home, source_id):
        if as_of is None or vintage.retrieved_at <= utc_timestamp(as_of):
            history.setdefault(vintage.dataset, []).append(vintage)
    return history


def verify(home: DataHome, vintage: Vintage) -> Path:
    """Return the landed file after comparing its bytes with the manifest.

    Raises:
        WarehouseError: the file is gone or was changed after landing.
    """
    file = vintage.file(home)
    if not file.is_file():
        raise WarehouseError(f"{file}: landed file is missing; restore it, or remove its folder and ingest again")
    found = sha256_of(file)
    if found != vintage.sha256:
        raise WarehouseError(
            f"{file}: landed file was changed: expected sha256 {vintage.sha256}, found {found}; restore it"
        )
    return file


def _read_manifest(manifest: Path) -> Vintage:
    return _manifest_of(manifest, manifest.stat().st_mtime_ns)


@cache
def _manifest_of(manifest: Path, modified: int) -> Vintage:
    # a run asks for them several times, and there may be thousands; nothing but tampering changes one
    del modified
    try:
        vintage = Vintage(**json.loads(manifest.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise WarehouseError(f"{manifest}: expected a landing manifest, found: {error}; restore it") from error
    # they are names of folders and of a file: one that was meddled with could lead anywhere
    names = (manifest.parent.parent.name, manifest.parent.name, Path(str(vintage.file_name)).name)
    if (vintage.source_id, vintage.vintage_id, vintage.file_name) != names or names[-1] in ("", "..", MANIFEST):
        raise WarehouseError(
            f"{manifest}: expected the manifest of this folder and of a file in it, found that of"
            f" {vintage.source_id}/{vintage.vintage_id}/{vintage.file_name}; restore it"
        )
    return vintage


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy_and_hash(source: Path, target: Path) -> tuple[str, int]:
    # hashing takes one core and copying waits for the disk, so they go side by side
    with ThreadPoolExecutor(max_workers=1) as executor:
        hashing = executor.submit(sha256_of, source)
        shutil.copyfile(source, target)
        fsync(target)
        return hashing.result(), target.stat().st_size


def fsync(path: Path) -> None:
    """Wait until a file or a folder (its list of names) is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
