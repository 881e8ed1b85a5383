"""Small studies, made alike by tests and by the processes that they start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from tracker.config.search_space import Choices, Range
from tracker.search.budget import INTERRUPTED
from tracker.search.records import OpenTrial, StudySpec
from tracker.search.storage import open_storage
from tracker.search.study import ArmStudy

RANGE = {"lr": Range(1e-5, 1e-1)}
POINTS = {"lr": Range(1e-4, 1e-2), "optimizer": Choices(("sgd", "adam")), "batch_size": Choices((16, 32))}


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/studies/studies.db"


def small_spec(storage: str, **changes: Any) -> StudySpec:
    settings: dict[str, Any] = {
        "name": "alexnet",
        "storage": storage,
        "direction": "minimize",
        "trials": 6,
        "space": RANGE,
        "epochs": 9,
        "seed": 1,
    }
    return StudySpec(**(settings | changes))


def give_up(study: ArmStudy, trial: OpenTrial) -> None:
    """Interrupt a trial as a process does that is killed before it has queued the next attempt."""
    storage = open_storage(study.spec.storage)
    study_id = storage.get_study_id_from_name(study.spec.name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
    storage.set_trial_user_attr(trial_id, INTERRUPTED, True)
    storage.set_trial_state_values(trial_id, TrialState.FAIL)
    storage.engine.dispose()


def start_worker(
    storage: str, trials: int, *, sampler: str = "tpe", deed: str = "all"
) -> subprocess.Popen[str]:
    """Start a process that takes part in a study; it prints a line once it has a trial."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("study_worker.py")),
        storage,
        str(trials),
        sampler,
        deed,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
