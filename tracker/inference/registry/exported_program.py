"""A trained network as one file of torch's own (`pt2`): it loads without any code of ours.

Letters of shapes: N images, H = W their size, K classes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.export import Dim

from tracker.errors import ModelError
from tracker.inference.loading import TrainedNetwork

_EXAMPLES = 2
"""Of one image, the number of images would become a part of the program."""


class _FromPixels(nn.Module):
    """Pixels [N, 3, H, W], 0 to 255, to float64 probabilities [N, K]: the normalization is inside."""

    scale: Tensor
    shift: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        scale_C = 1 / (255 * torch.tensor(std))
        self.register_buffer("scale", scale_C.reshape(1, -1, 1, 1))
        self.register_buffer("shift", (-torch.tensor(mean) / torch.tensor(std)).reshape(1, -1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.network(pixels.float() * self.scale + self.shift)
        return logits.double().softmax(1)


def exported_program(network: TrainedNetwork) -> bytes:
    """Return a program for any number of images: uint8 [N, 3, H, W], red, green, blue, to probabilities.

    Args:
        network: A trained network, on the CPU.

    Raises:
        ModelError: torch cannot export this network.
    """
    size = network.image_size
    example_NCHW = torch.zeros(_EXAMPLES, 3, size, size, dtype=torch.uint8)
    module = _FromPixels(network.module, network.mean, network.std).eval()
    content = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, (example_NCHW,), dynamic_shapes=({0: Dim("N", min=1)},))
            torch.export.save(program, content)
    except (RuntimeError, ValueError, torch._dynamo.exc.TorchDynamoException) as error:
        raise ModelError(
            f"torch must be able to export {network.model}",
            but=" ".join(str(error).split())[:200],
            do="It is registered without that: mlflow.pyfunc loads it.",
        ) from error
    return content.getvalue()
