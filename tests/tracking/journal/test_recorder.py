from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recorded import Start, record_all
from tracker.errors import TrackingError
from tracker.interruption import Interrupted
from tracker.tracking.journal import lifecycle as claim
from tracker.tracking.journal.entries import Artifact, Creation, Metrics, Params, Status, Tags, TrainedModel
from tracker.tracking.journal.lifecycle import RunTaken
from tracker.tracking.journal.log import read_journal
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import find_run, run_folder, tracker_home

URI = "http://127.0.0.1:9"


def entries(recorder: RunRecorder) -> list[object]:
    return [line.entry for line in read_journal(recorder.folder.journal)[0]]


def test_training_and_starting_the_shipper_import_no_mlflow() -> None:
    program = (
        "import sys; from tracker.tracking.journal import log, recorder\n"
        "from tracker.tracking.shipping import flush, process\n"
        "from tracker.tracking.backend import predictions, reader, uri\n"
        "from tracker.ui import server\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'mlflow', 'torch', 'pandas'}))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


def test_a_run_is_all_in_its_journal(start: Start, tmp_path: Path) -> None:
    with start(URI) as recorder:
        record_all(recorder, tmp_path)
    found = entries(recorder)
    assert isinstance(found[0], Creation)
    assert found[0].tags == {"tracker.attempt": "1", "tracker.model": "alexnet"}
    assert found[1] == Params(values={"model": "alexnet", "lr": "0.01"})
    assert [entry.step for entry in found if isinstance(entry, Metrics)] == [1, 2, 3]
    assert isinstance(found[-1], Status)
    assert found[-1].status == "FINISHED"


def test_files_lie_beside_the_journal_when_it_names_them(start: Start, tmp_path: Path) -> None:
    with start(URI) as recorder:
        record_all(recorder, tmp_path)
        recorder.artifact("copied.txt", tmp_path / "network" / "card.json")
    folder = recorder.folder
    files = [entry for entry in entries(recorder) if isinstance(entry, Artifact)]
    assert [file.file for file in files] == [
        "artifacts/recipe.yaml",
        "artifacts/figures/roc.png",
        "artifacts/copied.txt",
    ]
    assert all((folder.path / file.file).is_file() for file in files)
    (model,) = (entry for entry in entries(recorder) if isinstance(entry, TrainedModel))
    assert (folder.path / model.folder / "card.json").is_file()
    assert (folder.path / model.loader).is_file()
    assert not list(folder.path.rglob("*.tmp"))


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


def test_a_run_that_did_not_finish_goes_on_in_the_same_journal(start: Start, home: Path) -> None:
    start(URI).close()
    with pytest.raises(KeyboardInterrupt), start(URI):
        raise KeyboardInterrupt
    with start(URI, tags={"tracker.model": "alexnet", "tracker.device": "another"}) as recorder:
        assert recorder.goes_on
    said = entries(recorder)
    assert [type(entry) for entry in said[:2]] == [Creation, Params]
    assert sum(isinstance(entry, Creation | Params) for entry in said) == 2
    assert [entry.status for entry in said if isinstance(entry, Status)] == [
        *("RUNNING", "KILLED", "RUNNING", "FINISHED"),
    ]
    resumed = [entry.values for entry in said if isinstance(entry, Tags)]
    assert resumed == [{"tracker.resumed": "1"}, {"tracker.resumed": "2", "tracker.device": "another"}]
    assert [folder.name for folder in (home / "runs").iterdir()] == ["a1b2"]


def test_what_was_recorded_before_is_not_recorded_again(start: Start, tmp_path: Path) -> None:
    recorder = start(URI)
    record_all(recorder, tmp_path)
    before = entries(recorder)
    recorder.close()
    recorder = start(URI)
    (tmp_path / "network").rename(tmp_path / "old")
    record_all(recorder, tmp_path)
    recorder.metrics({"train/loss": 123.0, "new": 1.0}, step=3)
    recorder.artifact("recipe.yaml", b"model: resnet18\n")
    recorder.close()
    added = entries(recorder)[len(before) :]
    assert [type(entry).__name__ for entry in added] == ["Status", "Tags", "Tags", "Metrics", "Artifact"]
    assert isinstance(added[3], Metrics)
    assert added[3].values == {"new": 1.0}, "of a step that was recorded, the first value stays"


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
    monkeypatch.setattr(claim, "attempts", lambda home, run_uid: iter([run_folder(home, run_uid)]))
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


def test_a_data_set_has_one_context_a_run(start: Start) -> None:
    with start(URI) as recorder:
        recorder.dataset(name="cxr", digest="d", context="train", source="{}")
        with pytest.raises(TrackingError, match="'cxr' with digest 'd' came as 'test'"):
            recorder.dataset(name="cxr", digest="d", context="test", source="{}")
        with pytest.raises(TrackingError, match="at most 36 characters"):
            recorder.dataset(name="long", digest="d" * 37, context="test", source="{}")


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


def test_metrics_of_several_steps_are_recorded_at_once_and_no_step_twice(start: Start) -> None:
    with start(URI) as recorder:
        recorder.metrics({"val/loss": 1.0}, step=1)
    with start(URI, reopen=True) as recorder:
        recorder.history({1: {"val/loss": 9.0}, 2: {"val/loss": 0.5, "val/accuracy": 0.75}, 3: {}})
    points = [entry for entry in entries(recorder) if isinstance(entry, Metrics)]
    assert [(point.step, point.values) for point in points] == [
        (1, {"val/loss": 1.0}),
        (2, {"val/loss": 0.5, "val/accuracy": 0.75}),
    ]


def test_a_run_that_has_finished_is_gone_on_with_only_where_that_is_asked_for(start: Start) -> None:
    with start(URI):
        pass
    with pytest.raises(RunTaken):
        start(URI)
    with start(URI, reopen=True) as recorder:
        assert recorder.goes_on
