"""Whose a run is, and how it ends."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recorded import Start, entries
from tracker.errors import TrackingError
from tracker.interruption import Interrupted
from tracker.tracking.journal import lifecycle
from tracker.tracking.journal.entries import Creation, Status
from tracker.tracking.journal.lifecycle import RunTaken
from tracker.tracking.journal.run_folder import find_run, run_folder

URI = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("loss is nan"), "FAILED", "ValueError: loss is nan"),
        (TrackingError("a", but="b", do="C."), "FAILED", "a, but b. C."),
        (KeyboardInterrupt(), "KILLED", "interrupted at once"),
        (Interrupted(), "KILLED", "interrupted"),
    ],
)
def test_an_error_ends_the_run_with_its_reason(
    start: Start, error: BaseException, status: str, reason: str
) -> None:
    with pytest.raises(type(error)), start(URI) as recorder:
        raise error
    last = entries(recorder)[-1]
    assert isinstance(last, Status)
    assert last.status == status
    assert last.reason.startswith(reason)


def test_a_run_that_has_finished_is_taken_unless_it_is_to_run_again(start: Start, home: Path) -> None:
    with start(URI):
        pass
    with pytest.raises(RunTaken) as taken:
        start(URI)
    assert taken.value.finished
    for attempt in (2, 3):
        with start(URI, rerun=True) as recorder:
            assert not recorder.goes_on
        assert recorder.folder.path == home / "runs" / f"a1b2.{attempt}"
    run = find_run(home, "a1b2")
    assert run is not None
    creation = run.creation()
    assert creation is not None
    assert (creation.run_uid, creation.attempt) == ("a1b2.3", 3)
    assert creation.tags["tracker.attempt"] == "3"


def test_a_run_again_that_was_cut_off_goes_on_as_that_attempt(start: Start, home: Path) -> None:
    with start(URI):
        pass
    start(URI, rerun=True).close()
    with start(URI) as recorder:
        assert recorder.goes_on
    assert recorder.folder.path == home / "runs" / "a1b2.2"


@pytest.mark.parametrize("rerun", [False, True])
def test_a_run_that_another_process_is_at_is_taken(start: Start, rerun: bool) -> None:
    recorder = start(URI)
    with pytest.raises(RunTaken) as taken:
        start(URI, rerun=rerun)
    assert not taken.value.finished
    recorder.close()


def test_a_run_that_another_process_took_a_moment_ago_is_taken(start: Start, home: Path) -> None:
    start(URI).close()
    with (home / "runs" / "a1b2" / "journal.jsonl").open("rb") as held:
        # As between the look and the lock: the look does not see a shared lock.
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(RunTaken) as taken:
            start(URI)
    assert not taken.value.finished


def test_of_two_processes_that_are_to_run_it_again_one_does(
    start: Start, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rerun in (False, True):
        with start(URI, rerun=rerun):
            pass
    # As the slower process saw it, before the faster one began the second attempt.
    monkeypatch.setattr(lifecycle, "attempts", lambda home, run_uid: iter([run_folder(home, run_uid)]))
    with pytest.raises(RunTaken) as taken:
        start(URI, rerun=True)
    assert taken.value.folder.name == "a1b2.2"


def test_a_process_that_died_before_its_first_word_leaves_no_attempt(start: Start, home: Path) -> None:
    folder = home / "runs" / "a1b2"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_bytes(b'1234 {"kind":"Crea')
    with start(URI) as recorder:
        assert not recorder.goes_on
    assert recorder.folder.path == folder
    assert isinstance(entries(recorder)[0], Creation)


def test_of_many_processes_that_claim_a_run_one_has_it(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from tracker.tracking.journal.recorder import RunRecorder\n"
        "from tracker.tracking.journal.lifecycle import RunTaken\n"
        "try:\n"
        "    recorder = RunRecorder.start(Path(sys.argv[1]), run_uid='r', experiment='e', run_name='n',\n"
        "                                 params={}, tags={}, tracking_uri='sqlite:///x')\n"
        "except RunTaken as taken:\n"
        "    print('finished' if taken.finished else 'busy')\n"
        "else:\n"
        "    with recorder: time.sleep(float(sys.argv[2]))\n"
        "    print('mine')\n"
    )
    for wait in ("0", "0.5"):
        place = home / wait
        processes = [
            subprocess.Popen([sys.executable, "-c", program, str(place), wait], stdout=subprocess.PIPE)
            for _ in range(6)
        ]
        said = [process.communicate(timeout=60)[0].decode().strip() for process in processes]
        assert said.count("mine") == 1, said
        assert set(said) <= {"mine", "busy", "finished"}


def test_a_run_that_has_finished_is_gone_on_with_only_where_that_is_asked_for(start: Start) -> None:
    with start(URI):
        pass
    with pytest.raises(RunTaken):
        start(URI)
    with start(URI, reopen=True) as recorder:
        assert recorder.goes_on
