from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recorded import Start, entries, record_all
from tracker.errors import TrackingError
from tracker.interruption import Interrupted
from tracker.tracking.journal.entries import Artifact, Creation, Metrics, Params, Status, Tags, TrainedModel
from tracker.tracking.journal.run_folder import home_token

URI = "http://127.0.0.1:9"


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
        record_all(recorder)
    found = entries(recorder)
    assert isinstance(found[0], Creation)
    place = {"tracker.home": home_token(recorder.folder.path.parents[1])[:8], "tracker.order": "1"}
    assert found[0].tags == {"tracker.attempt": "1", "tracker.model": "alexnet", **place}
    assert found[1] == Params(values={"model": "alexnet", "lr": "0.01"})
    assert [entry.step for entry in found if isinstance(entry, Metrics)] == [1, 2, 3]
    assert isinstance(found[-1], Status)
    assert found[-1].status == "FINISHED"


def test_a_run_is_a_later_one_although_folders_of_earlier_ones_were_removed(start: Start, home: Path) -> None:
    for uid in ("one", "two"):
        start(URI, uid).close()
    shutil.rmtree(home / "runs" / "one")
    shutil.rmtree(home / "runs" / "two")
    with start(URI, "three") as recorder:
        pass
    found = entries(recorder)[0]
    assert isinstance(found, Creation)
    assert found.tags["tracker.order"] == "3"


def test_files_lie_beside_the_journal_when_it_names_them(start: Start, tmp_path: Path) -> None:
    with start(URI) as recorder:
        record_all(recorder)
        (tmp_path / "file").write_bytes(b"content")
        recorder.artifact("copied.txt", tmp_path / "file")
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
    named = {name: hashlib.sha256((folder.path / name).read_bytes()).hexdigest() for name in model.sha256}
    assert model.sha256 == named
    assert set(named) == {"model/card.json", model.loader}
    assert not list(folder.path.rglob("*.tmp"))


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


def test_what_was_recorded_before_is_not_recorded_again(start: Start) -> None:
    recorder = start(URI)
    record_all(recorder)
    before = entries(recorder)
    recorder.close()
    recorder = start(URI)
    record_all(recorder)
    recorder.metrics({"train/loss": 123.0, "new": 1.0}, step=3)
    recorder.artifact("recipe.yaml", b"model: resnet18\n")
    recorder.close()
    added = entries(recorder)[len(before) :]
    assert [type(entry).__name__ for entry in added] == ["Status", "Tags", "Tags", "Metrics", "Artifact"]
    assert isinstance(added[3], Metrics)
    assert added[3].values == {"new": 1.0}, "of a step that was recorded, the first value stays"


def test_what_differs_from_what_was_recorded_is_known_and_counts_where_it_is_of_the_network(
    start: Start,
) -> None:
    values = {"final/val/loss": 1 / 3, "final/val/auroc": float("nan"), "best/epoch": 2.0}
    with start(URI) as recorder:
        recorder.summary(values, step=3)
    before = entries(recorder)
    with start(URI, reopen=True) as recorder:
        assert recorder.different(values | {"new": 1.0}, step=3) == {}
        assert recorder.different(values | {"best/epoch": 3.0}, step=3) == {"best/epoch": (2.0, 3.0)}
        recorder.summary(values, step=3)
        recorder.summary(values | {"best/epoch": 3.0}, step=3)
    added = [entry for entry in entries(recorder)[len(before) :] if isinstance(entry, Metrics)]
    assert [(entry.step, entry.values) for entry in added] == [(3, {"best/epoch": 3.0})]


@pytest.mark.parametrize(
    ("ending", "cut_off"),
    [
        (Interrupted(2), False),
        (KeyboardInterrupt(), True),
        (ValueError("a fault"), True),
        (None, True),
    ],
)
def test_a_run_knows_whether_the_process_before_could_keep_how_far_it_was(
    start: Start, ending: BaseException | None, cut_off: bool
) -> None:
    with start(URI) as recorder:
        assert not recorder.cut_off
    recorder = start(URI, "killed")
    if ending is None:
        recorder.close()
    else:
        recorder.__exit__(type(ending), ending, None)
    with start(URI, "killed") as recorder:
        assert recorder.cut_off is cut_off


def test_a_data_set_has_one_context_a_run(start: Start) -> None:
    with start(URI) as recorder:
        recorder.dataset(name="cxr", digest="d", context="train", source="{}")
        with pytest.raises(TrackingError, match="'cxr' with digest 'd' came as 'test'"):
            recorder.dataset(name="cxr", digest="d", context="test", source="{}")
        with pytest.raises(TrackingError, match="at most 36 characters"):
            recorder.dataset(name="long", digest="d" * 37, context="test", source="{}")


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
