"""How far a study is, read from its trials."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

from optuna.trial import FrozenTrial, TrialState

from tracker.tuning.places import DIVERGED, Places
from tracker.tuning.spec import Direction, Standing, State, TrialRecord


def standing_of(places: Places, *, budget: int, direction: Direction, mine: Iterable[int]) -> Standing:
    """Return how far a study is.

    Args:
        places: Its trials.
        budget: How many are to end.
        direction: Whether a small or a large value is good.
        mine: The numbers of the trials that this process is at.
    """
    running = {trial.number for trial in places.of(TrialState.RUNNING)}
    return Standing(
        budget=budget,
        complete=len(places.of(TrialState.COMPLETE)),
        pruned=len(places.of(TrialState.PRUNED)),
        running=len(running),
        waiting=len(places.of(TrialState.WAITING)) + len(places.owed),
        failed=len(places.failed),
        others=len(running - set(mine)),
        best=best_of(places.of(TrialState.COMPLETE), direction),
    )


def best_of(trials: Iterable[FrozenTrial], direction: Direction) -> TrialRecord | None:
    """Return the best trial that has a finite value of its own, the earlier of two equal ones.

    Args:
        trials: Any trials, by number.
        direction: Whether a small or a large value is good.

    Returns:
        None where no trial has one; a diverged one never has.
    """
    sign = 1 if direction == "minimize" else -1
    ended = [
        trial
        for trial in trials
        if trial.state == TrialState.COMPLETE and is_finite(trial) and DIVERGED not in trial.user_attrs
    ]
    best = min(ended, key=lambda trial: sign * cast(float, trial.value), default=None)
    return None if best is None else to_record(best)


def is_finite(trial: FrozenTrial) -> bool:
    """Say whether a trial has a value, and a finite one.

    Args:
        trial: Any trial.
    """
    return trial.value is not None and math.isfinite(trial.value)


def to_record(trial: FrozenTrial) -> TrialRecord:
    """Return a trial as a table shows it.

    Args:
        trial: Any trial.
    """
    return TrialRecord(
        number=trial.number,
        state=cast(State, trial.state.name.lower()),
        value=trial.value,
        params=dict(trial.params),
        duration=None if trial.duration is None else trial.duration.total_seconds(),
        attributes=dict(trial.user_attrs),
    )
