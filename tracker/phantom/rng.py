"""Random numbers that are the same on every machine.

Only the plain uniform numbers of PCG64 are used: how numpy makes normal or other numbers of them may
change from version to version.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""Numbers over an image, [H, W], or along one of its sides, [H] or [W]."""


def generator(seed: int, *path: int) -> np.random.Generator:
    """Make the source of random numbers that belongs to one thing, whatever was drawn before.

    Args:
        seed: Of everything.
        path: Which thing: the kind of it, its number and so on.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number, every one as likely."""
    return low + (high - low) * float(rng.random())


def near(rng: np.random.Generator, middle: float, most: float) -> float:
    """Draw a number that is likely near the middle and never further from it than `most`."""
    return middle + most * (float(rng.random()) + float(rng.random()) + float(rng.random()) - 1.5) / 1.5


def bernoulli(rng: np.random.Generator, probability: float) -> bool:
    """Toss a coin that shows one side with this probability."""
    return float(rng.random()) < probability


def integer(rng: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return low + int(float(rng.random()) * (high - low + 1))


def signed_uniform(rng: np.random.Generator, *shape: int) -> Field:
    """Draw numbers from -1 to 1, float32 of this shape."""
    return (2.0 * rng.random(shape) - 1.0).astype(np.float32)


def grain(rng: np.random.Generator, height: int, width: int) -> Field:
    """Draw noise with a bell-shaped distribution, mean 0, deviation 1, float32 [height, width]."""
    drawn = np.frombuffer(rng.bytes(4 * height * width), np.uint8).reshape(4, height, width)
    total = drawn[0].astype(np.int16) + drawn[1] + drawn[2] + drawn[3]
    # The sum of four evenly distributed bytes has mean 510 and deviation 147.8.
    return np.asarray((total.astype(np.float32) - 510.0) * (1.0 / 147.8), np.float32)
