"""The kept releases: whether each is still what was published, and how readers are given an older one.

Kept are the newest ten releases of everything that was landed, the newest ten that rebuilt an earlier moment, and the
one that readers see, however old it is. The others are removed at the end of a publish (warehouse/release.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import run_history
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.landing import sha256_of
from warehouse.lock import run_lock
from warehouse.paths import DataHome
from warehouse.release import (
    DATABASE_NAME,
    MANIFEST_NAME,
    RELEASE_ID,
    STORAGE_VERSION,
    UNFINISHED,
    Release,
    clear_leftovers,
    content_hash_of,
    named_release,
    read_manifest,
    swap,
)
from warehouse.steps import at

# Versions of the schema whose manifests tell only the hash of the database.
BEFORE_FILE_HASHES = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")


@dataclass(frozen=True)
class KeptRelease:
    """A release that can be read and rolled back to; `facts` is its manifest, None where that is damaged."""

    release_id: str
    folder: Path
    is_current: bool
    facts: Mapping[str, Any] | None

    @property
    def is_rebuilt(self) -> bool:
        """Whether it rebuilt an earlier moment; one that does not say so did not."""
        return self.facts is not None and self.facts.get("as_of") is not None

    @property
    def created_at(self) -> datetime | None:
        """UTC time of publishing; None where the manifest does not say."""
        return _moment((self.facts or {}).get("created_at"))


@dataclass(frozen=True)
class Verification:
    """What was found when a release was hashed again: one line per damage, and what could not be tested."""

    file_count: int
    byte_count: int
    damage: tuple[str, ...]
    not_tested: str | None

    @property
    def is_whole(self) -> bool:
        """Whether everything that was tested is as it was published."""
        return not self.damage


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did: the release that readers saw (None if they saw none), and the one that they see now."""

    before: str | None
    before_facts: Mapping[str, Any] | None
    now: Release
    now_facts: Mapping[str, Any]
    verification: Verification
    unwritten: str | None
    """Why the history of runs does not tell of it; None if it does."""

    @property
    def has_moved(self) -> bool:
        """Whether readers see another release than before."""
        return self.before != self.now.release_id


def kept(home: DataHome) -> list[KeptRelease]:
    """Return the kept releases, newest first; one that is being published is left out until readers see it."""
    try:
        current = home.current.resolve()
    except RuntimeError:  # a link that leads in a circle leads to no release
        current = None
    found = []
    for folder in sorted(home.releases.glob("[!.]*"), reverse=True):
        is_unseen = (home.releases / f"{UNFINISHED}{folder.name}").exists() and folder.resolve() != current
        if RELEASE_ID.fullmatch(folder.name) and folder.is_dir() and not is_unseen:
            facts = None
            try:
                facts = read_manifest(folder)
            except FileNotFoundError:
                if not folder.exists():  # a run removed it while we looked
                    continue
            except WarehouseError:  # the list tells of the others, too
                pass
            found.append(KeptRelease(folder.name, folder, folder.resolve() == current, facts))
    return found


def verify(home: DataHome, release_id: str) -> Verification:
    """Hash every file of a kept release again, and hold what its database says against its manifest.

    Raises:
        InputRejected: no release of this id is kept.
        WarehouseError: its manifest cannot be read.
    """
    folder = named_release(home, release_id).folder
    facts = read_manifest(folder)
    damage = [*_disagreements_of_manifest(folder, facts)]
    expected = facts.get("files_sha256")
    not_tested = None
    if expected is None and facts.get("schema_version") not in BEFORE_FILE_HASHES:
        damage.append(f"{MANIFEST_NAME}: does not tell the hashes of the release's files")
    if expected is None:
        expected = {DATABASE_NAME: facts.get("database_sha256")}
        not_tested = "published before manifests told the hash of each file: Parquet files were not tested"
    else:
        if expected.get(DATABASE_NAME) != facts.get("database_sha256"):
            damage.append(f"{MANIFEST_NAME}: tells two hashes of the database")
        damage += [
            f"{file.relative_to(folder).as_posix()}: not a file of the release"
            for file in sorted(folder.rglob("*"))
            if file.is_file() and file.name != MANIFEST_NAME and file.relative_to(folder).as_posix() not in expected
        ]
    byte_count = 0
    for name, digest in expected.items():
        file = folder / name
        # a manifest that was meddled with must not make us read what lies elsewhere
        if not file.resolve().is_relative_to(folder.resolve()):
            damage.append(f"{name}: leads out of the release")
        elif not file.is_file():
            damage.append(f"{name}: missing")
        elif sha256_of(file) != digest:
            damage.append(f"{name}: not the bytes that were published")
        else:
            byte_count += file.stat().st_size
    if not damage:  # bytes that nobody wrote are not opened
        damage += _disagreements_of_database(folder, facts)
    return Verification(len(expected), byte_count, tuple(damage), not_tested)


