"""A process that takes part in a study: storage, budget, sampler, and whether it does its work or dies."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.arms import POINTS, RANGE, small
from tracker.search.study import ArmStudy

HEARTBEAT_S, GRACE_S = 1, 3


def take_part(study: ArmStudy) -> None:
    while not study.standing().done:
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


def die(study: ArmStudy, deed: str) -> None:
    if deed == "unborn":
        # Where Optuna has created a trial, and nothing has been drawn for it and no heart has beaten.
        study.inner._storage.create_new_trial(study.inner._study_id)
    elif deed == "popped":
        study.inner._pop_waiting_trial_id()
    else:
        study.ask(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    storage, trials, sampler, deed = sys.argv[1:]
    space = POINTS if sampler == "grid" else RANGE
    spec = small(storage, trials=int(trials), sampler=sampler, space=space)
    with ArmStudy(spec, heartbeat_s=HEARTBEAT_S, grace_s=GRACE_S) as study:
        take_part(study) if deed == "all" else die(study, deed)
