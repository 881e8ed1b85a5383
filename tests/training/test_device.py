"""The precision of a network is decided once, the same for all its modes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.support.trainings import CPU
from tracker.training.device import autocast, choose_device, choose_precision, device_name, tail_precision


@pytest.mark.parametrize("asked", ["fp32", "bf16"])
def test_what_is_asked_for_is_taken(asked: str) -> None:
    assert choose_precision(asked, model="resnet18", device=CPU) == asked  # type: ignore[arg-type]


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_bf16_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, has_bf16: bool, expected: str
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": has_bf16})
    assert choose_precision("auto", model="resnet18", device=CPU) == expected


def test_auto_is_fp32_for_networks_that_are_slower_in_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})
    assert choose_precision("auto", model="mobilenet_v3_large", device=CPU) == "fp32"


def test_autocast_computes_in_what_was_chosen() -> None:
    values = torch.ones(2, 2)
    with autocast(CPU, "bf16"):
        assert (values @ values).dtype == torch.bfloat16
    with autocast(CPU, "fp32"):
        assert (values @ values).dtype == torch.float32


def test_a_gpu_is_taken_where_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device().type == expected
    assert device_name(CPU) == "cpu"


def test_a_tail_of_one_layer_computes_in_fp32_and_a_longer_one_in_what_was_chosen() -> None:
    layer = nn.Linear(4, 2)
    assert tail_precision(nn.Sequential(nn.Flatten(), layer), "bf16") == "fp32"
    assert tail_precision(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), layer), "bf16") == "bf16"
