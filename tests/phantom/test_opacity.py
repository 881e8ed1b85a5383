from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.chest import Chest
from tracker.phantom.findings import FINDINGS, Finding, Kind, draw_finding, volume_lost
from tracker.phantom.layout import LEFT, RIGHT
from tracker.phantom.projection import draw_projection
from tracker.phantom.rng import generator

UPRIGHT = replace(
    draw_projection(generator(8, 1)),
    scale=1.1,
    shift_x=0.0,
    shift_y=0.0,
    tilt=0.0,
    rotation=0.0,
    inspiration=1.0,
    grain=0.0,
)


def finding(kind: Kind, **changes: float) -> Finding:
    usual = {"side": RIGHT, "across": 0.5, "down": 0.5, "size": 1.0, "count": 6, "strength": 1.0}
    return replace(draw_finding(generator(3, 1), kind), **(usual | changes))


def whiter(chest: Chest, *findings: Finding) -> NDArray[np.int16]:
    """Return how much whiter each pixel is with findings than without, noise and pose aside."""
    return chest(*findings, projection=UPRIGHT) - chest(projection=UPRIGHT)


@pytest.mark.parametrize("kind", FINDINGS)
def test_every_finding_shows_and_more_so_the_stronger_it_is(chest: Chest, kind: Kind) -> None:
    weak, strong = (
        np.abs(whiter(chest, finding(kind, strength=strength, down=0.7))).sum() for strength in (0.3, 1.0)
    )
    assert strong > 1.5 * weak > 0


@pytest.mark.parametrize("kind", ["consolidation", "cavity", "effusion"])
def test_what_fills_the_lung_makes_it_whiter_on_its_own_side_only(chest: Chest, kind: Kind) -> None:
    for side, half in ((RIGHT, slice(0, 112)), (LEFT, slice(112, 224))):
        change = whiter(chest, finding(kind, side=side))
        # Scattered light from everywhere veils a little of everything.
        assert np.clip(change, 0, None)[:, half].sum() > 0.95 * np.clip(change, 0, None).sum() > 0
        assert change.max() > 15


@pytest.mark.parametrize("kind", ["consolidation", "cavity", "nodules"])
def test_what_has_a_place_is_there(chest: Chest, kind: Kind) -> None:
    heights = []
    for down in (0.25, 0.75):
        change = np.clip(whiter(chest, finding(kind, down=down)) - 2, 0, None)
        heights.append(float((change.sum(1) * np.arange(224)).sum() / change.sum()))
    upper, lower = heights
    assert upper < 90 < lower - 25


def test_a_cavity_is_darker_inside_than_its_wall(chest: Chest) -> None:
    change = whiter(chest, finding("cavity", across=0.5, down=0.4, size=1.4))
    rows, columns = np.nonzero(change > 0.4 * change.max())
    middle = change[round(rows.mean()), round(columns.mean())]
    assert middle < 0.6 * change.max()


def test_a_lung_that_loses_volume_pulls_the_mediastinum_over(chest: Chest) -> None:
    lost = volume_lost([finding("volume-loss", side=LEFT)])
    assert lost[0] == 0 < lost[1] <= 1
    assert volume_lost([finding("volume-loss", side=LEFT)] * 5) == (0, 1)

    def middle_of_white(image: NDArray[np.int16]) -> float:
        strip = image[90:150, 60:164].astype(float) ** 4
        return float((strip.sum(0) * np.arange(104)).sum() / strip.sum())

    pulled = chest(finding("volume-loss", side=LEFT, size=1.4), projection=UPRIGHT)
    assert middle_of_white(pulled) > middle_of_white(chest(projection=UPRIGHT)) + 2


def test_another_day_it_is_the_same_finding_more_or_less(chest: Chest) -> None:
    today, tomorrow = finding("consolidation"), finding("consolidation").at(0.5)
    assert (tomorrow.side, tomorrow.across, tomorrow.texture) == (today.side, today.across, today.texture)
    changes = [whiter(chest, one).ravel() for one in (today, tomorrow)]
    assert np.corrcoef(changes)[0, 1] > 0.95


def test_other_patients_and_other_projections_look_different(chest: Chest) -> None:
    same = np.abs(chest(number=1) - chest(number=1)).mean()
    patient = np.abs(chest(number=1, projection=UPRIGHT) - chest(number=2, projection=UPRIGHT)).mean()
    projection = np.abs(chest(number=1) - chest(number=1, projection=UPRIGHT)).mean()
    assert same == 0
    assert patient > 5
    assert projection > 5
