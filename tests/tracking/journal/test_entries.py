"""Entries become text and back."""

from __future__ import annotations

import pytest

from tracker.errors import TrackingError
from tracker.records import RunState
from tracker.tracking.journal.entries import Creation, Metrics, Status, Tags, from_text, to_text


def test_an_entry_of_a_newer_version_is_refused_with_its_kind() -> None:
    with pytest.raises(TrackingError, match="'Thought'"):
        from_text('{"kind":"Thought","text":"x"}')


def test_a_state_is_written_in_the_words_of_mlflow_and_read_as_a_state() -> None:
    text = to_text(Status(status=RunState.KILLED, time=1))
    assert text == '{"kind":"Status","status":"KILLED","time":1,"reason":""}'
    entry = from_text(text)
    assert isinstance(entry, Status)
    assert entry.status is RunState.KILLED
    with pytest.raises(TrackingError, match="'Status'"):
        from_text(text.replace("KILLED", "PONDERING"))


def test_entries_become_text_and_back() -> None:
    creation = Creation(
        run_uid="a",
        attempt=1,
        tracking_uri="http://x",
        experiment="é\n",
        run_name="n",
        start_time=1,
        tags={"k": "v"},
    )
    epoch = Metrics(values={"train/loss": 1 / 3}, step=3, time=1)
    ended = Status(status=RunState.FINISHED, time=1)
    for entry in (creation, epoch, ended, Tags(values={"a": "line\nbreak"})):
        assert from_text(to_text(entry)) == entry
        assert "\n" not in to_text(entry)
