"""What a patient's chest is like, the same in every image of that patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.phantom.rng import bernoulli, integer, near, uniform


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
        soft_tissue: Width of soft tissue outside the ribs.
        shoulder: Height of the shoulders.
        arms: How far the arms are held from the body.
        breasts: Size of the breasts' shadows, 0 for none.
        heart: Width of the heart, 1 usually.
        heart_length: Length of the heart, 1 usually.
        mediastinum: Half the width of the upper mediastinum.
        aortic_knob: How far the aortic knob stands out.
        tracheal_deviation: How far the trachea deviates.
        rib_spacing: Distance between ribs at the spine.
        rib_slope: How far ribs fall on their way to the side.
        rib_width: Half the width of a rib.
        bone: Density of the bones, 1 usually.
        clavicle: Height of the inner ends of the clavicles.
        clavicle_slope: How far the clavicles rise towards the shoulders.
        scoliosis: Sideways bend of the spine.
        vessels: Density of the vessels, 1 usually.
        vessel_tree: Which vessel tree, of all there are.
        gastric_bubble: Size of the gastric bubble, 0 for none.
    """

    width: float
    apex: float
    base_right: float
    base_left: float
    dome: float
    barrel: float
    depth: float
    soft_tissue: float
    shoulder: float
    arms: float
    breasts: float
    heart: float
    heart_length: float
    mediastinum: float
    aortic_knob: float
    tracheal_deviation: float
    rib_spacing: float
    rib_slope: float
    rib_width: float
    bone: float
    clavicle: float
    clavicle_slope: float
    scoliosis: float
    vessels: float
    vessel_tree: int
    gastric_bubble: float


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw the chest of a patient."""
    apex = near(rng, 0.145, 0.03)
    base = near(rng, 0.685, 0.06)
    stout = near(rng, 0.0, 1.0)
    return Anatomy(
        width=near(rng, 0.325, 0.045),
        apex=apex,
        base_right=base,
        base_left=base + near(rng, 0.022, 0.022),
        dome=near(rng, 0.075, 0.03),
        barrel=uniform(rng, 0.0, 1.0),
        depth=near(rng, 1.0 + 0.16 * stout, 0.12),
        soft_tissue=near(rng, 0.05 + 0.025 * stout, 0.02),
        shoulder=apex + near(rng, 0.015, 0.05),
        arms=uniform(rng, 0.0, 0.1),
        breasts=uniform(rng, 0.4, 1.0) if bernoulli(rng, 0.4) else 0.0,
        heart=near(rng, 1.0, 0.28),
        heart_length=near(rng, 1.0, 0.15),
        mediastinum=near(rng, 0.052, 0.014),
        aortic_knob=near(rng, 0.03, 0.022),
        tracheal_deviation=near(rng, -0.006, 0.016),
        rib_spacing=near(rng, 0.064, 0.008),
        rib_slope=near(rng, 0.13, 0.06),
        rib_width=near(rng, 0.0125, 0.003),
        bone=near(rng, 1.0, 0.35),
        clavicle=apex + near(rng, 0.07, 0.035),
        clavicle_slope=near(rng, 0.035, 0.045),
        scoliosis=near(rng, 0.0, 0.014),
        vessels=near(rng, 1.0, 0.4),
        vessel_tree=integer(rng, 0, 2**31),
        gastric_bubble=uniform(rng, 0.4, 1.0) if bernoulli(rng, 0.55) else 0.0,
    )
