"""What goes into a study and what comes out of it, as plain records: reading them needs no Optuna."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tracker.config.options import Pruner, Sampler
from tracker.config.search_space import Space

Direction = Literal["minimize", "maximize"]
Value = float | int | str
TrialStatus = Literal["running", "waiting", "complete", "pruned", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """What the study of one arm is.

    Attributes:
        name: The study's name in its storage; equal names are the same study.
        storage: The database's address, such as `sqlite:///studies.db`.
        direction: Whether a small or a large value is good.
        trials: The budget: so many trials end with a value or are pruned.
        space: What is searched.
        epochs: The epochs of a whole trial.
        seed: What every draw comes from, together with the trial's number and the history.
        sampler: Who draws the settings of a trial.
        pruner: Who ends trials early.
        attributes: What the study says about itself; they stay as its first process wrote them.
    """

    name: str
    # It can hold a password.
    storage: str = field(repr=False)
    direction: Direction
    trials: int
    space: Space
    epochs: int
    seed: int
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenTrial:
    """A trial that this process is to run.

    Attributes:
        number: The trial's number in its study, from 0.
        params: The value of each searched setting.
    """

    number: int
    params: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial as a table shows it.

    Attributes:
        number: The trial's number in its study, from 0.
        state: Where it stands.
        value: Its result, or the last one that was reported before it was pruned.
        params: The value of each searched setting.
        duration: From its start to its end, in seconds.
        attributes: What was noted with it, such as why it failed.
    """

    number: int
    state: TrialStatus
    value: float | None
    params: Mapping[str, Value]
    duration: float | None
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgress:
    """How far a study is.

    Attributes:
        budget: How many trials are to end with a value or be pruned.
        complete: How many ended with a value.
        pruned: How many were ended early; those whose loss became infinite are among them.
        running: How many some process is at.
        waiting: How many are to be done again and have not been taken up.
        failed: How many could not go on, or stopped without a word.
        others: How many of the running ones are not this process's.
        best: The best trial with a finite value.
    """

    budget: int
    complete: int
    pruned: int
    running: int
    waiting: int
    failed: int
    others: int
    best: TrialRecord | None

    @property
    def spent(self) -> int:
        """How many trials count."""
        return self.complete + self.pruned

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.spent >= self.budget
