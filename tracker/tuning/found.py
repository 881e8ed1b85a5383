"""Which studies a storage holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tracker.tuning.patience import patiently
from tracker.tuning.spec import Direction, TrialRecord
from tracker.tuning.standing import best_of
from tracker.tuning.storage import database_file, open_storage


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
        url: The database's address. An SQLite file that is not there holds none, and is not made.
        attributes: What they say.

    Raises:
        TuningError: The database cannot be used.
    """
    file = database_file(url)
    if file is not None and not file.exists():
        return []
    storage = open_storage(url)
    try:
        found = patiently(lambda: _read(storage, attributes))
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
            storage.get_all_trials(study._study_id, deepcopy=False),
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
