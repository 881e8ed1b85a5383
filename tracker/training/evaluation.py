"""What a tail answers to a part of the examples, and what the answers are worth.

Letters of shapes: B images of a batch, N images of a part, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from tracker.records import Part
from tracker.training.examples import Examples
from tracker.training.metrics import measure

EVALUATION_BATCH = 32
"""Larger batches are no faster to evaluate."""


@torch.inference_mode()
def part_logits(
    tail: nn.Module,
    examples: Examples,
    part: Part,
    *,
    device: torch.device,
    size: int = EVALUATION_BATCH,
    stop_point: Callable[[], None] | None = None,
) -> Tensor:
    """Return float32 logits [N, K] of a part, on the CPU, with dropout off and batch norms fixed.

    Args:
        tail: On the device.
        examples: Whose part it is.
        part: Which.
        device: Where the tail is.
        size: Images a batch.
        stop_point: Called before each batch; may raise to stop there.
    """
    tail.eval()
    logits = []
    for indexes_B in torch.split(examples.parts[part], size):
        if stop_point is not None:
            stop_point()
        logits.append(tail(examples.store.batch(indexes_B, device)).float().cpu())
    return torch.cat(logits)


def measure_parts(examples: Examples, logits: Mapping[Part, Tensor]) -> dict[str, float]:
    """Return what logits [N, K] of parts are worth, by part and name.

    Args:
        examples: Whose parts they are.
        logits: The logits of each part.
    """
    return {
        f"{part}/{name}": value
        for part, logits_NK in logits.items()
        for name, value in measure(
            logits_NK, examples.labels[examples.parts[part]], positive=examples.positive
        ).items()
    }
