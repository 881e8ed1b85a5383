"""Heads that train at once become what each would have become alone."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import fx, nn

from tests.support.trainings import CPU, LABELS, PARTS, examples, make_recipe
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.errors import NonFiniteLoss
from tracker.models.cut import cut_network, state_hash
from tracker.models.networks import blueprint, build_network
from tracker.records import Part
from tracker.training.examples import Examples
from tracker.training.features import stored_features
from tracker.training.heads import Heads, linear_head
from tracker.training.loop import Training
from tracker.training.store import Store

FEATURES = 12
RATES = ((0.3, 0.0), (0.03, 0.5), (0.003, 2.0))
Metrics = list[dict[str, float]]


def on_features(
    classes: int = 2, *, train: int = 20, parts: Sequence[Part] = ("train", "val", "test")
) -> Examples:
    """Return noise in which each class has a feature that is larger."""
    features = torch.rand(len(LABELS), FEATURES, generator=torch.Generator().manual_seed(0))
    labels = [row % classes for row in range(len(LABELS))]
    features[torch.arange(len(LABELS)), torch.tensor(labels)] += 0.4
    rows = {**PARTS, "train": PARTS["train"][:train]}
    return Examples.of(Store(features), labels, {part: rows[part] for part in parts})


def new_head(classes: int = 2) -> nn.Linear:
    torch.manual_seed(5)
    return nn.Linear(FEATURES, classes)


def recipes_of(rates: Sequence[tuple[float, float]] = RATES, **given: object) -> list[Recipe]:
    settings = [{"epochs": 4, **given, "lr": lr, "weight_decay": decay} for lr, decay in rates]
    return [make_recipe(mode="feature-extractor", **setting) for setting in settings]


def at_once(
    head: nn.Linear, on: Examples, recipes: Sequence[Recipe]
) -> tuple[list[Metrics], list[nn.Linear]]:
    """Return the metrics of each head's epochs, and the heads."""
    heads = Heads(head, on, recipes, device=CPU)
    epochs = [heads.run_epoch() for _ in range(recipes[0].epochs)]
    indexes = range(len(recipes))
    metrics = [
        [{name: m[index].item() for name, m in epoch.items()} for epoch in epochs] for index in indexes
    ]
    return metrics, [heads.head(index) for index in indexes]


def alone(head: nn.Module, on: Examples, recipe: Recipe) -> tuple[Metrics, nn.Module]:
    training = Training(copy.deepcopy(head), on, recipe, device=CPU)
    epochs = [training.run_epoch().metrics for _ in range(recipe.epochs)]
    return [
        {k: v for k, v in epoch.items() if k != "train/images_per_second"} for epoch in epochs
    ], training.tail


