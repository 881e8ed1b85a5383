"""Whether a captured step does what the step does that it was made of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracker.training.steps import Stepped

_UPDATE_TOLERANCE = 0.1
_LOSS_TOLERANCE = 0.02


@dataclass(frozen=True)
class StepState:
    """What a step changes, as it was: counters first, then groups of floats."""

    groups: list[list[Tensor]]
    random: dict[str, Tensor]


@dataclass(frozen=True)
class WantedStep:
    """What a step itself made of a batch.

    Attributes:
        start: The state before it.
        after: The state after it.
        stepped: What it measured.
    """

    start: StepState
    after: StepState
    stepped: Stepped

    def fault(self, found: StepState, repeated: Stepped, *, exact: bool) -> str:
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


def counts(tensor: Tensor) -> bool:
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
