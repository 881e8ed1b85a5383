"""The corrected resampled t-test: two arms over folds and repeats, whose training images overlap.

Letters of shapes: J folds of all repeats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.compare.statistics.intervals import LEVEL, Interval


class ResampledT(NamedTuple):
    """What the corrected resampled t-test says of two arms.

    Attributes:
        mean: The mean difference over folds and repeats, first minus second.
        interval: Where the difference lies that such arms have, trained on so many images.
        p: The two-sided p that it is zero.
        df: Degrees of freedom, J - 1.
    """

    mean: float
    interval: Interval
    p: float
    df: int


def corrected_resampled_t(
    differences_J: NDArray[np.float64] | Sequence[float], *, test_share: float
) -> ResampledT | None:
    """Test a mean difference over folds and repeats.

    Folds share training images, so that their differences hang together, and a plain t-test takes them for
    more than they are. Here the variance of the mean is `(1 / J + n_test / n_train)` times that of the
    differences.

    Where all folds differ by exactly the same, there is no variance to go by: a difference of zero has p = 1,
    and of any other difference nothing is said (None).

    Args:
        differences_J: [J] The difference of each fold of each repeat, first minus second.
        test_share: The share that a fold tests of the images that it tests or trains on: a fifth of five
            folds; n_test / (n_test + n_train), between 0 and 1, both left out.

    Returns:
        None: there are fewer than two differences, or all are the same and not zero. The interval of
        differences that are all zero is [0, 0].

    Source: C. Nadeau and Y. Bengio, Machine Learning 52 (2003) 239-281; of repeated folds: R. R. Bouckaert
        and E. Frank, PAKDD 2004, 3-12.
    """
    from scipy.stats import t

    values_J = np.asarray(differences_J, np.float64)
    if len(values_J) < 2:
        return None
    mean, df = float(values_J.mean()), len(values_J) - 1
    if np.ptp(values_J) == 0:
        return None if mean else ResampledT(0.0, Interval(0.0, 0.0), 1.0, df)
    se = math.sqrt(float(values_J.var(ddof=1)) * (1 / len(values_J) + test_share / (1 - test_share)))
    reach = float(t.ppf((1 + LEVEL) / 2, df)) * se
    return ResampledT(mean, Interval(mean - reach, mean + reach), 2 * float(t.sf(abs(mean) / se, df)), df)
