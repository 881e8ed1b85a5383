"""Which values of a deep image become black and white, and which images have none that could."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from tracker.data.decoding import UndecodableError, decode, prepare

SIZE = 16


def decoded(values: NDArray[Any], **options: Any) -> NDArray[np.uint8]:
    file = io.BytesIO()
    photometric = "rgb" if values.ndim == 3 and values.shape[2] > 2 else "minisblack"
    tifffile.imwrite(file, values, photometric=photometric, **options)
    return decode(file.getvalue(), image_size=SIZE, resize="stretch")


def drawn(*shape: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).uniform(0, 1, (SIZE, SIZE, *shape))


def test_all_channels_have_one_range() -> None:
    values = (drawn(3) * 1000).astype(np.uint16) + np.array([0, 1000, 3000], np.uint16)
    square = decoded(values)
    assert square[:, :, 0].max() < 80 < square[:, :, 1].max() < 140 < square[:, :, 2].max() == 255


@pytest.mark.parametrize("kind", [np.uint64, np.int64])
def test_large_integers_that_differ_little_are_told_apart(kind: type) -> None:
    values = np.iinfo(kind).max - np.arange(SIZE * SIZE, dtype=kind).reshape(SIZE, SIZE)
    assert np.array_equal(decoded(values), np.arange(255, -1, -1).reshape(SIZE, SIZE))


def test_integers_over_their_whole_range_do_not_wrap() -> None:
    lowest, highest = -(2**63), 2**63 - 1
    steps = [lowest + (highest - lowest) * step // 255 for step in range(SIZE * SIZE)]
    square = decoded(np.array(steps, np.int64).reshape(SIZE, SIZE))
    assert np.array_equal(square, np.arange(256).reshape(SIZE, SIZE))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_values_that_are_no_numbers_are_refused(bad: float, kind: type) -> None:
    values = drawn().astype(kind)
    values[3, 3] = bad
    with pytest.raises(UndecodableError, match="not finite numbers"):
        decoded(values)


@pytest.mark.parametrize("values", [(-1.7e308, 1.7e308), (0, 5e-324)])
def test_a_range_that_cannot_be_scaled_is_refused(values: tuple[float, float]) -> None:
    with pytest.raises(UndecodableError, match="cannot be scaled"):
        decoded(np.array([values] * 8))


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float64])
def test_a_flat_image_is_black(kind: type) -> None:
    assert not decoded(np.full((SIZE, SIZE, 3), 700, kind)).any()


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_what_is_not_seen_has_no_part_in_the_range(kind: type) -> None:
    full = 65535 if kind == np.uint16 else 1
    values = np.dstack([drawn(3) * 4095, np.full((SIZE, SIZE), full)]).astype(kind)
    values[:4] = [60000, 60000, 60000, 0]
    square = decoded(values, extrasamples=(2,))
    assert not square[:4].any()
    assert square[4:].max() == 255
    assert len(np.unique(square)) > 150


def test_what_is_no_number_but_not_seen_does_no_harm() -> None:
    values = np.dstack([drawn(), np.ones((SIZE, SIZE))]).astype(np.float32)
    values[0, 0] = np.nan, 0
    square = decoded(values, extrasamples=(2,), planarconfig="contig")
    assert square[0, 0] == 0
    assert square.max() == 255


def test_where_the_alpha_is_no_number_nothing_is_seen() -> None:
    values = np.dstack([drawn(), np.ones((SIZE, SIZE))]).astype(np.float32)
    values[0, 0] = values[1, 1] = 0.5, np.nan
    values[2, 2] = 0.5, np.inf
    square = decoded(values, extrasamples=(2,), planarconfig="contig")
    assert square[0, 0] == square[1, 1] == 0
    assert square[2, 2] > 100


def test_an_image_of_many_blocks_is_as_one_block() -> None:
    rows = np.arange(3000, dtype=np.uint16)[:, None] * np.ones((1, 1500), np.uint16)
    square = prepare(rows, image_size=30, resize="stretch")
    # Inside, where no border is in the way, each row is the mean of a hundred.
    assert np.array_equal(square[1:-1, 0], np.rint((np.arange(30) * 100 + 49.5) / 2999 * 255)[1:-1])
