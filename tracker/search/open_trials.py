"""The trials that this process is at, from the moment it takes them up until it says what became of them.

Their heartbeats come from a thread of their own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from tracker.search.storage import AWAY, patiently


class OpenTrials:
    """The open trials of one process.

    Args:
        study: The study that they are of.
        beats: What tells others that they are alive.
    """

    def __init__(self, study: Study, beats: Heartbeats) -> None:
        self._study = study
        self._beats = beats
        self._trials: dict[int, Trial] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._trials))

    def __contains__(self, number: object) -> bool:
        return number in self._trials

    def add(self, trial: Trial) -> None:
        """Take up a trial; its heart beats already."""
        self._trials[trial.number] = trial

    def keep_beating(self) -> None:
        """Beat for the open trials and for no others."""
        self._beats.keep(trial._trial_id for trial in self._trials.values())

    def last_value(self, number: int) -> float | None:
        """Return what a trial reported last; None where it reported nothing.

        Args:
            number: The trial's number.
        """
        reported = patiently(lambda: self._frozen(number)).intermediate_values
        return reported[max(reported)] if reported else None

    def report(self, number: int, value: float, epoch: int) -> bool:
        """Note how a trial is doing.

        Args:
            number: The trial's number.
            value: The value after an epoch.
            epoch: The epoch.

        Returns:
            Whether to stop it: it will not be among the best, or is no longer this process's.
        """
        trial = self._trials[number]
        try:
            patiently(lambda: trial.report(value, epoch))
        except UpdateFinishedTrialError:
            return True
        return patiently(trial.should_prune)

    def end(
        self, number: int, state: TrialState, marks: Mapping[str, object], value: float | None = None
    ) -> bool:
        """Say what became of a trial.

        Args:
            number: The trial's number.
            state: How it ended.
            marks: User attributes that say more.
            value: Its value, where it has one.

        Returns:
            Whether it was still this process's to say.
        """
        trial = self._trials[number]

        def tell() -> None:
            for key, mark in marks.items():
                trial.set_user_attr(key, mark)
            # Not `Study.tell`, which gives every pruned trial its last reported value.
            values = None if value is None else [value]
            self._study._storage.set_trial_state_values(trial._trial_id, state, values)

        try:
            patiently(tell)
            told = True
        except UpdateFinishedTrialError:
            # Another process took it, or an attempt before this one got through and its answer did not.
            told = patiently(lambda: self._frozen(number)).state == state
        del self._trials[number]
        self.keep_beating()
        return told

    def _frozen(self, number: int) -> FrozenTrial:
        return self._study._storage.get_trial(self._trials[number]._trial_id)


class Heartbeats:
    """Tells the storage again and again that trials are alive; ask and tell alone does not.

    Args:
        storage: Where the trials are.
        interval: Seconds between two beats.
    """

    def __init__(self, storage: RDBStorage, interval: float) -> None:
        self._storage = storage
        self._interval = interval
        self._alive: frozenset[int] = frozenset()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeats", daemon=True)

    def add(self, trial_id: int) -> None:
        """Beat for a trial, at once and from now on.

        Args:
            trial_id: The trial's id in the storage.
        """
        self._storage.record_heartbeat(trial_id)
        self._alive |= {trial_id}
        if self._thread.ident is None:
            self._thread.start()

    def keep(self, trial_ids: Iterable[int]) -> None:
        """Beat for these trials alone.

        Args:
            trial_ids: Ids of trials that were added.
        """
        self._alive = frozenset(trial_ids)

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(self._interval):
            for trial_id in self._alive:
                # A database that is away for a moment misses a beat; the next one comes.
                with contextlib.suppress(*AWAY):
                    self._storage.record_heartbeat(trial_id)
        self._storage.remove_session()
