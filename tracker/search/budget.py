"""Which trials have a slot of a study's budget: a rule that every process reads alike from the same trials.

Nobody is asked for a slot, and no lock is held. A trial is created, and then its process looks whether it
has one; if not, the trial is given up as surplus. The rule depends on earlier slots alone, and a slot that
was lost is never found again. So of all slots that are held at the end, the last one saw the others when it
was taken, and they are never more than the budget.

Optuna's own `MaxTrialsCallback` looks at the count after a trial has ended: processes that are in the middle
of a trial then all end theirs, and the budget is overspent.

A trial that was interrupted or stopped beating is done again, by a new trial with a higher number, in the
earlier one's slot. Of several that would do it again (two processes saw the same), the first counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from optuna.trial import FrozenTrial, TrialState, create_trial

SURPLUS, INTERRUPTED, FAILED, DIVERGED = "surplus", "interrupted", "failed", "diverged"
"""User attributes of trials: why they ended as they did."""

# Optuna's own names for the same things, which its `RetryHeartbeatStaleTrialCallback` writes and reads.
_FIRST, _HISTORY = "failed_trial", "retry_history"
_FIXED = "fixed_params"

MAX_RETRIES = 3
"""How often a trial is done again whose process stopped without a word: its settings may be the cause."""


class Slots:
    """The slots of a study's budget, and the trials in them at one moment.

    Args:
        trials: All of them.
    """

    def __init__(self, trials: Iterable[FrozenTrial]) -> None:
        self._trials = {trial.number: trial for trial in sorted(trials, key=lambda trial: trial.number)}
        self._next: dict[int, int] = {}
        for trial in self._trials.values():
            if before := _history(trial):
                self._next.setdefault(before[-1], trial.number)

    def __getitem__(self, number: int) -> FrozenTrial:
        return self._trials[number]

    def of(self, *states: TrialState) -> list[FrozenTrial]:
        """Return the trials in some states, by number."""
        return [trial for trial in self._trials.values() if trial.state in states]

    @cached_property
    def held(self) -> Mapping[int, FrozenTrial]:
        """The trials that hold a slot, by the number of the slot: that of the first trial in it."""
        return {_slot(trial): trial for trial in self._trials.values() if self._holds(trial)}

    @property
    def owed(self) -> list[FrozenTrial]:
        """The trials that are to be done again, and that no trial does again yet."""
        return [trial for trial in self.held.values() if trial.state == TrialState.FAIL]

    @property
    def failed(self) -> list[FrozenTrial]:
        """The trials that could not go on, or stopped without a word."""
        return [t for t in self.of(TrialState.FAIL) if not {SURPLUS, INTERRUPTED} & t.user_attrs.keys()]

    def has_slot(self, number: int, budget: int) -> bool:
        """Say whether a trial is one of those that the budget is for.

        Args:
            number: The trial's number.
            budget: The number of slots.
        """
        slot = _slot(self[number])
        return self._counts(self[number]) and sum(earlier < slot for earlier in self.held) < budget

    def has_point(self, number: int, points: Sequence[Mapping[str, Any]]) -> bool:
        """Say whether a trial is the one that does its point of a grid.

        Args:
            number: The trial's number.
            points: The grid.
        """
        point, slot = point_of(self[number]), _slot(self[number])
        earlier = [point_of(trial) for held, trial in self.held.items() if held < slot]
        return self._counts(self[number]) and point in points and point not in earlier

    def _holds(self, trial: FrozenTrial) -> bool:
        if not self._counts(trial):
            return False
        return trial.state != TrialState.FAIL or (
            trial.number not in self._next and self._may_be_redone(trial)
        )

    def _may_be_redone(self, trial: FrozenTrial) -> bool:
        if {SURPLUS, FAILED} & trial.user_attrs.keys():
            return False
        tried = [self[number] for number in _line(trial)]
        return sum(INTERRUPTED not in earlier.user_attrs for earlier in tried) <= MAX_RETRIES

    def _counts(self, trial: FrozenTrial) -> bool:
        return all(self._next[before] == after for before, after in itertools.pairwise(_line(trial)))


def point_of(trial: FrozenTrial) -> Mapping[str, Any] | None:
    """Return the point of a grid that a trial was queued for; known from its creation on.

    Args:
        trial: Any trial; one that was not queued has none.
    """
    point: Mapping[str, Any] | None = trial.system_attrs.get(_FIXED)
    return point


def redo(trial: FrozenTrial) -> FrozenTrial:
    """Return the trial that does another one again, to be put into the queue.

    Args:
        trial: The one that is to be done again. What was not drawn for it yet is drawn later.
    """
    # Not what pruners wrote: the new trial would take the earlier one's rungs for its own.
    point = {_FIXED: trial.system_attrs[_FIXED]} if _FIXED in trial.system_attrs else {}
    return create_trial(
        state=TrialState.WAITING,
        params=trial.params,
        distributions=trial.distributions,
        system_attrs={**point, _FIRST: _slot(trial), _HISTORY: _line(trial)},
    )


def _slot(trial: FrozenTrial) -> int:
    return int(trial.system_attrs.get(_FIRST, trial.number))


def _history(trial: FrozenTrial) -> list[int]:
    return list(trial.system_attrs.get(_HISTORY, []))


def _line(trial: FrozenTrial) -> list[int]:
    return [*_history(trial), trial.number]
