"""How far a study is, and which studies a storage holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tracker.search.budget import DIVERGED, Slots
from tracker.search.records import Direction, StudyProgress, TrialRecord, TrialStatus
from tracker.search.retry import retry
from tracker.search.storage import holds_studies, open_storage


def progress_of(slots: Slots, *, budget: int, direction: Direction, mine: Iterable[int]) -> StudyProgress:
    """Return how far a study is.

    Args:
        slots: Its trials.
        budget: How many are to end.
        direction: Whether a small or a large value is good.
        mine: The numbers of the trials that this process is at.
    """
    running = {trial.number for trial in slots.of(TrialState.RUNNING)}
    return StudyProgress(
        budget=budget,
        complete=len(slots.of(TrialState.COMPLETE)),
        pruned=len(slots.of(TrialState.PRUNED)),
        running=len(running),
        waiting=len(slots.of(TrialState.WAITING)) + len(slots.owed),
        failed=len(slots.failed),
        others=len(running - set(mine)),
        best=best_of(slots.of(TrialState.COMPLETE), direction),
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
        if trial.state == TrialState.COMPLETE and _is_finite(trial) and DIVERGED not in trial.user_attrs
    ]
    best = min(ended, key=lambda trial: sign * cast(float, trial.value), default=None)
    return None if best is None else to_record(best)


def _is_finite(trial: FrozenTrial) -> bool:
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
        state=cast(TrialStatus, trial.state.name.lower()),
        value=trial.value,
        params=dict(trial.params),
        duration=None if trial.duration is None else trial.duration.total_seconds(),
        attributes=dict(trial.user_attrs),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStudy:
    """A study as its storage has it.

    Attributes:
        name: Its name.
        direction: Whether a small or a large value is good.
        attributes: What it says about itself, its token among it.
        trials: How many of its trials count: they ended with a value or were pruned.
        best: The best trial with a finite value.
        active: When something happened in it last; None where nothing has.
    """

    name: str
    direction: Direction
    attributes: Mapping[str, str]
    trials: int
    best: TrialRecord | None
    active: datetime | None


def find_studies(url: str, attributes: Mapping[str, str]) -> list[FoundStudy]:
    """Return the studies that say something about themselves, the one that was active last first.

    Args:
        url: The database's address. One without tables holds none, and none are made.
        attributes: What they say.

    Raises:
        TuningError: The database cannot be used.
    """
    if not holds_studies(url):
        return []
    storage = open_storage(url)
    try:
        found = retry(lambda: _read(storage, attributes))
    finally:
        storage.remove_session()
        storage.engine.dispose()
    return sorted(found, key=lambda study: study.active or datetime.min, reverse=True)


def _read(storage: RDBStorage, attributes: Mapping[str, str]) -> list[FoundStudy]:
    return [
        _found(
            study.study_name,
            "minimize" if study.direction == StudyDirection.MINIMIZE else "maximize",
            study.user_attrs,
            storage.get_all_trials(storage.get_study_id_from_name(study.study_name), deepcopy=False),
        )
        for study in storage.get_all_studies()
        if attributes.items() <= study.user_attrs.items()
    ]


def _found(
    name: str, direction: Direction, attributes: Mapping[str, str], trials: list[FrozenTrial]
) -> FoundStudy:
    moments = [moment for trial in trials for moment in (trial.datetime_start, trial.datetime_complete)]
    return FoundStudy(
        name=name,
        direction=direction,
        attributes=dict(attributes),
        trials=sum(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials),
        best=best_of(trials, direction),
        active=max((moment for moment in moments if moment), default=None),
    )
