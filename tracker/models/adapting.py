"""A tail that begins with frozen layers whose batch norms adapt: what a tutorial's frozen network is.

The weights of frozen layers stand still there, but a batch norm is in training mode: each batch is normalized
by its own mean and variance, and the running statistics, which evaluation uses, follow.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Self

import torch
from torch import Tensor, nn

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def has_norms(layers: nn.Module) -> bool:
    """Return whether there is a batch norm among layers."""
    return any(isinstance(layer, _NORMS) for layer in layers.modules())


def is_one_layer(layers: nn.Module) -> bool:
    """Return whether a single layer has all the parameters of several."""
    return sum(next(one.parameters(recurse=False), None) is not None for one in layers.modules()) == 1


def statistics_of(layers: nn.Module) -> dict[str, Tensor]:
    """Return the running statistics of all batch norms, by their names: what moves where these adapt.

    Args:
        layers: The layers; the tensors are theirs, not copies.
    """
    return {
        f"{path}.{name}" if path else name: tensor
        for path, layer in layers.named_modules(remove_duplicate=False)
        if isinstance(layer, _NORMS)
        for name, tensor in layer.named_buffers(recurse=False)
    }


def trained_parameters(tail: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of a tail that are trained: all, but for those of frozen layers in it.

    Args:
        tail: What `cut_network` gives.
    """
    return list((tail.trained if isinstance(tail, AdaptingTail) else tail).parameters())


class AdaptingTail(nn.Module):
    """Frozen layers whose batch norms adapt, and the trained layers after them.

    Nothing but batch norms is ever in training mode in the frozen layers: their dropout stays off, as it is
    in every other mode.

    Args:
        frozen: Pixels uint8 [N, H, W, C] to features; none of its parameters takes gradients from now on.
        trained: Features to logits [N, classes].
    """

    def __init__(self, frozen: nn.Module, trained: nn.Module) -> None:
        super().__init__()
        self.frozen = frozen.requires_grad_(False)
        self.trained = trained
        # It computes in fp32, as the tail of a feature extractor does, which reads features from a file.
        self._is_head = is_one_layer(trained)

    def train(self, mode: bool = True) -> Self:
        """Set the trained layers, and the batch norms of the frozen ones, to training or evaluation."""
        super().train(mode)
        for layer in self.frozen.modules():
            layer.training = mode and isinstance(layer, _NORMS)
        self.trained.train(mode)
        return self

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the logits [N, classes]; no gradient goes further back than the trained layers."""
        with torch.no_grad():
            features: Tensor = self.frozen(pixels).float()
        in_fp32 = torch.autocast(features.device.type, enabled=False)
        with in_fp32 if self._is_head else nullcontext():
            logits: Tensor = self.trained(features)
        return logits
