"""The last layer that fine-tuning begins with is that of the feature extractor of the same recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.support.plans import Prepare
from tests.support.trainings import CPU, Collected
from tracker.config.recipe import Recipe
from tracker.interruption import Interrupted, Interruption
from tracker.runs.first_head import FirstHead, first_head, head_recipe
from tracker.runs.plan import Prepared
from tracker.runs.train import train
from tracker.training.loop import Training

MODEL = "mini-resnet"


def head_of(prepared: Prepared, recipe: Recipe, pixels: object = None) -> FirstHead:
    rows = prepared.images.split.indexes(prepared.images.manifest)["train"]
    head = first_head(recipe, prepared.images, pixels or prepared.pixels, rows, device=CPU)
    assert head is not None
    return head


def test_it_is_bit_for_bit_that_of_the_feature_extractor(prepare_small: Prepare) -> None:
    prepared = prepare_small(model=MODEL, mode=("lp-ft", "feature-extractor"), epochs=3)
    two_phases, alone = prepared.plan.recipes
    assert head_recipe(two_phases) == alone
    assert head_recipe(alone) is None
    collected = Collected()
    trained = train(alone, prepared.images, prepared.pixels, collected, device=CPU)
    expected = trained.network.module.get_submodule(trained.network.head).state_dict()
    head = head_of(prepared, two_phases)
    assert all(torch.equal(head.state[name], expected[name]) for name in expected)
    assert float(head.tags["tracker.head_train_loss"]) == pytest.approx(
        collected.epochs[-1]["train/loss"], abs=1e-5
    )


def test_fine_tuning_begins_with_it_and_records_what_it_reached(prepare_small: Prepare) -> None:
    prepared = prepare_small(model=MODEL, mode="lp-ft", epochs=3)
    (recipe,) = prepared.plan.recipes
    # A rate at which nothing moves leaves the network with the head that it began with.
    still = recipe.model_copy(update={"lr": 1e-30, "weight_decay": 0.0})
    told: dict[str, str] = {}
    trained = train(still, prepared.images, prepared.pixels, Collected(), device=CPU, tell=told.update)
    begun = trained.network.module.get_submodule(trained.network.head).state_dict()
    head = head_of(prepared, still)
    assert all(torch.equal(head.state[name], begun[name]) for name in begun)
    assert head.tags.items() <= told.items()
    assert told["tracker.head_lr"] == "0.01"
    assert (told["tracker.frozen_share"], told["tracker.frozen_depth"]) == ("0", "0")


def test_only_images_that_train_are_looked_at(prepare_small: Prepare) -> None:
    prepared = prepare_small(model=MODEL, mode="lp-ft")
    (recipe,) = prepared.plan.recipes
    train_rows = set(prepared.images.split.indexes(prepared.images.manifest)["train"])
    pixels = prepared.pixels
    content = bytearray(pixels.path.read_bytes())
    size = len(content) // pixels.shape[0]
    for row in set(range(pixels.shape[0])) - train_rows:
        content[row * size : (row + 1) * size] = bytes(size)
    other = pixels.path.with_name("other")
    other.write_bytes(content)
    changed = head_of(prepared, recipe, replace(pixels, path=other, key="changed"))
    head = head_of(prepared, recipe)
    assert all(torch.equal(head.state[name], changed.state[name]) for name in head.state)


@pytest.mark.parametrize("batches", [1, 5])
def test_whenever_it_is_interrupted_it_ends_as_if_nothing_had_happened(
    prepare_small: Prepare, batches: int
) -> None:
    """After a batch of the first phase, of which nothing is kept; and in the second."""
    prepared = prepare_small(model=MODEL, mode="lp-ft", epochs=2)
    (recipe,) = prepared.plan.recipes
    undisturbed, again, states = Collected(), Collected(), []
    expected = train(recipe, prepared.images, prepared.pixels, undisturbed, device=CPU)

    class Later(Interruption):
        left = batches * 2

        def stop_point(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Interrupted(2)

    def keep(training: Training, *, interrupted: bool) -> None:
        if interrupted:
            states.append(training.state())

    with pytest.raises(Interrupted):
        train(recipe, prepared.images, prepared.pixels, again, device=CPU, keep=keep, interruption=Later())
    assert bool(states) is (batches > 1)
    state = states[-1] if states else None
    resumed = train(recipe, prepared.images, prepared.pixels, again, device=CPU, state=state)
    assert again.without_speed() == undisturbed.without_speed()
    both = resumed.network.module.state_dict(), expected.network.module.state_dict()
    assert all(torch.equal(both[0][name], both[1][name]) for name in both[0])
