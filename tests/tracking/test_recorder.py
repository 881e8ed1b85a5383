from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracking.conftest import Start, record_all
from tracker.errors import TrackingError
from tracker.tracking.entries import Artifact, Creation, Metrics, Params, Status, TrainedModel
from tracker.tracking.home import find_run, tracker_home
from tracker.tracking.journal import read_journal
from tracker.tracking.recorder import RunRecorder

URI = "http://127.0.0.1:9"


def entries(recorder: RunRecorder) -> list[object]:
    return [line.entry for line in read_journal(recorder.folder / "journal.jsonl")[0]]


def test_training_and_starting_the_shipper_import_no_mlflow() -> None:
    program = (
        "import sys; from tracker.tracking import journal, recorder, shipper\n"
        "from tracker.tracking import history, predictions, store, sync, ui\n"
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
    assert all((folder / file.file).is_file() for file in files)
    (model,) = (entry for entry in entries(recorder) if isinstance(entry, TrainedModel))
    assert (folder / model.folder / "card.json").is_file()
    assert (folder / model.loader).is_file()
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("loss is nan"), "FAILED", "ValueError: loss is nan"),
        (KeyboardInterrupt(), "KILLED", "Keyb"),
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
        return run.state if run is not None else None

    assert state() is None
    recorder = start(URI)
    assert state() == "RUNNING"
    recorder.close()
    assert state() == "UNFINISHED"
    with start(URI) as recorder:
        recorder.finish("FAILED", "no")
    assert state() == "FAILED"
    with start(URI):
        pass
    assert state() == "FINISHED"


def test_each_start_is_an_attempt_of_its_own(start: Start, home: Path) -> None:
    for _ in range(3):
        start(URI).close()
    run = find_run(home, "a1b2")
    assert run is not None
    assert run.creation.run_uid == "a1b2.3"
    assert run.creation.attempt == 3
    assert run.creation.tags["tracker.attempt"] == "3"
    assert run.folder == home / "runs" / "a1b2.3"


def test_a_run_for_another_server_is_not_this_run(start: Start, home: Path) -> None:
    with start(URI):
        pass
    assert find_run(home, "a1b2", tracking_uri=URI) is not None
    assert find_run(home, "a1b2", tracking_uri="http://other") is None


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
