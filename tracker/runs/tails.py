"""Who trains the tail of a prepared network: the loop, or who solves for it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch

from tracker.config.modes import find_mode
from tracker.records import EpochKind
from tracker.runs.prepared_network import PreparedNetwork
from tracker.training.examples import Examples
from tracker.training.loop import Keep, Measured, Note, Recorder, StopPoint, Training, go_on, keep_quiet
from tracker.training.probe import Probe

Tell = Callable[[Mapping[str, str]], None]
"""Told, as tags of a run, what is known of it."""


def tell_nobody(_tags: Mapping[str, str]) -> None:
    """Let it be."""


class TailTraining(Protocol):
    """Whoever trains a tail."""

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Go on from a state; say whether that was possible."""

    def run(
        self,
        recorder: Recorder,
        *,
        keep: Keep | None = None,
        stop_point: StopPoint = go_on,
    ) -> dict[EpochKind, Measured]:
        """Train all epochs that are left, and record each."""


def begin_tail(
    prepared: PreparedNetwork,
    examples: Examples,
    *,
    device: torch.device,
    tell: Tell = tell_nobody,
    note: Note = keep_quiet,
) -> TailTraining:
    """Return what trains the tail of a network as its recipe says.

    Args:
        prepared: The network.
        examples: What its tail is trained on.
        device: Where.
        tell: Told what was chosen on the way.
        note: Told, in words, where a GPU cannot be used as it should be.
    """
    if find_mode(prepared.recipe.mode).convex:
        return Probe(prepared.cut.tail, examples, device=device, tell=tell)
    return Training(prepared.cut.tail, examples, prepared.recipe, device=device, note=note)
