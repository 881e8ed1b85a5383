"""The state dict of a network of torchvision, as a file of weights holds it."""

from __future__ import annotations

import pytest
import torch
import torchvision

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(7)
    return torchvision.models.get_model("resnet18", weights=None).state_dict()
