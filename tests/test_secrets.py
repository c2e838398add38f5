"""Secrets stay out of logs, tracebacks, errors, the history of runs, releases, and of dbt's environment."""

from __future__ import annotations

import base64
import io
import json
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from flows import notices
from tests.small_build import numbered_checks, write_small_build
from warehouse import dbt, redaction, run_history
from warehouse.errors import CheckFailed, WarehouseError
from warehouse.paths import REPOSITORY, DataHome
from warehouse.release import publish

# what a key may be made of: characters that URLs, JSON, Python and base64 write differently
KEY = 'canary-7f3e"\\/+ é?&='
FORMS = {
    "as it is": KEY,
    "in a URL": quote(KEY, safe=""),
    "in a URL that keeps the slash": quote(KEY),
    "in a URL of small letters": re.sub("%..", lambda octet: octet[0].lower(), quote(KEY, safe="")),
    "in a URL within a URL": quote(quote(KEY, safe=""), safe=""),
    "in a form": quote_plus(KEY),
    "in JSON": json.dumps(KEY)[1:-1],
    "as Python shows it": repr(KEY)[1:-1],
    "as Python shows it in ASCII": ascii(KEY)[1:-1],
    "as Python shows its bytes": repr(KEY.encode())[2:-1],
    "as Python shows what holds its bytes": repr([str(KEY.encode())])[5:-4],
    "in a header": base64.b64encode(KEY.encode()).decode(),
}


@pytest.fixture(autouse=True)
def a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_secret_is_replaced_in_every_form(form: str) -> None:
    assert redaction.redact(f"GET /data?key={form}: 401") == "GET /data?key=[COMTRADE_API_KEY]: 401"


@pytest.mark.parametrize("name", redaction.SECRETS)
def test_every_secret_is_replaced_and_what_is_no_secret_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "notify 0123456789abcdef" if name == notices.VARIABLE else "0123456789abcdef")
    assert redaction.redact("refused: 0123456789abcdef, as told") == f"refused: [{name}], as told"
    monkeypatch.setenv(name, "no")  # too short to be one: every "no" of a message would go
    assert redaction.redact("nothing is noted") == "nothing is noted"
    monkeypatch.delenv(name)
    assert redaction.redact("0123456789abcdef") == "0123456789abcdef"


def test_the_program_of_a_failure_command_may_be_read_and_its_arguments_may_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(notices.VARIABLE, "/usr/bin/notify-of-failures 'https://hooks.example/T0/very-secret' -q")
    said = redaction.redact("/usr/bin/notify-of-failures: cannot reach https://hooks.example/T0/very-secret")
    assert said == "/usr/bin/notify-of-failures: cannot reach [MINERAL_RISK_ON_FAILURE]"


