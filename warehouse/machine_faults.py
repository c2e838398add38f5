"""A disk that is full, read-only or failing, and memory that ran out: told in one line, whatever library met them.

DuckDB, dbt, Great Expectations, Arrow and Python each have an error of their own for these, and wrap those of the
others. The words of the operating system are in all of them, so it is by those that a fault is known.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.errors import MachineFault, WarehouseError

_PERMIT = "give it, or run as the user who owns the data home"
_MORE_MEMORY = "give the machine more"
# What a library says, what it means, and what to do about it. The first that is found counts.
FAULTS = (
    # DuckDB calls it a lack of memory, too, where what does not fit has no room on the disk
    ("failed to offload data block", "the disk has no room for what does not fit into memory", "make room"),
    ("Out of Memory Error", "memory ran out{limit}", f"raise MINERAL_RISK_MEMORY_LIMIT, or {_MORE_MEMORY}"),
    ("std::bad_alloc", "memory ran out", _MORE_MEMORY),
    ("Cannot allocate memory", "memory ran out", _MORE_MEMORY),
    ("No space left on device", "the disk is full", "make room"),
    ("Disk quota exceeded", "the disk quota is used up", "make room"),
    ("File too large", "the file grew past what this process may write", "raise its limit"),
    ("Too many open files", "too many files are open", "raise the limit of this process"),
    ("Read-only file system", "the file system is read-only", "mount it for writing"),
    ("Permission denied", "this user ({user}) has no permission", _PERMIT),
    ("Operation not permitted", "this user ({user}) has no permission", _PERMIT),
    ("Input/output error", "the disk fails", "check it"),
)
PATH = re.compile(r"['\"](/[^'\"\\]+)")
USED = re.compile(r"\(\S+ \S+?/(\S+ \S+) used\)")


def machine_fault(found: BaseException | str) -> MachineFault | None:
    """Return what an error, or its text, says of the machine in one line; None if that is not what went wrong."""
    text = "Out of Memory Error" if isinstance(found, MemoryError) else str(found)
    for sign, meaning, advice in FAULTS:
        if sign in text:
            # of memory there is no place: a path in DuckDB's words on it is an example of a setting
            path = None if meaning.startswith("memory") else PATH.search(text)
            used = USED.search(text)
            limit = f" (limit {used[1]})" if used else ""
            where = f"{path[1]}: " if path else ""
            return MachineFault(
                f"{where}{meaning.format(limit=limit, user=os.geteuid())} ({sign}):"
                f" {advice}, then run again; the last release stays"
            )
    return None


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn whatever error the machine caused into one line.

    Raises:
        MachineFault: a disk or memory failed; every other error goes on as it is.
    """
    try:
        yield
    except WarehouseError:
        raise
    except Exception as error:
        fault = machine_fault(error)
        if fault is None:
            raise
        raise fault from error
