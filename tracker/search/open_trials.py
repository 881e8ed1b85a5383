"""The trials that this process is at, from the moment it takes them up until it says what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

from tracker.search.heartbeats import Heartbeats
from tracker.search.retry import retry
from tracker.search.stored_study import StoredStudy


class OpenTrials:
    """The open trials of one process.

    Args:
        stored: The study that they are of.
        beats: What tells others that they are alive.
    """

    def __init__(self, stored: StoredStudy, beats: Heartbeats) -> None:
        self._stored = stored
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
        self._beats.keep(self._trials)

    def last_value(self, number: int) -> float | None:
        """Return what a trial reported last; None where it reported nothing.

        Args:
            number: The trial's number.
        """
        reported = retry(lambda: self._stored.trial(number)).intermediate_values
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
            retry(lambda: trial.report(value, epoch))
        except UpdateFinishedTrialError:
            return True
        return retry(trial.should_prune)

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
            self._stored.end(number, state, value)

        try:
            retry(tell)
            told = True
        except UpdateFinishedTrialError:
            # Another process took it, or an attempt before this one got through and its answer did not.
            told = retry(lambda: self._stored.trial(number)).state == state
        del self._trials[number]
        self.keep_beating()
        return told
