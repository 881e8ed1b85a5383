"""Weights that no training can begin with are refused when they are read, with what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision

from tests.support.networks import State
from tracker.errors import ModelError
from tracker.models.networks import Network, build_network

KEY = "layer1.0.conv1.weight"


def loaded(path: Path, state: State, name: str = "resnet18") -> Network:
    if path.suffix == ".pth":
        torch.save(state, path)
    else:
        safetensors.torch.save_file(state, path)
    return build_network(name, weights=str(path), classes=2, seed=0)


def with_value(state: State, key: str, value: float) -> State:
    tensor = state[key].clone()
    tensor.view(-1)[5] = value
    return {**state, key: tensor}


@pytest.mark.parametrize("file", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda s: with_value(s, KEY, float("nan")), f"{KEY} has 1 of 36,864 values that are NaN"),
        (lambda s: with_value(s, "bn1.bias", float("-inf")), "bn1.bias has 1 of 64 values that are NaN"),
        (lambda s: with_value({**s, KEY: s[KEY].double()}, KEY, 1e300), f"{KEY} has 1 of 36,864 values"),
        (lambda s: with_value(s, "bn1.running_mean", float("nan")), "bn1.running_mean has 1 of 64 values"),
        (lambda s: with_value(s, "bn1.running_var", -0.1), "bn1.running_var has 1 of 64 variances below 0"),
        (lambda s: {**s, "bn1.running_var": torch.zeros(64)}, "bn1.running_var has only variances of 0"),
        (lambda s: {**s, KEY: s[KEY].to(torch.int8)}, f"{KEY} holds int8"),
        (lambda s: {**s, KEY: s[KEY].to(torch.uint8)}, f"{KEY} holds uint8"),
        (lambda s: {**s, KEY: s[KEY].to(torch.int64)}, f"{KEY} holds int64"),
        (lambda s: {**s, KEY: s[KEY] > 0}, f"{KEY} holds bool"),
        (lambda s: {**s, KEY: s[KEY].to(torch.float8_e4m3fn)}, f"{KEY} holds float8_e4m3fn"),
        (lambda s: {**s, KEY: (127 * s[KEY]).to(torch.int8).float()}, f"{KEY} has only whole numbers"),
        (lambda s: {**s, KEY: torch.zeros_like(s[KEY])}, f"{KEY} is 0 throughout"),
    ],
)  # fmt: skip
def test_they_are_said_by_layer(
    tmp_path: Path, state: State, spoil: Callable[[State], State], found: str, file: str
) -> None:
    with pytest.raises(ModelError, match="must be finite floats") as error:
        loaded(tmp_path / file, spoil(state))
    assert found in str(error.value)


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_what_only_torch_stores_is_refused_too(tmp_path: Path, state: State) -> None:
    for spoiled, found in (
        (state[KEY].to(torch.complex64), "holds complex64"),
        (state[KEY].to_sparse(), "is sparse"),
        (torch.quantize_per_tensor(state[KEY], 0.1, 0, torch.qint8), "holds qint8"),
        (torch.empty_like(state[KEY], device="meta"), "is without values"),
    ):
        with pytest.raises(ModelError, match=found):
            loaded(tmp_path / "w.pth", {**state, KEY: spoiled})


def test_many_of_them_are_counted_and_a_few_shown(tmp_path: Path, state: State) -> None:
    with pytest.raises(ModelError) as error:
        loaded(tmp_path / "w.pth", {key: value.to(torch.int8) for key, value in state.items()})
    assert str(error.value).count("holds int8") == 6


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_floats_of_other_widths_become_those_of_the_network(
    tmp_path: Path, state: State, dtype: torch.dtype
) -> None:
    other = {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}
    weight = loaded(tmp_path / "w.safetensors", other).module.state_dict()[KEY]
    assert weight.dtype is torch.float32
    assert torch.equal(weight, other[KEY].float())


def test_single_channels_that_never_answer_are_no_damage(tmp_path: Path, state: State) -> None:
    assert loaded(tmp_path / "w.pth", with_value(state, "bn1.running_var", 0.0))


def test_the_last_layer_is_not_looked_at(tmp_path: Path, state: State) -> None:
    assert loaded(tmp_path / "w.pth", with_value(state, "fc.weight", float("nan")))


def test_a_fixed_table_must_be_that_of_the_network(tmp_path: Path) -> None:
    state = torchvision.models.swin_t(weights=None).state_dict()
    key = "features.1.0.attn.relative_position_index"
    assert loaded(tmp_path / "w.pth", {**state, key: state[key].half()}, "swin_t")
    with pytest.raises(ModelError, match=f"{key} is another table"):
        loaded(tmp_path / "w.pth", {**state, key: state[key].flip(0)}, "swin_t")
