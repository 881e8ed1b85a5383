"""A training that was stopped anywhere ends with the same numbers and weights, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.support.trainings import CPU, Collected, StopAt, Tiny, examples, make_recipe
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.interruption import Interrupted
from tracker.models.cut import cut_network, state_hash
from tracker.models.networks import build_network
from tracker.training.checkpoint_writer import copied
from tracker.training.checkpoints import Checkpoints
from tracker.training.examples import Examples
from tracker.training.features import stored_features
from tracker.training.loop import Training
from tracker.training.store import pixel_store

MODES = ("feature-extractor", "fine-tuning", "freeze:features.5", "scratch")


def training_of(recipe: Recipe, pixels: Pixels) -> Training:
    """Return a training as a new process would make it."""
    network = build_network(recipe.model, weights="none", classes=2, seed=recipe.seed)
    cut = cut_network(network, recipe.mode)
    if cut.trunk is None:
        return Training(cut.tail, examples(pixel_store(pixels)), recipe, device=CPU)
    store = stored_features(
        cut.trunk, pixels, trunk_hash=state_hash(cut.trunk), precision=recipe.precision, device=CPU
    )
    return Training(cut.tail, examples(store), recipe, device=CPU)


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def stopped_every(calls: int, make: Callable[[], Training], folder: Path) -> tuple[Training, Collected]:
    """Train with a new process after every so many stop points (more than an evaluation has), to the end."""
    told, checkpoints = Collected(), Checkpoints(folder)

    def keep(training: Training, *, interrupted: bool) -> None:
        if interrupted:
            checkpoints.save(training.state(), epochs=training.epoch, batches=training.batches_done)

    while True:
        training = make()
        if (state := checkpoints.latest()) is not None:
            assert training.restore(state)
        try:
            training.run(told, keep=keep, stop_point=StopAt(calls))
        except Interrupted:
            continue
        return training, told


def check(make: Callable[[], Training], folder: Path, *, calls: int) -> None:
    reference, told = make(), Collected()
    reference.run(told)
    resumed, told_in_parts = stopped_every(calls, make, folder)
    assert told_in_parts.without_speed() == told.without_speed()
    assert same(resumed.tail.state_dict(), reference.tail.state_dict())
    for kind, measured in reference.measured.items():
        assert resumed.measured[kind].epoch == measured.epoch
        assert same(resumed.measured[kind].logits, measured.logits)


@pytest.mark.parametrize("mode", MODES)
def test_in_every_mode(pixels: Pixels, tmp_path: Path, mode: str) -> None:
    recipe = make_recipe("squeezenet1_1", mode, epochs=2)
    check(lambda: training_of(recipe, pixels), tmp_path / "checkpoints", calls=4)


@pytest.mark.parametrize("mode", ["feature-extractor+norms", "freeze:layer2+norms"])
def test_where_batch_norms_adapt_with_their_running_statistics(
    pixels: Pixels, tmp_path: Path, mode: str
) -> None:
    check(lambda: training_of(make_recipe("mini-resnet", mode, epochs=2), pixels), tmp_path / "kept", calls=4)


@pytest.mark.parametrize("calls", [3, 4, 5, 8])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_with_every_optimizer_and_schedule_stopped_anywhere(
    on_pixels: Examples, tmp_path: Path, optimizer: str, schedule: str, calls: int
) -> None:
    recipe = make_recipe(optimizer=optimizer, schedule=schedule, epochs=4)
    check(lambda: Training(Tiny(), on_pixels, recipe, device=CPU), tmp_path / "checkpoints", calls=calls)


def test_a_state_of_another_version_is_left_alone(pixels: Pixels) -> None:
    training = training_of(make_recipe("squeezenet1_1"), pixels)
    state: dict[str, Any] = training.state() | {"version": 0, "epoch": 2}
    assert not training.restore(state)
    assert training.epoch == 0


def test_a_state_of_a_version_with_fewer_or_other_metrics_has_those_of_this_one(on_pixels: Examples) -> None:
    before, after = (Training(Tiny(), on_pixels, make_recipe(), device=CPU) for _ in range(2))
    expected = before.run_epoch().metrics
    state: dict[str, Any] = before.state()
    for measured in state["measured"].values():
        measured["metrics"] = {"train/loss": expected["train/loss"], "test/auroc": 0.123}
    assert after.restore(state)
    held_out = {name: value for name, value in expected.items() if not name.startswith("train/")}
    for kind in ("final", "best"):
        assert after.measured[kind].metrics == held_out | {"train/loss": expected["train/loss"]}


def test_it_can_be_kept_before_each_batch_and_after_each_epoch_that_was_recorded(on_pixels: Examples) -> None:
    seen: list[tuple[int, int, int]] = []
    told = Collected()

    def keep(now: Training, *, interrupted: bool) -> None:
        assert not interrupted
        seen.append((now.epoch, now.batches_done, len(told.epochs)))

    Training(Tiny(), on_pixels, make_recipe(epochs=2), device=CPU).run(told, keep=keep)
    trained, evaluated = [0, 1, 2], [3, 3]
    first, second = ([(epoch, done, epoch) for done in trained + evaluated] for epoch in (0, 1))
    assert seen == [*first, (1, 0, 1), *second, (2, 0, 2)]


def test_from_the_state_before_any_batch_everything_comes_again(on_pixels: Examples) -> None:
    """As after a kill, which comes some time after the newest checkpoint."""
    states: list[dict[str, Any]] = []

    def keep(training: Training, *, interrupted: bool) -> None:
        states.append(copied(training.state()))

    def make() -> Training:
        return Training(Tiny(), on_pixels, make_recipe(epochs=3, schedule="cosine"), device=CPU)

    reference, told = make(), Collected()
    reference.run(told, keep=keep)
    assert len(states) > 3 * 4
    for state in states:
        training, again = make(), Collected(before=state["epoch"])
        assert training.restore(state)
        training.run(again)
        assert again.without_speed() == told.without_speed()[state["epoch"] :]
        assert same(training.tail.state_dict(), reference.tail.state_dict())
