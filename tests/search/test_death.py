"""Trials whose process stopped without a word."""

from __future__ import annotations

import threading
import time

from tests.support.studies import small_spec, start_worker
from tracker.search.budget import MAX_RETRIES
from tracker.search.storage import open_storage
from tracker.search.study import ArmStudy

FAST = {"heartbeat_s": 1, "grace_s": 2}
BEATS_ONCE_S = 1000
"""The interval of a study that is as silent as a killed process after the first beat of each trial."""


def wait_until_reclaimed(study: ArmStudy, count: int = 1, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (count := count - study.reclaim()) > 0:
        assert time.monotonic() < deadline, "nobody took the trial for dead"
        time.sleep(0.1)


def test_a_living_trial_is_left_alone_and_a_dead_one_comes_again(storage: str) -> None:
    with (
        ArmStudy(small_spec(storage, trials=2), heartbeat_s=BEATS_ONCE_S, grace_s=2) as dead,
        ArmStudy(small_spec(storage, trials=2), **FAST) as other,
    ):
        (lost,) = dead.ask(1)
        (mine,) = other.ask(1)
        wait_until_reclaimed(other)
        (again,) = other.ask(5)
        assert again.params == lost.params
        assert other.complete(mine, 1.0)
        assert other.complete(again, 0.5)
        # The first one wakes up.
        assert dead.report(lost, 0.1, 1)
        assert not dead.complete(lost, 0.1)
        progress = other.progress()
        assert (progress.complete, progress.failed) == (2, 1)
        assert progress.best is not None
        assert progress.best.value == 0.5


def test_a_trial_that_never_beat_is_found(storage: str) -> None:
    start_worker(storage, 1, deed="unborn").communicate()
    with ArmStudy(small_spec(storage, trials=1), **FAST) as study:
        assert study.progress().others == 1
        assert study.ask(1) == []
        wait_until_reclaimed(study)
        (one,) = study.ask(1)
        study.complete(one, 1.0)
        assert study.progress().done


def test_a_trial_that_kills_its_process_again_and_again_is_given_up(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2), heartbeat_s=BEATS_ONCE_S, grace_s=1) as study:
        (first,) = study.ask(1)
        for _ in range(MAX_RETRIES):
            wait_until_reclaimed(study)
            (one,) = study.ask(1)
            assert one.params == first.params
        time.sleep(2.5)
        other, another = study.ask(3)
        assert first.params not in (other.params, another.params)
        assert study.progress().failed == MAX_RETRIES + 1


def test_the_beats_go_on_while_the_database_is_away_and_end_with_the_study(storage: str) -> None:
    engine = open_storage(storage).engine
    with ArmStudy(small_spec(storage), heartbeat_s=1, grace_s=5) as study:
        study.ask(1)
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE trial_heartbeats RENAME TO hidden")
            connection.commit()
            time.sleep(1.5)
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO trial_heartbeats")
            connection.commit()
            before = connection.exec_driver_sql("SELECT heartbeat FROM trial_heartbeats").scalar()
        time.sleep(2.5)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT heartbeat FROM trial_heartbeats").scalar() > before
        assert any(thread.name == "heartbeats" for thread in threading.enumerate())
    assert not any(thread.name == "heartbeats" for thread in threading.enumerate())
    engine.dispose()


def test_a_trial_that_is_taken_away_while_it_is_drawn_is_not_this_processs(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=1)) as study:
        # Between its first beat and its first draw, as if this process had slept there for long.
        with open_storage(storage).engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER taken AFTER INSERT ON trial_heartbeats WHEN NEW.trial_id = 1"
                " BEGIN UPDATE trials SET state = 'FAIL' WHERE trial_id = 1; END"
            )
        assert study.ask(1) == []
        (one,) = study.ask(1)
        assert one.number == 1
        assert study.complete(one, 1.0)
