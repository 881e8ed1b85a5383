"""The trials behind tuned arms, best first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tracker.figures.labels import natural_key
from tracker.records import RunRecord

_STATES = {"FINISHED": "complete", "KILLED": "stopped early", "FAILED": "failed", "RUNNING": "running"}


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One trial of a study.

    Attributes:
        study: The study's name.
        number: The trial's number.
        state: complete, stopped early (pruned or interrupted), failed or running.
        objective: What it reached; None unless it is complete.
        settings: What was searched, by name.
        run_id: MLflow's id of its run.
    """

    study: str
    number: int
    state: str
    objective: float | None
    settings: Mapping[str, str]
    run_id: str


TrialsByStudy = Mapping[str, Sequence[TrialSummary]]
"""The trials of each study, by its name."""


def trials_by_study(runs: Sequence[RunRecord]) -> TrialsByStudy:
    """Return the trials of each study of an experiment, best first, then those without a value.

    Args:
        runs: All runs of the experiment.
    """
    studies = {_name(run): run for run in runs if run.tags.get("tracker.kind") == "study"}
    trials: dict[str, list[TrialSummary]] = defaultdict(list)
    for run in runs:
        if run.tags.get("tracker.kind") == "trial":
            trials[_name(run)].append(_trial(run, _searched(studies.get(_name(run)))))
    names = sorted(trials, key=natural_key)
    return {name: sorted(trials[name], key=_best_first(studies.get(name))) for name in names}


def _trial(run: RunRecord, searched: Sequence[str]) -> TrialSummary:
    return TrialSummary(
        study=_name(run),
        number=int(run.tags.get("tracker.trial", "0")),
        state=_STATES.get(run.status, run.status.lower()),
        objective=run.metrics.get("objective") if run.status == "FINISHED" else None,
        settings={name: run.params[name] for name in searched if name in run.params},
        run_id=run.run_id,
    )


def _name(run: RunRecord) -> str:
    """Return what names a study among all of a server: two folders can have studies of one name."""
    return f"{run.tags.get('tracker.study', '')} {run.tags.get('tracker.study_token', '')[:4]}".strip()


def _searched(study: RunRecord | None) -> list[str]:
    return list(json.loads(study.tags.get("tracker.searched", "{}"))) if study is not None else ["lr"]


def _best_first(study: RunRecord | None) -> Callable[[TrialSummary], tuple[bool, float, int]]:
    """Return the sort key of a study's trials: the best objective first, those without one last."""
    objective = study.params.get("objective", "val/loss") if study is not None else "val/loss"
    sign = 1 if objective == "val/loss" else -1

    def key(trial: TrialSummary) -> tuple[bool, float, int]:
        value = trial.objective
        return value is None, sign * value if value is not None else 0.0, trial.number

    return key
