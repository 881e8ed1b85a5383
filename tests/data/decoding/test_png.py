"""Every depth, kind of color, interlacing and transparency of PNG, in files made by hand of known values."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support.image_files import png
from tests.support.scaled_by_hand import scaled_by_hand
from tracker.data.decoding import UndecodableError, decode

SIZE = 20
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}


def drawn(color: int, low: int, high: int) -> NDArray[np.uint16]:
    shape = (SIZE, SIZE, CHANNELS[color])
    return np.random.default_rng(0).integers(low, high, shape, np.uint16, endpoint=True)


def decoded(content: bytes) -> NDArray[Any]:
    return decode(content, image_size=SIZE, resize="stretch").astype(float)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("color", [GRAY, RGB, GRAY_ALPHA, RGB_ALPHA])
@pytest.mark.parametrize(("low", "high"), [(0, 65535), (90, 4095), (60000, 60200)])
def test_16_bits_keep_their_range(color: int, low: int, high: int, interlaced: bool) -> None:
    values = drawn(color, low, high)
    known: dict[str, Any] = {}
    if color in {GRAY_ALPHA, RGB_ALPHA}:
        values[:, :, -1] = np.random.default_rng(1).integers(0, 65535, (SIZE, SIZE), np.uint16)
        known = {"alpha": values[:, :, -1], "opaque": 65535}
        values, alpha = values[:, :, :-1], values[:, :, -1:]
        content = png(np.concatenate([values, alpha], axis=2), bits=16, color=color, interlaced=interlaced)
    else:
        content = png(values, bits=16, color=color, interlaced=interlaced)
    expected = scaled_by_hand(values, **known)
    found = decoded(content)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 0.51


@pytest.mark.parametrize("color", [GRAY, RGB])
def test_12_bits_of_gray_and_of_equal_colors_are_the_same_image(color: int) -> None:
    values = drawn(GRAY, 90, 4095)
    alike = png(np.repeat(values, CHANNELS[color], axis=2), bits=16, color=color)
    assert np.array_equal(decoded(alike), decoded(png(values, bits=16, color=GRAY)))
    assert len(np.unique(decoded(alike))) > 150


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("bits", "color"), [(1, GRAY), (2, GRAY), (4, GRAY), (8, GRAY), (8, RGB)])
def test_up_to_8_bits_are_stretched_to_8(bits: int, color: int, interlaced: bool) -> None:
    values = drawn(color, 0, 2**bits - 1)
    found = decoded(png(values, bits=bits, color=color, interlaced=interlaced))
    assert np.array_equal(found, values.squeeze() * (255 / (2**bits - 1)))


@pytest.mark.parametrize("color", [GRAY_ALPHA, RGB_ALPHA])
def test_8_bits_with_alpha_lie_over_black(color: int) -> None:
    values = drawn(color, 0, 255)
    expected = (values[:, :, :-1] * (values[:, :, -1:] / 255)).squeeze()
    assert np.abs(decoded(png(values, bits=8, color=color)) - expected).max() <= 1


@pytest.mark.parametrize(
    ("bits", "color"), [(1, GRAY), (2, GRAY), (4, GRAY), (8, GRAY), (16, GRAY), (8, RGB), (16, RGB)]
)
def test_the_one_color_that_is_transparent_becomes_black(bits: int, color: int) -> None:
    values = drawn(color, 0, min(2**bits - 1, 4095))
    values[3, 4] = values[5, 6] = key = values[0, 0]
    mark = struct.pack(f">{len(key)}H", *key)
    found = decoded(png(values, bits=bits, color=color, extra=((b"tRNS", mark),)))
    seen = (values != key).any(axis=2)
    if bits == 16:
        expected = scaled_by_hand(values, alpha=seen)
    else:
        expected = (values * seen[:, :, None]).squeeze() * (255 / (2**bits - 1))
    assert not found[3, 4].any()
    assert np.abs(found - expected).max() <= 0.51


def test_what_is_transparent_does_not_take_the_range_of_what_is_seen() -> None:
    values = drawn(GRAY, 90, 4095)
    values[:5] = 65535
    found = decoded(png(values, bits=16, color=GRAY, extra=((b"tRNS", struct.pack(">H", 65535)),)))
    assert len(np.unique(found[5:])) > 150
    assert not found[:5].any()


def test_an_image_of_which_nothing_is_seen_is_black() -> None:
    values = drawn(RGB_ALPHA, 90, 4095)
    values[:, :, -1] = 0
    assert not decoded(png(values, bits=16, color=RGB_ALPHA)).any()


@pytest.mark.parametrize("color", [GRAY, RGB, GRAY_ALPHA])
def test_the_orientation_of_16_bits_is_applied(color: int) -> None:
    values = drawn(color, 0, 65535)
    values[:, :, -1] |= 1
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = png(values, bits=16, color=color, extra=((b"eXIf", exif.tobytes()[6:]),))
    straight = decoded(png(values, bits=16, color=color))
    assert np.array_equal(decoded(turned), straight[::-1, ::-1])


def test_a_palette_without_its_colors_is_refused() -> None:
    with pytest.raises(UndecodableError, match="damaged or cut off"):
        decoded(png(drawn(PALETTE, 0, 1), bits=1, color=PALETTE))


@pytest.mark.parametrize(("bits", "color"), [(16, PALETTE), (4, RGB), (3, GRAY), (8, 5)])
def test_a_depth_that_png_does_not_have_is_refused(bits: int, color: int) -> None:
    whole = bytearray(png(drawn(GRAY, 0, 200), bits=8, color=GRAY))
    whole[24:26] = bits, color
    with pytest.raises(UndecodableError, match=f"{bits} bits of color type {color}"):
        decoded(bytes(whole))


@pytest.mark.parametrize("color", [RGB, RGB_ALPHA, GRAY_ALPHA])
def test_16_bits_that_were_cut_off_are_refused(color: int) -> None:
    content = png(drawn(color, 90, 4095), bits=16, color=color)
    with pytest.raises(UndecodableError, match="cut off"):
        decoded(content[: len(content) // 2])
