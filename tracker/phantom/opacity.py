"""What findings look like: the attenuation that they add to an image.

Shapes: H, W the canvas; N points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.phantom.findings import CLUSTER, Finding, Kind
from tracker.phantom.layout import SIDES, Layout
from tracker.phantom.primitives import blobs, dome, floats, ramp
from tracker.phantom.rng import Field, generator, signed_uniform
from tracker.phantom.soft_tissue import inside

_STRANDS, _STEPS = 150, 5
_STREAKS = 5


def opacity(findings: Sequence[Finding], layout: Layout, airy: Field) -> Field:
    """Draw all findings, [H, W].

    Args:
        findings: What is wrong.
        layout: Where things are.
        airy: [H, W] how much air there is; what fills it can add no more than that.
    """
    lungs = _Lungs(layout, airy, inside(airy))
    total: Field = np.zeros_like(airy)
    for finding in findings:
        total += _DRAWN[finding.kind](finding, lungs, generator(finding.texture))
    return total


@dataclass(frozen=True, slots=True)
class _Lungs:
    """What findings lie in.

    Attributes:
        layout: Where things are.
        airy: [H, W] how much air there is.
        inside: [H, W] 1 in the lungs, 0 outside.
    """

    layout: Layout
    airy: Field
    inside: Field


def _nodules(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    """Draw some nodules around a place, or many tiny ones everywhere."""
    if finding.count > CLUSTER:
        return _dots(finding, lungs, rng, middle=(0.5, 0.55), reach=0.5, radius=0.0125, own_side=0.5)
    middle = (finding.across, finding.down)
    return _dots(finding, lungs, rng, middle=middle, reach=0.22, radius=0.021 * finding.size, own_side=0.8)


def _dots(
    finding: Finding,
    lungs: _Lungs,
    rng: np.random.Generator,
    *,
    middle: tuple[float, float],
    reach: float,
    radius: float,
    own_side: float,
) -> Field:
    """Draw round spots; a share of them is on the finding's own side."""
    shift = signed_uniform(rng, 2, finding.count) * reach
    across, down = np.clip(shift + floats(middle)[:, None], 0.04, 0.96)
    own = signed_uniform(rng, finding.count) < 2.0 * own_side - 1.0
    radii = radius * (1.0 + 0.35 * signed_uniform(rng, finding.count))
    strength = finding.strength * radii * 6.5
    x, y = _points(lungs.layout, np.where(own, finding.side, -finding.side), across, down)
    return blobs(lungs.layout.canvas, x, y, radii, strength.astype(np.float32)) * lungs.inside


