"""Secrets stay out of what is shown, logged, kept and sent.

A secret is the value of an environment variable below, and what in it is secret alone: the values of headers written as
JSON, the password of a database's URL, the password of `user:password` (and the user that looks like a secret).

Of the failure command those words are secret that look like it, its first included, for whoever puts an address in
place of a program: a word

- that holds `://` or `user:password@`,
- of at least 12 characters with a digit among them, without a blank, that does not begin with `/` as a path does,
- that names one: `token=...`, `--password=...` and the like.

A word with blanks or quotes within is judged whole and in its pieces. The password in such a word is secret alone too,
and so is what follows a `=` in it, if its name says so or it looks like a secret. All else in the command may be read:
a subject, a folder, `-X POST`. A password that is an ordinary word and stands alone is not known as one: it belongs in
a file that the program reads.

A secret may come back in places nobody thought of (the error of an HTTP library, a traceback, the message of a refused
connection), so every text that leaves a process goes through `redact`: log records before any handler sees them,
errors, the history of runs, notices.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import shlex
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType
from urllib.parse import unquote

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
# A word that is as long as a token, with digits as a token has them.
SHORTEST_TOKEN = 12
# `--api-key=...` with its value; in a URL the next name follows after `&`
_NAMED = re.compile(r"([\w.-]*)=([^&\s]*)")
_NAME_OF_SECRET = re.compile("pass|pwd|token|secret|key|auth|sig", re.IGNORECASE)
# SQLAlchemy lets the password end at the first `@`, others at the last one before the path
_PASSWORDS = (re.compile(r"[^\s:/@]*:(?!//)([^\s@]+)@"), re.compile(r"://[^\s:/@]*:([^\s/?#]+)@"))


def redact(text: str) -> str:
    """Return a text with every secret replaced by `[name of its variable]`, in whichever form it is written."""
    for secret, name in _secrets():
        text = _notations(secret).sub(f"[{name}]", text)
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
    if isinstance(error, ExceptionGroup):
        return ExceptionGroup(redact(error.message), [redacted(member) for member in error.exceptions])
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


def _secrets() -> list[tuple[str, str]]:
    """Return each secret with the name of its variable, the longest first."""
    secrets: dict[str, str] = {}
    for name in SECRETS:
        value = os.environ.get(name, "").strip()
        parts = _of_command(value) if name == "MINERAL_RISK_ON_FAILURE" else [value, *_parts(name, value)]
        secrets.update((part, name) for part in parts if len(part) >= SHORTEST_SECRET)
    return sorted(secrets.items(), key=lambda secret: (-len(secret[0]), secret))


def _parts(name: str, value: str) -> list[str]:
    """Return what is secret alone within the value of a variable."""
    if name.endswith("_AUTH_STRING"):
        user, _, password = value.partition(":")
        return [password, *([user] if _looks_secret(user) else [])]  # `prefect` or `admin` is a word of many messages
    if name.endswith("_CONNECTION_URL"):
        return [*_passwords(value), *_named(value)]
    if name.endswith("_CUSTOM_HEADERS"):
        with suppress(ValueError):  # no JSON: Prefect refuses it
            headers = json.loads(value)
            written = [str(header) for header in headers.values()] if isinstance(headers, dict) else []
            # `Bearer` and its token
            return [part for header in written for part in (header, header.partition(" ")[2].strip())]
    return []


def _of_command(command: str) -> list[str]:
    """Return what looks like a secret in a command, by the rule that this module begins with."""
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that is not closed: refused elsewhere
        words = command.split()
    pieces = [piece for word in words for piece in (word, *re.split(r"[\s'\"]+", word))]
    return [part for word in pieces if _looks_secret(word) for part in (word, *_passwords(word), *_named(word))]


def _looks_secret(word: str) -> bool:
    if "://" in word or _passwords(word) or any(_NAME_OF_SECRET.search(name) for name, _ in _NAMED.findall(word)):
        return True
    is_token = len(word) >= SHORTEST_TOKEN and re.search(r"\d", word) and not re.search(r"\s", word)
    return bool(is_token) and not word.startswith("/")


def _passwords(url: str) -> list[str]:
    found = [password for pattern in _PASSWORDS for password in pattern.findall(url)]
    return [form for password in found for form in (password, unquote(password))]


def _named(word: str) -> list[str]:
    """Return the values of `name=value` that are secret alone: `?channel=minerals` is not."""
    found = [value for name, value in _NAMED.findall(word) if _NAME_OF_SECRET.search(name) or _looks_secret(value)]
    return [form for value in found for form in (value, unquote(value))]


@cache
def _notations(secret: str) -> re.Pattern[str]:
    """Return what finds a secret however it is written: each character as it is or escaped, or all of it in base64.

    Which characters of a URL are escaped, and in which letters, differs from library to library.
    """
    encoded = base64.b64encode(_octets(secret)).decode().rstrip("=")
    return re.compile(f"{''.join(map(_notation, secret))}|{re.escape(encoded)}={{0,2}}")


def _notation(character: str) -> str:
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return re.escape(character)  # which nothing escapes
    octets = _octets(character)
    # a text that was shown within a text has more backslashes
    backslash, plain = r"\\{1,4}", re.escape(character)
    if character == "\\":
        plain = backslash
    elif character in "\"'/":
        plain = rf"\\{{0,4}}{plain}"
    shown = {repr(character)[1:-1], ascii(character)[1:-1], json.dumps(character)[1:-1], repr(octets)[2:-1]}
    escaped = [
        *sorted(
            re.escape(form).replace(r"\\", backslash) for form in shown if form.strip("\\") != character.strip("\\")
        ),
        "".join(f"%(?:25)?{octet:02x}" for octet in octets),
        *([r"\+"] if character == " " else []),
    ]
    return f"(?:{plain}|(?i:{'|'.join(escaped)}))"


def _octets(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as JSON can write it
        return text.encode("utf-8", "surrogatepass")


def _redact_record(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # arguments that do not fit, or cannot be shown: logging would print what is wrong with them
        record.msg, record.args = redact(_unfit(record)), None
        return
    if (harmless := redact(message)) != message:
        record.msg, record.args = harmless, None
    if record.exc_info and record.exc_info[1] is not None:
        told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if (harmless := redact(told)) != told:
            record.exc_info, record.exc_text = None, harmless


def _unfit(record: logging.LogRecord) -> str:
    try:
        return f"{record.msg} {record.args}"
    except Exception as error:  # whatever the program's own objects raise: a log call does not end it
        return f"a message of {record.name} that cannot be shown: {type(error).__name__}"


def _print_redacted(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    print(redact("".join(traceback.format_exception(kind, error, where))), end="", file=sys.stderr)


def _told(error: BaseException) -> str:
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return "".join(traceback.format_exception_only(error)) + "".join(
        _told(other) for other in (error.__cause__, error.__context__, *members) if other is not None
    )
