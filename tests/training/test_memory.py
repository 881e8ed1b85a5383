"""A batch that does not fit is told before anything is trained, with the largest that does."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.support.trainings import CPU, Collected, Tiny, make_recipe
from tracker.errors import TrainingError
from tracker.io.memory import SHARE
from tracker.training.examples import Examples
from tracker.training.loop import Training
from tracker.training.memory import BatchTooLarge, Need, largest_that_fits, need_of
from tracker.training.optimizers import make_optimizer
from tracker.training.steps import EagerStep

RECIPE = make_recipe(epochs=1)
WIDE = 4096


class Wide(nn.Module):
    """A linear layer and a ReLU, of which a step keeps what can be counted by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(16, WIDE)
        self.last = nn.Linear(WIDE, 2)

    def forward(self, pixels: Tensor) -> Tensor:
        pooled = F.adaptive_avg_pool2d(pixels.float().permute(0, 3, 1, 2), 4).flatten(1)
        logits: Tensor = self.last(self.first(pooled).relu())
        return logits


class NeedsTooMuch(Tiny):
    """A network whose steps fit for up to five images."""

    def forward(self, pixels: Tensor) -> Tensor:
        if self.training and len(pixels) > 5:
            torch.empty(2**60)
        return super().forward(pixels)


def step_of(tail: nn.Module, optimizer: str) -> EagerStep:
    made = make_optimizer(tail.parameters(), make_recipe(optimizer=optimizer))
    return EagerStep(tail, made, device=CPU, precision="fp32")


@pytest.mark.parametrize(("optimizer", "copies"), [("sgd", 2), ("adam", 3), ("adamw", 3)])
def test_what_a_step_keeps_is_counted(optimizer: str, copies: int) -> None:
    tail = Wide()
    need = need_of(step_of(tail, optimizer), torch.zeros(2, 8, 8, 1, dtype=torch.uint8), torch.tensor([0, 1]))
    weights = 4 * (17 * WIDE + 2 * WIDE + 2)
    # Of each image: what the first layer reads, what the ReLU gives, and some numbers about the loss.
    assert need.image == pytest.approx(4 * (16 + WIDE), abs=100)
    assert need.fixed == pytest.approx(copies * weights, abs=100)


def test_to_count_it_changes_nothing_and_draws_nothing() -> None:
    tail = Tiny().train()
    before, random = {name: value.clone() for name, value in tail.state_dict().items()}, torch.get_rng_state()
    need_of(step_of(tail, "sgd"), torch.zeros(2, 64, 64, 1, dtype=torch.uint8), torch.tensor([0, 1]))
    assert all(torch.equal(value, before[name]) for name, value in tail.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert tail.training


def test_a_need_names_the_largest_batch() -> None:
    need = Need(fixed=100, image=10)
    assert (need.of(32), need.largest(419), need.largest(420), need.largest(90)) == (420, 31, 32, 0)


@pytest.mark.parametrize("largest", [0, 1, 17, 31])
def test_the_largest_that_fits_is_found(largest: int) -> None:
    assert largest_that_fits(lambda images: images <= largest, 32) == largest


def test_a_batch_that_is_larger_than_the_free_memory_is_refused_before_a_step(
    on_pixels: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.training.memory.available_memory", lambda: 700_000)
    recorded, tail = Collected(), Wide()
    weights = tail.last.weight.clone()
    with pytest.raises(
        BatchTooLarge, match=r"8 images take .* and 1 MB are free. Try a --batch-size below 4,"
    ):
        Training(tail, on_pixels, RECIPE, device=CPU).run(recorded)
    assert recorded.epochs == []
    assert torch.equal(tail.last.weight, weights)


def test_one_of_several_processes_does_not_take_the_memory_of_the_others(
    on_pixels: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARE, "700000")
    with pytest.raises(
        BatchTooLarge, match=r"1 MB are free for each process \(--jobs\). Try a --batch-size below 4"
    ):
        Training(Wide(), on_pixels, RECIPE, device=CPU).run(Collected())


def test_a_batch_that_does_not_fit_names_the_one_that_does(on_pixels: Examples) -> None:
    with pytest.raises(TrainingError, match=r"8 images do not .*--batch-size 5 fits,"):
        Training(NeedsTooMuch(), on_pixels, RECIPE, device=CPU).run(Collected())
