"""What computes: a GPU that is there and not used, and the memory that a container leaves."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

from tracker.doctor.machine import cores, device, memory

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, and torch uses it")


def test_less_memory_than_the_reference_networks_take_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracker.io.memory.memory_left", lambda: 100_000_000)
    found = memory()
    assert (found.state, found.found) == ("warning", "100 MB available")
    assert "DenseNet-201" in found.advice


def test_a_containers_share_of_the_cores_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.io.parallel.allowed_cores", lambda: 16)
    monkeypatch.setattr("tracker.doctor.machine.allowed_cores", lambda: 16)
    monkeypatch.setattr("tracker.io.parallel.cpu_limit", lambda: 2)
    assert cores().facts == {"cores": 2}
    assert cores().found == "2: a container's limit, of 16 that there are"
    monkeypatch.setattr("tracker.io.parallel.cpu_limit", lambda: 64)
    assert cores().found == "16"


@without_gpu
def test_a_gpu_that_torch_does_not_see_is_a_warning_unless_a_user_hid_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("tracker.doctor.machine._NVIDIA_DRIVER", tmp_path / "none")
    assert device().state == "good"
    monkeypatch.setattr("tracker.doctor.machine._NVIDIA_DRIVER", tmp_path)
    assert device().state == "warning"
    assert device().found.endswith("; there is an NVIDIA GPU that torch does not see")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert device().state == "good"


@without_gpu
def test_a_gpu_whose_driver_is_too_old_is_a_warning_with_what_torch_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def choose_device() -> torch.device:
        warnings.warn("the NVIDIA driver on your system is too old", stacklevel=1)
        return torch.device("cpu")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("tracker.training.device.choose_device", choose_device)
    assert device().state == "warning"
    assert device().found.endswith("; a GPU cannot be used: the NVIDIA driver on your system is too old")
