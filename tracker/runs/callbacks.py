"""What becomes of each epoch of a run: it is recorded, shown, and kept as a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tracker.config.recipe import Recipe
from tracker.runs.events import Notifier, Reporter
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.loop import Training


@dataclass(frozen=True)
class EpochRecorder:
    """A recorder of epochs that shows each to the reporter, and what records have to wait for."""

    recorder: RunRecorder
    reporter: Reporter
    notifier: Notifier
    recipe: Recipe

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """An epoch was measured: it is recorded, then shown.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        self.recorder.metrics(values, step=step)
        self.reporter.epoch(self.recipe, step, values)
        if disk_problem := self.recorder.disk_problem:
            self.notifier.notify(f"{disk_problem}: training goes on, and its records wait in memory")
        if problem := load_cursor(self.recorder.folder).problem:
            self.notifier.notify(
                f"{problem.removesuffix('.')}: training goes on, and its records wait on disk"
            )


@dataclass(frozen=True)
class CheckpointKeeper:
    """Keeps a checkpoint of each epoch that the journal has; a disk that does not take one is told of."""

    writer: CheckpointWriter
    recorder: RunRecorder
    notifier: Notifier

    def __call__(self, training: Training) -> None:
        """Have the state of a training kept.

        Args:
            training: It may go on as soon as this returns.
        """
        if self.recorder.disk_problem:
            # A checkpoint that is ahead of its journal would leave epochs that nobody records.
            return
        with self._told():
            self.writer.wait()
        self.writer.save(training.state(), epochs=training.epoch, batches=training.batches_done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._told():
            self.writer.wait()
        self.writer.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.notifier.notify(f"no checkpoint: {error.strerror or error}: training goes on")
