"""Input that means harm: SQL in names and codes, archives that grow, objects that run code. Refused, or only text."""

from __future__ import annotations

import ast
import gzip
import io
import struct
import zipfile
from pathlib import Path

import pytest

from flows import admission
from flows.sources import archives, comtrade, discover
from tests.test_bad_input import BACI_FILE, baci, comma_separated, command, tree
from warehouse.errors import InputRejected
from warehouse.paths import REPOSITORY, DataHome

SQL = (
    "' or 1=1 --", "'; drop table marts.risk_scores; --", "IND'); attach 'x.duckdb' as x; --", '"; --', "%' or '%'='",
    "$(touch x)", "`touch x`", "../../etc/passwd", "IND\\' or 1=1", "{{ ref('x') }}", "IND union select 1",
)  # fmt: skip


@pytest.mark.parametrize("text", SQL)
def test_sql_on_the_command_line_is_refused_as_the_text_it_is(text: str, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "home")
    home.root.mkdir()
    file = tmp_path / BACI_FILE
    file.write_bytes(comma_separated(baci("2024")))
    before = tree(home)
    for arguments in (
        ("ingest", text),
        ("ingest", "wgi", "--from", text),
        ("ingest", "comtrade", "--from", str(file), "--option", f"dataset={text}"),
        ("ingest", "baci", "--from", str(file), "--option", f"hs_revision={text}"),
        ("ingest", "tradestat", "--from", str(file), "--option", f"hs_code={text}"),
    ):
        said = command(home, *arguments)
        assert said.exit_code == 3, said
        assert said.line.startswith("mineral-risk: ") and "expected" in said.line
        # of a source's own files those of the project may be landed by now
        kept = {name for name in tree(home) if not name.startswith("landing")}
        assert kept == set(before), arguments


@pytest.mark.parametrize("name", ["it's.csv", "a'); drop table x; --.csv", "$(x).csv", 'q"uote.csv', "sp ace;.csv"])
def test_a_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    home = DataHome(tmp_path / "ho'me")
    file = tmp_path / name
    file.write_bytes(comma_separated(baci("2024")))
    options = {"hs_revision": "HS12", "covers_all_importers": "false"}
    assert "landed as" in admission.admit(home, discover()["baci"], file, options)


@pytest.mark.parametrize("name", ["x'); drop table raw.baci_trade; --", 'y"', "a''b", "select", "row"])
def test_a_column_more_may_have_any_name_and_is_only_told(name: str, tmp_path: Path) -> None:
    file = tmp_path / BACI_FILE
    file.write_bytes(comma_separated([[*row, name if number == 0 else "1"] for number, row in enumerate(baci("2024"))]))
    told = admission.admit(DataHome(tmp_path / "home"), discover()["baci"], file, {})
    assert f"columns not known, ignored: {name}" in told and "34 rows of 35" in told


@pytest.mark.parametrize("names", [("",), (" ",), ("v",), ("V",), ("a", "a"), ("line\x0bend",)])
def test_a_column_more_has_a_name_of_its_own(names: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / BACI_FILE
    table = baci("2024")
    file.write_bytes(comma_separated([[*table[0], *names], *([*row, *("1" for _ in names)] for row in table[1:])]))
    with pytest.raises(InputRejected, match="line 1: expected"):
        admission.admit(DataHome(tmp_path / "home"), discover()["baci"], file, {})


# --- archives


def archive(folder: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    file = folder / "BACI_HS12_V202601.zip"
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return file


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    members = {f"{number}.csv": b"x" for number in range(archives.MAXIMUM_MEMBERS + 1)}
    with pytest.raises(InputRejected, match="201 members; at most 200 are read"):
        archives.member_names(archive(tmp_path, members))
    del members["0.csv"]
    assert len(archives.member_names(archive(tmp_path, members))) == archives.MAXIMUM_MEMBERS


@pytest.mark.parametrize("limit", ["MAXIMUM_MEMBER_BYTES", "MAXIMUM_TOTAL_BYTES"])
def test_too_many_bytes_are_refused(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = archive(tmp_path, {"a.csv": b"1" * 60, "b.csv": b"2" * 60})
    monkeypatch.setattr(archives, limit, 120 if limit == "MAXIMUM_TOTAL_BYTES" else 60)
    assert len(archives.member_names(file)) == 2
    monkeypatch.setattr(archives, limit, 119 if limit == "MAXIMUM_TOTAL_BYTES" else 59)
    with pytest.raises(InputRejected, match="more than the limits allow"):
        archives.member_names(file)


def test_a_member_that_is_larger_than_it_says_is_refused_while_it_comes_out(tmp_path: Path) -> None:
    """The sizes in an archive's headers are claims: the bytes are counted."""
    file = archive(tmp_path, {BACI_FILE: comma_separated(baci("2024"))}, zipfile.ZIP_DEFLATED)
    content = bytearray(file.read_bytes())
    size = len(comma_separated(baci("2024")))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(signature) + offset
        assert struct.unpack_from("<I", content, place) == (size,)
        struct.pack_into("<I", content, place, 100)
    file.write_bytes(content)
    with pytest.raises(InputRejected, match="is damaged"):
        admission.admit(DataHome(tmp_path / "home"), discover()["baci"], file, {})
    assert not list((tmp_path / "home").rglob("*.csv"))


def test_a_gzip_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comtrade, "LARGEST_FILE_BYTES", 100_000)
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb") as packed:
        packed.write(b" " * 50_000_000)
    file = tmp_path / "bomb.json.gz"
    file.write_bytes(stream.getvalue())
    assert file.stat().st_size < 100_000
    with pytest.raises(InputRejected, match="bomb.json.gz: expected at most 100,000 bytes, found more"):
        comtrade.describe(file, {})


# --- objects that run code


def test_nothing_is_read_that_could_run_code() -> None:
    """No pickle, no YAML that builds objects, no text that is evaluated."""
    refused = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}
    calls = {"eval", "exec", "load_pickle", "read_pickle", "unsafe_load", "full_load"}
    for room in ("flows", "warehouse", "expectations"):
        for file in sorted((REPOSITORY / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert not {alias.name.split(".")[0] for alias in node.names} & refused, file
                elif isinstance(node, ast.ImportFrom):
                    assert (node.module or "").split(".")[0] not in refused, file
                elif isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    holder = getattr(getattr(node.func, "value", None), "id", "")
                    assert name not in calls or holder in ("self", "re"), f"{file}:{node.lineno}"
                    loaders = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "Loader"]
                    is_safe = loaders in (["yaml.SafeLoader"], ["yaml.CSafeLoader"])
                    assert holder != "yaml" or name == "safe_load" or is_safe, f"{file}:{node.lineno}"


# --- the home


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        for arguments in (("run",), ("ingest", "wgi"), ("status",)):
            said = command(DataHome(root), *arguments)
            assert said.exit_code == 7 and "expected a folder, found the file" in said.line
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("day", ["2999-01-01", "1900-01-01"])
def test_a_day_that_the_register_cannot_know_is_refused(day: str, tmp_path: Path) -> None:
    said = command(DataHome(tmp_path / "home"), "run", "--controls-as-of", day)
    assert said.exit_code == 7
    assert f"--controls-as-of {day}: expected a day from 2009-12-16" in said.line
    assert not (tmp_path / "home" / "landing").exists() and not (tmp_path / "home" / "run.lock").exists()
