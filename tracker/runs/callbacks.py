"""What becomes of each epoch of a run: it is recorded and shown, and now and then kept as a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tracker.config.recipe import Recipe
from tracker.records import SPEED
from tracker.runs.events import Notifier, Reporter
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.training.cadence import Cadence
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.loop import Training

REPEATED = "tracker.repeated_differently"
"""The tag of a run in which an epoch that was trained again did not give the recorded numbers."""


@dataclass
class EpochRecorder:
    """A recorder of epochs that shows each to the reporter, and what records have to wait for.

    Attributes:
        exact: Whether an epoch that is trained again has to give the numbers that are recorded of it.
    """

    recorder: RunRecorder
    reporter: Reporter
    notifier: Notifier
    recipe: Recipe
    exact: bool
    _differs: bool = field(default=False, init=False)

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """An epoch was measured: it is recorded, then shown.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        if self.exact:
            self._compare(values, step)
        self.recorder.metrics(values, step=step)
        self.reporter.epoch(self.recipe, step, values)
        if disk_problem := self.recorder.disk_problem:
            self.notifier.notify(f"{disk_problem}: training goes on, and its records wait in memory")
        if problem := load_cursor(self.recorder.folder).problem:
            self.notifier.notify(
                f"{problem.removesuffix('.')}: training goes on, and its records wait on disk"
            )

    def _compare(self, values: Mapping[str, float], step: int) -> None:
        """Tell, once, that an epoch was trained again and is not what is recorded."""
        comparable = {name: value for name, value in values.items() if not name.endswith(SPEED)}
        different = self.recorder.different(comparable, step=step)
        if not different or self._differs:
            return
        self._differs = True
        name, (before, now) = next(iter(different.items()))
        said = f"epoch {step}: {name} is recorded as {before:.9g} and came out as {now:.9g}"
        self.notifier.notify(
            f"{self.recipe.in_words}, trained again from its last checkpoint on, is not what it was ({said}; "
            "another number of threads, processor, GPU or version?): what is recorded stays"
        )
        self.recorder.tags({REPEATED: said})


@dataclass(frozen=True)
class CheckpointKeeper:
    """Keeps checkpoints of epochs that the journal has; a disk that does not take one is told of.

    Attributes:
        cadence: How often.
        epochs: After how many epochs the training ends.
        keeps_the_end: Whether its end is kept as well; otherwise nobody goes on from there.
    """

    writer: CheckpointWriter
    recorder: RunRecorder
    notifier: Notifier
    cadence: Cadence
    epochs: int
    keeps_the_end: bool = False

    def __call__(self, training: Training, *, interrupted: bool) -> None:
        """Have the state of a training kept, if it is time.

        Args:
            training: It may go on as soon as this returns.
            interrupted: Whether it ends here.
        """
        if not self.writer.writes:
            self._wait()
        if self.recorder.disk_problem:
            # A checkpoint that is ahead of its journal would leave epochs that nobody records.
            return
        if interrupted or self._due(training.epoch):
            self._wait()
            self.cadence.taken(epochs=training.epoch)
            self.writer.save(training.state(), epochs=training.epoch, batches=training.batches_done)

    def _due(self, epoch: int) -> bool:
        if epoch == self.epochs:
            return self.keeps_the_end
        return self.cadence.due(epochs=epoch, cost=self.writer.cost, writing=self.writer.writes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self.keeps_the_end:
            self.writer.give_up()
        self._wait()
        self.writer.close()

    def _wait(self) -> None:
        with self._told():
            self.writer.wait()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.notifier.notify(
                f"no checkpoint: {error.strerror or error}: an end would cost what is trained since"
            )
