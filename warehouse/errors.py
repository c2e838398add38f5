"""The one kind of error that a user is meant to read."""

from __future__ import annotations


class WarehouseError(Exception):
    """Something a user can act on. The text is one line: what, where, expected, found, what to do."""

    exit_code = 1


class InputRejected(WarehouseError):
    """A file from outside is not what its publisher promises; nothing of it was kept."""

    exit_code = 3


class CheckFailed(WarehouseError):
    """A dbt test or an expectation failed; the last release stays as it was."""

    exit_code = 4


class MachineFault(WarehouseError):
    """The disk is full, read-only or failing, or memory ran out; the last release stays as it was."""


class RunInProgress(WarehouseError):
    """Another run holds the lock."""

    exit_code = 5


class NothingPublished(WarehouseError):
    """There is no release to read yet."""

    exit_code = 6


class SettingsRejected(WarehouseError):
    """A seed of the method contradicts itself; nothing was started."""

    exit_code = 7
