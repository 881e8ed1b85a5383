"""The one training loop: a tail over stored tensors. It cannot tell the modes apart.

Letters of shapes: B images of a batch, N images of a part, K classes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tracker.errors import NonFiniteLoss
from tracker.recipe import Precision, Recipe
from tracker.records import EpochKind, Part
from tracker.training.device import autocast, on_device
from tracker.training.metrics import measure
from tracker.training.optimizers import make_optimizer, make_schedule
from tracker.training.store import Store

_HELD_OUT: tuple[Part, ...] = ("val", "test")
# Larger batches are no faster to evaluate; smaller ones are taken where training takes them.
_EVALUATION_BATCH = 32


class Recorder(Protocol):
    """Whoever is told what training measures."""

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """Take what was measured in an epoch (`step`, from 1)."""


@dataclass(frozen=True)
class Examples:
    """What a tail is trained and measured on.

    Attributes:
        store: One row a sample.
        labels: int64 [samples], the class of each row.
        parts: The rows of each part.
    """

    store: Store
    labels: Tensor
    parts: Mapping[Part, Tensor]

    @classmethod
    def of(cls, store: Store, labels: Sequence[int], parts: Mapping[Part, Sequence[int]]) -> Examples:
        """Return the examples whose labels and rows come as plain lists."""
        rows = {part: torch.tensor(indexes, dtype=torch.int64) for part, indexes in parts.items()}
        return cls(store, torch.tensor(labels, dtype=torch.int64), rows)


@dataclass
class Measured:
    """What one epoch's weights achieve: metrics by name, and logits [N, K] of the held-out parts."""

    epoch: int
    metrics: dict[str, float]
    logits: dict[Part, Tensor] = field(repr=False)


class Training:
    """A tail in training: everything that an epoch changes.

    Args:
        tail: Rows of the store to logits [B, K]; trained in place.
        examples: What it is trained on.
        recipe: How.
        device: Where.
    """

    def __init__(self, tail: nn.Module, examples: Examples, recipe: Recipe, *, device: torch.device) -> None:
        self.tail = on_device(tail, device)
        self._examples = examples
        self._recipe = recipe
        self._device = device
        self._labels = examples.labels.to(device)
        self._precision = _tail_precision(tail, recipe)
        for parameter in self.tail.parameters():
            parameter.requires_grad_(True)
        self._optimizer = make_optimizer(self.tail.parameters(), recipe)
        self._schedule = make_schedule(self._optimizer, recipe)
        self._order = torch.Generator().manual_seed(recipe.seed)
        self.epoch = 0
        self.measured: dict[EpochKind, Measured] = {}
        # Dropout draws from the global generator.
        torch.manual_seed(recipe.seed)

    def run(self, recorder: Recorder) -> dict[EpochKind, Measured]:
        """Train all epochs that are left, telling the recorder of each.

        Returns:
            The last epoch, and the one with the lowest validation loss (the first of equals).

        Raises:
            NonFiniteLoss: If a loss, of whatever part, is infinite or not a number.
        """
        while self.epoch < self._recipe.epochs:
            measured = self.run_epoch()
            recorder.metrics(measured.metrics, step=measured.epoch)
        return self.measured

    def run_epoch(self) -> Measured:
        """Train one epoch and measure it."""
        self.epoch += 1
        trained = self._train()
        logits = {part: self.logits(part) for part in _HELD_OUT}
        metrics = {f"train/{name}": value for name, value in trained.items()}
        for part, logits_NK in logits.items():
            labels_N = self._examples.labels[self._examples.parts[part]]
            measured = measure(logits_NK, labels_N)
            self._check_finite(part, measured["loss"])
            metrics |= {f"{part}/{name}": value for name, value in measured.items()}
        self._schedule.step()
        return self._remember(Measured(self.epoch, metrics, logits))

    def _remember(self, measured: Measured) -> Measured:
        best = self.measured.get("best")
        if best is None or measured.metrics["val/loss"] < best.metrics["val/loss"]:
            self.measured["best"] = measured
        self.measured["final"] = measured
        return measured

    def _train(self) -> dict[str, float]:
        """Go once over the training part; loss and accuracy are those of the batches as they came."""
        self.tail.train()
        start = time.perf_counter()
        losses, correct = [], []
        for indexes_B in self._batches():
            labels_B = self._labels[indexes_B.to(self._device, non_blocking=True)]
            loss, logits_BK = self._step(indexes_B, labels_B)
            # Summed after the epoch: to read a number from a GPU is to wait for it.
            losses.append(loss.detach() * len(indexes_B))
            correct.append((logits_BK.detach().argmax(1) == labels_B).sum())
        count = len(self._examples.parts["train"])
        loss_mean = torch.stack(losses).cpu().double().sum().item() / count
        self._check_finite("train", loss_mean)
        seconds = time.perf_counter() - start
        return {
            "loss": loss_mean,
            "accuracy": torch.stack(correct).sum().item() / count,
            "images_per_second": count / seconds,
        }

    def _check_finite(self, part: Part, loss: float) -> None:
        if not math.isfinite(loss):
            lr = self._optimizer.param_groups[0]["lr"]
            raise NonFiniteLoss(part=part, epoch=self.epoch, lr=lr, loss=loss)

    def _step(self, indexes_B: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        with autocast(self._device, self._precision):
            logits_BK = self._tail_of(indexes_B)
            loss = F.cross_entropy(logits_BK, labels_B)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss, logits_BK

    def _batches(self) -> Iterator[Tensor]:
        """Yield the training rows in a new order; a last batch of one joins the one before it."""
        rows = self._examples.parts["train"]
        order = rows[torch.randperm(len(rows), generator=self._order)]
        batches = list(torch.split(order, self._recipe.batch_size))
        # Batch norm has no variance over a single image.
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        yield from batches

    @torch.inference_mode()
    def logits(self, part: Part) -> Tensor:
        """Return float32 logits [N, K] of a part, on the CPU, with dropout off and batch norms fixed."""
        self.tail.eval()
        size = min(_EVALUATION_BATCH, self._recipe.batch_size)
        batches = torch.split(self._examples.parts[part], size)
        with autocast(self._device, self._precision):
            return torch.cat([self._tail_of(indexes_B).float().cpu() for indexes_B in batches])

    def _tail_of(self, indexes_B: Tensor) -> Tensor:
        logits_BK: Tensor = self.tail(self._examples.store.batch(indexes_B, self._device))
        return logits_BK


def _tail_precision(tail: nn.Module, recipe: Recipe) -> Precision:
    """Return the precision that pays: a single layer costs too little for bf16 to gain anything."""
    layers = [layer for layer in tail.modules() if next(layer.parameters(recurse=False), None) is not None]
    return "fp32" if len(layers) == 1 else recipe.precision
