"""How runs stand, read from their folders alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.recorded import Start
from tracker.records import RunState
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.shipping.cursor import Cursor, load_cursor, save_cursor
from tracker.tracking.shipping.dead_letters import DeadLetter, keep_dead_letters
from tracker.tracking.status import RunSummary, begun_again, run_summaries, with_trials_folded

SERVER = "http://127.0.0.1:9"


def only(home: Path) -> RunSummary:
    (run,) = run_summaries(home)
    return run


def some_epochs(recorder: RunRecorder, count: int = 3) -> RunRecorder:
    for epoch in range(1, count + 1):
        recorder.metrics({"train/loss": 1 / epoch}, step=epoch)
    return recorder


def test_a_home_that_is_not_there_has_no_runs(home: Path) -> None:
    assert run_summaries(home) == []
    assert not home.exists()


def test_a_run_is_running_while_its_recorder_lives_and_interrupted_when_it_is_gone(
    home: Path, start: Start
) -> None:
    recorder = some_epochs(start(SERVER))
    assert (only(home).state, only(home).epoch) == (RunState.RUNNING, 3)
    recorder.close()
    assert only(home).state is RunState.INTERRUPTED


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.FAILED, RunState.KILLED])
def test_a_run_is_what_it_was_said_to_be_last(home: Path, start: Start, state: RunState) -> None:
    with some_epochs(start(SERVER)) as recorder:
        recorder.finish(state, "a reason" if state is not RunState.FINISHED else "")
    run = only(home)
    assert (run.state, run.reason) == (state, "" if state is RunState.FINISHED else "a reason")
    assert (run.of("model"), run.of("lr"), run.of("seed")) == ("alexnet", "0.01", "")


def test_a_damaged_journal_is_unreadable_and_hides_no_other(home: Path, start: Start) -> None:
    with some_epochs(start(SERVER)) as recorder:
        journal = recorder.folder.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:2], b"00000000 {}\n", *lines[2:]]))
    with start(SERVER, run_uid="c3d4"):
        pass
    damaged, whole = run_summaries(home)
    assert (damaged.state, whole.state) == (RunState.UNREADABLE, RunState.FINISHED)
    assert "must match its checksum" in damaged.reason
    assert damaged.creation is not None


def test_what_is_sent_refused_and_deleted_is_counted(home: Path, start: Start) -> None:
    with some_epochs(start(SERVER)) as recorder:
        folder = recorder.folder
    lines = folder.lines()
    save_cursor(folder, Cursor(run_id="1", offset=lines[1].end))
    keep_dead_letters(folder, [DeadLetter(lines[2].entry, "no")])
    run = only(home)
    assert (run.records, run.sent, run.unsent, run.refused) == (len(lines), 2, len(lines) - 2, 1)
    save_cursor(folder, replace(load_cursor(folder), deleted=True))
    assert only(home).unsent == 0


def test_trials_stand_in_the_line_of_their_study(home: Path, start: Start) -> None:
    with start(SERVER, run_uid="study"):
        pass
    for number in range(2):
        with some_epochs(start(SERVER, run_uid=f"trial{number}", parent_uid="study")):
            pass
    runs = run_summaries(home)
    (study,) = with_trials_folded(runs)
    assert (study.folder.name, study.trials) == ("study", 2)
    assert study.records == sum(run.records for run in runs)


def test_an_attempt_that_a_later_one_replaced_is_known(home: Path, start: Start) -> None:
    with start(SERVER):
        pass
    with start(SERVER, rerun=True):
        pass
    with start(SERVER, run_uid="c3d4"):
        pass
    runs = run_summaries(home)
    assert begun_again(runs) == {run.folder for run in runs if run.folder.name == "a1b2"}


def test_all_forms_of_an_address_are_one_server(home: Path, start: Start) -> None:
    for number, address in enumerate(("http://HOST:5000/", "http://host:5000", "HTTP://Host:5000")):
        with start(address, run_uid=f"run{number}"):
            pass
    assert {run.server for run in run_summaries(home)} == {"http://host:5000"}
