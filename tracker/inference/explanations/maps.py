"""Grad-CAM: which places of an image speak for a class, by the network's last map of features.

Each channel of the map counts by the mean of its gradients, and the sum over channels is the map (Selvaraju
et al., ICCV 2017, arXiv 1610.02391, equations 1 and 2). The gradient is that of the log-odds of the class: a
class's own logit says nothing alone, as a number added to all of them changes no probability.

Letters of shapes: N images, H = W their size, K classes, h and w the map's height and width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracker.inference.explanations.layers import explained_network
from tracker.io.progress import Progress, silent
from tracker.models.networks import Network
from tracker.models.normalize import Intake

Maps = NDArray[np.float32]
"""[N, h, w]; above zero what speaks for the class, below what speaks against it."""

_BATCH_SIZE = 8
_EVEN = 1e-6


class Explainer:
    """A network that says what its answers rest on.

    Args:
        network: The network, in evaluation mode; it stays as it is.
        image_size: Height and width of its images, in pixels.

    Raises:
        ModelError: It has no map of features.
    """

    def __init__(self, network: Network, *, image_size: int) -> None:
        self._explained = explained_network(
            network.module, network.head, image_size=image_size, name=network.name
        )
        self._device = next(network.module.parameters()).device
        self._intake = Intake(network.mean, network.std).to(self._device)
        self.layer = self._explained.layer
        self.grid = self._explained.grid

    def signed_maps(
        self, pixels_NHWC: NDArray[np.uint8], targets_N: Sequence[int], *, progress: Progress = silent
    ) -> Maps:
        """Return what speaks for a class of each image and against it, float32 [N, h, w].

        Args:
            pixels_NHWC: Images of the network's size, uint8, gray or colored.
            targets_N: The place of the class that each image's map is of.
            progress: Told how many images are done.
        """
        # Slow to import, and only maps need it.
        from captum.attr import LayerGradCam

        gradients = LayerGradCam(_LogOdds(self._explained.module), self._explained.places)
        batches, total = [], len(pixels_NHWC)
        for start in range(0, total, _BATCH_SIZE):
            batch = slice(start, start + _BATCH_SIZE)
            pixels = torch.from_numpy(np.ascontiguousarray(pixels_NHWC[batch])).to(self._device)
            targets = torch.tensor(targets_N[batch], device=self._device)
            maps_N1hw = gradients.attribute(self._intake(pixels), target=targets)
            batches.append(maps_N1hw.detach()[:, 0].float().cpu().numpy())
            progress(min(start + _BATCH_SIZE, total), total, "images explained")
        return np.concatenate(batches)


def speaking_for(signed: Maps) -> Maps:
    """Return what speaks for the class alone, as Grad-CAM is drawn.

    Args:
        signed: Maps of any shape.
    """
    return np.maximum(signed, 0)


def says_no_place(map_hw: Maps) -> bool:
    """Return whether a map is the same everywhere, such as zero: there is nothing to be seen in it.

    Args:
        map_hw: One map.
    """
    low, high = float(map_hw.min()), float(map_hw.max())
    return not high - low > _EVEN * max(abs(low), abs(high))


class _LogOdds(nn.Module):
    """A network that answers the log-odds of each class, [N, K]."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> Tensor:
        return log_odds(self.module(images))


def log_odds(logits_NK: Tensor) -> Tensor:
    """Return the logarithm of the odds of each class, [N, K], of logits.

    Args:
        logits_NK: What a network answers.
    """
    own = torch.eye(logits_NK.shape[1], dtype=torch.bool, device=logits_NK.device)
    others_NKK = logits_NK[:, None, :].masked_fill(own, -torch.inf)
    return logits_NK - others_NKK.logsumexp(2)
