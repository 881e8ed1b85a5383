"""Training steps that a GPU was shown once, and repeats by itself: CUDA graphs.

A step of a deep network is some thousand small kernels, and a processor cannot name them as fast as the card
computes them. A captured step is named as a whole. Whether it does what the step does that it was made of is
seen, once, before it is trusted.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from tracker.training.randomness import random_states, restore_random_states
from tracker.training.steps import EagerStep, Stepped

SWITCH = "TRACKER_CUDA_GRAPHS"
"""The environment variable that turns captured steps off, with `off`."""

WARM_STEPS = 3
"""Steps that are made one by one before the first is captured: libraries and optimizers begin with them."""

_UPDATE_TOLERANCE = 0.1
_LOSS_TOLERANCE = 0.02


def graphs_wanted(device: torch.device) -> bool:
    """Say whether steps are to be captured on a device.

    Args:
        device: Where training computes.
    """
    return device.type == "cuda" and os.environ.get(SWITCH, "on").lower() not in {"off", "0", "no", "false"}


class Capture(Protocol):
    """How a device is shown some work."""

    def aside(self) -> AbstractContextManager[None]:
        """Return the context in which work is made ready to be shown."""

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return what repeats some work; whether the work is done now, too, is the device's business.

        Raises:
            RuntimeError: The device cannot repeat such work.
        """


class CudaCapture:
    """Shows work to a GPU.

    Args:
        device: The GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Work in the stream that captures, between what came before and what comes after."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield
        torch.cuda.current_stream().wait_stream(self._stream)

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Capture some work, which is not done."""
        graph, before = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # Other threads may talk to the card meanwhile: the one that fills batches does.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                work()
        except RuntimeError:
            # A capture that broke leaves its stream the current one, and the generator waiting for its end.
            torch.cuda.set_stream(before)
            generator = torch.cuda.default_generators[before.device_index]
            generator.graphsafe_set_state(generator.clone_state())
            raise
        return graph.replay


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
            reason = str(error).splitlines()[0]
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

    def _wanted(self, batch: Tensor, labels_B: Tensor) -> _Wanted:
        """Return what the step itself makes of a batch; nothing is changed afterwards."""
        start = self._state()
        try:
            stepped = self._aside(batch, labels_B)
            return _Wanted(start, self._state(), stepped)
        finally:
            self._restore(start)

    def _check(self, captured: _Captured, wanted: _Wanted, batch: Tensor, labels_B: Tensor) -> None:
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

    def _state(self) -> _State:
        groups = [[tensor.detach().clone() for tensor in group] for group in self._changing()]
        return _State(groups, random_states(self._device))

    def _restore(self, state: _State) -> None:
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
        counters = [one for group in groups for one in group if _counts(one)]
        return [counters, *([one for one in group if not _counts(one)] for group in groups)]

    def _give_up(self, reason: str) -> None:
        self._works = False
        self._captured.clear()
        self._note(f"its steps cannot be captured for the GPU ({reason}): they are made one by one")


@dataclass(frozen=True)
class _State:
    """What a step changes, as it was: counters first, then groups of floats."""

    groups: list[list[Tensor]]
    random: dict[str, Tensor]


@dataclass(frozen=True)
class _Wanted:
    """What a step itself made of a batch.

    Attributes:
        start: The state before it.
        after: The state after it.
        stepped: What it measured.
    """

    start: _State
    after: _State
    stepped: Stepped

    def fault(self, found: _State, repeated: Stepped, *, exact: bool) -> str:
        """Return in what a captured step differs from the step itself; empty where it does not.

        Args:
            found: The state after it, from the same start.
            repeated: What it measured.
            exact: Whether it must be the same bits.
        """
        loss, again = float(self.stepped.loss), float(repeated.loss)
        if not abs(loss - again) <= (0.0 if exact else _LOSS_TOLERANCE * max(1.0, abs(loss))):
            return f"a captured step had a loss of {again:g} where the step itself had {loss:g}"
        counters, *floats = zip(self.start.groups, self.after.groups, found.groups, strict=True)
        relative = [_apart(*group) for group in floats]
        if _apart(*counters) or not all(apart <= (0.0 if exact else _UPDATE_TOLERANCE) for apart in relative):
            return "a captured step changed the network in another way than the step itself"
        if any(not torch.equal(found.random[name], state) for name, state in self.after.random.items()):
            return "a captured step drew other random numbers than the step itself"
        return ""


def _counts(tensor: Tensor) -> bool:
    """Say whether a tensor is a counter, of steps or of batches."""
    return tensor.ndim == 0 or not tensor.is_floating_point()


def _apart(start: list[Tensor], after: list[Tensor], found: list[Tensor]) -> float:
    """Return how far two changes are apart, in lengths of the first; 0 where they are the same bits."""
    if all(torch.equal(one, other) for one, other in zip(after, found, strict=True)):
        return 0.0
    return _length(after, found) / max(_length(start, after), torch.finfo(torch.float64).tiny)


def _length(some: list[Tensor], others: list[Tensor]) -> float:
    """Return the Euclidean length of a difference."""
    pairs = zip(some, others, strict=True)
    return float(torch.stack([(one - other).double().square().sum() for one, other in pairs]).sum().sqrt())
