"""The trials that this process is at, from the moment it takes them up until it says what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from tracker.tuning.heartbeats import Heartbeats
from tracker.tuning.patience import patiently


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
