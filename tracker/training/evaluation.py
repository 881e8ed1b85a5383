"""What a tail answers to a part of the examples, and what the answers are worth.

Letters of shapes: B images of a batch, N images of a part, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

import torch
from torch import Tensor, nn

from tracker.records import Part
from tracker.training.examples import Examples
from tracker.training.metrics import measure
from tracker.training.rows import RowReader

EVALUATION_BATCH = 32
"""Images a batch; a processor evaluates larger batches no faster."""

GPU_EVALUATION_BATCH = 256


class Evaluator:
    """Evaluates a tail; a GPU in batches as large as it takes, without a wait in between.

    Args:
        tail: On the device.
        reader: Brings the rows that it reads.
        device: Where the tail is.
        largest: Images a batch at most, on the processor.
    """

    def __init__(
        self, tail: nn.Module, reader: RowReader, *, device: torch.device, largest: int = EVALUATION_BATCH
    ) -> None:
        self._tail = tail
        self._reader = reader
        self.size = GPU_EVALUATION_BATCH if device.type == "cuda" else min(EVALUATION_BATCH, largest)

    def logits(self, rows_N: Tensor, stop_point: Callable[[], None] | None = None) -> Tensor:
        """Return float32 logits [N, K] of rows, on the CPU, with dropout off and batch norms fixed.

        Args:
            rows_N: int64 [N].
            stop_point: Called before each batch; may raise to stop there.
        """
        self._tail.eval()
        while True:
            try:
                return self._logits(rows_N, stop_point)
            except torch.OutOfMemoryError:
                if self.size == 1:
                    raise
                self.size //= 2

    @torch.inference_mode()
    def _logits(self, rows_N: Tensor, stop_point: Callable[[], None] | None) -> Tensor:
        logits = []
        with closing(self._reader.batches(torch.split(rows_N, self.size))) as batches:
            for batch in batches:
                if stop_point is not None:
                    stop_point()
                logits.append(self._tail(batch).float())
        return torch.cat(logits).cpu()


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
