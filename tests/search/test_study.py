from __future__ import annotations

import math
import subprocess
import sys

import pytest

from tests.support.studies import POINTS, give_up, small_spec
from tracker.config.search_space import Choices
from tracker.errors import TuningError
from tracker.search.budget import MAX_RETRIES, Slots, redo
from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.records import StudyProgress
from tracker.search.samplers import grid_points
from tracker.search.study import ArmStudy


def spend(study: ArmStudy) -> StudyProgress:
    while asked := study.ask(2):
        for one in asked:
            study.complete(one, float(one.params["lr"]))
    return study.progress()


def test_a_study_asks_for_as_many_trials_as_its_budget_and_no_more(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        asked = study.ask(100)
        assert [one.number for one in asked] == list(range(6))
        assert study.ask(1) == []
        for one in asked:
            study.complete(one, 1 / (one.number + 1))
        progress = study.progress()
    assert progress.done
    assert progress.best is not None
    assert (progress.best.number, progress.best.value) == (5, 1 / 6)
    assert (progress.complete, progress.running, progress.failed, progress.others) == (6, 0, 0, 0)
    assert progress.best.duration is not None
    with ArmStudy(small_spec(storage)) as study:
        assert study.ask(1) == []


def test_the_best_of_a_study_that_maximizes_is_the_largest(storage: str) -> None:
    with ArmStudy(small_spec(storage, direction="maximize")) as study:
        for one in study.ask(6):
            study.complete(one, one.number / 10)
        best = study.progress().best
    assert best is not None
    assert best.number == 5


def test_trials_of_other_processes_are_seen(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as mine, ArmStudy(small_spec(storage)) as others:
        mine.ask(2)
        assert len(others.ask(3)) == 3
        progress = mine.progress()
        assert (progress.running, progress.others) == (5, 3)


def test_a_diverged_trial_counts_and_has_no_value(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study:
        first, second = study.ask(2)
        study.report(first, 0.1, 1)
        study.diverge(first, "train/loss was inf")
        study.complete(second, math.nan)
        progress, trials = study.progress(), study.trials()
    assert progress.done
    assert (progress.pruned, progress.best) == (2, None)
    assert [trial.value for trial in trials] == [None, None]
    assert [trial.attributes["diverged"] for trial in trials] == ["train/loss was inf", "the value was nan"]


@pytest.mark.parametrize("sampler", ["gp", "tpe"])
def test_settings_that_diverge_are_avoided_from_then_on(storage: str, sampler: str) -> None:
    with ArmStudy(small_spec(storage, sampler=sampler, trials=24)) as study:
        lrs = []
        while asked := study.ask(1):
            (one,) = asked
            lr = float(one.params["lr"])
            lrs.append(lr)
            # The larger the better, up to where it diverges.
            study.diverge(one, "too large") if lr > 1e-2 else study.complete(one, 1 - lr)
        best = study.progress().best
    assert best is not None
    assert float(best.params["lr"]) <= 1e-2
    assert sum(lr > 1e-2 for lr in lrs[14:]) <= 5


def test_where_all_trials_diverge_none_is_the_best(storage: str) -> None:
    with ArmStudy(small_spec(storage, sampler="gp", trials=2)) as study:
        for one in study.ask(2):
            study.diverge(one, "too large")
        progress = study.progress()
    assert progress.done
    assert progress.best is None


def test_failures_of_earlier_processes_do_not_stop_a_later_one(storage: str) -> None:
    spec = small_spec(storage, trials=1)
    for _ in range(2):
        with ArmStudy(spec) as study:
            for _ in range(2):
                (one,) = study.ask(1)
                study.fail(one, "the GPU was taken")
    with ArmStudy(spec) as study:
        (one,) = study.ask(1)
        assert study.complete(one, 0.5)


def test_a_pruned_trial_has_the_value_that_it_reported_last(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        one, other = study.ask(2)
        study.report(one, 0.5, 1)
        study.report(one, 0.4, 2)
        study.prune(one)
        study.prune(other)
        assert [trial.value for trial in study.trials()] == [0.4, None]


def test_an_interrupted_trial_comes_again_first(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=3)) as study:
        first, second = study.ask(2)
        study.report(first, 0.4, 1)
        study.interrupt(first)
        assert study.progress().waiting == 1
        redone, fresh = study.ask(5)
        assert redone.params == first.params
        assert fresh.params not in (first.params, second.params)
        assert redone.number != first.number
        for one in (second, redone, fresh):
            study.complete(one, 1.0)
        assert study.progress().done
        assert study.progress().failed == 0


def test_an_interruption_may_come_any_number_of_times(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=1)) as study:
        (first,) = study.ask(1)
        one = first
        for _ in range(2 * MAX_RETRIES):
            study.interrupt(one)
            (one,) = study.ask(1)
            assert one.params == first.params


def test_what_is_open_when_a_study_is_left_comes_again(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        asked = study.ask(2)
    with ArmStudy(small_spec(storage)) as study:
        assert [one.params for one in study.ask(2)] == [one.params for one in asked]


def test_a_trial_that_was_created_while_another_process_took_the_last_slot_is_surplus(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study, ArmStudy(small_spec(storage, trials=2)) as other:
        study.ask(2)
        # As if it had looked before them.
        study.inner.enqueue_trial({"lr": 1e-3})
        assert other.ask(1) == []
        assert study.trials()[-1].attributes == {"surplus": True}
        assert study.progress().running == 2


def test_the_slot_of_an_interrupted_trial_is_kept_while_it_is_in_nobodys_hands(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study, ArmStudy(small_spec(storage, trials=2)) as other:
        first, _ = study.ask(2)
        give_up(study, first)
        assert other.progress().waiting == 1
        # As if another process had looked a moment before, and created a trial a moment later.
        with suppress_warnings():
            fresh = study.inner.ask()
        (redone,) = other.ask(2)
        assert redone.params == first.params
        assert not Slots(study.inner.get_trials()).has_slot(fresh.number, budget=2)


def test_of_two_that_do_a_trial_again_the_first_counts(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study:
        first, _ = study.ask(2)
        give_up(study, first)
        slots = Slots(study.inner.get_trials())
        for _ in range(2):
            study.inner.add_trial(redo(slots[first.number]))
        (only,) = study.ask(3)
        assert only.params == first.params
        assert study.progress().running == 2
        assert study.trials()[-1].attributes == {"surplus": True}


def test_a_failed_trial_does_not_count_and_its_reason_is_kept(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        (one,) = study.ask(1)
        study.fail(one, "no memory")
        assert spend(study).complete == 6
        assert study.progress().failed == 1
        failed, *others = study.trials()
        assert failed.attributes["failed"] == "no memory"
        assert failed.params not in [trial.params for trial in others]


def test_a_study_whose_trials_all_fail_ends(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study:
        for _ in range(3):
            for one in study.ask(2):
                study.fail(one, "no memory")
        with pytest.raises(TuningError, match=r"6 failed, for a budget of 2; the last one: no memory"):
            study.ask(1)


def test_a_grid_covers_each_point_once_and_stops(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=30, sampler="grid", space=POINTS)) as study:
        failed, interrupted, *rest = study.ask(5)
        study.fail(failed, "no memory")
        study.interrupt(interrupted)
        for one in rest:
            study.complete(one, 1.0)
        progress = spend(study)
        done = [tuple(trial.params.values()) for trial in study.trials() if trial.state == "complete"]
    assert progress.done
    assert progress.budget == study.budget == 28
    assert len(done) == len(set(done)) == 28


def test_two_processes_at_a_grid_of_choices_do_no_point_twice(storage: str) -> None:
    space = {"optimizer": Choices(("sgd", "adam")), "batch_size": Choices((16, 32))}
    spec = small_spec(storage, trials=9, sampler="grid", space=space)
    with ArmStudy(spec) as one, ArmStudy(spec) as other:
        # As if both had seen the same point missing, and one had found the queue empty.
        points = grid_points(space, trials=spec.trials, seed=spec.seed)
        for point in (points[0], points[0], points[1]):
            one.inner.enqueue_trial(point)
        asked = [*one.ask(3), *other.ask(3)]
        done = [tuple(sorted(each.params.items())) for each in asked]
        assert len(done) == len(set(done)) == 4


def test_attributes_and_a_token_are_kept_and_the_same_for_all(storage: str) -> None:
    with ArmStudy(small_spec(storage, attributes={"arm": "alexnet"})) as study:
        token = study.token
    with ArmStudy(small_spec(storage, attributes={"arm": "other", "new": "1"})) as study:
        assert study.token == token
        assert {"arm": "alexnet", "new": "1"}.items() <= study.inner.user_attrs.items()
    with ArmStudy(small_spec(storage, name="b")) as study:
        assert study.token != token


@pytest.mark.parametrize(
    "changes",
    [{"direction": "maximize"}, {"space": POINTS}, {"sampler": "grid"}],
)
def test_a_study_does_not_go_on_with_another_search(storage: str, changes: dict[str, object]) -> None:
    ArmStudy(small_spec(storage)).close()
    with pytest.raises(TuningError, match="'alexnet' was asked for others"):
        ArmStudy(small_spec(storage, **changes))


def test_a_larger_budget_goes_on_where_the_smaller_one_ended(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=2)) as study:
        assert spend(study).complete == 2
    with ArmStudy(small_spec(storage, trials=5)) as study:
        assert len(study.ask(9)) == 3


def test_reading_what_a_study_is_imports_no_optuna() -> None:
    program = "import sys, tracker.search.records; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
