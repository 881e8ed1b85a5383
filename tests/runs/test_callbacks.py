"""What becomes of an epoch: it is recorded, then shown, then kept; a full disk does not stop the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.disks import full_disk
from tests.support.journals import recorded_in
from tests.support.plans import RecordingReporter
from tests.support.trainings import CPU, Tiny, examples, make_recipe
from tracker.runs.callbacks import CheckpointKeeper, EpochRecorder
from tracker.runs.events import Notifier
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import tracker_home
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.checkpoints import Checkpoints
from tracker.training.loop import Training
from tracker.training.store import Store

RECIPE = make_recipe()
METRICS = {"train/loss": 0.5, "val/accuracy": 0.75}


@pytest.fixture
def reporter() -> RecordingReporter:
    return RecordingReporter()


@pytest.fixture
def recorder(workplace: Path) -> Iterator[RunRecorder]:
    with RunRecorder.start(
        tracker_home(),
        run_uid="a1b2",
        experiment="small",
        run_name=RECIPE.run_name,
        params={},
        tags={},
        tracking_uri="sqlite:///mlflow.db",
    ) as begun:
        yield begun


@pytest.fixture
def training() -> Training:
    store = Store(torch.randint(0, 255, (36, 16, 16, 1), dtype=torch.uint8))
    return Training(Tiny(), examples(store), RECIPE, device=CPU)


def test_an_epoch_is_recorded_before_it_is_shown(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter
) -> None:
    seen = []

    class Looking(RecordingReporter):
        def epoch(self, recipe, epoch, values) -> None:
            (recorded,) = recorded_in(workplace).values()
            seen.append((epoch, recorded.steps[epoch]))

    shown = EpochRecorder(recorder, Looking(), Notifier(reporter), RECIPE)
    shown.metrics(METRICS, step=1)
    shown.metrics(METRICS, step=2)
    assert seen == [(1, METRICS), (2, METRICS)]
    assert reporter.events == []


def test_a_disk_that_takes_no_records_is_told_of_once_and_loses_none(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter
) -> None:
    shown = EpochRecorder(recorder, reporter, Notifier(reporter), RECIPE)
    with full_disk(1):
        for step in (1, 2):
            shown.metrics(METRICS, step=step)
    shown.metrics(METRICS, step=3)
    (note,) = reporter.named("note")
    assert "training goes on, and its records wait in memory" in str(note)
    assert reporter.named("epoch") == [1, 2, 3]
    (recorded,) = recorded_in(workplace).values()
    assert list(recorded.steps) == [1, 2, 3]


def test_each_epoch_is_kept_as_a_checkpoint_that_training_can_go_on_from(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    checkpoints = Checkpoints(workplace / "checkpoints")
    with CheckpointKeeper(CheckpointWriter(checkpoints), recorder, Notifier(reporter)) as keep:
        for _ in range(2):
            training.run_epoch()
            keep(training)
    state = checkpoints.latest()
    assert state is not None
    assert state["epoch"] == 2
    assert reporter.events == []


def test_a_checkpoint_that_the_disk_does_not_take_is_told_of_and_training_goes_on(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    (workplace / "checkpoints").write_text("a file where a folder should be")
    writer = CheckpointWriter(Checkpoints(workplace / "checkpoints"))
    with CheckpointKeeper(writer, recorder, Notifier(reporter)) as keep:
        for _ in range(3):
            training.run_epoch()
            keep(training)
    assert reporter.named("note") == ["no checkpoint: File exists: training goes on"]


def test_no_checkpoint_is_ahead_of_its_journal(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    checkpoints = Checkpoints(workplace / "checkpoints")
    with CheckpointKeeper(CheckpointWriter(checkpoints), recorder, Notifier(reporter)) as keep:
        training.run_epoch()
        with full_disk(1):
            recorder.metrics(METRICS, step=1)
        assert recorder.disk_problem
        keep(training)
    assert checkpoints.latest() is None
