"""A whole run after a rollback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows import ingest
from flows import run as steps
from flows.refresh import refresh
from tests.conftest import Refreshed
from warehouse import run_history
from warehouse.database import connect
from warehouse.kept_releases import kept, roll_back, verify
from warehouse.paths import DataHome
from warehouse.release import Check, current_release, publish


def test_the_run_after_a_rollback_publishes_a_newer_release(
    several_sources: Refreshed, small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers went back from a spoiled release to a good one; the next run gives them what was landed, as always."""
    home, build = DataHome(tmp_path / "home"), tmp_path / "build.duckdb"
    shutil.copytree(several_sources.home.root, home.root, symlinks=True)
    shutil.copyfile(several_sources.build, build)
    with connect(build) as connection:
        checks = [Check(*row) for row in connection.execute("select * from meta.checks").fetchall()]
        connection.execute("update marts.trade_flows set trade_value_usd = 1000 * trade_value_usd")
    good = several_sources.release
    spoiled = publish(home, build, checks=checks, code_version="spoiled", controls_as_of=None)
    assert current_release(home).release_id == spoiled.release_id
    assert spoiled.content_hash != good.content_hash
    roll_back(home, good.release_id, code_version="1")
    assert current_release(home).release_id == good.release_id
    monkeypatch.setattr(ingest, "BUNDLED", small_bundle)
    with steps.begin(home) as run:
        newest = refresh(run)
    assert current_release(home).release_id == newest.release_id == kept(home)[0].release_id
    # the same landed files, so the same figures as before somebody went back and forth
    assert newest.content_hash == good.content_hash
    assert {release.release_id for release in kept(home)} == {good.release_id, spoiled.release_id, newest.release_id}
    assert all(verify(home, release.release_id).is_whole for release in kept(home))
    assert [record.status for record in run_history.recorded(home)][:2] == ["published", "rolled_back"]
