"""The one training loop: a tail over stored tensors. It cannot tell the modes apart.

Letters of shapes: B images of a batch, N images of a part, K classes.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tracker.config.recipe import Recipe
from tracker.errors import NonFiniteLoss
from tracker.interruption import Interrupted
from tracker.models.adapting import trained_parameters
from tracker.models.layer_versions import restore_state
from tracker.records import EpochKind, Part
from tracker.training.device import autocast, on_device, tail_precision
from tracker.training.epoch import BegunEpoch
from tracker.training.evaluation import Evaluator, measure_parts
from tracker.training.examples import Examples
from tracker.training.make_step import make_step
from tracker.training.optimizers import (
    make_optimizer,
    make_schedule,
    optimizer_state,
    restore_optimizer,
    schedule_state,
)
from tracker.training.randomness import random_states, restore_random_states
from tracker.training.rows import reader_of
from tracker.training.steps import Step

_HELD_OUT: tuple[Part, ...] = ("val", "test")
_STATE_VERSION = 1


class Recorder(Protocol):
    """A receiver of what training measures."""

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """An epoch was measured.

        Args:
            values: What was measured, by name.
            step: The epoch, from 1.
        """


StopPoint = Callable[[], None]
"""Called where training can stop and go on later; raises `Interrupted` to stop it there."""


Note = Callable[[str], None]
"""Told, in a sentence, what a user should know of a training."""


def keep_quiet(_sentence: str) -> None:
    """Let it be."""


def go_on() -> None:
    """The stop point of a training that nobody interrupts: it never stops."""


class Keep(Protocol):
    """Whoever keeps states of a training that it can go on from."""

    def __call__(self, training: Training, /, *, interrupted: bool) -> None:
        """Keep the state of a training, or let it be.

        Args:
            training: It goes on as soon as this returns.
            interrupted: Whether it ends here: this is the last chance.
        """


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
        note: Told, in words, where a GPU cannot be used as it should be.
    """

    def __init__(
        self,
        tail: nn.Module,
        examples: Examples,
        recipe: Recipe,
        *,
        device: torch.device,
        note: Note = keep_quiet,
    ) -> None:
        self.tail = on_device(tail, device)
        self._examples = examples
        self._recipe = recipe
        self._device = device
        self._note = note
        self._labels = examples.labels.to(device)
        self._precision = tail_precision(tail, recipe.precision)
        trained = trained_parameters(self.tail)
        for parameter in trained:
            parameter.requires_grad_(True)
        self._reader = reader_of(examples.store, device)
        # Smaller batches are taken where training takes them.
        self._evaluator = Evaluator(self.tail, self._reader, device=device, largest=recipe.batch_size)
        self._optimizer = make_optimizer(trained, recipe, device)
        self._step = self._make_step()
        self._schedule = make_schedule(self._optimizer, recipe)
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._begun: BegunEpoch | None = None
        self.epoch = 0
        self.measured: dict[EpochKind, Measured] = {}
        # Dropout draws from the global generator.
        torch.manual_seed(recipe.seed)

    def run(
        self,
        recorder: Recorder,
        *,
        keep: Keep | None = None,
        stop_point: StopPoint = go_on,
    ) -> dict[EpochKind, Measured]:
        """Train all epochs that are left, and record each.

        Args:
            recorder: Receives what each epoch measured.
            keep: Called whenever this training could go on from its `state`: before each batch, after each
                epoch that was recorded, and when it is interrupted.
            stop_point: Called before each batch.

        Returns:
            The last epoch, and the one with the lowest validation loss (the first of equals)
            where there is a validation part.

        Raises:
            NonFiniteLoss: If a loss, of whatever part, is infinite or not a number.
            Interrupted: If a stop point says so.
        """
        kept: Keep = keep or _forget

        def between_batches() -> None:
            stop_point()
            # An evaluation is in inference mode, in which copies are tensors that nobody can train.
            with torch.inference_mode(False):
                kept(self, interrupted=False)

        while self.epoch < self._recipe.epochs:
            try:
                measured = self.run_epoch(between_batches)
            except Interrupted:
                kept(self, interrupted=True)
                raise
            recorder.metrics(measured.metrics, step=measured.epoch)
            kept(self, interrupted=False)
        return self.measured

    def run_epoch(self, stop_point: StopPoint = go_on) -> Measured:
        """Train one epoch, or what is left of one that was interrupted, and measure it.

        Args:
            stop_point: Called before each batch.
        """
        begun = self._begun = self._begun or self._begin()
        trained = self._train(begun, stop_point)
        logits = {part: self.logits(part, stop_point) for part in _HELD_OUT if part in self._examples.parts}
        metrics = {f"train/{name}": value for name, value in trained.items()}
        metrics |= measure_parts(self._examples, logits)
        for part in logits:
            self._check_finite(part, metrics[f"{part}/loss"])
        with warnings.catch_warnings():
            # Where only the evaluation of an epoch was left, this process has made none of its steps.
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step", UserWarning)
            self._schedule.step()
        self.epoch, self._begun = self.epoch + 1, None
        return self._remember(Measured(self.epoch, metrics, logits))

    @property
    def batches_done(self) -> int:
        """How many batches of the epoch that has begun are done."""
        return self._begun.batches_done if self._begun is not None else 0

    def state(self) -> dict[str, object]:
        """Return everything that training changes, so that another one can go on from here."""
        return {
            "version": _STATE_VERSION,
            "epoch": self.epoch,
            "begun": self._begun.state() if self._begun is not None else None,
            "tail": self.tail.state_dict(),
            "optimizer": optimizer_state(self._optimizer),
            "schedule": schedule_state(self._schedule),
            "order": self._order.get_state(),
            "random": random_states(self._device),
            "measured": {kind: asdict(measured) for kind, measured in self.measured.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Restore the state of another training with the same recipe and images.

        Args:
            state: What its `state` returned.

        Returns:
            Whether this version of tracker knows such a state; if not, nothing changed.
        """
        if state.get("version") != _STATE_VERSION:
            return False
        self.epoch = state["epoch"]
        begun = state["begun"]
        self._begun = BegunEpoch.of_state(begun, self._device) if begun is not None else None
        restore_state(self.tail, state["tail"])
        restore_optimizer(self._optimizer, state["optimizer"])
        # A captured step would go on with the memory of the state before.
        self._step = self._make_step()
        self._schedule.load_state_dict(state["schedule"])
        self._order.set_state(state["order"])
        restore_random_states(state["random"], self._device)
        self.measured = {kind: self._measured_again(**known) for kind, known in state["measured"].items()}
        return True

    def _remember(self, measured: Measured) -> Measured:
        best = self.measured.get("best")
        # Without a validation part, no epoch is better than another.
        if "val" in measured.logits and (
            best is None or measured.metrics["val/loss"] < best.metrics["val/loss"]
        ):
            self.measured["best"] = measured
        self.measured["final"] = measured
        return measured

    def _measured_again(self, epoch: int, metrics: dict[str, float], logits: dict[Part, Tensor]) -> Measured:
        """Return what an epoch measured; the version that kept it may have had fewer metrics."""
        return Measured(epoch, metrics | measure_parts(self._examples, logits), logits)

    def _begin(self) -> BegunEpoch:
        """Draw the order of a new epoch."""
        rows = self._examples.parts["train"]
        order = rows[torch.randperm(len(rows), generator=self._order)]
        return BegunEpoch(order, self._recipe.batch_size)

    def _train(self, begun: BegunEpoch, stop_point: StopPoint) -> dict[str, float]:
        """Train on the batches that are left, and return what they measured as they came."""
        self.tail.train()
        start = time.perf_counter() - begun.seconds
        left = list(begun.batches_left())
        with closing(self._reader.batches(left)) as batches:
            for batch, labels_B in zip(batches, self._labels_of(left), strict=True):
                stop_point()
                begun.add(*self._step(batch, labels_B))
                begun.seconds = time.perf_counter() - start
        measured = begun.measured()
        self._check_finite("train", measured["loss"])
        # Once more: a GPU was still at work on the last batches.
        begun.seconds = time.perf_counter() - start
        return measured | {"images_per_second": len(begun.order) / begun.seconds}

    def _check_finite(self, part: Part, loss: float) -> None:
        if not math.isfinite(loss):
            lr = self._optimizer.param_groups[0]["lr"]
            raise NonFiniteLoss(part=part, epoch=self.epoch + 1, lr=lr, loss=loss)

    def _labels_of(self, batches: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the labels [B] of each batch, on the device, which is told once what it needs."""
        if not batches:
            return ()
        labels_N = self._labels[torch.cat(list(batches)).to(self._device)]
        return torch.split(labels_N, [len(one) for one in batches])

    def _make_step(self) -> Step:
        return make_step(
            self.tail, self._optimizer, device=self._device, precision=self._precision, note=self._note
        )

    def logits(self, part: Part, stop_point: StopPoint = go_on) -> Tensor:
        """Return float32 logits [N, K] of a part, on the CPU, with dropout off and batch norms fixed."""
        with autocast(self._device, self._precision):
            return self._evaluator.logits(self._examples.parts[part], stop_point)


def _forget(_training: Training, *, interrupted: bool) -> None:
    pass