def check_each_equals_training_alone(
    head: nn.Linear, on: Examples, recipes: Sequence[Recipe], *, tail: nn.Module | None = None
) -> None:
    for recipe, metrics, trained in zip(recipes, *at_once(head, on, recipes), strict=True):
        expected, expected_tail = alone(tail or head, on, recipe)
        for epoch, of_alone in zip(metrics, expected, strict=True):
            assert epoch == pytest.approx(of_alone, rel=2e-5, abs=1e-6)
        weights = [parameter.detach() for parameter in expected_tail.parameters()]
        torch.testing.assert_close(
            [trained.weight.detach(), trained.bias.detach()], weights, rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_each_head_is_what_training_alone_makes_of_it(optimizer: str, schedule: str) -> None:
    recipes = recipes_of(optimizer=optimizer, schedule=schedule)
    check_each_equals_training_alone(new_head(), on_features(), recipes)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_heads_of_three_classes_without_weight_decay_do_too(optimizer: str) -> None:
    recipes = recipes_of([(0.3, 0.0), (0.02, 0.0)], optimizer=optimizer)
    check_each_equals_training_alone(new_head(3), on_features(3), recipes)


def test_the_finding_can_be_either_class() -> None:
    on = [replace(on_features(), positive=positive) for positive in (0, 1)]
    for one in on:
        check_each_equals_training_alone(new_head(), one, recipes_of())
    (first, *_), (last, *_) = (at_once(new_head(), one, recipes_of())[0] for one in on)
    assert [epoch["test/sensitivity"] for epoch in first] == [epoch["test/specificity"] for epoch in last]
    assert [epoch["val/specificity"] for epoch in first] == [epoch["val/sensitivity"] for epoch in last]
    assert first != last


@pytest.mark.parametrize("epochs", [1, 2, 7])
def test_schedules_of_few_epochs_and_of_no_multiple_of_three_are_the_same(epochs: int) -> None:
    recipes = recipes_of(schedule="step", epochs=epochs)
    check_each_equals_training_alone(new_head(), on_features(), recipes)


def test_sgd_without_momentum_is_the_same() -> None:
    check_each_equals_training_alone(new_head(), on_features(), recipes_of(momentum=0.0))


def test_a_last_batch_of_one_image_joins_the_one_before() -> None:
    check_each_equals_training_alone(new_head(), on_features(train=17), recipes_of(batch_size=8))


def test_the_head_of_a_network_starts_as_its_seed_says_and_trains_on_its_features(pixels: Pixels) -> None:
    network = build_network("resnet18", weights="none", classes=2, seed=0)
    cut = cut_network(network, "feature-extractor")
    assert cut.trunk is not None
    store = stored_features(cut.trunk, pixels, trunk_hash=state_hash(cut.trunk), precision="fp32", device=CPU)
    head = linear_head(cut.tail)
    assert head is not None
    recipes = recipes_of([(1e-3, 0.0), (1e-2, 1e-2)], epochs=2)
    check_each_equals_training_alone(head, examples(store), recipes, tail=cut.tail)


def test_the_head_that_all_start_from_stays_as_it_was() -> None:
    head = new_head()
    _, (trained, *_) = at_once(head, on_features(), recipes_of())
    assert torch.equal(head.weight, new_head().weight)
    assert not torch.equal(head.weight, trained.weight)
    assert trained.weight.requires_grad


@pytest.mark.parametrize("lr", [1e6, 1e38])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_head_that_diverges_leaves_the_others_as_they_are_bit_for_bit(optimizer: str, lr: float) -> None:
    rates = [(0.1, 0.01), (0.05, 0.01), (0.01, 0.01)]
    quiet, quiet_heads = at_once(new_head(), on_features(), recipes_of(rates, optimizer=optimizer))
    rates[1] = (lr, 0.01)
    beside, beside_heads = at_once(new_head(), on_features(), recipes_of(rates, optimizer=optimizer))
    for index in (0, 2):
        assert beside[index] == quiet[index]
        assert torch.equal(beside_heads[index].weight, quiet_heads[index].weight)
        assert torch.equal(beside_heads[index].bias, quiet_heads[index].bias)


def test_all_metrics_are_nan_from_the_epoch_on_in_which_training_alone_would_have_stopped() -> None:
    recipes = recipes_of([(0.1, 0.0), (1e38, 0.0)])
    (_, metrics), _ = at_once(new_head(), on_features(), recipes)
    with pytest.raises(NonFiniteLoss) as stopped:
        alone(new_head(), on_features(), recipes[1])
    first = next(number for number, epoch in enumerate(metrics, start=1) if math.isnan(epoch["val/loss"]))
    assert f"in epoch {first} " in str(stopped.value)
    assert all(math.isnan(value) for epoch in metrics[first - 1 :] for value in epoch.values())


def test_a_head_that_was_lost_stays_lost_when_its_losses_are_finite_again() -> None:
    # The first step takes the logits so far apart that the loss overflows; the weights do not.
    on = Examples.of(Store(torch.zeros(len(LABELS), FEATURES)), LABELS, PARTS)
    recipes = recipes_of([(2e38, 4e-39)], optimizer="adamw", schedule="step", epochs=6)
    (metrics,), (head,) = at_once(new_head(), on, recipes)
    assert all(math.isnan(epoch["train/loss"]) for epoch in metrics)
    assert (head.bias[0] - head.bias[1]).isfinite()


def test_without_a_test_part_no_row_of_it_is_read() -> None:
    whole = on_features()
    features, labels = whole.store.rows.clone(), whole.labels.clone()
    features[PARTS["test"]] = float("nan")
    labels[PARTS["test"]] = 99
    without = Examples.of(Store(features), labels.tolist(), {part: PARTS[part] for part in ("train", "val")})
    expected, _ = at_once(new_head(), whole, recipes_of())
    found, _ = at_once(new_head(), without, recipes_of())
    left = [[{k: v for k, v in epoch.items() if not k.startswith("test/")} for epoch in e] for e in expected]
    assert found == left
    assert {name.partition("/")[0] for name in found[0][0]} == {"train", "val"}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("optimizer", "adam"),
        ("batch_size", 4),
        ("momentum", 0.5),
        ("schedule", "cosine"),
        ("epochs", 9),
        ("seed", 1),
    ],
)
def test_recipes_that_differ_in_more_than_rate_and_decay_are_refused(name: str, other: object) -> None:
    recipes = recipes_of()
    recipes[2] = recipes[2].model_copy(update={name: other})
    with pytest.raises(ValueError, match=rf"lr and weight_decay only, but these differ in {name}$"):
        Heads(new_head(), on_features(), recipes, device=CPU)


@pytest.mark.parametrize("model", ["alexnet", "resnet18", "densenet121"])
def test_the_tail_of_a_feature_extractor_is_one_linear_layer(model: str) -> None:
    network = blueprint(model, classes=3)
    assert linear_head(cut_network(network, "feature-extractor").tail) is network.module.get_submodule(
        network.head
    )


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        ("squeezenet1_1", "feature-extractor"),
        ("alexnet", "freeze:classifier.4"),
        ("resnet18", "freeze:layer4"),
        ("resnet18", "fine-tuning"),
    ],
)
def test_a_tail_that_computes_more_is_no_linear_layer(model: str, mode: str) -> None:
    assert linear_head(cut_network(blueprint(model, classes=3), mode).tail) is None


class Bounded(nn.Linear):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return super().forward(features).tanh()


class GivesItsInput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(2, 2)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        self.last(features)
        return features


class Leaves(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, nn.Linear)


@pytest.mark.parametrize("tail", [nn.Sequential(Bounded(2, 2)), nn.Sequential(nn.Tanh()), GivesItsInput()])
def test_a_tail_that_only_looks_like_one_linear_layer_is_none(tail: nn.Module) -> None:
    assert linear_head(fx.GraphModule(tail, Leaves().trace(tail))) is None
