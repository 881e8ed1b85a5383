"""Drawing one radiograph: everything that a ray passes is added up, then the detector is exposed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.bones import skeleton
from tracker.phantom.exposure import expose
from tracker.phantom.findings import Finding, volume_lost
from tracker.phantom.layout import MARGIN, lay_out
from tracker.phantom.opacity import opacity
from tracker.phantom.primitives import ramp
from tracker.phantom.projection import Projection
from tracker.phantom.rng import Field
from tracker.phantom.soft_tissue import air, body, gastric_bubble, inside, mediastinum
from tracker.phantom.vessels import vessels

_SEEN, _LEAST_SHARE = 0.01, 0.25
_PER_THICKNESS = 2.3
"""How much a chest of usual thickness attenuates: so much that its thickest parts are nearly white."""


def draw(
    anatomy: Anatomy,
    findings: Sequence[Finding],
    projection: Projection,
    rng: np.random.Generator,
    *,
    size: int = 224,
) -> NDArray[np.uint8]:
    """Draw a synthetic frontal chest radiograph.

    Args:
        anatomy: The patient's chest.
        findings: What is wrong with it.
        projection: Pose, breath, exposure and detector.
        rng: Of the noise of the detector.
        size: Height and width, in pixels.

    Returns:
        [size, size] grays. The same arguments give the same bytes on every machine.
    """
    layout = lay_out(anatomy, projection, volume_lost(findings), size)
    airy = air(layout)
    total = body(anatomy, layout)
    present = ramp(total - 0.05, 0.1)
    total += mediastinum(anatomy, layout) * present
    total -= airy
    total += vessels(anatomy, layout) * inside(airy)
    total += skeleton(anatomy, layout) * present
    total += opacity(findings, layout, airy)
    if anatomy.gastric_bubble:
        total -= gastric_bubble(anatomy, layout)
    return expose(_rotated(total * _PER_THICKNESS, projection, size), projection, rng)


def draw_lesions(
    anatomy: Anatomy, findings: Sequence[Finding], projection: Projection, *, size: int = 224
) -> NDArray[np.bool_]:
    """Draw where findings are seen on the radiograph that `draw` gives of the same arguments.

    Args:
        anatomy: The patient's chest.
        findings: What is wrong with it.
        projection: As for `draw`.
        size: Height and width, in pixels.

    Returns:
        [size, size] whether a finding adds at least a quarter of what it adds where it adds most, as far as
        that is enough to be seen at all.
    """
    layout = lay_out(anatomy, projection, volume_lost(findings), size)
    airy = air(layout)
    seen = np.zeros((size, size), np.bool_)
    for finding in findings:
        added = _rotated(opacity([finding], layout, airy), projection, size)
        seen |= added > max(_SEEN, _LEAST_SHARE * float(added.max()))
    return seen


def _rotated(values: Field, projection: Projection, size: int) -> Field:
    """Cut the image out of the canvas, turned about its middle."""
    turn = math.radians(projection.tilt)
    margin = round(MARGIN * size)
    steps = np.arange(size) - (size - 1) / 2.0
    cosine, sine = math.cos(turn), math.sin(turn)
    across = steps.astype(np.float32)[None, :]
    down = steps.astype(np.float32)[:, None]
    middle = margin + (size - 1) / 2.0
    most = len(values) - 1.001
    column = np.clip(across * cosine + down * sine + middle, 0.0, most)
    row = np.clip(down * cosine - across * sine + middle, 0.0, most)
    first_row, first_column = row.astype(np.int32), column.astype(np.int32)
    right, low = column - first_column, row - first_row
    right, low = right.astype(np.float32), low.astype(np.float32)
    flat, place = values.reshape(-1), first_row * np.int32(len(values)) + first_column
    upper = flat[place] * (1.0 - right) + flat[place + 1] * right
    lower = flat[place + len(values)] * (1.0 - right) + flat[place + len(values) + 1] * right
    return np.asarray(upper * (1.0 - low) + lower * low, np.float32)
