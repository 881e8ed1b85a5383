"""Whether maps point at lesions: the pointing game, with its interval and what chance would give.

A hit is a map whose greatest value lies on a lesion or at most 15 pixels beside it, as in the source, where
images are about 500 pixels wide: here it is that share of the network's images. (J. Zhang et al., Top-down
neural attention by excitation backprop, International Journal of Computer Vision 126, 2018, 1084-1102.)

Letters of shapes: N images, H = W their size, h and w the map's height and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from tracker.compare.statistics.bootstrap import RESAMPLES
from tracker.compare.statistics.intervals import Interval, wilson
from tracker.compare.statistics.resampling import patient_weights
from tracker.compare.statistics.sampling_error import Part, on_log_odds, over_patients
from tracker.errors import counted
from tracker.figures.explanations import enlarged
from tracker.inference.explanations.maps import Maps, says_no_place

TOLERANCE = 15 / 500
"""How far from a lesion a map may point, as a share of the image's width."""


@dataclass(frozen=True)
class Pointing:
    """How often maps point at lesions.

    Attributes:
        class_name: The class that maps are of.
        hits: Images whose map does.
        images: All images with a lesion.
        patients: Their patients, where these are known; else as many as images.
        interval: Where the share of hits lies, with 95 % confidence, over patients.
        chance: The share of hits that a place drawn at random on each image would give, 0 to 1.
    """

    class_name: str
    hits: int
    images: int
    patients: int
    interval: Interval
    chance: float

    @property
    def share(self) -> float:
        """The share of hits, 0 to 1."""
        return self.hits / self.images

    @property
    def sentence(self) -> str:
        """It in words."""
        low, high = (100 * end for end in self.interval)
        whose = f" of {self.patients} patients" if self.patients < self.images else ""
        return (
            f"points at the lesion on {self.hits} of {counted(self.images, 'image')}{whose}: "
            f"{100 * self.share:.1f} % (95 % interval {low:.1f} to {high:.1f}), "
            f"by chance {100 * self.chance:.1f} %"
        )


def play(
    maps: Maps, masks: Sequence[NDArray[np.bool_]], *, class_name: str, patients: Sequence[str] | None = None
) -> Pointing:
    """Count how often maps point at lesions; a map in which no place stands out does not.

    Args:
        maps: [N, h, w] what speaks for the class, one image at least.
        masks: For each, where lesions are, [H, W], one place at least.
        class_name: The class that maps are of.
        patients: Whose each image is; None: each is of another one.
    """
    near = [_near(mask) for mask in masks]
    hits = np.array([_hits(map_hw, near_HW) for map_hw, near_HW in zip(maps, near, strict=True)])
    numbers = np.unique(patients, return_inverse=True)[1] if patients else np.arange(len(hits))
    chance = float(np.mean([near_HW.mean() for near_HW in near]))
    interval = _interval(hits, numbers)
    return Pointing(class_name, int(hits.sum()), len(hits), int(numbers.max()) + 1, interval, chance)


def _near(mask_HW: NDArray[np.bool_]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = distance_transform_edt(~mask_HW) <= TOLERANCE * mask_HW.shape[1]
    return near


def _hits(map_hw: Maps, near_HW: NDArray[np.bool_]) -> bool:
    if says_no_place(map_hw):
        return False
    large = enlarged(map_hw, *near_HW.shape)
    # Several places can have the greatest value: between them a map does not choose.
    return bool(near_HW[large == large.max()].mean() > 0.5)


def _interval(hits_N: NDArray[np.bool_], patients_N: NDArray[np.int64]) -> Interval:
    """Return the interval of the share of hits: Wilson's, or over patients where some have several images."""
    share, patients = float(hits_N.mean()), int(patients_N.max()) + 1
    if patients == len(hits_N):
        return wilson(int(hits_N.sum()), len(hits_N))
    weights_BN = patient_weights(patients_N, RESAMPLES, np.random.default_rng(0))
    values_B = weights_BN @ hits_N / weights_BN.sum(1)
    error = over_patients([Part(np.array([share]), values_B[:, None])], patients)
    if error is not None and not error.is_none and 0 < share < 1:
        return on_log_odds(share, error)
    low, high = wilson(round(share * patients), patients)
    return Interval(min(low, share), max(high, share))
