"""An epoch that has begun: the order of its images, and what its batches measured so far.

Letters of shapes: B images of a batch, N images of the training part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor


@dataclass
class BegunEpoch:
    """How far an epoch is.

    Attributes:
        order: int64 [N], the training rows in this epoch's order.
        batch_size: Images a batch.
        losses: A batch's mean loss times its images, one a batch, on the device.
        correct: Images that a batch classified correctly, one a batch, on the device.
        seconds: How long its batches took.
    """

    order: Tensor
    batch_size: int
    losses: list[Tensor] = field(default_factory=list)
    correct: list[Tensor] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def batches_done(self) -> int:
        """How many batches were trained."""
        return len(self.losses)

    def batches_left(self) -> Iterator[Tensor]:
        """Yield the rows [B] of each batch that is left; a last one of one image joins the one before it."""
        batches = list(torch.split(self.order, self.batch_size))
        # Batch norm has no variance over a single image.
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        yield from batches[self.batches_done :]

    def add(self, loss: Tensor, correct: Tensor) -> None:
        """Add what a batch measured; the numbers stay on the device, because to read one is to wait for it.

        Args:
            loss: Its mean loss times its images, a scalar.
            correct: Its images that were classified correctly, a scalar.
        """
        self.losses.append(loss)
        self.correct.append(correct)

    def measured(self) -> dict[str, float]:
        """Return `loss` and `accuracy` of the batches as they came."""
        count = len(self.order)
        return {
            "loss": torch.stack(self.losses).cpu().double().sum().item() / count,
            "accuracy": torch.stack(self.correct).sum().item() / count,
        }

    def state(self) -> dict[str, object]:
        """Return it as a checkpoint holds it."""
        sums = {
            name: torch.stack(values).cpu() if values else torch.empty(0)
            for name, values in (("losses", self.losses), ("correct", self.correct))
        }
        return {"order": self.order, "batch_size": self.batch_size, "seconds": self.seconds, **sums}

    @classmethod
    def of_state(cls, state: Mapping[str, Any], device: torch.device) -> Self:
        """Return the epoch that `state` was taken of.

        Args:
            state: What `state` returned.
            device: Where training computes.
        """
        sums = {name: list(state[name].to(device)) for name in ("losses", "correct")}
        return cls(state["order"], state["batch_size"], seconds=state["seconds"], **sums)
