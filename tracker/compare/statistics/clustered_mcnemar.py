"""McNemar's test where patients have several images.

Letters of shapes: K clusters (patients).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64] | NDArray[np.float64] | Sequence[int] | Sequence[float]


def clustered_mcnemar(only_first_K: Counts, only_second_K: Counts, sizes_K: Counts | None = None) -> float:
    """Return the two-sided p that two arms are right equally often, where a patient's images hang together.

    The square of the summed differences of the patients over the sum of their squares, against chi-square
    with one degree of freedom. Two weightings:

    - With `sizes_K`, each patient counts the same, however many images there are of it (Durkalski): the
      difference of each is that of its shares.
    - Without, each image counts the same, as it does in an accuracy: the numerator is that of McNemar's test,
      and with one image a patient so is the whole (without continuity correction).

    Only patients in whom the arms' counts differ move it. It is of large samples: with fewer than about ten
    such patients its p is rough, and with fewer than four it is never below 0.05. Without any it is 1.

    Args:
        only_first_K: [K] How many images of each patient only the first arm got right.
        only_second_K: [K] How many images of each patient only the second arm got right.
        sizes_K: [K] How many images each patient has, one at least; None: each image counts the same.

    Source: V. L. Durkalski, Y. Y. Palesch, S. R. Lipsitz and P. F. Rust, Statistics in Medicine 22 (2003)
        2417-2428; each image alike: N. A. Obuchowski, Statistics in Medicine 17 (1998) 1495-1507, without its
        factor (K - 1) / K.
    """
    differences_K = np.asarray(only_first_K, np.float64) - np.asarray(only_second_K, np.float64)
    if sizes_K is not None:
        differences_K = differences_K / np.asarray(sizes_K, np.float64)
    squares = float((differences_K**2).sum())
    if squares == 0:
        return 1.0
    # The upper tail of chi-square with one degree of freedom at x is erfc(sqrt(x / 2)).
    return math.erfc(abs(float(differences_K.sum())) / math.sqrt(2 * squares))
