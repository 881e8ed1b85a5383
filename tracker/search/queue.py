"""What waits in a study to be taken up: trials that are to be done again, and the points of a grid."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from optuna import Study
from optuna.storages import fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from tracker.search.budget import Slots, point_of, redo
from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.retry import retry
from tracker.search.samplers import Point
from tracker.search.stored_study import StoredStudy


class Queue:
    """A study's queue, as one process sees and fills it.

    Args:
        study: The study.
        stored: The same study in its database.
        grace_s: Seconds without a beat after which a trial is taken for dead.
    """

    def __init__(self, study: Study, stored: StoredStudy, grace_s: float) -> None:
        self._study = study
        self._stored = stored
        self._grace = timedelta(seconds=grace_s)
        self._vouched: set[int] = set()

    def slots(self) -> Slots:
        """Return the study's trials as they are now."""
        return Slots(retry(lambda: self._study.get_trials(deepcopy=False)))

    def reclaim(self, mine: Container[int]) -> int:
        """Put trials back whose process stopped without a word.

        Args:
            mine: The numbers of the trials that this process is at.

        Returns:
            How many there were.
        """
        with suppress_warnings():
            retry(lambda: fail_stale_trials(self._study))
        slots = self.slots()
        for trial in slots.of(TrialState.RUNNING):
            if trial.number not in mine:
                self._vouch_for(trial)
        self.put_back(slots.owed)
        return len(slots.owed)

    def put_back(self, owed: Iterable[FrozenTrial]) -> None:
        """Queue trials that are to be done again and are not in the queue.

        A process that is killed between giving up a trial and queueing it leaves that to the next one.

        Args:
            owed: These trials.
        """
        for trial in owed:
            self._add(redo(trial))

    def put_next_point(self, points: Sequence[Point]) -> bool:
        """Queue the next point of a grid: one that no trial has done, is at, or is to do.

        One by one, when it is needed: processes that begin together would each queue the whole grid.

        Args:
            points: The grid.

        Returns:
            Whether there was one.
        """
        held = [point_of(trial) for trial in self.slots().held.values()]
        point = next((point for point in points if point not in held), None)
        if point is not None:
            retry(lambda: self._study.enqueue_trial(dict(point)))
        return point is not None

    def _add(self, trial: FrozenTrial) -> None:
        retry(lambda: self._study.add_trial(trial))

    def _vouch_for(self, trial: FrozenTrial) -> None:
        # Only a trial that has beaten once can be seen to stop. One whose process was killed between its
        # creation and its first beat would run for ever: each process beats once in its name, and if nobody
        # else does, it is found dead a grace period later.
        # Not for young ones: what has beaten and then stopped would live longer with each process that comes.
        # The age is absolute, since the clock that wrote the start may be that of another place.
        age = abs(datetime.now() - (trial.datetime_start or datetime.min))
        if age > self._grace and trial.number not in self._vouched:
            retry(lambda: self._stored.beat(trial.number))
            self._vouched.add(trial.number)