@pytest.mark.parametrize(
    ("name", "value", "said", "shown"),
    [
        (
            "PREFECT_CLIENT_CUSTOM_HEADERS",
            '{"X-Token": "canary-header", "Authorization": "Bearer canary-bearer", "X-Level": 12345678}',
            "'canary-header' is illegal, so is canary-bearer, so is 12345678",
            "'[{0}]' is illegal, so is [{0}], so is [{0}]",
        ),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", "{canary", "no JSON: {canary", "no JSON: [{0}]"),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", '["canary"]', 'a list: ["canary"]', "a list: [{0}]"),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", '{"half": "half\\ud800", "X": "canary"}', "X is canary", "X is [{0}]"),
        (
            "PREFECT_API_DATABASE_CONNECTION_URL",
            "postgresql+asyncpg://prefect:canary%2FPw%4099@db.example/prefect",
            "prefect: canary/Pw@99 and canary%2FPw%4099 and canary%2fPw%4099 are refused by db.example",
            "prefect: [{0}] and [{0}] and [{0}] are refused by db.example",
        ),
        (
            "PREFECT_SERVER_DATABASE_CONNECTION_URL",
            "postgresql+asyncpg://prefect@db.example/prefect?ssl=require&password=canary%2FPw",
            "prefect: ssl=require: canary/Pw",
            "prefect: ssl=require: [{0}]",
        ),
        (
            "PREFECT_API_DATABASE_CONNECTION_URL",
            "postgresql://bob:can@ry@db/x",
            "can@ry is refused",
            "[{0}] is refused",
        ),
        ("PREFECT_API_AUTH_STRING", "admin:canaryPass77", "administrator: canaryPass77", "administrator: [{0}]"),
        ("PREFECT_API_AUTH_STRING", "a0123456789bcdef:x", "user a0123456789bcdef", "user [{0}]"),
    ],
)
def test_the_secret_within_a_value_is_replaced_alone(
    name: str, value: str, said: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert redaction.redact(said) == shown.format(name)
    assert redaction.redact(f"found {value}, refused") == f"found [{name}], refused"


@pytest.mark.parametrize(
    ("command", "secret"),
    [
        ("https://hooks.example/T0/canary", "https://hooks.example/T0/canary"),  # what is no program at all
        ("TOKEN=canary notify", "canary"),
        ("curl -d @- 'https://hooks.example/?text=a b'", "https://hooks.example/?text=a b"),
        ("curl --url=https://hooks.example/canary", "https://hooks.example/canary"),
        ("curl 'https://hooks.example/?channel=data&token=canary&x=1'", "canary"),
        ("sendmail smtp.example --as ops:canary@smtp.example", "ops:canary@smtp.example"),
        ("sendmail ops:canary@smtp.example", "canary"),
        ("notify 0123456789abcdef", "0123456789abcdef"),
        ("notify --id=0123456789abcdef", "0123456789abcdef"),
        ("curl -H 'Authorization: Bearer 0123456789abcdef' example.org", "0123456789abcdef"),
        ("sh -c 'curl \"https://hooks.example/canary\"'", "https://hooks.example/canary"),
        ("notify --password=canary", "canary"),
        ("notify 'no end https://hooks.example/canary", "https://hooks.example/canary"),
    ],
)
def test_words_of_a_failure_command_that_look_like_secrets_are_replaced(
    command: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.VARIABLE, command)
    assert redaction.redact(f"refused: {secret}: as told") == "refused: [MINERAL_RISK_ON_FAILURE]: as told"


@pytest.mark.parametrize(
    "command",
    [
        "mail -s 'Mineral Risk Warehouse' operators@example.org",
        "/usr/local/bin/notify --home /srv/minerals/data-2026 --also=/srv/minerals/data-2026",
        "curl 'https://hooks.example/?channel=minerals&ssl=true'",
    ],
)
def test_harmless_words_of_a_failure_command_may_be_read(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(notices.VARIABLE, command)
    said = (
        "Mineral Risk Warehouse: a run failed: /srv/minerals/data-2026/build: the disk is full, minerals and ssl=true,"
        " write to operators@example.org"
    )
    assert redaction.redact(said) == said


def test_an_address_in_place_of_a_failure_command_is_refused_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://hooks.example/services/canary"
    done = subprocess.run(
        [sys.executable, "-m", "flows", "run", "--on-failure", address],
        env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 3 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "MINERAL_RISK_ON_FAILURE: expected a program" in done.stderr
    assert "canary" not in done.stdout + done.stderr
    monkeypatch.setenv(notices.VARIABLE, address)
    run = run_history.Recorder(DataHome(tmp_path), code_version="1", started_by="command")
    run.end("failed", message="comtrade: 3 rows")
    told = notices.tell(DataHome(tmp_path), run.record)
    assert told is not None and "expected a program" in told and "canary" not in told


def test_the_reason_for_no_server_is_redacted_before_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import refresh

    def refused(**_: object) -> None:
        raise RuntimeError("x" * 180 + KEY)

    monkeypatch.setattr(refresh, "get_client", refused)
    said = refresh.why_no_server()
    assert said is not None and said.startswith("RuntimeError: xxx") and len(said) == 200
    assert "canary" not in said


LOGGING = """
import logging, sys
from warehouse import redaction

key = sys.argv[1]
early = logging.getLogger("made.before")
handler = logging.StreamHandler(sys.stdout)
logging.getLogger().addHandler(handler)
redaction.install()
redaction.install()  # again is once
logging.getLogger("prefect.flow_runs").addHandler(logging.StreamHandler(sys.stdout))  # made after it
early.warning("key %s and %r", key, key)
logging.getLogger("prefect.flow_runs.child").error("url %(url)s", {"url": "https://x/?k=" + key})
early.warning("%d is no number", key)  # what logging would print as it is, of arguments that do not fit
class Unspeakable:
    def __str__(self):
        raise RuntimeError(key)
class Unshown(Unspeakable):
    __repr__ = Unspeakable.__str__
early.warning("of an %s", Unspeakable())
early.warning("of an %s", Unshown())
early.warning(Unshown())
early.warning("of %s and %s", Unshown(), key)
print("went on")
try:
    try:
        raise ValueError(f"refused {key}")
    except ValueError as error:
        raise RuntimeError(f"401 for {key}") from error
except RuntimeError:
    early.exception("it failed")
early.warning("harmless %s", "text")
print("end", flush=True)
raise SystemError(f"bug with {key}")
"""


def test_no_log_record_and_no_traceback_holds_a_secret() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGGING, KEY], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert done.returncode == 1 and "end" in done.stdout and "harmless text" in done.stdout, done.stderr
    for form in FORMS.values():
        assert form not in done.stdout + done.stderr
    assert "went on" in done.stdout and "of an %s (<__main__.Unspeakable" in done.stdout
    assert done.stdout.count("cannot be shown: RuntimeError") == 3 and "Logging error" not in done.stderr
    assert "key [COMTRADE_API_KEY] and '[COMTRADE_API_KEY]'" in done.stdout
    assert "ValueError: refused [COMTRADE_API_KEY]" in done.stdout
    assert "SystemError: bug with [COMTRADE_API_KEY]" in done.stderr
    # both handlers were there: one before, one after
    assert done.stdout.count("url https://x/?k=[COMTRADE_API_KEY]") == 2


def test_records_without_a_secret_are_left_as_they_are() -> None:
    factory = logging.getLogRecordFactory()
    redaction.install()
    try:
        stream = io.StringIO()
        logger = logging.getLogger("of this test")
        logger.addHandler(logging.StreamHandler(stream))
        record = logger.makeRecord("x", logging.INFO, "f", 1, "%s of %s", (1, 2), None)
        assert (record.msg, record.args) == ("%s of %s", (1, 2))
    finally:
        logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CheckFailed(f"raw: comtrade: {KEY}"), CheckFailed),
        (OSError(13, "Permission denied", f"/tmp/{KEY}"), PermissionError),  # noqa: S108 - a name, no file
        (UnicodeDecodeError("utf-8", KEY.encode(), 0, 1, KEY), RuntimeError),
        (KeyError(KEY), RuntimeError),
    ],
)
def test_an_error_goes_on_without_its_secret(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, redaction.of_errors():
        raise error
    assert "[COMTRADE_API_KEY]" in str(caught.value) and KEY not in str(caught.value)
    assert getattr(caught.value, "exit_code", None) == getattr(error, "exit_code", None)


def test_an_error_without_a_secret_goes_on_as_it_is_and_one_with_a_secret_cause_without_it() -> None:
    plain = CheckFailed("raw: comtrade: 3 rows")
    with pytest.raises(CheckFailed) as caught, redaction.of_errors():
        raise plain
    assert caught.value is plain
    with pytest.raises(WarehouseError) as caught_too, redaction.of_errors():
        try:
            raise ValueError(KEY)
        except ValueError as cause:
            raise WarehouseError("comtrade: refused") from cause
    assert caught_too.value.__cause__ is None and caught_too.value.__suppress_context__


def test_the_members_of_a_group_of_errors_go_on_without_their_secret() -> None:
    plain = CheckFailed("raw: comtrade: 3 rows")
    noted = ValueError("refused")
    noted.add_note(KEY)
    inner = ExceptionGroup(f"for {KEY}", [CheckFailed(f"401 for {KEY}"), noted])
    found = redaction.redacted(ExceptionGroup("two tasks failed", [plain, inner]))
    assert "canary" not in "".join(traceback.format_exception(found))
    assert isinstance(found, ExceptionGroup) and found.message == "two tasks failed"
    assert found.exceptions[0] is plain
    within = found.exceptions[1]
    assert isinstance(within, ExceptionGroup) and within.message == "for [COMTRADE_API_KEY]"
    assert [str(member) for member in within.exceptions] == ["401 for [COMTRADE_API_KEY]", "refused"]
    assert isinstance(within.exceptions[0], CheckFailed)
    harmless = ExceptionGroup("two tasks failed", [plain])
    assert redaction.redacted(harmless) is harmless


def test_dbt_and_the_failure_command_get_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = partial(dbt._start, {"MINERAL_RISK_THREADS": "2"}, "project", str(tmp_path), {})
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=start) as worker:
        seen = dict(worker.submit(_environment).result())
    assert seen["MINERAL_RISK_THREADS"] == "2"
    assert not set(redaction.SECRETS) & set(seen) and KEY not in str(seen)

    monkeypatch.setenv(notices.VARIABLE, f"sh -c 'env > {tmp_path}/environment'")
    run = run_history.Recorder(DataHome(tmp_path / "home"), code_version="1", started_by="command")
    run.end("failed", message=f"401 for {KEY}")
    assert notices.tell(DataHome(tmp_path / "home"), run.record) is None
    environment = (tmp_path / "environment").read_text()
    assert "PATH=" in environment and "canary" not in environment
    assert "[COMTRADE_API_KEY]" in notices.text(DataHome(tmp_path / "home"), run.record)


