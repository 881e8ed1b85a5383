"""Training steps that a GPU was shown once, and repeats by itself: CUDA graphs.

A step of a deep network is some thousand small kernels, and a processor cannot name them as fast as the card
computes them. A captured step is named as a whole. Whether it does what the step does that it was made of is
seen, once, before it is trusted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tracker.training.captures import Capture, first_cause
from tracker.training.randomness import random_states, restore_random_states
from tracker.training.step_check import StepState, WantedStep, counts
from tracker.training.steps import EagerStep, Stepped

WARM_STEPS = 3
"""Steps that are made one by one before the first is captured: libraries and optimizers begin with them."""


@dataclass
class _Captured:
    """A step of one size of batch, and the tensors that it reads and writes.

    Attributes:
        batch: What it reads.
        labels: What it reads.
        results: What it wrote last.
        replay: Repeats it.
    """

    batch: Tensor
    labels: Tensor
    results: list[Stepped]
    replay: Callable[[], None]

    def __call__(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        self.batch.copy_(batch)
        self.labels.copy_(labels_B)
        self.replay()
        # The next replay writes to the same place.
        return Stepped(*(result.clone() for result in self.results[-1]))


class GraphStep:
    """Makes steps by repeating captured ones, one a size of batch; where that does not work, one by one.

    Args:
        eager: The step. Its optimizer can be captured, and its casts are not kept.
        capture: The device.
        device: The same, for its random states.
        exact: Whether a captured step must give the same bits as the step itself.
        note: Told, in words, where steps are not captured, and why.
    """

    def __init__(
        self,
        eager: EagerStep,
        capture: Capture,
        *,
        device: torch.device,
        exact: bool = False,
        note: Callable[[str], None],
    ) -> None:
        self._eager = eager
        self._capture = capture
        self._device = device
        self._exact = exact
        self._note = note
        self._steps = 0
        self._seen: set[torch.Size] = set()
        self._captured: dict[torch.Size, _Captured] = {}
        self._works = True

    def __call__(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        """Train on a batch."""
        self._steps += 1
        if not self._works:
            return self._eager(batch, labels_B)
        if (captured := self._captured.get(batch.shape)) is not None:
            return captured(batch, labels_B)
        if self._steps <= WARM_STEPS or batch.shape not in self._seen:
            self._seen.add(batch.shape)
            return self._aside(batch, labels_B)
        return self._first(batch, labels_B)

    def _aside(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        with warnings.catch_warnings(), self._capture.aside():
            # An optimizer that could be captured says that it is not, yet.
            warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
            return self._eager(batch, labels_B)

    def _first(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        """Capture the step of a size of batch, and make it."""
        try:
            return self._captured_and_made(batch, labels_B)
        except RuntimeError as error:
            reason = first_cause(error)
        # All is as it was before the batch. Not inside the handler: the error holds what the step had made.
        self._give_up(reason)
        return self._eager(batch, labels_B)

    def _captured_and_made(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        wanted = None if self._captured else self._wanted(batch, labels_B)
        captured = self._captured_step(batch, labels_B)
        if wanted is not None:
            self._check(captured, wanted, batch, labels_B)
        stepped = captured(batch, labels_B)
        self._captured[batch.shape] = captured
        return stepped

    def _captured_step(self, batch: Tensor, labels_B: Tensor) -> _Captured:
        still, labels_still_B = batch.clone(), labels_B.clone()
        results: list[Stepped] = []

        def work() -> None:
            results[:] = [self._eager(still, labels_still_B)]

        return _Captured(still, labels_still_B, results, self._capture.capture(work))

    def _wanted(self, batch: Tensor, labels_B: Tensor) -> WantedStep:
        """Return what the step itself makes of a batch; nothing is changed afterwards."""
        start = self._state()
        try:
            stepped = self._aside(batch, labels_B)
            return WantedStep(start, self._state(), stepped)
        finally:
            self._restore(start)

    def _check(self, captured: _Captured, wanted: WantedStep, batch: Tensor, labels_B: Tensor) -> None:
        """See that a captured step changes what the step itself changes; nothing is changed afterwards.

        Raises:
            RuntimeError: It does not.
        """
        self._restore(wanted.start)
        try:
            repeated = captured(batch, labels_B)
            fault = wanted.fault(self._state(), repeated, exact=self._exact)
        finally:
            self._restore(wanted.start)
        if fault:
            raise RuntimeError(fault)

    def _state(self) -> StepState:
        groups = [[tensor.detach().clone() for tensor in group] for group in self._changing()]
        return StepState(groups, random_states(self._device))

    def _restore(self, state: StepState) -> None:
        for places, values in zip(self._changing(), state.groups, strict=True):
            for place, value in zip(places, values, strict=True):
                place.detach().copy_(value)
        restore_random_states(state.random, self._device)

    def _changing(self) -> list[list[Tensor]]:
        """Return the tensors that a step changes: counters, parameters, buffers, and of the optimizer."""
        tail, states = self._eager.tail, self._eager.optimizer.state
        of_optimizer: list[Tensor] = []
        for parameter in tail.parameters():
            of_optimizer += [
                value for value in states.get(parameter, {}).values() if isinstance(value, Tensor)
            ]
        groups: list[list[Tensor]] = [list(tail.parameters()), list(tail.buffers()), of_optimizer]
        counters = [one for group in groups for one in group if counts(one)]
        return [counters, *([one for one in group if not counts(one)] for group in groups)]

    def _give_up(self, reason: str) -> None:
        self._works = False
        self._captured.clear()
        self._note(f"its steps cannot be captured for the GPU ({reason}): they are made one by one")
