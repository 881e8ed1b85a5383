from __future__ import annotations

import pytest

from tests.support.studies import small_spec
from tracker.errors import TuningError
from tracker.search.records import TrialRecord
from tracker.search.study import ArmStudy


def run(storage: str, pruner: str, trials: int = 12) -> list[TrialRecord]:
    """Run trials of which the first five are good; return all."""
    with ArmStudy(small_spec(storage, trials=trials, pruner=pruner)) as study:
        while asked := study.ask(1):
            loss = 0.1 if asked[0].number < 5 else 1.0
            for epoch in range(1, 10):
                if study.report(asked[0], loss / epoch, epoch):
                    study.prune(asked[0])
                    break
            else:
                study.complete(asked[0], loss / 9)
        return study.trials()


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_trial_that_will_not_be_among_the_best_ends_early(storage: str, pruner: str) -> None:
    trials = run(storage, pruner)
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert pruned
    assert {trial.number for trial in trials if trial.state == "complete"} >= {0}
    # At the last epoch they would have had 1 / 9; who has come there is not pruned.
    assert all(trial.value is not None and trial.value > 0.2 for trial in pruned)


def test_without_a_pruner_every_trial_ends_with_a_value(storage: str) -> None:
    assert {trial.state for trial in run(storage, "none")} == {"complete"}


def test_a_pruner_that_is_none_is_refused_with_the_names_of_all(storage: str) -> None:
    with pytest.raises(TuningError, match="hyperband, median, none, but got 'knife'"):
        ArmStudy(small_spec(storage, pruner="knife"))


def test_a_trial_is_not_ended_early_at_its_last_epoch(storage: str) -> None:
    with ArmStudy(small_spec(storage, trials=9, pruner="median")) as study:
        for one in study.ask(5):
            study.report(one, 0.1, 8)
            study.report(one, 0.1, 9)
            study.complete(one, 0.1)
        early, late = study.ask(2)
        assert study.report(early, 1.0, 8)
        assert not study.report(late, 1.0, 9)
