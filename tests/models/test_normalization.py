"""What a file says of its images' mean and deviation is believed where it can be true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.errors import ModelError
from tracker.models.normalization import Pretrained, normalization_of

DEFAULT = Pretrained((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GOOD = {"mean": "[0.5, 0.4, 0.3]", "std": "[0.1, 0.2, 0.3]"}


def read(**metadata: str) -> Pretrained:
    return normalization_of(metadata, DEFAULT, Path("w.safetensors"))


def test_what_it_says_holds_and_all_else_in_it_is_ignored() -> None:
    assert read(**GOOD, format="pt", Mean="[7]") == Pretrained((0.5, 0.4, 0.3), (0.1, 0.2, 0.3))
    assert read(format="pt", means="[7]") == DEFAULT


def test_the_ends_of_the_scale_are_plausible() -> None:
    assert read(mean="[0, 0, 0]", std="[1, 1, 1]") == Pretrained((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    # Of networks that take the values of 8 bits as they are.
    assert read(mean="[0.48, 0.46, 0.41]", std=str([1 / 255] * 3)).std == (1 / 255,) * 3


@pytest.mark.parametrize("name", ["mean", "std"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "0.5", "[0.5]", "[0.5, 0.5]", "[0.5, 0.5, 0.5, 0.5]", "[[0.5, 0.5, 0.5]]", "[]", "{}"),
        *(
            '["0.5", "0.5", "0.5"]',
            "[true, true, true]",
            "[null, 0.5, 0.5]",
            '{"r": 0.5, "g": 0.5, "b": 0.5}',
        ),
        *("0.485, 0.456, 0.406", "(0.485, 0.456, 0.406)", "[0.485 0.456 0.406]", "tensor([0.5, 0.5, 0.5])"),
        *("[NaN, 0.5, 0.5]", "[Infinity, 0.5, 0.5]", "[1e999, 0.5, 0.5]", f"[1{'0' * 400}, 0.5, 0.5]"),
        *("[" * 100_000, "[-0.1, 0.5, 0.5]", "[1.1, 0.5, 0.5]", "[123.675, 116.28, 103.53]"),
    ],
)
def test_what_is_no_three_numbers_on_the_scale_is_one_line(name: str, text: str) -> None:
    with pytest.raises(ModelError, match=f"its {name} is .* in w.safetensors.*divide both by 255") as error:
        read(**(GOOD | {name: text}))
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["[0, 0, 0]", "[0.2, 0.0, 0.2]", "[58.395, 57.12, 57.375]", "[1e-30, 1, 1]"])
def test_a_deviation_that_no_image_has_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="its std is"):
        read(**(GOOD | {"std": text}))


@pytest.mark.parametrize("name", ["mean", "std"])
def test_one_without_the_other_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=f"both mean and std or neither.*it has only {name}"):
        read(**{name: GOOD[name]})
