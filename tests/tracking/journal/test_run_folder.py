"""The home of all journals, and what a run's folder says of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorded import Start
from tracker.errors import TrackingError
from tracker.tracking.journal.run_folder import (
    attempts,
    find_run,
    home_token,
    known_uid,
    require_listed,
    run_folder,
    run_folders,
    tracker_home,
)

URI = "http://127.0.0.1:9"


def test_a_run_is_found_with_its_state(start: Start, home: Path) -> None:
    def state() -> str | None:
        run = find_run(home, "a1b2")
        return run.state() if run is not None else None

    assert state() is None
    recorder = start(URI)
    assert state() == "RUNNING"
    recorder.close()
    assert state() == "INTERRUPTED"
    with start(URI) as recorder:
        recorder.finish("FAILED", "no")
    assert state() == "FAILED"
    with start(URI):
        pass
    assert state() == "FINISHED"


@pytest.mark.parametrize("run_uid", ["", "a/b", "..", "a b", "x" * 101])
def test_an_id_that_cannot_name_a_folder_is_refused(start: Start, home: Path, run_uid: str) -> None:
    with pytest.raises(TrackingError, match="a run's id must be"):
        start(URI, run_uid)
    assert not home.exists()


def test_the_home_is_in_the_current_folder_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKER_HOME", raising=False)
    assert tracker_home() == tmp_path / ".tracker"
    monkeypatch.setenv("TRACKER_HOME", "elsewhere")
    assert tracker_home() == tmp_path / "elsewhere"


def test_a_home_has_one_token_for_ever(home: Path) -> None:
    home.mkdir()
    assert home_token(home) == home_token(home)
    assert len(home_token(home)) == 16


def test_a_home_that_is_not_there_has_no_runs(home: Path) -> None:
    assert run_folders(home) == list(attempts(home, "a1b2")) == []
    assert run_folder(home, "a1b2").creation() is None


def test_a_home_that_cannot_be_listed_is_not_taken_for_an_empty_one(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text("no folder")
    with pytest.raises(TrackingError, match=r"must be a folder of journals .*Not a directory.*TRACKER_HOME"):
        require_listed(home)


def test_of_several_ids_the_one_that_was_begun_is_known(start: Start, home: Path) -> None:
    assert known_uid(home, ["new", "old", "older"]) == "new"
    for run_uid in ("older", "old"):
        start(URI, run_uid).close()
        assert known_uid(home, ["new", "old", "older"]) == run_uid