def roll_back(home: DataHome, release_id: str, *, code_version: str) -> RolledBack:
    """Let readers see a kept release again. Nothing is removed, and the next run publishes a newer one as always.

    Args:
        home: the data home.
        release_id: the release that readers shall see; any that is kept, one that rebuilt an earlier moment too.
        code_version: version of the code, for the history.

    Raises:
        InputRejected: no release of this id is kept.
        RunInProgress: a run is under way.
        WarehouseError: the release is damaged, or `current` is no link that could be swapped.
    """
    named_release(home, release_id)  # a name that is refused leaves no lock file
    with run_lock(home, "a rollback"):
        at("rollback clear")
        # what a run that died left undecided is decided by what readers see: so before they see something else
        clear_leftovers(home)
        unwritten = None
        try:
            run_history.mark_dead(home)
        except OSError as error:
            unwritten = f"{error.filename}: {error.strerror}"
        target = named_release(home, release_id)
        before = _seen_by_readers(home)
        at("rollback verify")
        verification = verify(home, target.release_id)
        if not verification.is_whole:
            raise WarehouseError(
                f"release {target.release_id} is damaged: {told(verification.damage)};"
                f" readers still see {before or 'none'}; roll back to another one of: mineral-risk releases"
            )
        before_facts = None
        if before is not None:
            before_facts = next((other.facts for other in kept(home) if other.release_id == before), None)
        if before != target.release_id:
            swap(home, target.folder)
            at("rollback note")
            try:
                run_history.note(
                    home,
                    "rolled_back",
                    message=f"readers were given {target.release_id} in place of {before or 'none'}",
                    release_id=target.release_id,
                    code_version=code_version,
                )
            except OSError as error:
                unwritten = f"{error.filename}: {error.strerror}"
        return RolledBack(before, before_facts, target, read_manifest(target.folder), verification, unwritten)


def told(damage: tuple[str, ...], most: int = 3) -> str:
    """Return the first of what is damaged in one line, and how much more there is."""
    more = f"; and {len(damage) - most} more" if len(damage) > most else ""
    return "; ".join(damage[:most]) + more


def _seen_by_readers(home: DataHome) -> str | None:
    """Return the name that `current` links to, also where nothing lies there any more; None without a link."""
    if home.current.is_symlink():
        return home.current.readlink().name
    if home.current.exists():
        raise WarehouseError(f"{home.current}: expected a link to a release, found a file or folder; move it away")
    return None


def _disagreements_of_manifest(folder: Path, facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["release_id"] != folder.name:
        yield f"{MANIFEST_NAME}: tells of release {facts['release_id']}"
    tables = facts.get("parquet_sha256", {})
    digest = content_hash_of(tables)
    if facts["content_hash"] != digest or not folder.name.endswith(digest[:8]):
        yield f"{MANIFEST_NAME}: content_hash is not that of the tables' hashes, or not that of the release's id"


def _disagreements_of_database(folder: Path, facts: Mapping[str, Any]) -> list[str]:
    """Open the database and say where it and the manifest tell of different releases, rows or formats."""
    name = DATABASE_NAME
    try:
        with connect(folder / name, read_only=True) as connection:
            cursor = connection.execute("select * from meta.release")
            columns = [column[0] for column in cursor.description or []]
            (row,) = cursor.fetchall()
            ((tags,),) = connection.execute(
                "select tags from duckdb_databases() where database_name = current_database()"
            ).fetchall()
            rows = {
                table: connection.execute(f"select count(*) from {table}").fetchall()[0][0]
                for (table,) in connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables()"
                    " where schema_name in ('marts', 'meta') order by 1"
                ).fetchall()
            }
    except (duckdb.Error, ValueError) as error:
        return [f"{name}: does not open as a release: {str(error).splitlines()[0]}"]
    found = [
        f"{name}: meta.release says {column} {value}, the manifest {facts.get(column, 'nothing of it')}"
        for column, value in zip(columns, row, strict=True)
        if column not in facts or not _is_same(value, facts[column])
    ]
    if rows != facts.get("rows"):
        found.append(f"{name}: does not hold the rows that the manifest tells of")
    version = str(tags.get("storage_version")).removesuffix("+")
    if version != STORAGE_VERSION:
        found.append(f"{name}: storage version {version}; expected {STORAGE_VERSION}, which old clients read")
    return found


def _is_same(value: object, written: object) -> bool:
    """Compare a cell of the database (moments in UTC) with what the manifest says of it."""
    if isinstance(value, datetime):
        return _moment(written) == value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return str(value) == written
    return value == written


def _moment(written: object) -> datetime | None:
    """Return a moment of a manifest in UTC; None if it is none."""
    try:
        return datetime.fromisoformat(str(written)).astimezone(UTC)
    except (ValueError, OverflowError):  # a moment before the year 1 in UTC is none, either
        return None
