"""A slip of unit that no landed file of its source gives away is found by the run, which publishes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.test_bad_input import BACI_FILE, baci, comma_separated, command, thousandfold
from warehouse.paths import DataHome


def test_a_first_file_in_another_unit_stops_the_run(small_home: DataHome, tmp_path: Path) -> None:
    """India's lithium carbonate in HS 2012, in kilograms for tons: the bundled HS 1992 has the same code and year."""
    file = tmp_path / BACI_FILE
    file.write_bytes(comma_separated(thousandfold("q")(baci("2024"))))
    assert command(small_home, "ingest", "baci", "--from", str(file)).exit_code == 0
    said = command(small_home, "run", "--no-prefect")
    assert said.exit_code == 4
    assert "staging: stg_baci__trade_flows: unit value is that of other files: failed" in said.line
    assert BACI_FILE in said.line and "hs6_code=283691" in said.line
    assert "Nothing was published, the last release stays." in said.line
    assert not small_home.current.exists()
    # the right file takes over, whatever was landed before it
    file.write_bytes(comma_separated(baci("2024")))
    refused = command(small_home, "ingest", "baci", "--from", str(file))
    assert refused.exit_code == 3 and "--accept-other-figures" in refused.line
    taken = command(small_home, "ingest", "baci", "--from", str(file), "--accept-other-figures")
    assert taken.exit_code == 0
