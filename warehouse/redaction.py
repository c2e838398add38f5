"""Secrets stay out of what is shown, logged, kept and sent.

A secret is the value of an environment variable below. It may come back in places nobody thought of (the error of an
HTTP library, a traceback, the message of a refused connection), so every text that leaves a process goes through
`redact`: log records before any handler sees them, errors, the history of runs, notices.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import shlex
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from urllib.parse import quote, quote_plus

# Names of environment variables whose values nobody but their addressee may see.
SECRETS = (
    "COMTRADE_API_KEY",
    "MINERAL_RISK_ON_FAILURE",
    "PREFECT_API_KEY",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_CLIENT_CUSTOM_HEADERS",
    "PREFECT_API_DATABASE_CONNECTION_URL",
    "PREFECT_API_DATABASE_PASSWORD",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "PREFECT_SERVER_DATABASE_PASSWORD",
)
# Shorter values are no secrets, and replacing every `1` would make each message unreadable.
SHORTEST_SECRET = 4
# Words of a failure command that are as long as a token; `-X POST` and `/usr/bin/mail` may be read.
SHORTEST_WORD = 12


def redact(text: str) -> str:
    """Return a text with every secret replaced by `[name of its variable]`, in whichever form it is written."""
    for form, name in _forms():
        text = text.replace(form, f"[{name}]")
    return text


def without_secrets() -> dict[str, str]:
    """Return the environment without the secrets, for processes that need none of them."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS}


def forget_secrets() -> None:
    """Remove the secrets from the environment of this process, for one that was started with a copy of ours."""
    for name in SECRETS:
        os.environ.pop(name, None)


def redacted(error: Exception) -> Exception:
    """Return an error whose text, causes included, holds no secret: the same one where it holds none.

    Prefect keeps the text of an error as the message of a failed run, outside of any log.
    """
    if redact(_told(error)) == _told(error):
        return error
    text = redact(str(error))
    try:
        told = type(error)(text)
    except TypeError:  # its class wants other things than a text
        told = RuntimeError(f"{type(error).__name__}: {text}")
    # what an OSError says is put together from its parts
    return told if str(told) == text or isinstance(told, RuntimeError) else RuntimeError(text)


@contextmanager
def of_errors() -> Iterator[None]:
    """Let no error out of the block that holds a secret."""
    try:
        yield
    except Exception as error:
        harmless = redacted(error)
        if harmless is error:
            raise
        raise harmless from None


def install() -> None:
    """Redact every log record of this process before a handler sees it, and every traceback that ends it.

    A filter on a logger does not see the records of the loggers below it, and Prefect makes its handlers anew with
    every flow run: the record itself is the one place that none of them goes around.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def make_redacted(*arguments: object, **keywords: object) -> logging.LogRecord:
        record = make(*arguments, **keywords)
        _redact_record(record)
        return record

    make_redacted.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_redacted)
    sys.excepthook = _print_redacted
    threading.excepthook = lambda ended: _print_redacted(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _forms() -> list[tuple[str, str]]:
    """Return each form in which a secret may be written with the name of its variable, the longest form first."""
    forms: dict[str, str] = {}
    for name in SECRETS:
        value = os.environ.get(name, "").strip()
        for secret in _words(value) if name == "MINERAL_RISK_ON_FAILURE" else (value,):
            if len(secret) >= SHORTEST_SECRET:
                encoded = base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode()
                written = (
                    *(secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], encoded, encoded.rstrip("=")),
                    *(encode(secret, safe="", errors="surrogateescape") for encode in (quote, quote_plus)),
                )
                forms.update(dict.fromkeys(written, name))
    return sorted(forms.items(), key=lambda form: (-len(form[0]), form))


def _words(command: str) -> list[str]:
    """Return what may be secret in a command: its arguments, alone and together; which program it is may be read."""
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that is not closed: refused elsewhere
        words = command.split()
    _, _, arguments = command.partition(" ")
    return [word for word in (arguments.strip(), *words[1:]) if len(word) >= SHORTEST_WORD]


def _redact_record(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):  # its arguments do not fit: logging would print them as they are
        message = f"{record.msg} {record.args}"
        record.msg, record.args = redact(message), None
        return
    if (harmless := redact(message)) != message:
        record.msg, record.args = harmless, None
    if record.exc_info and record.exc_info[1] is not None:
        told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if (harmless := redact(told)) != told:
            record.exc_info, record.exc_text = None, harmless


def _print_redacted(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    print(redact("".join(traceback.format_exception(kind, error, where))), end="", file=sys.stderr)


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)) + "".join(
        _told(cause) for cause in (error.__cause__, error.__context__) if cause is not None
    )