def _consolidation(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    fill = _cloud(finding, lungs.layout, rng, spread=0.055 * finding.size, density=0.42 * finding.strength)
    return np.asarray(fill * lungs.airy, np.float32)


def _cavity(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    """Draw a shell with a wall of uneven thickness, and some cloud around it."""
    x, y = lungs.layout.canvas.x, lungs.layout.canvas.y
    middle_x, middle_y = lungs.layout.spots(finding.side, floats([finding.across]), floats([finding.down]))
    shape = signed_uniform(rng, 5)
    outer = (0.044 * finding.size) * (1.0 + 0.15 * shape[0])
    inner = outer * (0.74 + 0.08 * shape[1])
    flat = 1.0 + 0.22 * shape[2]
    across, down = (x - middle_x)[None, :] * flat, (y - middle_y)[:, None] / flat
    shift = (outer - inner) * 0.45
    around = dome(np.sqrt(across * across + down * down) * (1 / outer)) * outer
    moved_x, moved_y = across - shift * shape[3], down - shift * shape[4]
    hollow = dome(np.sqrt(moved_x * moved_x + moved_y * moved_y) * (1 / inner)) * inner
    shell = (around - hollow) * (8.0 * finding.strength) * lungs.inside
    cloud = _cloud(finding, lungs.layout, rng, spread=0.05 * finding.size, density=0.16 * finding.strength)
    # None of the cloud lies in the hollow, and half of it around.
    return np.asarray(shell + cloud * lungs.airy * ramp(-hollow, 0.03), np.float32)


def _effusion(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    """Draw fluid that stands highest along the ribs."""
    x, y = lungs.layout.canvas.x, lungs.layout.canvas.y
    lung = lungs.layout.lungs[SIDES.index(finding.side)]
    out = np.clip((x * finding.side - 0.03) * (1 / 0.27), 0.0, 1.2)
    tall = lung.base - lung.apex
    level = lung.base + (0.16 - 0.22 * finding.strength * finding.size) * tall
    surface = np.float32(level) + 0.05 - 0.13 * out * out
    fluid = ramp(y[:, None] - surface[None, :], 0.035) * (out > 0)[None, :]
    return np.asarray(fluid * (0.88 * lungs.airy), np.float32)


def _interstitial(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    """Draw a net of short strands on both sides, densest where the finding is."""
    start = signed_uniform(rng, 2, 2 * _STRANDS)
    side = np.repeat(np.asarray(SIDES), _STRANDS)
    # The product of two even numbers is most often near its middle.
    down = finding.down + 0.42 * start[0] * np.abs(signed_uniform(rng, 2 * _STRANDS))
    across = 0.5 + 0.48 * start[1]
    x, y = _points(lungs.layout, side, np.clip(across, 0.02, 0.98), np.clip(down, 0.03, 1.0))
    direction = signed_uniform(rng, 2, 2 * _STRANDS) * 0.02
    along = np.linspace(-1.0, 1.0, _STEPS, dtype=np.float32)
    x, y = (
        (place[:, None] + step[:, None] * along).reshape(-1)
        for place, step in zip((x, y), direction, strict=True)
    )
    radius = np.full(len(x), max(0.0055, 1.2 * lungs.layout.canvas.pixel), np.float32)
    strength = np.full(len(x), 0.036 * finding.strength, np.float32)
    haze = _cloud(finding, lungs.layout, rng, spread=0.13, density=0.02 * finding.strength) * lungs.airy
    return np.asarray(blobs(lungs.layout.canvas, x, y, radius, strength) * lungs.inside + haze, np.float32)


def _volume_loss(finding: Finding, lungs: _Lungs, rng: np.random.Generator) -> Field:
    """Draw scars that run from the root of the lung to where it has shrunk; the layout does the rest."""
    drawn = signed_uniform(rng, 2, _STREAKS)
    along = np.linspace(0.0, 1.0, 24, dtype=np.float32)
    across = 0.1 + ((finding.across - 0.1) + 0.3 * drawn[0])[:, None] * along
    down = 0.5 + ((finding.down - 0.5) + 0.16 * drawn[1])[:, None] * along
    side = np.full(across.size, finding.side)
    x, y = _points(lungs.layout, side, np.clip(across, 0, 1).reshape(-1), np.clip(down, 0.03, 1).reshape(-1))
    radius = np.full(len(x), max(0.009, 1.2 * lungs.layout.canvas.pixel), np.float32)
    strength = np.full(len(x), 0.05 * finding.strength, np.float32)
    haze = _cloud(finding, lungs.layout, rng, spread=0.06, density=0.22 * finding.strength) * lungs.airy
    return np.asarray(blobs(lungs.layout.canvas, x, y, radius, strength) * lungs.inside + haze, np.float32)


def _cloud(
    finding: Finding, layout: Layout, rng: np.random.Generator, *, spread: float, density: float
) -> Field:
    """Draw how far a patchy cloud fills what it lies over, [H, W], 0 to nearly 1."""
    count = 22
    shift = signed_uniform(rng, 2, count) + signed_uniform(rng, 2, count)
    middle_x, middle_y = layout.spots(finding.side, floats([finding.across]), floats([finding.down]))
    x = middle_x + shift[0] * (0.5 * spread)
    y = middle_y + shift[1] * (0.55 * spread)
    radius = (0.55 * spread) * (1.0 + 0.45 * signed_uniform(rng, count))
    dense = blobs(layout.canvas, x, y, radius, np.full(count, density, np.float32))
    return np.asarray(dense / (1.0 + dense), np.float32)


def _points(layout: Layout, side_N: Field, across_N: Field, down_N: Field) -> tuple[Field, Field]:
    """Find places in both lungs."""
    places = {side: layout.spots(side, across_N, down_N) for side in SIDES}
    right, left = (places[side] for side in SIDES)
    return np.where(side_N < 0, right[0], left[0]), np.where(side_N < 0, right[1], left[1])


_Drawing = Callable[[Finding, _Lungs, np.random.Generator], Field]

_DRAWN: Mapping[Kind, _Drawing] = {
    "nodules": _nodules,
    "consolidation": _consolidation,
    "cavity": _cavity,
    "effusion": _effusion,
    "interstitial": _interstitial,
    "volume-loss": _volume_loss,
}
