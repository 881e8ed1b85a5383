from __future__ import annotations

from pathlib import Path

from tests.support.recorded import Start
from tracker.tracking.journal.entries import Tags
from tracker.tracking.shipping.cursor import Cursor, save_cursor
from tracker.tracking.shipping.dead_letters import DeadLetter, keep_dead_letters
from tracker.tracking.shipping.unsent import Unsent, count_unsent

URI, OTHER = "http://127.0.0.1:9", "http://127.0.0.1:10"


def test_what_is_left_is_counted_and_each_reason_is_told_once(start: Start, home: Path) -> None:
    for run_uid in ("a", "b", "c"):
        with start(URI, run_uid) as recorder:
            pass
        sent = recorder.folder.lines()[{"a": 0, "b": 1, "c": 2}[run_uid]].end
        save_cursor(recorder.folder, Cursor("id", sent, problem="" if run_uid == "c" else "it is away"))
    with start(OTHER, "d") as recorder:
        pass
    keep_dead_letters(recorder.folder, [DeadLetter(Tags(values={"n": "v"}), "too long")])
    assert count_unsent(home, URI) == Unsent(2, 3, ("it is away",))
    assert count_unsent(home).lines() == [
        "3 runs, 6 records not sent yet: tracker sync",
        "  it is away",
        f"1 record refused by MLflow (too long), kept in {recorder.folder.refused}",
    ]


def test_a_deleted_run_and_a_home_without_runs_have_nothing_left(start: Start, home: Path) -> None:
    assert str(count_unsent(home)) == "everything is sent"
    with start(URI) as recorder:
        pass
    save_cursor(recorder.folder, Cursor("id", 0, deleted=True))
    assert not count_unsent(home)


def test_a_damaged_journal_counts_as_a_record_with_its_reason(start: Start, home: Path) -> None:
    with start(URI) as recorder:
        pass
    content = bytearray(recorder.folder.journal.read_bytes())
    content[recorder.folder.lines()[0].end + 12] ^= 1
    recorder.folder.journal.write_bytes(content)
    left = count_unsent(home)
    assert (left.runs, left.records) == (1, 1)
    assert "must match its checksum" in left.problems[0]
