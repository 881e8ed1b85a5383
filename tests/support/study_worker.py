"""A process that takes part in a study: storage, budget, sampler, and whether it does its work or dies."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from optuna.trial import TrialState

from tests.support.studies import POINTS, RANGE, small_spec
from tracker.search.storage import open_storage
from tracker.search.study import ArmStudy

HEARTBEAT_S, GRACE_S = 1, 3


def take_part(study: ArmStudy) -> None:
    while not study.progress().done:
        asked = study.ask(random.choice([1, 2]))
        sys.stdout.write(f"{study.token}\n")
        sys.stdout.flush()
        for one in asked:
            time.sleep(random.uniform(0.02, 0.1))
            study.report(one, 0.5, 1)
            if random.random() < 0.2:
                study.prune(one)
            else:
                study.complete(one, abs(float(one.params["lr"]) - 1e-3))
        if not asked:
            time.sleep(0.3)


def pop(study: ArmStudy) -> None:
    """Take a trial out of the queue, if one waits there, and no further."""
    storage = open_storage(study.spec.storage)
    study_id = storage.get_study_id_from_name(study.spec.name)
    for trial in storage.get_all_trials(study_id, states=[TrialState.WAITING])[:1]:
        trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
        storage.set_trial_state_values(trial_id, TrialState.RUNNING)


def die(study: ArmStudy, deed: str) -> None:
    if deed == "unborn":
        # Where Optuna has created a trial, and nothing has been drawn for it and no heart has beaten.
        storage = open_storage(study.spec.storage)
        storage.create_new_trial(storage.get_study_id_from_name(study.spec.name))
    elif deed == "popped":
        pop(study)
    else:
        study.ask(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    storage, trials, sampler, deed = sys.argv[1:]
    space = POINTS if sampler == "grid" else RANGE
    spec = small_spec(storage, trials=int(trials), sampler=sampler, space=space)
    with ArmStudy(spec, heartbeat_s=HEARTBEAT_S, grace_s=GRACE_S) as study:
        take_part(study) if deed == "all" else die(study, deed)
