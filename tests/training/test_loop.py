"""One loop trains every tail, tells what it measured, and stops when the loss is lost."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.support.trainings import CPU, LABELS, PARTS, Collected, Tiny, make_recipe
from tracker.errors import NonFiniteLoss
from tracker.io.parallel import usable_cores
from tracker.models.cut import cut_network
from tracker.models.networks import build_network
from tracker.training.examples import Examples
from tracker.training.loop import Training
from tracker.training.metrics import measure
from tracker.training.store import Store


def train(examples: Examples, **given: object) -> tuple[Training, Collected]:
    training = Training(Tiny(), examples, make_recipe(**{"lr": 0.05, **given}), device=CPU)
    told = Collected()
    training.run(told)
    return training, told


def test_every_epoch_tells_losses_accuracies_and_aurocs(on_pixels: Examples) -> None:
    _, told = train(on_pixels, epochs=4)
    assert len(told.epochs) == 4
    measured = measure(torch.zeros(2, 2), torch.tensor([0, 1]))
    assert {"loss", "accuracy", "auroc"} <= measured.keys()
    held_out = {f"{part}/{name}" for part in ("val", "test") for name in measured}
    expected = held_out | {"train/loss", "train/accuracy", "train/images_per_second"}
    assert all(epoch.keys() == expected for epoch in told.epochs)


def test_it_learns(on_pixels: Examples) -> None:
    _, told = train(on_pixels, epochs=25)
    assert told.epochs[-1]["train/loss"] < 0.5 * told.epochs[0]["train/loss"]
    assert told.epochs[-1]["test/accuracy"] == 1.0


def test_held_out_metrics_are_those_of_the_network_without_dropout(on_pixels: Examples) -> None:
    training, told = train(on_pixels)
    tail = training.tail.eval()
    rows, labels = on_pixels.parts["test"], on_pixels.labels[on_pixels.parts["test"]]
    with torch.no_grad():
        logits = tail(on_pixels.store.rows[rows])
    assert told.epochs[-1]["test/loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    assert told.epochs[-1]["test/accuracy"] == sum(logits.argmax(1) == labels).item() / len(labels)


def test_best_is_the_epoch_with_the_lowest_validation_loss(on_pixels: Examples) -> None:
    training, told = train(on_pixels, epochs=12, lr=0.8)
    losses = [epoch["val/loss"] for epoch in told.epochs]
    best = training.measured["best"]
    assert min(losses) < losses[-1], "the learning rate of this test is to make the loss rise again"
    assert best.epoch == losses.index(min(losses)) + 1
    assert best.metrics == told.epochs[best.epoch - 1]
    assert training.measured["final"].epoch == 12
    assert not torch.equal(best.logits["test"], training.measured["final"].logits["test"])


def test_the_same_recipe_gives_the_same_numbers_bit_for_bit(on_pixels: Examples) -> None:
    first, second = train(on_pixels), train(on_pixels)
    assert first[1].without_speed() == second[1].without_speed()
    states = [training.tail.state_dict() for training, _ in (first, second)]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_real_network_on_all_cores_gives_the_same_numbers_bit_for_bit(on_pixels: Examples) -> None:
    torch.set_num_threads(usable_cores())
    runs = []
    for _ in range(2):
        network = build_network("resnet18", weights="none", classes=2, seed=0)
        cut = cut_network(network, "fine-tuning")
        told = Collected()
        Training(cut.tail, on_pixels, make_recipe(epochs=1), device=CPU).run(told)
        runs.append(told.without_speed())
    assert runs[0] == runs[1]


def test_another_seed_gives_other_numbers(on_pixels: Examples) -> None:
    recipe = make_recipe(lr=0.05)
    other = recipe.model_copy(update={"seed": 1})
    told = [Collected(), Collected()]
    for collected, chosen in zip(told, (recipe, other), strict=True):
        Training(Tiny(), on_pixels, chosen, device=CPU).run(collected)
    assert told[0].without_speed() != told[1].without_speed()


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_every_optimizer_and_schedule_lowers_the_loss(
    on_pixels: Examples, optimizer: str, schedule: str
) -> None:
    _, told = train(on_pixels, epochs=12, optimizer=optimizer, schedule=schedule, lr=0.03)
    assert told.epochs[-1]["train/loss"] < told.epochs[0]["train/loss"]


def test_a_last_batch_of_one_image_joins_the_one_before(on_pixels: Examples) -> None:
    rows = on_pixels.parts["train"][:17]
    examples = Examples(on_pixels.store, on_pixels.labels, {**on_pixels.parts, "train": rows})
    _, told = train(examples, batch_size=8)
    assert len(told.epochs) == 3


def test_a_loss_that_is_not_finite_names_epoch_and_learning_rate(on_pixels: Examples) -> None:
    with pytest.raises(NonFiniteLoss, match=r"in epoch \d+ at learning rate 1e\+30.*--lr"):
        train(on_pixels, lr=1e30, epochs=5)


def test_a_frozen_tail_parameter_would_be_trained(on_pixels: Examples) -> None:
    tail = Tiny().requires_grad_(False)
    before = tail.last.weight.clone()
    Training(tail, on_pixels, make_recipe(epochs=1), device=CPU).run(Collected())
    assert not torch.equal(tail.last.weight, before)


def test_labels_and_parts_decide_what_is_trained(on_pixels: Examples) -> None:
    flipped = Examples.of(Store(on_pixels.store.rows), [1 - label for label in LABELS], PARTS)
    assert train(on_pixels)[1].without_speed() != train(flipped)[1].without_speed()


def test_a_validation_loss_that_is_not_finite_is_named_too(on_pixels: Examples) -> None:
    class LostInEvaluation(Tiny):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            logits = super().forward(pixels)
            return logits if self.training else logits * float("inf")

    training = Training(LostInEvaluation(), on_pixels, make_recipe(), device=CPU)
    with pytest.raises(NonFiniteLoss, match=r"val/loss was (nan|inf) in epoch 1"):
        training.run(Collected())


def test_without_a_test_part_no_row_of_it_is_read_and_the_rest_is_the_same(on_pixels: Examples) -> None:
    labels = on_pixels.labels.clone()
    labels[PARTS["test"]] = 99
    without = Examples(on_pixels.store, labels, {part: on_pixels.parts[part] for part in ("train", "val")})
    (training, told), (_, whole) = train(without), train(on_pixels)
    left = [{k: v for k, v in epoch.items() if not k.startswith("test/")} for epoch in whole.without_speed()]
    assert told.without_speed() == left
    assert training.measured["best"].logits.keys() == {"val"}
