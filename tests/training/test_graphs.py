"""Captured steps: their rules on the processor, where to repeat is to call, and themselves on a GPU."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from torch import Tensor, nn

from tests.support.trainings import CPU, LABELS, Tiny, make_recipe
from tracker.config.recipe import Recipe
from tracker.training.captures import SWITCH, CudaCapture, graphs_wanted
from tracker.training.device import on_device
from tracker.training.graphs import WARM_STEPS, GraphStep
from tracker.training.optimizers import make_optimizer, make_schedule
from tracker.training.steps import EagerStep, Stepped

SIZES = (8, 8, 8, 4, 8, 8, 8, 4, 8, 8, 8, 4)
RECIPES = [make_recipe(optimizer=name, lr=0.05, schedule="cosine") for name in ("sgd", "adam", "adamw")]

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="captured steps need a GPU")


class Repeats:
    """Captures work by keeping it: the processor's way."""

    def __init__(self) -> None:
        self.captured = 0

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        self.captured += 1
        return work


class Refuses(Repeats):
    """Breaks as a GPU's capture does: with its cause, and once more at its end."""

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        try:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        finally:
            raise RuntimeError("operation failed due to a previous error during capture")


class Forgets(Repeats):
    """Repeats nothing but the first time: as a graph would that reads memory that is no longer written to."""

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        work()
        return lambda: None


class DrawsOthers(Repeats):
    """Repeats with other random numbers."""

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        def repeated() -> None:
            torch.rand(7)
            work()

        return repeated


class Work:
    """A tail in training by steps of either kind, and what it measured."""

    def __init__(
        self, recipe: Recipe, device: torch.device = CPU, capture: Repeats | CudaCapture | None = None
    ) -> None:
        torch.manual_seed(0)
        self.device = device
        self.tail: nn.Module = on_device(Tiny(), device).train()
        self.optimizer = make_optimizer(self.tail.parameters(), recipe, device)
        self.schedule = make_schedule(self.optimizer, recipe)
        self.notes: list[str] = []
        self.step: EagerStep | GraphStep = EagerStep(
            self.tail, self.optimizer, device=device, precision="fp32", cast_once=capture is None
        )
        if capture is not None:
            self.step = GraphStep(self.step, capture, device=device, exact=True, note=self.notes.append)

    def train(self) -> list[Stepped]:
        torch.manual_seed(1)
        pictures = torch.Generator().manual_seed(2)
        measured = []
        for number, size in enumerate(SIZES):
            batch = torch.randint(0, 255, (size, 64, 64, 1), generator=pictures, dtype=torch.uint8)
            labels_B = torch.tensor(LABELS[:size])
            measured.append(self.step(batch.to(self.device), labels_B.to(self.device)))
            if number % 4 == 3:
                self.schedule.step()
        return measured

    def state(self) -> dict[str, Tensor]:
        return copy.deepcopy(self.tail.state_dict())


def assert_same(one: Work, other: Work) -> None:
    for eager, captured in zip(one.train(), other.train(), strict=True):
        assert eager.loss.item() == captured.loss.item()
        assert eager.correct.item() == captured.correct.item()
    assert_equal_states(one, other)


def assert_equal_states(one: Work, other: Work) -> None:
    for name, tensor in one.state().items():
        assert torch.equal(tensor, other.state()[name]), name


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.optimizer)
def test_captured_steps_give_the_bits_of_steps_one_by_one(recipe: Recipe) -> None:
    capture = Repeats()
    other = Work(recipe, capture=capture)
    assert_same(Work(recipe), other)
    assert (capture.captured, other.notes) == (2, [])


def test_each_size_is_seen_before_it_is_captured() -> None:
    capture = Repeats()
    work = Work(RECIPES[0], capture=capture)
    seen = []
    labels_B = torch.tensor(LABELS[:8])
    for size in (8, 4, 8, 8, 4):
        work.step(torch.zeros(size, 64, 64, 1, dtype=torch.uint8), labels_B[:size])
        seen.append(capture.captured)
    assert WARM_STEPS == 3
    assert seen == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        (Refuses(), "operation not permitted when stream is capturing"),
        (Forgets(), "changed the network in another way"),
        (DrawsOthers(), "a captured step had a loss of"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_where_it_cannot_be_trusted_steps_are_made_one_by_one(capture: Repeats, reason: str) -> None:
    other = Work(RECIPES[0], capture=capture)
    assert_same(Work(RECIPES[0]), other)
    (note,) = other.notes
    assert reason in note
    assert "and more" not in note
    assert note.endswith("they are made one by one")


def test_only_a_gpu_captures_and_an_environment_variable_turns_it_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not graphs_wanted(CPU)
    assert graphs_wanted(torch.device("cuda"))
    monkeypatch.setenv(SWITCH, "off")
    assert not graphs_wanted(torch.device("cuda"))


class Waits(Tiny):
    """Asks for a number in the middle of its forward pass, which no captured step can."""

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = super().forward(pixels)
        return logits if logits.sum().item() < 1e9 else -logits


@gpu
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.optimizer)
def test_a_gpu_repeats_a_step_as_it_is(recipe: Recipe) -> None:
    device = torch.device("cuda")
    captured = Work(recipe, device, CudaCapture(device))
    assert_same(Work(recipe, device), captured)
    assert captured.notes == []


@gpu
def test_a_network_that_a_gpu_cannot_repeat_trains_step_by_step() -> None:
    device = torch.device("cuda")
    one, other = Work(RECIPES[0], device), Work(RECIPES[0], device, CudaCapture(device))
    for work in (one, other):
        work.tail.__class__ = Waits
    assert_same(one, other)
    assert len(other.notes) == 1
