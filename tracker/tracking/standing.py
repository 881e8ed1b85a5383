"""How a run stands: what its journal and its position say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tracker.tracking.entries import Creation
from tracker.tracking.position import Position
from tracker.tracking.store import describe

State = Literal["running", "finished", "failed", "killed", "interrupted", "unreadable"]
"""interrupted: its process died without a word; unreadable: its journal is damaged or of a newer tracker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands.

    Attributes:
        folder: The run's folder.
        state: Whether it is at work, and how it ended.
        reason: Why it did not finish, or why its journal cannot be read; empty where nothing is said.
        creation: How the run began; None where that cannot be read.
        params: Its parameters, by name.
        epoch: The last epoch that was recorded, 0 before the first.
        records: Entries of its journal.
        sent: Those of them that MLflow has.
        refused: Records that MLflow did not take, however often they were sent.
        position: How far it was sent, and why no further.
        trials: How many trials of a study stand for it here (`with_trials_folded`).
    """

    folder: Path
    state: State
    reason: str = ""
    creation: Creation | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 0
    records: int = 0
    sent: int = 0
    refused: int = 0
    position: Position = field(default_factory=Position)
    trials: int = 0

    def of(self, name: str) -> str:
        """Return a field of its recipe, empty where it is not recorded.

        Args:
            name: Such as `model`, `mode` or `seed`.
        """
        tags = self.creation.tags if self.creation else {}
        return self.params.get(name) or tags.get(f"tracker.{name}", "")

    @property
    def experiment(self) -> str:
        """MLflow's experiment, empty where it is not known."""
        return self.creation.experiment if self.creation else ""

    @property
    def server(self) -> str:
        """The store or server that it is meant for, without a password; empty where it is not known."""
        return describe(self.creation.tracking_uri) if self.creation else ""

    @property
    def attempt(self) -> int:
        """How often the run was begun, this time included."""
        return self.creation.attempt if self.creation else 1

    @property
    def unsent(self) -> int:
        """Entries that MLflow is still to get; none where a user deleted the run."""
        return 0 if self.position.deleted else self.records - self.sent


def with_trials_folded(runs: Sequence[Standing]) -> list[Standing]:
    """Put the trials of a study into the study's own line: their records, and how many there are.

    Args:
        runs: How all runs of a home stand.
    """
    folded = {run.folder.name: run for run in runs}
    for trial in runs:
        study = folded.get(trial.creation.parent_uid) if trial.creation else None
        if study is not None:
            del folded[trial.folder.name]
            folded[study.folder.name] = replace(
                study,
                trials=study.trials + 1,
                records=study.records + trial.records,
                sent=study.sent + (trial.records if trial.position.deleted else trial.sent),
                refused=study.refused + trial.refused,
            )
    return list(folded.values())


def begun_again(runs: Sequence[Standing]) -> set[Path]:
    """Return the folders of the attempts that a later attempt at the same run has replaced.

    Args:
        runs: How all runs of a home stand.
    """
    latest: dict[tuple[str, str], int] = {}
    for run in runs:
        latest[_identity(run)] = max(run.attempt, latest.get(_identity(run), 0))
    return {run.folder for run in runs if run.attempt < latest[_identity(run)]}


def _identity(run: Standing) -> tuple[str, str]:
    return run.folder.name.removesuffix(f".{run.attempt}"), run.server
