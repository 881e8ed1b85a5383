"""What a patient's chest is like, the same in every image of that patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.phantom.rng import around, between, happens, whole


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A chest. Lengths are in widths of an image on which the chest has its usual size.

    Attributes:
        width: Half the width of the inner chest at its widest.
        apex: Height of the tips of the lungs.
        base_right: Height of the right dome of the diaphragm in full inspiration; the right lung is
            shorter and wider.
        base_left: The same on the left.
        dome: How far the diaphragm falls from its dome to the costophrenic angle.
        barrel: How straight the sides are, 0 (narrow at the top) to 1.
        depth: Thickness of the body from front to back, 1 usually.
        flesh: Width of soft tissue outside the ribs.
        shoulder: Height of the shoulders.
        arms: How far the arms are held from the body.
        breasts: Size of the breasts' shadows, 0 for none.
        heart: Width of the heart, 1 usually.
        heart_length: Length of the heart, 1 usually.
        mediastinum: Half the width of the upper mediastinum.
        knob: How far the aortic knob stands out.
        lean: How far the trachea deviates.
        rib_spacing: Distance between ribs at the spine.
        rib_slope: How far ribs fall on their way to the side.
        rib_width: Half the width of a rib.
        bone: Density of the bones, 1 usually.
        clavicle: Height of the inner ends of the clavicles.
        clavicle_slope: How far the clavicles rise towards the shoulders.
        curve: Sideways bend of the spine.
        vessels: Density of the vessels, 1 usually.
        tree: Which vessel tree, of all there are.
        bubble: Size of the gastric bubble, 0 for none.
    """

    width: float
    apex: float
    base_right: float
    base_left: float
    dome: float
    barrel: float
    depth: float
    flesh: float
    shoulder: float
    arms: float
    breasts: float
    heart: float
    heart_length: float
    mediastinum: float
    knob: float
    lean: float
    rib_spacing: float
    rib_slope: float
    rib_width: float
    bone: float
    clavicle: float
    clavicle_slope: float
    curve: float
    vessels: float
    tree: int
    bubble: float


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw the chest of a patient."""
    apex = around(rng, 0.145, 0.03)
    base = around(rng, 0.685, 0.06)
    stout = around(rng, 0.0, 1.0)
    return Anatomy(
        width=around(rng, 0.325, 0.045),
        apex=apex,
        base_right=base,
        base_left=base + around(rng, 0.022, 0.022),
        dome=around(rng, 0.075, 0.03),
        barrel=between(rng, 0.0, 1.0),
        depth=around(rng, 1.0 + 0.16 * stout, 0.12),
        flesh=around(rng, 0.05 + 0.025 * stout, 0.02),
        shoulder=apex + around(rng, 0.015, 0.05),
        arms=between(rng, 0.0, 0.1),
        breasts=between(rng, 0.4, 1.0) if happens(rng, 0.4) else 0.0,
        heart=around(rng, 1.0, 0.28),
        heart_length=around(rng, 1.0, 0.15),
        mediastinum=around(rng, 0.052, 0.014),
        knob=around(rng, 0.03, 0.022),
        lean=around(rng, -0.006, 0.016),
        rib_spacing=around(rng, 0.064, 0.008),
        rib_slope=around(rng, 0.13, 0.06),
        rib_width=around(rng, 0.0125, 0.003),
        bone=around(rng, 1.0, 0.35),
        clavicle=apex + around(rng, 0.07, 0.035),
        clavicle_slope=around(rng, 0.035, 0.045),
        curve=around(rng, 0.0, 0.014),
        vessels=around(rng, 1.0, 0.4),
        tree=whole(rng, 0, 2**31),
        bubble=between(rng, 0.4, 1.0) if happens(rng, 0.55) else 0.0,
    )
