"""Several processes at one study."""

from __future__ import annotations

import random
import subprocess
import time

import pytest

from tests.support.studies import POINTS, RANGE, small_spec, start_worker
from tracker.search.records import TrialRecord
from tracker.search.study import ArmStudy

END_S = 150


def ended(workers: list[subprocess.Popen[str]]) -> list[str]:
    said = [worker.communicate(timeout=END_S)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(workers)
    return said


def trials_of(storage: str, trials: int, sampler: str = "tpe") -> list[TrialRecord]:
    space = POINTS if sampler == "grid" else RANGE
    spec = small_spec(storage, trials=trials, sampler=sampler, space=space)
    with ArmStudy(spec, heartbeat_s=1, grace_s=3) as study:
        # A trial too many, whose process was killed before it saw that, is still to be found dead.
        while (progress := study.progress()).running or progress.waiting:
            assert study.ask(1) == []
            time.sleep(0.2)
        assert progress.done
        assert study.ask(1) == []
        return study.trials()


def check(trials: list[TrialRecord], budget: int) -> None:
    counted = [tuple(sorted(t.params.items())) for t in trials if t.state in ("complete", "pruned")]
    assert len(counted) == budget
    assert len(set(counted)) == budget
    left = [trial for trial in trials if trial.state not in ("complete", "pruned")]
    assert {trial.state for trial in left} <= {"fail"}
    dead = [trial for trial in left if trial.params and "surplus" not in trial.attributes]
    assert {tuple(sorted(trial.params.items())) for trial in dead} <= set(counted)


@pytest.mark.parametrize("sampler", ["tpe", pytest.param("grid", marks=pytest.mark.slow)])
def test_four_processes_spend_exactly_one_budget(storage: str, sampler: str) -> None:
    budget = 16
    said = ended([start_worker(storage, budget, sampler=sampler) for _ in range(4)])
    check(trials_of(storage, budget, sampler), budget)
    assert len(set("".join(said).split())) == 1, "every process has the same token"


def survivors(storage: str, budget: int, sampler: str) -> list[TrialRecord]:
    """Have eight processes work of which five die; return the trials that count."""
    workers = [start_worker(storage, budget, sampler=sampler) for _ in range(8)]
    for worker in workers[:2]:
        assert worker.stdout is not None
        worker.stdout.readline()
    deeds = ["unborn", "popped", "asked"]
    dying = [start_worker(storage, budget, sampler=sampler, deed=deed) for deed in deeds]
    for worker in workers[:2]:
        time.sleep(random.uniform(0.0, 0.4))
        worker.kill()
        worker.communicate()
    for worker in dying:
        worker.communicate(timeout=END_S)
    ended(workers[2:])
    trials = trials_of(storage, budget, sampler)
    check(trials, budget)
    return [trial for trial in trials if trial.state in ("complete", "pruned")]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_eight_processes_on_postgresql_of_which_some_are_killed_lose_and_repeat_nothing(
    postgres: str, sampler: str
) -> None:
    trials = survivors(postgres, 40, sampler)
    assert len(trials) == 40


@pytest.mark.slow
def test_eight_processes_on_one_file_of_which_some_are_killed_lose_and_repeat_nothing(storage: str) -> None:
    assert len(survivors(storage, 40, "tpe")) == 40


@pytest.mark.slow
def test_a_database_that_restarts_is_waited_for(postgres: str) -> None:
    """Its connections are cut while a process works."""
    import psycopg

    worker = start_worker(postgres, 30)
    assert worker.stdout is not None
    worker.stdout.readline()
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(5):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            time.sleep(0.3)
    ended([worker])
    check(trials_of(postgres, 30), 30)
