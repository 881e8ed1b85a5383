"""What becomes of an epoch: it is recorded, then shown, then kept; a full disk does not stop the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from tests.support.clocks import Clock
from tests.support.disks import full_disk
from tests.support.journals import recorded_in
from tests.support.plans import RecordingReporter
from tests.support.trainings import CPU, Collected, StopAt, Tiny, examples, make_recipe
from tracker.interruption import Interrupted
from tracker.runs.callbacks import REPEATED, CheckpointKeeper, EpochRecorder
from tracker.runs.events import Notifier
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import tracker_home
from tracker.training.cadence import ByCost, EveryEpochs
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.checkpoints import Checkpoints
from tracker.training.loop import Training
from tracker.training.store import Store

RECIPE = make_recipe()
METRICS = {"train/loss": 0.5, "val/accuracy": 0.75}


@pytest.fixture
def reporter() -> RecordingReporter:
    return RecordingReporter()


def begin(*, reopen: bool = False) -> RunRecorder:
    return RunRecorder.start(
        tracker_home(),
        run_uid="a1b2",
        experiment="small",
        run_name=RECIPE.run_name,
        params={},
        tags={},
        tracking_uri="sqlite:///mlflow.db",
        reopen=reopen,
    )


@pytest.fixture
def recorder(workplace: Path) -> Iterator[RunRecorder]:
    with begin() as begun:
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

    shown = EpochRecorder(recorder, Looking(), Notifier(reporter), RECIPE, exact=True)
    shown.metrics(METRICS, step=1)
    shown.metrics(METRICS, step=2)
    assert seen == [(1, METRICS), (2, METRICS)]
    assert reporter.events == []


def test_a_disk_that_takes_no_records_is_told_of_once_and_loses_none(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter
) -> None:
    shown = EpochRecorder(recorder, reporter, Notifier(reporter), RECIPE, exact=True)
    with full_disk(1):
        for step in (1, 2):
            shown.metrics(METRICS, step=step)
    shown.metrics(METRICS, step=3)
    (note,) = reporter.named("note")
    assert "training goes on, and its records wait in memory" in str(note)
    assert reporter.named("epoch") == [1, 2, 3]
    (recorded,) = recorded_in(workplace).values()
    assert list(recorded.steps) == [1, 2, 3]


@pytest.mark.parametrize("exact", [True, False])
def test_an_epoch_that_is_trained_again_with_the_same_numbers_is_recorded_once(
    workplace: Path, reporter: RecordingReporter, exact: bool
) -> None:
    values = METRICS | {"val/loss": float("nan"), "val/auroc": 1 / 3}
    with begin() as first:
        first.metrics(values | {"train/images_per_second": 7.0}, step=1)
    with begin(reopen=True) as second:
        shown = EpochRecorder(second, reporter, Notifier(reporter), RECIPE, exact=exact)
        shown.metrics(values | {"train/images_per_second": 8.0}, step=1)
        shown.metrics(METRICS, step=2)
    assert reporter.events == [("epoch", 1), ("epoch", 2)]
    (recorded,) = recorded_in(workplace).values()
    assert recorded.steps[1]["train/images_per_second"] == 7
    assert REPEATED not in recorded.tags


@pytest.mark.parametrize("exact", [True, False])
def test_one_that_comes_out_otherwise_is_told_of_once_where_it_must_not_and_the_first_values_stay(
    workplace: Path, reporter: RecordingReporter, exact: bool
) -> None:
    with begin() as first:
        for step in (1, 2, 3):
            first.metrics(METRICS, step=step)
    with begin(reopen=True) as second:
        shown = EpochRecorder(second, reporter, Notifier(reporter), RECIPE, exact=exact)
        shown.metrics(METRICS, step=1)
        shown.metrics(METRICS | {"train/loss": 0.5000001}, step=2)
        shown.metrics(METRICS | {"train/loss": 0.6}, step=3)
    (recorded,) = recorded_in(workplace).values()
    assert [recorded.steps[step]["train/loss"] for step in (1, 2, 3)] == [0.5, 0.5, 0.5]
    said = "epoch 2: train/loss is recorded as 0.5 and came out as 0.5000001"
    assert recorded.tags.get(REPEATED) == (said if exact else None)
    assert [said in str(note) for note in reporter.named("note")] == ([True] if exact else [])


class Nobody:
    """A recorder of nothing."""

    def metrics(self, values: object, *, step: int) -> None:
        pass


class Kept:
    """A keeper over a clock that a test drives, and what it wrote.

    Args:
        folder: Where the checkpoints go.
        recorder: Of the run.
        reporter: Told of what the disk does not take.
        every: After every so many epochs; None: by cost.
        end: Whether the end is kept.
        in_a_hurry: Whether the run was cut off before.
    """

    def __init__(
        self,
        folder: Path,
        recorder: RunRecorder,
        reporter: RecordingReporter,
        *,
        every: int | None = None,
        end: bool = False,
        in_a_hurry: bool = False,
    ) -> None:
        self.clock = Clock()
        self.checkpoints = Checkpoints(folder)
        self.writer = CheckpointWriter(self.checkpoints, self.clock)
        cadence = EveryEpochs(every) if every else ByCost(self.clock, in_a_hurry=in_a_hurry)
        self.keeper = CheckpointKeeper(
            self.writer, recorder, Notifier(reporter), cadence, epochs=RECIPE.epochs, keeps_the_end=end
        )

    def train(self, training: Training, *, seconds: float = 0.0) -> list[int]:
        """Train to the end, in epochs that take so long; return after which one a checkpoint was written."""
        written = []
        with self.keeper as keep:
            keep(training, interrupted=False)
            while training.epoch < RECIPE.epochs:
                training.run_epoch()
                self.clock.seconds += seconds
                keep(training, interrupted=False)
                self.writer.wait()
                state = self.checkpoints.latest()
                written += [] if state is None or state["epoch"] in written else [state["epoch"]]
        return written


def test_checkpoints_are_written_when_it_is_time_and_not_at_the_end(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    kept = Kept(workplace / "checkpoints", recorder, reporter)
    assert kept.train(training, seconds=15) == [2]
    assert reporter.events == []


def test_a_run_that_ends_soon_writes_nothing(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    assert Kept(workplace / "checkpoints", recorder, reporter).train(training, seconds=9.9) == []
    assert not (workplace / "checkpoints").exists()


@pytest.mark.parametrize(
    ("every", "end", "written"), [(1, False, [1, 2]), (2, True, [2, 3]), (None, True, [3])]
)
def test_they_are_written_as_often_as_was_asked_for(
    workplace: Path,
    recorder: RunRecorder,
    reporter: RecordingReporter,
    training: Training,
    every: int | None,
    end: bool,
    written: list[int],
) -> None:
    kept = Kept(workplace / "checkpoints", recorder, reporter, every=every, end=end)
    assert kept.train(training) == written


def test_whoever_is_interrupted_leaves_a_checkpoint(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    kept = Kept(workplace / "checkpoints", recorder, reporter)
    with pytest.raises(Interrupted), kept.keeper as keep:
        training.run(Collected(), keep=keep, stop_point=StopAt(5))
    state = kept.checkpoints.latest()
    assert state is not None
    assert (state["epoch"], state["begun"]["losses"].shape) == (0, (3,))


def test_a_run_that_is_killed_after_every_third_batch_comes_to_its_end(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter
) -> None:
    store = Store(torch.randint(0, 255, (36, 16, 16, 1), dtype=torch.uint8))
    for number in range(20):
        training = Training(Tiny(), examples(store), RECIPE, device=CPU)
        kept = Kept(workplace / "checkpoints", recorder, reporter, in_a_hurry=number > 0)
        if (state := kept.checkpoints.latest()) is not None:
            assert training.restore(state)
        kill = StopAt(4, KeyboardInterrupt)

        def stop_point(kept: Kept = kept, kill: StopAt = kill) -> None:
            kept.writer.wait()
            kept.clock.seconds += 1
            kill()

        with suppress(KeyboardInterrupt), kept.keeper as keep:
            training.run(Nobody(), keep=keep, stop_point=stop_point)
            break
    assert training.epoch == RECIPE.epochs
    assert number > 1


def test_a_checkpoint_that_the_disk_does_not_take_is_told_of_and_training_goes_on(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    (workplace / "checkpoints").write_text("a file where a folder should be")
    kept = Kept(workplace / "checkpoints", recorder, reporter, every=1)
    with kept.keeper as keep:
        training.run(Collected(), keep=keep)
    assert training.epoch == RECIPE.epochs
    assert reporter.named("note") == ["no checkpoint: File exists: an end would cost what is trained since"]


def test_no_checkpoint_is_ahead_of_its_journal(
    workplace: Path, recorder: RunRecorder, reporter: RecordingReporter, training: Training
) -> None:
    kept = Kept(workplace / "checkpoints", recorder, reporter, every=1)
    with kept.keeper as keep:
        training.run_epoch()
        with full_disk(1):
            recorder.metrics(METRICS, step=1)
        assert recorder.disk_problem
        keep(training, interrupted=False)
    assert kept.checkpoints.latest() is None
