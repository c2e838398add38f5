"""Reading zip archives from outside: names that stay inside, sizes within limits, nothing trusted."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from warehouse.errors import InputRejected

MAXIMUM_MEMBERS = 200
MAXIMUM_MEMBER_BYTES = 8 * 1024**3
MAXIMUM_TOTAL_BYTES = 64 * 1024**3
MAXIMUM_COMPRESSION_RATIO = 200
CHUNK_BYTES = 4 * 1024 * 1024


def is_zip(file: Path) -> bool:
    """Tell whether a file is meant to be a zip archive, by its name."""
    return file.suffix.lower() == ".zip"


def member_names(archive: Path) -> list[str]:
    """Return the names in an archive after checking names, count, sizes and compression ratio.

    Raises:
        InputRejected: the archive is damaged, too large, or holds a name that would leave its folder.
    """
    return [member.filename for member in _checked_members(archive)]


def extract(archive: Path, pattern: re.Pattern[str], scratch: Path) -> Iterator[tuple[Path, str]]:
    """Yield the members whose name matches, one at a time; each is removed before the next is written.

    Yields:
        The extracted file and its name in the archive.

    Raises:
        InputRejected: as `member_names`; a member's bytes do not match their checksum; nothing matches.
    """
    matching = [
        member for member in _checked_members(archive) if pattern.fullmatch(PurePosixPath(member.filename).name)
    ]
    if not matching:
        raise InputRejected(
            f"{archive.name}: expected members named like {pattern.pattern}, found none; give the publisher's own file"
        )
    with zipfile.ZipFile(archive) as opened:
        for member in sorted(matching, key=lambda found: found.filename):
            target = scratch / PurePosixPath(member.filename).name
            try:
                _write_member(opened, member, target)
                yield target, target.name
            finally:
                target.unlink(missing_ok=True)


def _write_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    # the header's size is only a claim: count what really comes out
    written = 0
    try:
        with archive.open(member) as reading, target.open("xb") as writing:
            while chunk := reading.read(CHUNK_BYTES):
                written += len(chunk)
                if written > member.file_size:
                    raise zipfile.BadZipFile("more bytes than its header says")
                writing.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        name = Path(archive.filename or "archive").name
        raise InputRejected(f"{name}: {member.filename} is damaged ({error}); download it again") from error


def _checked_members(archive: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise InputRejected(
            f"{archive.name}: expected a whole zip archive, found {archive.stat().st_size:,} bytes that are not one"
            f" ({error}); download it again"
        ) from error
    if len(members) > MAXIMUM_MEMBERS:
        raise InputRejected(f"{archive.name}: {len(members)} members; at most {MAXIMUM_MEMBERS} are read")
    total = 0
    seen: set[str] = set()
    for member in members:
        name = member.filename
        path = PurePosixPath(name)
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or is_link:
            raise InputRejected(f"{archive.name}: the member name {name!r} leaves its folder; the archive is refused")
        if path.name in seen:
            raise InputRejected(f"{archive.name}: two members are named {path.name!r}; the archive is refused")
        seen.add(path.name)
        total += member.file_size
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > MAXIMUM_MEMBER_BYTES or total > MAXIMUM_TOTAL_BYTES or ratio > MAXIMUM_COMPRESSION_RATIO:
            raise InputRejected(
                f"{archive.name}: {name} would unpack to {member.file_size:,} bytes (ratio {ratio:.0f});"
                " more than the limits allow"
            )
    return members
