"""A trained network that computes as its run did when it was measured: cut there, in the same numbers.

A run keeps what its frozen trunk gives in a file and reads it as single precision, and a single trained layer
always computes in that. In bfloat16, the whole network in one piece gives other third digits.

Letters of shapes: N images, H = W their size, K classes.
"""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

from tracker.config.recipe import Precision
from tracker.errors import ModelError
from tracker.models.cut import Cut, cut_network
from tracker.models.devices import autocast, on_device, tail_precision
from tracker.models.networks import Network
from tracker.models.normalize import Intake

BATCH = 32
"""Images a batch: as a run computes and evaluates on the processor."""

_log = logging.getLogger(__name__)


class AsTrained:
    """Answers as a run did: the same steps in the same numbers.

    Args:
        network: The trained network; its layers are shared, and are on the device and in evaluation mode from
            now on.
        mode: The mode in which it was trained; None: it is not cut.
        precision: What the run computed in; None: single.
        device: Where to compute.
    """

    def __init__(
        self, network: Network, *, mode: str | None, precision: Precision | None, device: torch.device
    ) -> None:
        cut = _cut(network, mode)
        self._device = device
        self._precision: Precision = precision or "fp32"
        self._trunk = None if cut.trunk is None else on_device(cut.trunk, device).eval()
        self._tail = on_device(cut.tail, device).eval()
        self._tail_precision = tail_precision(cut.tail, self._precision)

    @torch.inference_mode()
    def logits(self, pixels_NHWC: Tensor) -> Tensor:
        """Return float32 logits [N, K], on the CPU.

        Args:
            pixels_NHWC: uint8 [N, H, W, C], C = 1 for gray or 3 for red, green, blue.
        """
        batches = (self._batch(batch.to(self._device)) for batch in torch.split(pixels_NHWC, BATCH))
        return torch.cat(list(batches)).cpu()

    def _batch(self, rows: Tensor) -> Tensor:
        if self._trunk is not None:
            with autocast(self._device, self._precision):
                rows = self._trunk(rows)
            # As they are read from a file of features.
            rows = rows.float()
            if rows.ndim == 4:
                rows = rows.contiguous(memory_format=torch.channels_last)
        with autocast(self._device, self._tail_precision):
            logits: Tensor = self._tail(rows)
        return logits.float()


def _cut(network: Network, mode: str | None) -> Cut:
    if mode is not None:
        try:
            return cut_network(network, mode)
        except ModelError as error:
            # Another torchvision may call the nodes of a network by other names.
            _log.warning(
                "%s is not cut as it was trained, and last digits may differ: %s", network.name, error
            )
    intake = Intake(network.mean, network.std)
    return Cut(None, nn.Sequential(intake, network.module), None)