def _environment() -> list[tuple[str, str]]:
    return list(os.environ.items())


def test_neither_history_nor_release_holds_a_secret(tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    failed = run_history.Recorder(home, code_version="1", started_by="command")
    failed.end("failed", message=f"comtrade: 401 for https://x/?key={FORMS['in a URL']} ({KEY})")
    write_small_build(tmp_path / "build.duckdb", 1)
    run = run_history.Recorder(home, code_version="1", started_by="command")
    release = publish(
        home,
        tmp_path / "build.duckdb",
        checks=numbered_checks(1),
        code_version="1",
        controls_as_of=None,
        run=run.record,
        earlier_runs=run_history.recorded(home),
    )
    assert files_with(home.root, "canary") == []
    assert files_with(home.runs, "[COMTRADE_API_KEY]") == [home.runs / f"{failed.record.run_id}.json"]
    assert release.database in files_with(release.folder, "[COMTRADE_API_KEY]")


def files_with(folder: Path, text: str) -> list[Path]:
    """The files in a folder, however deep, that hold a text."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and text.encode() in file.read_bytes()]


def test_a_refusal_on_the_command_line_shows_no_secret(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "ingest", KEY],
        env={**os.environ, "MINERAL_RISK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 3
    assert "[COMTRADE_API_KEY]" in done.stderr and "canary" not in done.stdout + done.stderr
