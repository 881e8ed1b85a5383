"""The pointing game, on maps and lesions of known places."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.compare.statistics.intervals import wilson
from tracker.inference.explanations.pointing import TOLERANCE, play

SIZE, PLACES = 100, 10


def peak(row: int, column: int) -> np.ndarray:
    found = np.zeros((PLACES, PLACES), np.float32)
    found[row, column] = 1
    return found


def lesion(row: int, column: int, side: int = 10) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[row : row + side, column : column + side] = True
    return mask


def test_a_map_that_points_into_the_lesion_is_a_hit_and_one_elsewhere_is_none() -> None:
    result = play(np.stack([peak(2, 3), peak(8, 8)]), [lesion(20, 30)] * 2, class_name="ill")
    assert (result.hits, result.images) == (1, 2)
    assert result.interval == wilson(1, 2)


def test_three_pixels_of_a_hundred_beside_the_lesion_still_count() -> None:
    assert TOLERANCE * SIZE == 3
    fine = np.zeros((1, SIZE, SIZE), np.float32)
    fine[0, 24, 34] = 1
    for beside, hit in ((27, 1), (28, 0)):
        assert play(fine, [lesion(beside, 30)], class_name="ill").hits == hit


def test_chance_is_the_share_of_the_area_with_its_margin() -> None:
    whole = play(peak(0, 0)[None], [np.ones((SIZE, SIZE), np.bool_)], class_name="ill")
    assert (whole.hits, whole.chance) == (1, 1.0)
    # A square of 10, a margin of 3 along each side, and four pixels at each corner.
    square = play(peak(0, 0)[None], [lesion(40, 40)], class_name="ill")
    assert square.chance == pytest.approx((100 + 4 * 30 + 4 * 4) / SIZE**2)


def test_places_at_random_hit_as_often_as_chance_says() -> None:
    generator = np.random.default_rng(0)
    places = generator.integers(0, SIZE, (400, 2))
    maps = np.zeros((400, SIZE, SIZE), np.float32)
    maps[np.arange(400), places[:, 0], places[:, 1]] = 1
    result = play(maps, [lesion(40, 40, 30)] * 400, class_name="ill")
    assert result.share == pytest.approx(result.chance, abs=0.05)


def test_a_map_in_which_no_place_stands_out_is_no_hit() -> None:
    assert play(np.ones((1, 4, 4), np.float32), [lesion(0, 0, SIZE)], class_name="ill").hits == 0


def test_several_images_of_a_patient_say_less_than_as_many_patients() -> None:
    maps = np.stack([peak(2, 3)] * 10 + [peak(8, 8)] * 10)
    masks = [lesion(20, 30)] * 20
    alone = play(maps, masks, class_name="ill")
    together = play(maps, masks, class_name="ill", patients=[str(place // 5) for place in range(20)])
    assert (alone.patients, together.patients) == (20, 4)
    assert together.interval.high - together.interval.low > alone.interval.high - alone.interval.low
    assert "of 4 patients" in together.sentence
    assert "patients" not in alone.sentence
