"""One training step: a batch forward, its loss backward, and the optimizer.

Letters of shapes: B images of a batch, K classes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

from tracker.config.recipe import Precision
from tracker.training.device import autocast


class Stepped(NamedTuple):
    """What a step measured of its batch, on the device, because to read a number is to wait for it.

    Attributes:
        loss: The mean loss times the images, a scalar.
        correct: Images that were classified correctly, a scalar.
    """

    loss: Tensor
    correct: Tensor


class Step(Protocol):
    """Whoever makes training steps."""

    def __call__(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        """Train on a batch.

        Args:
            batch: [B, ...], what the tail reads, on the device.
            labels_B: int64 [B], on the device.
        """


class EagerStep:
    """Makes steps operation by operation, as they are written.

    Args:
        tail: In training mode, on a device.
        optimizer: Over its parameters.
        device: The device's type.
        precision: Of the forward pass.
        cast_once: Whether a weight that is used twice in a step is cast once; no when steps are captured,
            as a cast would be kept that the next replay does not make.
    """

    def __init__(
        self,
        tail: nn.Module,
        optimizer: optim.Optimizer,
        *,
        device: torch.device,
        precision: Precision,
        cast_once: bool = True,
    ) -> None:
        self.tail = tail
        self.optimizer = optimizer
        self._cast = autocast(device, precision, cast_once=cast_once)

    def __call__(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        """Train on a batch."""
        self.optimizer.zero_grad()
        loss, logits_BK = self.loss(batch, labels_B)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        correct = (logits_BK.detach().argmax(1) == labels_B).sum()
        return Stepped(loss.detach() * len(labels_B), correct)

    def loss(self, batch: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch, a scalar, and its logits [B, K]."""
        with self._cast:
            logits_BK = self.tail(batch)
            return F.cross_entropy(logits_BK, labels_B), logits_BK
