"""Of what a run was said to be, only the last is sent: an old KILLED must not follow a newer FINISHED."""

from __future__ import annotations

from tracker.tracking.backend.runs import without_superseded
from tracker.tracking.journal.entries import Entry, Metrics, RunStatus, Status
from tracker.tracking.journal.log import Line


def status(of: RunStatus) -> Status:
    return Status(status=of, time=1)


def left(*entries: Entry) -> list[Entry]:
    lines = [Line(entry, end) for end, entry in enumerate(entries, start=1)]
    return [line.entry for line in without_superseded(lines)]


def test_only_the_last_status_stays_and_everything_else() -> None:
    point = Metrics(values={"loss": 1.0}, step=1, time=1)
    assert left(status("KILLED"), status("RUNNING"), point, status("FINISHED")) == [point, status("FINISHED")]
    assert left(point, status("KILLED"), status("RUNNING"), point) == [point, status("RUNNING"), point]
    assert left(point) == [point]
    assert left() == []
