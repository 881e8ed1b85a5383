"""Trials asked for, trained, recorded and told, with a trainer whose curves are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.journals import Recorded, recorded_in
from tests.support.plans import TAIL_MODEL, Prepare, RecordingReporter
from tracker.config.recipe import Recipe
from tracker.errors import NonFiniteLoss
from tracker.interruption import Interrupted, Interruption
from tracker.search.records import TrialRecord
from tracker.search.study import ArmStudy
from tracker.tuning.plan import plan_studies
from tracker.tuning.recording import StudyRecords
from tracker.tuning.trials import TrialExecutor

Losses = Callable[[int], Sequence[float]]


class GivenCurves:
    """A trainer of trials that were trained before: each yields the validation losses that it is given.

    Args:
        losses: The validation loss of each epoch, by the number of trials before.
        together: How many trials are trained at once.
    """

    def __init__(self, losses: Losses, together: int = 1) -> None:
        self.together = together
        self._losses = losses
        self._trials = 0

    def epochs(self, recipes: Sequence[Recipe]) -> Iterator[Sequence[Mapping[str, float]]]:
        numbers = range(self._trials, self._trials + len(recipes))
        self._trials += len(recipes)
        given = [self._losses(number) for number in numbers]
        for losses in zip(*given, strict=True):
            yield [
                {"train/loss": 0.5, "val/loss": loss, "val/accuracy": loss / 10, "val/auroc": 0.5}
                for loss in losses
            ]


class Spent:
    """What a process left after it spent a study.

    Attributes:
        reporter: What was told.
        trials: The trials, as the study has them.
        runs: Their runs, by name.
        error: What ended the process; None: the budget.
    """

    def __init__(self, folder: Path, executor: TrialExecutor, study: ArmStudy) -> None:
        self.reporter = executor.reporter
        self.error: BaseException | None = None
        try:
            executor.spend(study, StudyRecords(executor.prepared, executor.plan, study.token))
        except (OSError, Interrupted) as error:
            self.error = error
        self.trials: list[TrialRecord] = study.trials()
        self.runs = recorded_in(folder)

    def run(self, number: int) -> Recorded:
        return self.runs[f"trial {number} FE {TAIL_MODEL}"]


@pytest.fixture
def spend(prepare_small: Prepare, workplace: Path) -> Callable[..., Spent]:
    """Spends a study of three trials of two epochs with given curves."""

    def make(trainer: GivenCurves, interruption: Interruption | None = None, **given: object) -> Spent:
        prepared = prepare_small(**{"tune": 3, "pruner": "none", **given})
        (plan,) = plan_studies(prepared)
        executor = TrialExecutor(prepared, plan, RecordingReporter(), interruption or Interruption())
        executor.trainer = trainer
        with ArmStudy(plan.spec) as study:
            return Spent(workplace, executor, study)

    return make


Spend = Callable[..., Spent]


@pytest.mark.parametrize("together", [1, 2])
def test_each_trial_ends_in_the_study_and_in_a_run_of_its_own(spend: Spend, together: int) -> None:
    spent = spend(GivenCurves(lambda trial: [0.5, 0.5 - trial / 10], together))
    assert [(trial.state, trial.value) for trial in spent.trials] == [
        ("complete", pytest.approx(0.5 - number / 10)) for number in range(3)
    ]
    for number in range(3):
        recorded = spent.run(number)
        assert recorded.status == "FINISHED"
        assert [recorded.steps[step]["val/loss"] for step in (1, 2)] == [0.5, 0.5 - number / 10]
        assert recorded.steps[2]["objective"] == spent.trials[number].value
        assert recorded.tags["tracker.kind"] == "trial"
    assert spent.reporter.named("trials")[-1] == 3


@pytest.mark.parametrize(("tune_at", "value"), [("final", 0.09), ("best", 0.05)])
def test_a_trial_is_worth_its_last_epoch_or_that_of_the_lowest_validation_loss(
    spend: Spend, tune_at: str, value: float
) -> None:
    losses = [0.7, 0.5, 0.9]
    spent = spend(GivenCurves(lambda _: losses), epochs=3, tune=1, tune_at=tune_at, objective="val/accuracy")
    assert spent.trials[0].value == pytest.approx(value)


@pytest.mark.parametrize("together", [1, 3])
def test_a_trial_that_diverges_counts_and_its_run_says_where(spend: Spend, together: int) -> None:
    def losses(trial: int) -> Sequence[float]:
        if trial == 1 and together == 1:
            raise NonFiniteLoss(part="val", epoch=2, lr=0.1, loss=float("inf"))
        return [0.5, float("inf") if trial == 1 else 0.4]

    spent = spend(GivenCurves(losses, together))
    assert [trial.state for trial in spent.trials] == ["complete", "pruned", "complete"]
    assert "val/loss was inf in epoch 2" in str(spent.trials[1].attributes["diverged"])
    assert (spent.run(1).status, spent.run(0).status) == ("FAILED", "FINISHED")
    assert "losses must stay finite" in spent.run(1).reason


def test_a_trial_that_will_not_be_among_the_best_is_ended_and_says_when(spend: Spend) -> None:
    spent = spend(
        GivenCurves(lambda trial: [0.1 if trial < 5 else 0.9] * 3), tune=6, epochs=3, pruner="median"
    )
    assert [trial.state for trial in spent.trials] == ["complete"] * 5 + ["pruned"]
    assert (spent.run(5).status, spent.run(5).reason) == ("KILLED", "pruned after epoch 1 of 3")


def test_one_failure_does_not_count_and_another_trial_comes(spend: Spend) -> None:
    def losses(trial: int) -> Sequence[float]:
        if trial == 1:
            raise OSError("no space")
        return [0.5, 0.4]

    spent = spend(GivenCurves(losses))
    assert spent.error is None
    assert [trial.state for trial in spent.trials] == ["complete", "fail", "complete", "complete"]
    assert (spent.run(1).status, spent.run(1).reason) == ("FAILED", "no space")


def test_three_failures_in_a_row_end_the_study(spend: Spend) -> None:
    def losses(trial: int) -> Sequence[float]:
        if trial in {0, 2, 3, 4}:
            raise OSError(f"no space in {trial}")
        return [0.5, 0.4]

    spent = spend(GivenCurves(losses))
    assert str(spent.error) == "no space in 4"
    assert [trial.state for trial in spent.trials] == ["fail", "complete", "fail", "fail", "fail"]


def test_an_interrupted_trial_is_given_back(spend: Spend) -> None:
    def losses(trial: int) -> Sequence[float]:
        if trial == 1:
            raise Interrupted
        return [0.5, 0.4]

    spent = spend(GivenCurves(losses))
    assert isinstance(spent.error, Interrupted)
    assert [trial.state for trial in spent.trials] == ["complete", "fail", "waiting"]
    assert spent.run(1).status == "KILLED"
    assert spent.trials[2].params == spent.trials[1].params


def test_an_end_that_is_asked_for_between_trials_takes_up_none(spend: Spend) -> None:
    interruption = Interruption()
    interruption.asked = True
    spent = spend(GivenCurves(lambda _: [0.5, 0.4]), interruption)
    assert isinstance(spent.error, Interrupted)
    assert (spent.trials, spent.runs) == ([], {})
