"""How an image was taken: pose, breath, exposure, detector; another one for every image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.phantom.rng import bernoulli, near, uniform


@dataclass(frozen=True, slots=True)
class Marker:
    """A lead letter that names a side of the patient.

    Attributes:
        x: Its middle, in image widths; R stands at the left, L at the right.
        y: Its top, in image heights.
        size: How large it is, 1 usually.
        on_plate: Whether it is on a plate, which is seen around it.
    """

    x: float
    y: float
    size: float
    on_plate: bool


@dataclass(frozen=True, slots=True)
class Projection:
    """The circumstances of one image.

    Attributes:
        scale: How large the chest is on the image, 1 usually.
        shift_x: How far it is moved to the right, in image widths.
        shift_y: How far it is moved down, in image heights.
        tilt: Rotation in the plane of the image, in degrees.
        rotation: How far the patient has turned to a side, -1 to 1; what lies in front moves, not the spine.
        inspiration: Inspiration, 0 (shallow) to 1 (full).
        exposure: How much radiation reaches the detector, 1 usually.
        contrast: Steepness of the response of the detector, 1 usually.
        white: The gray of what lets nothing through, 0 to 255.
        black: The gray of the open beam, 0 to 255.
        scatter: How much scattered radiation veils the image.
        grain: Noise of the detector, in grays.
        fall_off: How much darker the exposure makes one side than the other.
        borders: Collimation: what is black at the left, right, top and bottom, in image widths.
        border_tilt: How crooked the collimation is.
        marker: The side marker; None for none.
    """

    scale: float
    shift_x: float
    shift_y: float
    tilt: float
    rotation: float
    inspiration: float
    exposure: float
    contrast: float
    white: float
    black: float
    scatter: float
    grain: float
    fall_off: float
    borders: tuple[float, float, float, float]
    border_tilt: float
    marker: Marker | None


def draw_projection(rng: np.random.Generator) -> Projection:
    """Draw the circumstances of an image."""
    framed = bernoulli(rng, 0.35)
    return Projection(
        scale=near(rng, 1.14, 0.22),
        shift_x=near(rng, 0.0, 0.07),
        shift_y=near(rng, 0.01, 0.08),
        tilt=near(rng, 0.0, 7.0),
        rotation=near(rng, 0.0, 1.0),
        inspiration=uniform(rng, 0.2, 1.0),
        exposure=near(rng, 0.97, 0.2),
        contrast=near(rng, 0.62, 0.3),
        white=uniform(rng, 232.0, 255.0),
        black=uniform(rng, 0.0, 14.0),
        scatter=uniform(rng, 0.25, 1.0),
        grain=uniform(rng, 1.0, 3.5),
        fall_off=near(rng, 0.0, 0.28),
        borders=tuple(uniform(rng, -0.03, 0.07) if framed else -1.0 for _ in range(4)),  # type: ignore[arg-type]
        border_tilt=near(rng, 0.0, 0.03),
        marker=_marker(rng) if bernoulli(rng, 0.7) else None,
    )


def _marker(rng: np.random.Generator) -> Marker:
    side = 1.0 if bernoulli(rng, 0.8) else -1.0
    return Marker(
        x=0.5 + side * uniform(rng, 0.36, 0.45),
        y=uniform(rng, 0.04, 0.3),
        size=uniform(rng, 0.7, 1.3),
        on_plate=bernoulli(rng, 0.3),
    )
