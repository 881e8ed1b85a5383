"""The state dict of a network of torchvision, as a file of weights holds it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
import torchvision

from tracker.models import weights

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(7)
    return torchvision.models.get_model("resnet18", weights=None).state_dict()


Publish = Callable[[str, Mapping[str, torch.Tensor]], Path]


@pytest.fixture
def published_as_imagenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Have torchvision publish other weights for a network, which lie where torch keeps them.

    Their name ends in the digits of their digest, as those of torchvision's files do.
    """
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def publish(name: str, state: Mapping[str, torch.Tensor]) -> Path:
        content = io.BytesIO()
        torch.save(state, content)
        official = weights.imagenet_weights(name).value
        stem = Path(official.url).name.rpartition("-")[0]
        file = f"{stem}-{hashlib.sha256(content.getvalue()).hexdigest()[:8]}.pth"
        monkeypatch.setattr(official, "url", f"https://download.pytorch.org/models/{file}")
        _, path = weights.imagenet_file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.getvalue())
        return path

    return publish
