"""Journals of earlier runs that are not sent, or cannot be read."""

from __future__ import annotations

from pathlib import Path

from tests.support.installation import Checked
from tracker.tracking.journal.entries import Tags
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.shipping.cursor import Cursor, save_cursor
from tracker.tracking.shipping.dead_letters import DeadLetter, keep_dead_letters


def begin(workplace: Path, run_uid: str) -> RunRecorder:
    started = {"experiment": "e", "run_name": "r", "params": {"lr": 0.1}, "tags": {}}
    uri = "http://127.0.0.1:9"
    return RunRecorder.start(workplace / ".tracker", run_uid=run_uid, tracking_uri=uri, **started)


def test_records_of_ended_runs_that_are_not_sent_are_counted(checked: Checked, workplace: Path) -> None:
    with begin(workplace, "at-work"):
        assert checked()["unsent records"]["state"] == "good"
        begin(workplace, "killed").close()
        found = checked()["unsent records"]
    assert (found["state"], found["found"]) == ("warning", "1 run, 2 records not sent yet")
    assert found["advice"] == "tracker sync sends them."


def test_a_damaged_journal_is_a_warning(checked: Checked, workplace: Path) -> None:
    with begin(workplace, "damaged") as recorder:
        pass
    journal = recorder.folder.journal
    # No digit of a checksum.
    journal.write_bytes(b"x" + journal.read_bytes()[1:])
    found = checked()["unsent records"]
    assert (found["state"], found["found"]) == ("warning", "1 journal cannot be read")
    assert found["advice"] == "tracker status says why."


def test_refused_records_are_a_warning(checked: Checked, workplace: Path) -> None:
    with begin(workplace, "refused") as recorder:
        pass
    save_cursor(recorder.folder, Cursor("id", recorder.folder.size()))
    keep_dead_letters(recorder.folder, [DeadLetter(Tags(values={"n": "v"}), "it has no place for it")])
    found = checked()["unsent records"]
    assert (found["state"], found["found"]) == ("warning", "1 record refused by MLflow")
    assert found["advice"] == "tracker status says by which server, and why."
