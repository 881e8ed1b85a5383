"""Trials trained at once, or one after another, with the numbers that each would have alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.support.plans import HEAD_MODEL, TAIL_MODEL, Prepare
from tests.support.trainings import CPU, Collected
from tracker.config.recipe import Recipe
from tracker.errors import NonFiniteLoss
from tracker.interruption import Interrupted, Interruption
from tracker.runs.first_head import first_head
from tracker.runs.plan import Prepared
from tracker.runs.train import train
from tracker.tuning import trainers
from tracker.tuning.repetitions import Repetition, repetitions
from tracker.tuning.trainers import HeadTrials, TailTrials, TrialTrainer, trial_trainer

SHOWN = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "val/auroc")


def trainer_of(
    prepared: Prepared,
    every: Sequence[Repetition] | None = None,
    interruption: Interruption | None = None,
) -> TrialTrainer:
    return trial_trainer(
        prepared.plan.recipes[0],
        every or repetitions(prepared.plan.options, prepared.images),
        prepared.images,
        prepared.pixels,
        device=CPU,
        interruption=interruption or Interruption(),
    )


def curves(trainer: TrialTrainer, recipes: Sequence[Recipe]) -> list[list[Mapping[str, float]]]:
    """Return the curve of each trial, without its speed."""
    epochs = list(trainer.epochs(recipes))
    return [[{name: epoch[i][name] for name in SHOWN} for epoch in epochs] for i in range(len(recipes))]


def with_rates(recipe: Recipe, *rates: float) -> list[Recipe]:
    return [recipe.model_copy(update={"lr": rate}) for rate in rates]


def same(one: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> bool:
    return all(a == pytest.approx(b, abs=1e-6) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("model", "mode", "kind"),
    [
        (HEAD_MODEL, "feature-extractor", HeadTrials),
        (HEAD_MODEL, "fine-tuning", TailTrials),
        (TAIL_MODEL, "feature-extractor", TailTrials),
        (HEAD_MODEL, "feature-extractor+norms", TailTrials),
    ],
)
def test_trials_are_trained_at_once_where_one_linear_layer_is_trained(
    prepare_small: Prepare, model: str, mode: str, kind: type
) -> None:
    trainer = trainer_of(prepare_small(model=model, mode=mode))
    assert type(trainer) is kind
    assert trainer.together == (10 if kind is HeadTrials else 1)


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        (HEAD_MODEL, "feature-extractor"),
        (HEAD_MODEL, "feature-extractor+norms"),
        (TAIL_MODEL, "fine-tuning"),
        ("mini-resnet", "lp-ft"),
    ],
)
def test_a_trial_has_the_training_and_validation_numbers_of_a_run_and_no_test_numbers(
    prepare_small: Prepare, model: str, mode: str
) -> None:
    prepared = prepare_small(model=model, mode=mode)
    recipe = prepared.plan.recipes[0]
    collected = Collected()
    train(recipe, prepared.images, prepared.pixels, collected, device=CPU)
    epochs = list(trainer_of(prepared).epochs([recipe]))
    assert len(epochs) == recipe.epochs
    for (measured,), expected in zip(epochs, collected.epochs, strict=True):
        assert not [name for name in measured if name.startswith("test/")]
        for name in SHOWN:
            assert measured[name] == pytest.approx(expected[name], abs=1e-5), name


def test_heads_that_are_trained_at_once_have_the_numbers_that_each_has_alone(prepare_small: Prepare) -> None:
    prepared = prepare_small(model=HEAD_MODEL)
    trainer = trainer_of(prepared)
    slow, fast = with_rates(prepared.plan.recipes[0], 1e-4, 1e-1)
    adam = fast.model_copy(update={"optimizer": "adam", "batch_size": 4})
    together = curves(trainer, [slow, adam, fast])
    alone = [curves(trainer, [recipe])[0] for recipe in (slow, adam, fast)]
    assert all(same(one, other) for one, other in zip(together, alone, strict=True))
    assert together[0] != together[1] != together[2]


@pytest.mark.parametrize(("model", "mode"), [(HEAD_MODEL, "feature-extractor"), (TAIL_MODEL, "fine-tuning")])
def test_a_trial_is_the_mean_over_its_repetitions(prepare_small: Prepare, model: str, mode: str) -> None:
    """Where there is dropout, each repetition draws as if it were alone."""
    prepared = prepare_small(model=model, mode=mode, tune=1, tune_seeds=2)
    every = repetitions(prepared.plan.options, prepared.images)
    recipe = prepared.plan.recipes[0]
    (mean,) = curves(trainer_of(prepared), [recipe])
    parts = [curves(trainer_of(prepared, [one]), [recipe])[0] for one in every]
    assert parts[0] != parts[1]
    means = [{name: (a[name] + b[name]) / 2 for name in SHOWN} for a, b in zip(*parts, strict=True)]
    assert same(mean, means)


def test_a_loss_that_is_not_finite_ends_a_trial_that_is_trained_alone(prepare_small: Prepare) -> None:
    prepared = prepare_small(mode="fine-tuning", epochs=3)
    (wild,) = with_rates(prepared.plan.recipes[0], 1e30)
    with pytest.raises(NonFiniteLoss):
        list(trainer_of(prepared).epochs([wild]))


def test_a_head_whose_loss_is_not_finite_leaves_the_others_alone(prepare_small: Prepare) -> None:
    prepared = prepare_small(model=HEAD_MODEL, epochs=3)
    tame, wild = with_rates(prepared.plan.recipes[0], 1e-2, 1e38)
    trainer = trainer_of(prepared)
    beside, _ = curves(trainer, [tame, wild])
    assert same(beside, curves(trainer, [tame])[0])


def test_a_trial_stops_at_the_next_batch_when_someone_asks(prepare_small: Prepare) -> None:
    interruption = Interruption()
    prepared = prepare_small(mode="fine-tuning")
    epochs = trainer_of(prepared, interruption=interruption).epochs(prepared.plan.recipes[:1])
    next(epochs)
    interruption.asked = True
    with pytest.raises(Interrupted):
        next(epochs)


def test_the_last_layer_that_trials_begin_with_is_trained_once_for_all_of_them(
    prepare_small: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def counted(recipe: Recipe, *given: object, **named: object) -> object:
        trained.append(recipe.seed)
        return first_head(recipe, *given, **named)

    monkeypatch.setattr(trainers, "first_head", counted)
    prepared = prepare_small(model="mini-resnet", mode="lp-ft", tune=1, tune_seeds=2, epochs=1)
    trainer = trainer_of(prepared)
    for recipe in with_rates(prepared.plan.recipes[0], 1e-4, 1e-2, 1e-1):
        list(trainer.epochs([recipe]))
    assert trained == [0, 1]
    list(trainer.epochs([prepared.plan.recipes[0].model_copy(update={"optimizer": "adam"})]))
    assert trained == [0, 1, 0, 1]
