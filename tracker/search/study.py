"""The study of one arm: which trials are to be run, and what became of them."""

from __future__ import annotations

import contextlib
import math
from types import TracebackType
from typing import Self

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

from tracker.errors import TuningError
from tracker.search.attributes import digest_of_search, ensure_attributes
from tracker.search.budget import DIVERGED, FAILED, INTERRUPTED, SURPLUS, Slots
from tracker.search.heartbeats import Heartbeats
from tracker.search.open_trials import OpenTrials
from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.pruners import make_pruner
from tracker.search.queue import Queue
from tracker.search.reading import progress_of, to_record
from tracker.search.records import OpenTrial, StudyProgress, StudySpec, TrialRecord
from tracker.search.retry import retry
from tracker.search.samplers import SeededSampler, distributions_of, grid_points, points_per_range
from tracker.search.storage import GRACE_S, HEARTBEAT_S, open_storage
from tracker.search.stored_study import StoredStudy

FAILURES_PER_TRIAL = 3
_BAD_LOSS = 10.0
"""Far above the loss of guessing, which is the logarithm of the number of classes."""


class ArmStudy:
    """An arm's study, to which several processes may belong, on several machines; each has one of these.

    Not for several threads at once. Leaving its `with` block gives back the trials that are still open.
    Every method may find the storage away for longer than it waits, and raises TuningError then.

    Args:
        spec: What the study is.
        heartbeat_s: Seconds between two beats of a running trial.
        grace_s: Seconds without a beat after which a trial is taken for dead.

    Raises:
        TuningError: The storage cannot be used, or the study has searched something else so far.
    """

    def __init__(self, spec: StudySpec, *, heartbeat_s: int = HEARTBEAT_S, grace_s: int = GRACE_S) -> None:
        self.spec = spec
        self._distributions = distributions_of(spec.space)
        is_grid = spec.sampler == "grid"
        self._points = grid_points(spec.space, trials=spec.trials, seed=spec.seed) if is_grid else []
        pruner = make_pruner(spec.pruner, spec.epochs)
        sampler = SeededSampler(spec.sampler, spec.seed, self._started)
        self._storage = open_storage(spec.storage, heartbeat_s=heartbeat_s, grace_s=grace_s)
        with contextlib.ExitStack() as undo:
            undo.callback(self._disconnect)
            self._study = retry(
                lambda: optuna.create_study(
                    study_name=spec.name,
                    storage=self._storage,
                    direction=spec.direction,
                    sampler=sampler,
                    pruner=pruner,
                    load_if_exists=True,
                )
            )
            stored = retry(lambda: StoredStudy(self._storage, spec.name))
            steps = points_per_range(spec.space, spec.trials) if is_grid else None
            search = digest_of_search(spec.direction, spec.space, steps)
            self.token = ensure_attributes(self._study, stored, spec.attributes, search)
            undo.pop_all()
        self._beats = Heartbeats(stored, heartbeat_s)
        self._open = OpenTrials(stored, self._beats)
        self._queue = Queue(self._study, stored, grace_s)
        self._failed_before = {trial.number for trial in self._queue.slots().failed}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def budget(self) -> int:
        """How many trials are to end with a value or be pruned; of a grid, its points."""
        return len(self._points) or self.spec.trials

    @property
    def inner(self) -> optuna.Study:
        """Optuna's study, for figures to be drawn from."""
        return self._study

    def ask(self, count: int) -> list[OpenTrial]:
        """Take up trials; whoever takes one up says what became of it.

        Args:
            count: How many at most. Fewer come when the budget is spent or others are at the rest.

        Raises:
            TuningError: So many trials failed that more of them would be in vain.
        """
        self.reclaim()
        mine: list[OpenTrial] = []
        while len(mine) < count and self._some_are_left():
            if (trial := self._take_up()) is not None:
                mine.append(trial)
        return mine

    def reclaim(self) -> int:
        """Put trials back into the queue whose process stopped without a word; `ask` does it too.

        Returns:
            How many there were.
        """
        return self._queue.reclaim(self._open)

    def report(self, trial: OpenTrial, value: float, epoch: int) -> bool:
        """Note how a trial is doing.

        Args:
            trial: A trial of this process.
            value: The value after an epoch.
            epoch: The epoch, each once.

        Returns:
            Whether to stop it: it will not be among the best, or has been given to another process.
        """
        stop = self._open.report(trial.number, value, epoch)
        # Pruners judge the last epoch too, where there is nothing left to save and a value to lose.
        return stop and epoch < self.spec.epochs

    def complete(self, trial: OpenTrial, value: float) -> bool:
        """Say that a trial ended with a value; one that is not finite is a divergence.

        Args:
            trial: A trial of this process.
            value: Its result.

        Returns:
            Whether it was still this process's to say. It was not after a silence longer than the grace
            period (a computer that slept): another process has the trial. The same holds for all ends.
        """
        if not math.isfinite(value):
            return self.diverge(trial, f"the value was {value}")
        return self._open.end(trial.number, TrialState.COMPLETE, {}, value)

    def prune(self, trial: OpenTrial) -> bool:
        """Say that a trial was stopped early; its value is the last one that was reported.

        Args:
            trial: A trial of this process.
        """
        value = self._open.last_value(trial.number)
        known = value is not None and math.isfinite(value)
        return self._open.end(trial.number, TrialState.PRUNED, {}, value if known else None)

    def diverge(self, trial: OpenTrial, reason: str) -> bool:
        """Say that a trial's loss became infinite; it counts, and its settings are avoided from now on.

        It gets no value: what it had reported before is not what its settings are worth. A Gaussian process
        learns from values alone, so there it gets the worst one of all.

        Args:
            trial: A trial of this process.
            reason: What happened, in one line.
        """
        if self.spec.sampler == "gp":
            return self._open.end(trial.number, TrialState.COMPLETE, {DIVERGED: reason}, self._worst_value())
        return self._open.end(trial.number, TrialState.PRUNED, {DIVERGED: reason})

    def _worst_value(self) -> float:
        values = [
            trial.value for trial in self.trials() if trial.state == "complete" and trial.value is not None
        ]
        if self.spec.direction == "minimize":
            return max([_BAD_LOSS, *values])
        return min([0.0, *values])

    def interrupt(self, trial: OpenTrial) -> bool:
        """Give a trial back, so that the next process does it from its start with the same settings.

        Args:
            trial: A trial of this process.
        """
        told = self._open.end(trial.number, TrialState.FAIL, {INTERRUPTED: True})
        self._queue.put_back(self._queue.slots().owed)
        return told

    def fail(self, trial: OpenTrial, reason: str) -> bool:
        """Say that a trial could not go on; it does not count, and another one takes its place.

        Args:
            trial: A trial of this process.
            reason: What happened, in one line.
        """
        return self._open.end(trial.number, TrialState.FAIL, {FAILED: reason})

    def progress(self) -> StudyProgress:
        """Return how far the study is."""
        slots = self._queue.slots()
        return progress_of(slots, budget=self.budget, direction=self.spec.direction, mine=self._open)

    def trials(self) -> list[TrialRecord]:
        """Return all trials, by number."""
        return [to_record(trial) for trial in self._queue.slots().of(*TrialState)]

    def close(self) -> None:
        """Give back what is still open, and end the heartbeats and the connections."""
        # Where the storage is away, these trials stop beating and are found by that.
        with contextlib.suppress(TuningError):
            for number in self._open:
                self.interrupt(OpenTrial(number, {}))
        self._beats.close()
        self._disconnect()

    def _disconnect(self) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _started(self, number: int) -> None:
        self._beats.add(number)

    def _some_are_left(self) -> bool:
        slots = self._queue.slots()
        self._check_failures(slots)
        if slots.of(TrialState.WAITING):
            return True
        return self._queue.put_next_point(self._points) if self._points else len(slots.held) < self.budget

    def _check_failures(self, slots: Slots) -> None:
        # Of this process's time: what made earlier ones fail may be mended.
        failed = [trial for trial in slots.failed if trial.number not in self._failed_before]
        if len(failed) >= FAILURES_PER_TRIAL * self.budget:
            last = failed[-1].user_attrs.get(FAILED, "its process stopped without a word")
            raise TuningError(
                "the trials of a study must end",
                but=f"{len(failed)} failed, for a budget of {self.budget}; the last one: {last}",
                do="Mend the cause; the same command goes on with what is left.",
            )

    def _take_up(self) -> OpenTrial | None:
        try:
            trial = retry(self._draw)
        except UpdateFinishedTrialError:
            # This process slept in between, and the trial has been given to another one.
            return None
        self._open.add(trial)
        if self._has_slot(trial.number):
            return OpenTrial(trial.number, trial.params)
        self._open.end(trial.number, TrialState.FAIL, {SURPLUS: True})
        return None

    def _draw(self) -> Trial:
        # What an attempt that was cut short has created is nobody's: it must not beat.
        self._open.keep_beating()
        with suppress_warnings():
            return self._study.ask(self._distributions)

    def _has_slot(self, number: int) -> bool:
        slots = self._queue.slots()
        if self._points:
            return slots.has_point(number, self._points)
        return slots.has_slot(number, self.budget)
